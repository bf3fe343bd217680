-- SPDX-License-Identifier: ISC
-- Last of each release: what programs check for.
\set ON_ERROR_STOP on

BEGIN;
SET LOCAL client_min_messages = warning;

-- The newest row tells: this schema is of that version, and serves programs
-- that were built for min_program or later.
CREATE TABLE IF NOT EXISTS schema_version (
	version int PRIMARY KEY,
	min_program int NOT NULL,
	deployed_at timestamptz NOT NULL DEFAULT now(),
	CONSTRAINT schema_version_order
		CHECK (min_program BETWEEN 1 AND version)
);

INSERT INTO schema_version (version, min_program) VALUES (1, 1)
ON CONFLICT DO NOTHING;

COMMIT;

-- SPDX-License-Identifier: ISC
-- A job that somebody asks for can have a key, which no other open job of its
-- kind has.
\set ON_ERROR_STOP on

BEGIN;
SET LOCAL client_min_messages = warning;

-- The table is not rewritten.
ALTER TABLE jobs ADD COLUMN IF NOT EXISTS unique_key text
	CONSTRAINT jobs_unique_key_length
	CHECK (char_length(unique_key) BETWEEN 1 AND 255);

COMMENT ON COLUMN jobs.unique_key IS
	'What its caller calls it: until it is over there is no other of this '
	'kind and key.';

-- A run that was interrupted leaves an index that is not used.
DO $$
BEGIN
	IF EXISTS (SELECT FROM pg_index WHERE NOT indisvalid
		AND indexrelid = to_regclass('jobs_unique_key'))
	THEN
		DROP INDEX jobs_unique_key;
	END IF;
END
$$;

COMMIT;

SET client_min_messages = warning;

-- Jobs are added and changed meanwhile.
CREATE UNIQUE INDEX CONCURRENTLY IF NOT EXISTS jobs_unique_key
	ON jobs (kind, unique_key)
	WHERE unique_key IS NOT NULL
	AND state IN ('queued', 'published', 'running', 'retrying');

INSERT INTO schema_version (version, min_program) VALUES (13, 1)
ON CONFLICT DO NOTHING;

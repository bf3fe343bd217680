-- SPDX-License-Identifier: ISC
-- When the next job of each kind that has a schedule is to be made.
\set ON_ERROR_STOP on

BEGIN;
SET LOCAL client_min_messages = warning;

CREATE TABLE IF NOT EXISTS schedules (
	kind text PRIMARY KEY,
	spec text NOT NULL,
	next_at timestamptz NOT NULL,
	last_at timestamptz,
	seen_at timestamptz NOT NULL DEFAULT now()
);

COMMENT ON COLUMN schedules.spec IS
	'The schedule, and its zone, as the settings of pools have it.';
COMMENT ON COLUMN schedules.next_at IS
	'It moves in the transaction that inserts the job.';
COMMENT ON COLUMN schedules.seen_at IS
	'When a pool with this schedule has last looked: another one takes '
	'over when none does any more.';

INSERT INTO schema_version (version, min_program) VALUES (14, 1)
ON CONFLICT DO NOTHING;

COMMIT;

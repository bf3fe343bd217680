-- SPDX-License-Identifier: ISC
-- A kind of jobs can have limits over all pools; a job shows its priority.
\set ON_ERROR_STOP on

BEGIN;
SET LOCAL client_min_messages = warning;

-- The table is not rewritten.
ALTER TABLE jobs ADD COLUMN IF NOT EXISTS due_at timestamptz,
	ADD COLUMN IF NOT EXISTS priority smallint NOT NULL DEFAULT 0;

COMMENT ON COLUMN jobs.due_at IS
	'When it was due, of a job whose kind has a limit: before run_at as '
	'long as it is held back, and run_at from when it was let go until it '
	'is sent.';
COMMENT ON COLUMN jobs.priority IS
	'As its message has it: 0 is served first.';

CREATE TABLE IF NOT EXISTS job_limits (
	kind text PRIMARY KEY,
	free_at timestamptz,
	let_go uuid[] NOT NULL DEFAULT '{}'
);

COMMENT ON TABLE job_limits IS
	'A row a kind with a limit; who holds its lock lets jobs go.';
COMMENT ON COLUMN job_limits.free_at IS
	'When the rate lets the next job go.';
COMMENT ON COLUMN job_limits.let_go IS
	'The jobs that were let go and may not be over.';

-- A run that was interrupted leaves an index that is not used.
DO $$
BEGIN
	IF EXISTS (SELECT FROM pg_index WHERE NOT indisvalid
		AND indexrelid = to_regclass('jobs_held'))
	THEN
		DROP INDEX jobs_held;
	END IF;
END
$$;

COMMIT;

SET client_min_messages = warning;

-- Jobs are added and changed meanwhile.
CREATE INDEX CONCURRENTLY IF NOT EXISTS jobs_held
	ON jobs (kind, priority, due_at, id)
	WHERE due_at < run_at AND state IN ('queued', 'retrying');

INSERT INTO schema_version (version, min_program) VALUES (15, 1)
ON CONFLICT DO NOTHING;

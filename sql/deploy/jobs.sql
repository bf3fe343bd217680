-- SPDX-License-Identifier: ISC
-- The outbox, and the record of each background job.
\set ON_ERROR_STOP on

BEGIN;
SET LOCAL client_min_messages = warning;

DO $$
BEGIN
	CREATE TYPE job_state AS ENUM ('queued', 'published', 'running',
		'retrying', 'succeeded', 'failed', 'cancelled');
EXCEPTION WHEN duplicate_object THEN
	NULL;
END
$$;

CREATE TABLE IF NOT EXISTS jobs (
	id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
	message_id text
		CONSTRAINT jobs_message_id_length
		CHECK (char_length(message_id) BETWEEN 1 AND 255),
	kind text NOT NULL
		CONSTRAINT jobs_kind_length
		CHECK (char_length(kind) BETWEEN 1 AND 255),
	args jsonb NOT NULL DEFAULT '{}',
	task_id uuid,
	state job_state NOT NULL DEFAULT 'queued',
	attempts int NOT NULL DEFAULT 0
		CONSTRAINT jobs_attempts_positive CHECK (attempts >= 0),
	deaths int NOT NULL DEFAULT 0
		CONSTRAINT jobs_deaths_positive CHECK (deaths >= 0),
	run_at timestamptz NOT NULL DEFAULT now(),
	last_error text,
	worker text,
	tag text,
	created_at timestamptz NOT NULL DEFAULT now(),
	published_at timestamptz,
	started_at timestamptz,
	heartbeat_at timestamptz,
	finished_at timestamptz,
	request_id text,
	traceparent text,
	relayed_at timestamptz
);

COMMENT ON COLUMN jobs.message_id IS
	'What a message of somebody else calls the job, if that is not the id.';
COMMENT ON COLUMN jobs.deaths IS
	'Runs whose process died.  Too many fail the job.';
COMMENT ON COLUMN jobs.tag IS
	'The delivery that runs or last ran it: who comes late has another.';
COMMENT ON COLUMN jobs.relayed_at IS
	'When the relay dropped the cache entries for the change behind this '
	'row; null until then.  A change with several jobs leaves one null.';

-- jobs_due is what the relay publishes, jobs_created the order of the list and
-- of the purge.  Most rows are succeeded: those are in no partial index but
-- the last.  The list asks for one state as a range, from which the planner
-- can prove NOT IN, but not IN.
CREATE INDEX IF NOT EXISTS jobs_unrelayed ON jobs (created_at)
	WHERE relayed_at IS NULL;
CREATE INDEX IF NOT EXISTS jobs_due ON jobs (run_at)
	WHERE state IN ('queued', 'retrying');
CREATE INDEX IF NOT EXISTS jobs_state ON jobs (state, created_at, id)
	WHERE state NOT IN ('queued', 'retrying', 'succeeded');
CREATE INDEX IF NOT EXISTS jobs_created ON jobs (created_at, id);
CREATE INDEX IF NOT EXISTS jobs_task ON jobs (task_id)
	WHERE task_id IS NOT NULL;

-- A row is changed three times within a second and then left alone.
ALTER TABLE jobs SET (autovacuum_vacuum_scale_factor = 0.05,
	autovacuum_vacuum_insert_scale_factor = 0.1);

COMMIT;

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
	kind text NOT NULL
		CONSTRAINT jobs_kind_length
		CHECK (char_length(kind) BETWEEN 1 AND 255),
	args jsonb NOT NULL DEFAULT '{}',
	task_id uuid,
	state job_state NOT NULL DEFAULT 'queued',
	attempts int NOT NULL DEFAULT 0
		CONSTRAINT jobs_attempts_positive CHECK (attempts >= 0),
	run_at timestamptz NOT NULL DEFAULT now(),
	last_error text,
	created_at timestamptz NOT NULL DEFAULT now(),
	published_at timestamptz,
	started_at timestamptz,
	finished_at timestamptz,
	request_id text,
	traceparent text,
	relayed_at timestamptz
);

COMMENT ON COLUMN jobs.relayed_at IS
	'When the relay dropped the cache entries for the change behind this '
	'row; null until then.  A change with several jobs leaves one null.';

CREATE INDEX IF NOT EXISTS jobs_unrelayed ON jobs (created_at)
	WHERE relayed_at IS NULL;
CREATE INDEX IF NOT EXISTS jobs_task ON jobs (task_id)
	WHERE task_id IS NOT NULL;
CREATE INDEX IF NOT EXISTS jobs_state ON jobs (state, created_at);

COMMIT;

-- SPDX-License-Identifier: ISC
-- Fails unless jobs are as deployed.
\set ON_ERROR_STOP on

BEGIN;

SELECT id, kind, args, task_id, state, attempts, run_at, last_error,
	created_at, published_at, started_at, finished_at, request_id,
	traceparent, relayed_at
FROM jobs WHERE false;

SELECT 1 / (enum_range(NULL::job_state)::text
	= '{queued,published,running,retrying,succeeded,failed,cancelled}')::int;

SELECT 1 / (count(*) = 3)::int
FROM pg_index JOIN pg_class ON pg_class.oid = indexrelid
WHERE indrelid = 'jobs'::regclass AND indisvalid
	AND relname IN ('jobs_unrelayed', 'jobs_task', 'jobs_state');

ROLLBACK;

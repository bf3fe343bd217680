-- SPDX-License-Identifier: ISC
-- Fails unless jobs are as deployed.
\set ON_ERROR_STOP on

BEGIN;

SELECT id, message_id, kind, args, task_id, state, attempts, deaths, run_at,
	last_error, worker, tag, created_at, published_at, started_at,
	heartbeat_at, finished_at, request_id, traceparent, relayed_at
FROM jobs WHERE false;

SELECT 1 / (enum_range(NULL::job_state)::text
	= '{queued,published,running,retrying,succeeded,failed,cancelled}')::int;

SELECT 1 / (count(*) = 5)::int
FROM pg_index JOIN pg_class ON pg_class.oid = indexrelid
WHERE indrelid = 'jobs'::regclass AND indisvalid
	AND relname IN ('jobs_unrelayed', 'jobs_due', 'jobs_state',
		'jobs_created', 'jobs_task');

ROLLBACK;

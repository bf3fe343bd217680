-- SPDX-License-Identifier: ISC
-- Fails unless tasks and events have an owner, and indexes to find them by it.
\set ON_ERROR_STOP on

BEGIN;

SELECT owner FROM tasks WHERE false;
SELECT owner FROM task_events WHERE false;

SELECT 1 / (count(*) = 6)::int
FROM pg_index
WHERE indisvalid AND indexrelid::regclass::text IN ('tasks_created_by',
	'tasks_owner', 'tasks_owner_updated', 'tasks_owner_status',
	'task_events_owner', 'task_events_owner_at');

SELECT 1 / count(*) FROM schema_version
WHERE version = 10 AND min_program = 1;

ROLLBACK;

-- SPDX-License-Identifier: ISC
-- Fails unless task_events are as deployed.
\set ON_ERROR_STOP on

BEGIN;

SELECT id, task_id, version, action, actor, at, changes, request_id
FROM task_events WHERE false;

SELECT 1 / (enum_range(NULL::task_action)::text
	= '{created,updated,deleted}')::int;

SELECT 1 / count(*) FROM pg_trigger
WHERE tgrelid = 'task_events'::regclass AND tgname = 'task_events_refuse'
	AND tgenabled = 'O' AND tgtype = 2 + 16 -- BEFORE UPDATE, once
	AND tgqual IS NULL AND tgattr::text = ''
	AND tgfoid = 'task_events_refuse()'::regprocedure;

ROLLBACK;

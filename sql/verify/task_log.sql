-- SPDX-License-Identifier: ISC
-- Fails unless events are a log, and its readers have a position.
\set ON_ERROR_STOP on

BEGIN;

SELECT traceparent, status_was, status_now FROM task_events WHERE false;
SELECT name, xid, id, snapshot, floor, moved_at FROM log_readers WHERE false;

SELECT 1 / count(*)
FROM pg_attribute JOIN pg_attrdef ON adrelid = attrelid AND adnum = attnum
WHERE attrelid = 'task_events'::regclass AND attname = 'xid'
	AND atttypid = 'xid8'::regtype
	AND pg_get_expr(adbin, adrelid) = 'pg_current_xact_id()';

SELECT 1 / count(*)
FROM pg_index JOIN pg_class ON pg_class.oid = indexrelid
WHERE indrelid = 'task_events'::regclass AND indisvalid
	AND relname = 'task_events_log'
	AND pg_get_indexdef(indexrelid) LIKE '%btree (xid, id)';

SELECT 1 / (count(*) = 2)::int FROM log_readers
WHERE name IN ('cache', 'statistics');

SELECT 1 / count(*) FROM schema_version
WHERE version = 5 AND min_program = 1;

ROLLBACK;

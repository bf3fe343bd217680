-- SPDX-License-Identifier: ISC
-- Fails unless it is noted what was deleted of the log.
\set ON_ERROR_STOP on

BEGIN;

SELECT source, xid, id FROM log_purged WHERE false;
SELECT 1 / (source LIKE '%.' || 'task_events'::regclass::oid)::int
FROM log_source() AS source;

SELECT 1 / (count(*) = 2)::int
FROM pg_trigger
WHERE tgrelid = 'task_events'::regclass AND tgenabled = 'O'
	AND tgname IN ('log_purged', 'log_purged_whole')
	AND tgfoid = 'log_purged()'::regprocedure;

SELECT 1 / count(*)
FROM pg_constraint
WHERE conrelid = 'log_purged'::regclass
	AND pg_get_constraintdef(oid) = 'PRIMARY KEY (source)';

SELECT 1 / count(*) FROM schema_version
WHERE version = 6 AND min_program = 1;

ROLLBACK;

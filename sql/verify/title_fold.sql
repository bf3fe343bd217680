-- SPDX-License-Identifier: ISC
-- Fails unless titles are folded as they should be, and indexed so.
\set ON_ERROR_STOP on

BEGIN;

SELECT 1 / (title_fold(U&'M\00DCLL \041F\0420\0418 \0130I\0131 \03A3\03C2 u\0308')
	= U&'m\00FCll \043F\0440\0438 iii \03C3\03C3 \00FC')::int;

SELECT 1 / count(*)
FROM pg_index JOIN pg_class ON pg_class.oid = indexrelid
WHERE indrelid = 'tasks'::regclass AND indisvalid
	AND relname = 'tasks_title_fold'
	AND pg_get_expr(indexprs, indrelid) = 'title_fold(title)';

SELECT 1 / count(*) FROM schema_version
WHERE version = 2 AND min_program = 1;

ROLLBACK;

-- SPDX-License-Identifier: ISC
-- Fails unless each index is there and valid.
\set ON_ERROR_STOP on

BEGIN;

SELECT 1 / (count(*) = 4)::int
FROM pg_index JOIN pg_class ON pg_class.oid = indexrelid
WHERE indrelid = 'tasks'::regclass AND indisvalid
	AND relname IN ('tasks_created', 'tasks_updated', 'tasks_title',
	'tasks_status');

ROLLBACK;

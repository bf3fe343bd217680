-- SPDX-License-Identifier: ISC
-- Fails unless the index is there and valid.
\set ON_ERROR_STOP on

BEGIN;

SELECT 1 / count(*)
FROM pg_index JOIN pg_class ON pg_class.oid = indexrelid
WHERE indrelid = 'tasks'::regclass AND indisvalid
	AND relname = 'tasks_title_trgm';

ROLLBACK;

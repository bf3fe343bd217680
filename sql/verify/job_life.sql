-- SPDX-License-Identifier: ISC
-- Fails unless jobs keep their messages and what is to be told.
\set ON_ERROR_STOP on

BEGIN;

SELECT message, ignore_result FROM jobs WHERE false;
SELECT job_id, tell_at, tag, value, exception FROM job_tells WHERE false;

SELECT 1 / count(*)
FROM pg_index JOIN pg_class ON pg_class.oid = indexrelid
WHERE indrelid = 'job_tells'::regclass AND indisvalid
	AND relname = 'job_tells_at';

SELECT 1 / count(*)
FROM pg_constraint
WHERE conrelid = 'job_tells'::regclass
	AND pg_get_constraintdef(oid) = 'PRIMARY KEY (job_id)';

SELECT 1 / count(*) FROM schema_version
WHERE version = 3 AND min_program = 1;

ROLLBACK;

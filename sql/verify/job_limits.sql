-- SPDX-License-Identifier: ISC
-- Fails unless jobs can be held back by a limit, and an index finds them.
\set ON_ERROR_STOP on

BEGIN;

SELECT due_at, priority FROM jobs WHERE false;
SELECT kind, free_at, let_go FROM job_limits WHERE false;

SELECT 1 / count(*) FROM pg_index
WHERE indisvalid AND indexrelid = to_regclass('jobs_held');

SELECT 1 / count(*) FROM schema_version
WHERE version = 15 AND min_program = 1;

ROLLBACK;

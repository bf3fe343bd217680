-- SPDX-License-Identifier: ISC
-- Fails unless jobs can have a unique key, and an index holds it.
\set ON_ERROR_STOP on

BEGIN;

SELECT unique_key FROM jobs WHERE false;

SELECT 1 / count(*) FROM pg_index
WHERE indisvalid AND indisunique
AND indexrelid = to_regclass('jobs_unique_key');

SELECT 1 / count(*) FROM schema_version
WHERE version = 13 AND min_program = 1;

ROLLBACK;

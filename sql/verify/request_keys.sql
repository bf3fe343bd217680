-- SPDX-License-Identifier: ISC
-- Fails unless answers can be kept by key.
\set ON_ERROR_STOP on

BEGIN;

SELECT id, fingerprint, created_at, status, type, caching, head, body
FROM request_keys WHERE false;

SELECT 1 / (count(*) = 2)::int
FROM pg_index JOIN pg_class ON pg_class.oid = indexrelid
WHERE indrelid = 'request_keys'::regclass AND indisvalid
	AND relname IN ('request_keys_pkey', 'request_keys_created');

SELECT 1 / count(*) FROM schema_version
WHERE version = 9 AND min_program = 1;

ROLLBACK;

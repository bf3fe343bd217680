-- SPDX-License-Identifier: ISC
-- Takes back: title_fold.
\set ON_ERROR_STOP on

BEGIN;
SET LOCAL client_min_messages = warning;

-- The extension pg_trgm may live in a schema of its own.
SELECT set_config('search_path',
	current_setting('search_path') || ', ' || quote_ident(nspname), true) AS search_path
FROM pg_extension JOIN pg_namespace ON pg_namespace.oid = extnamespace
WHERE extname = 'pg_trgm' \gset

DELETE FROM schema_version WHERE version = 2;
CREATE INDEX IF NOT EXISTS tasks_title_trgm ON tasks
	USING gin (title gin_trgm_ops);
DROP INDEX IF EXISTS tasks_title_fold;
DROP FUNCTION IF EXISTS title_fold(text);

COMMIT;

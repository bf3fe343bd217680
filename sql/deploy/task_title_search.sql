-- SPDX-License-Identifier: ISC
-- Titles are searched by a part of them.
\set ON_ERROR_STOP on

BEGIN;
SET LOCAL client_min_messages = warning;

-- Trusted: the owner of the database may create it.  It is left in place by
-- revert, as it may have been there before and others may use it.
CREATE EXTENSION IF NOT EXISTS pg_trgm;

-- It may live in a schema of its own.
SELECT set_config('search_path',
	current_setting('search_path') || ', ' || quote_ident(nspname), true) AS search_path
FROM pg_extension JOIN pg_namespace ON pg_namespace.oid = extnamespace
WHERE extname = 'pg_trgm' \gset

CREATE INDEX IF NOT EXISTS tasks_title_trgm ON tasks
	USING gin (title gin_trgm_ops);

COMMIT;

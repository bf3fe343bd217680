-- SPDX-License-Identifier: ISC
-- Titles are found whatever their case and form, in any locale.
\set ON_ERROR_STOP on

BEGIN;
SET LOCAL client_min_messages = warning;

DO $$
BEGIN
	IF current_setting('server_encoding') <> 'UTF8' THEN
		RAISE 'the encoding of this database is %, and Errand needs UTF8',
			current_setting('server_encoding')
			USING HINT = 'createdb --template template0 --encoding UTF8 '
			'--locale C.UTF-8';
	END IF;
	IF to_regcollation('pg_catalog."und-x-icu"') IS NULL THEN
		RAISE 'this PostgreSQL is built without ICU, which Errand needs';
	END IF;
END
$$;

-- The locale of the database has no say in this: that may be C, which knows
-- the case of ASCII letters only, or Turkish, where i is not the small I.
-- Sigma has one small form here, and all letters i are one.
CREATE OR REPLACE FUNCTION title_fold(title text) RETURNS text
LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN CASE WHEN octet_length(title) = char_length(title) -- nothing but ASCII
	THEN lower(title COLLATE pg_catalog."C") COLLATE pg_catalog."default"
	ELSE translate(normalize(lower(title COLLATE pg_catalog."und-x-icu"), NFC),
		U&'\03C2\0131\0307', U&'\03C3i') COLLATE pg_catalog."default"
	END;

-- A run that was interrupted leaves an index that is not used.
DO $$
BEGIN
	IF EXISTS (SELECT FROM pg_index
		WHERE indexrelid = to_regclass('tasks_title_fold') AND NOT indisvalid)
	THEN
		DROP INDEX tasks_title_fold;
	END IF;
END
$$;

COMMIT;

SET client_min_messages = warning;

-- The extension pg_trgm may live in a schema of its own.
SELECT set_config('search_path',
	current_setting('search_path') || ', ' || quote_ident(nspname), false) AS search_path
FROM pg_extension JOIN pg_namespace ON pg_namespace.oid = extnamespace
WHERE extname = 'pg_trgm' \gset

-- Tasks are read and written meanwhile.  Programs of the release before search
-- without an index from now on.
CREATE INDEX CONCURRENTLY IF NOT EXISTS tasks_title_fold ON tasks
	USING gin (title_fold(title) gin_trgm_ops);
DROP INDEX IF EXISTS tasks_title_trgm;

INSERT INTO schema_version (version, min_program) VALUES (2, 1)
ON CONFLICT DO NOTHING;

-- SPDX-License-Identifier: ISC
-- Each task may have additional data: one object of JSON.
\set ON_ERROR_STOP on

BEGIN;
SET LOCAL client_min_messages = warning;

-- The table is not rewritten: what is there has none, as what the release
-- before adds.
ALTER TABLE tasks ADD COLUMN IF NOT EXISTS extra jsonb;

COMMENT ON COLUMN tasks.extra IS
	'Members beside those that each task has; never an object without any.';

-- A merge patch (RFC 7386): null removes a member, an object is merged into
-- the one that is there, anything else takes its place.
CREATE OR REPLACE FUNCTION extra_merge(target jsonb, patch jsonb)
RETURNS jsonb LANGUAGE plpgsql IMMUTABLE AS $$
DECLARE
	result jsonb := '{}';
	name text;
	value jsonb;
BEGIN
	IF jsonb_typeof(patch) IS DISTINCT FROM 'object' THEN
		RETURN patch;
	END IF;
	IF jsonb_typeof(target) = 'object' THEN
		result := target;
	END IF;
	FOR name, value IN SELECT * FROM jsonb_each(patch) LOOP
		IF value = 'null' THEN
			result := result - name;
		ELSE
			result := result || jsonb_build_object(name,
				extra_merge(result -> name, value));
		END IF;
	END LOOP;
	RETURN result;
END
$$;

-- A run that was interrupted leaves an index that is not used.
DO $$
DECLARE
	broken regclass;
BEGIN
	FOR broken IN SELECT indexrelid FROM pg_index
		WHERE NOT indisvalid AND indrelid = 'tasks'::regclass
	LOOP
		EXECUTE format('DROP INDEX %s', broken);
	END LOOP;
END
$$;

COMMIT;

SET client_min_messages = warning;

-- Tasks are added and changed meanwhile.  It serves every member, and has
-- nothing of tasks without any.
CREATE INDEX CONCURRENTLY IF NOT EXISTS tasks_extra
	ON tasks USING gin (extra jsonb_path_ops) WHERE extra IS NOT NULL;

INSERT INTO schema_version (version, min_program) VALUES (12, 1)
ON CONFLICT DO NOTHING;

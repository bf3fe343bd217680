-- SPDX-License-Identifier: ISC
-- Large tables are vacuumed sooner than after a fifth of them has changed.
\set ON_ERROR_STOP on

BEGIN;
SET LOCAL client_min_messages = warning;

-- What the owner has set stays.
DO $$
BEGIN
	IF NOT EXISTS (SELECT FROM pg_class, unnest(reloptions) AS each
		WHERE oid = 'tasks'::regclass
		AND each LIKE 'autovacuum_vacuum_scale_factor=%')
	THEN
		ALTER TABLE tasks SET (autovacuum_vacuum_scale_factor = 0.005,
			autovacuum_vacuum_threshold = 1000);
	END IF;
	IF NOT EXISTS (SELECT FROM pg_class, unnest(reloptions) AS each
		WHERE oid = 'task_events'::regclass
		AND each LIKE 'autovacuum_vacuum_scale_factor=%')
	THEN
		ALTER TABLE task_events SET (
			autovacuum_vacuum_scale_factor = 0.01,
			autovacuum_vacuum_insert_scale_factor = 0.02);
	END IF;
END
$$;

COMMIT;

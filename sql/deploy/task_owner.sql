-- SPDX-License-Identifier: ISC
-- Each task has an owner, and so has each event of its history.
\set ON_ERROR_STOP on

BEGIN;
SET LOCAL client_min_messages = warning;

-- Neither table is rewritten: what is there has no owner, as what the release
-- before adds.
ALTER TABLE tasks ADD COLUMN IF NOT EXISTS owner text;
ALTER TABLE task_events ADD COLUMN IF NOT EXISTS owner text;

COMMENT ON COLUMN tasks.owner IS
	'Whose it is: the claim of its creator''s token that says so, and its '
	'value, such as sub=5f0c.  It never changes.  Null: nobody''s.';
COMMENT ON COLUMN task_events.owner IS
	'That of the task, so that it can be judged without the task.';

-- A run that was interrupted leaves an index that is not used.
DO $$
DECLARE
	broken regclass;
BEGIN
	FOR broken IN SELECT indexrelid FROM pg_index
		WHERE NOT indisvalid AND indrelid IN ('tasks'::regclass,
			'task_events'::regclass)
	LOOP
		EXECUTE format('DROP INDEX %s', broken);
	END LOOP;
END
$$;

COMMIT;

SET client_min_messages = warning;

-- Tasks are added and changed meanwhile.
CREATE INDEX CONCURRENTLY IF NOT EXISTS tasks_created_by
	ON tasks (created_by, created_at, id);
CREATE INDEX CONCURRENTLY IF NOT EXISTS tasks_owner
	ON tasks (owner, created_at, id);
CREATE INDEX CONCURRENTLY IF NOT EXISTS tasks_owner_updated
	ON tasks (owner, updated_at, id);
CREATE INDEX CONCURRENTLY IF NOT EXISTS tasks_owner_status
	ON tasks (owner, status, created_at, id);
CREATE INDEX CONCURRENTLY IF NOT EXISTS task_events_owner
	ON task_events (owner, xid, id);
CREATE INDEX CONCURRENTLY IF NOT EXISTS task_events_owner_at
	ON task_events (owner, at) INCLUDE (action, status_was, status_now)
	WHERE status_was IS DISTINCT FROM status_now;

INSERT INTO schema_version (version, min_program) VALUES (10, 1)
ON CONFLICT DO NOTHING;

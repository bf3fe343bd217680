-- SPDX-License-Identifier: ISC
-- Takes back: task_log.
\set ON_ERROR_STOP on

BEGIN;
SET LOCAL client_min_messages = warning;

DELETE FROM schema_version WHERE version = 5;

-- What is not counted yet is counted by jobs again, as the release before does
-- it; the relay of that release invalidates the cache for them as well.  With
-- this lock nobody is about to add another.
LOCK TABLE task_events IN ACCESS EXCLUSIVE MODE;
DO $$
BEGIN
	IF to_regclass('log_readers') IS NULL THEN
		RETURN; -- reverted before
	END IF;
	INSERT INTO jobs (kind, args, task_id, request_id, traceparent, created_at)
	SELECT 'errand.record_analytics', jsonb_build_object('task_id', e.task_id,
		'action', e.action, 'version', e.version, 'from', e.status_was,
		'to', e.status_now), e.task_id, e.request_id, e.traceparent, e.at
	FROM task_events AS e JOIN log_readers AS r ON r.name = 'statistics'
	WHERE (e.xid, e.id) > (r.xid, r.id) AND e.id > r.floor
		AND num_nonnulls(e.status_was, e.status_now) > 0
	ORDER BY e.xid, e.id;
END
$$;

DROP TABLE IF EXISTS log_readers;
DROP INDEX IF EXISTS task_events_log;
ALTER TABLE task_events
	DROP COLUMN IF EXISTS xid,
	DROP COLUMN IF EXISTS traceparent,
	DROP COLUMN IF EXISTS status_was,
	DROP COLUMN IF EXISTS status_now;

COMMIT;

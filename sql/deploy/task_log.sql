-- SPDX-License-Identifier: ISC
-- The events of tasks are a log with one order, and readers have a position.
\set ON_ERROR_STOP on

BEGIN;
SET LOCAL client_min_messages = warning;

-- The default comes after the column, so that the table is not rewritten.
-- Events that are there have no transaction id, and no reader reads them; those
-- that the release before adds have one.
ALTER TABLE task_events
	ADD COLUMN IF NOT EXISTS xid xid8,
	ADD COLUMN IF NOT EXISTS traceparent text,
	ADD COLUMN IF NOT EXISTS status_was task_status,
	ADD COLUMN IF NOT EXISTS status_now task_status;
ALTER TABLE task_events ALTER xid SET DEFAULT pg_current_xact_id();

COMMENT ON COLUMN task_events.xid IS
	'The transaction that added it.  The order of the log is (xid, id), as '
	'far as pg_snapshot_xmin(pg_current_snapshot()): numbers alone are '
	'committed in any order.';
COMMENT ON COLUMN task_events.traceparent IS
	'The request that made the change, for spans of what follows from it.';
COMMENT ON COLUMN task_events.status_was IS
	'Null for a new task.  If status_now is null as well, the release before '
	'has added the event, and counts it by a job.';

-- Events until now have no place in the log: a transaction that adds one later
-- is in progress in this snapshot, or begins after it.
CREATE TABLE IF NOT EXISTS log_readers (
	name text PRIMARY KEY,
	xid xid8 NOT NULL DEFAULT pg_snapshot_xmin(pg_current_snapshot()),
	id bigint NOT NULL DEFAULT 0,
	snapshot pg_snapshot DEFAULT pg_current_snapshot(),
	floor bigint NOT NULL DEFAULT 0,
	moved_at timestamptz NOT NULL DEFAULT now()
);

COMMENT ON TABLE log_readers IS
	'Who follows the log.  A reader locks its row, and moves it in the '
	'transaction of its effect: each event has its effect exactly once.';
COMMENT ON COLUMN log_readers.id IS
	'The events up to (xid, id) are read.';
COMMENT ON COLUMN log_readers.snapshot IS
	'For a reader that needs no order: what this snapshot sees is read.';
COMMENT ON COLUMN log_readers.floor IS
	'Events up to this number came with a dump of another server, where '
	'transaction ids are others: they are not read.';

INSERT INTO log_readers (name) VALUES ('cache'), ('statistics')
ON CONFLICT DO NOTHING;

-- A row is changed often: it stays on its page, and no index learns of it.
ALTER TABLE log_readers SET (fillfactor = 10,
	autovacuum_vacuum_threshold = 1000);

-- A run that was interrupted leaves an index that is not used.
DO $$
BEGIN
	IF EXISTS (SELECT FROM pg_index
		WHERE indexrelid = to_regclass('task_events_log') AND NOT indisvalid)
	THEN
		DROP INDEX task_events_log;
	END IF;
END
$$;

COMMIT;

SET client_min_messages = warning;

-- Events are added meanwhile.
CREATE INDEX CONCURRENTLY IF NOT EXISTS task_events_log
	ON task_events (xid, id);

-- Programs of the release before write their jobs for the statistics, and need
-- no right on the new table.  A later release drops jobs.relayed_at with its
-- index, which until then has no entries of newer programs.
INSERT INTO schema_version (version, min_program) VALUES (5, 1)
ON CONFLICT DO NOTHING;

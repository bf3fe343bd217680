-- SPDX-License-Identifier: ISC
-- What errand.record_analytics counts: changes of tasks by day.
\set ON_ERROR_STOP on

BEGIN;
SET LOCAL client_min_messages = warning;

-- A day has several rows, so that those who count at the same time rarely
-- wait for one another; a reader adds them up.  The last three columns are by
-- how many the tasks of a status became more or fewer: all days together are
-- how many there are.
CREATE TABLE IF NOT EXISTS stats_days (
	day date NOT NULL,
	shard int NOT NULL,
	created bigint NOT NULL DEFAULT 0,
	completed bigint NOT NULL DEFAULT 0,
	deleted bigint NOT NULL DEFAULT 0,
	pending_more bigint NOT NULL DEFAULT 0,
	in_progress_more bigint NOT NULL DEFAULT 0,
	completed_more bigint NOT NULL DEFAULT 0,
	PRIMARY KEY (day, shard)
) WITH (fillfactor = 20);

COMMENT ON COLUMN stats_days.day IS 'In UTC, of the change.';
COMMENT ON COLUMN stats_days.completed IS
	'How often a task became completed, the same one more than once if it '
	'was taken up again.';

COMMIT;

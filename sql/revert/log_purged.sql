-- SPDX-License-Identifier: ISC
-- Takes back: log_purged.
\set ON_ERROR_STOP on

BEGIN;
SET LOCAL client_min_messages = warning;

DELETE FROM schema_version WHERE version = 6;
DROP TRIGGER IF EXISTS log_purged_whole ON task_events;
DROP TRIGGER IF EXISTS log_purged ON task_events;
DROP FUNCTION IF EXISTS log_purged();
DROP TABLE IF EXISTS log_purged;
DROP FUNCTION IF EXISTS log_source();

COMMIT;

-- SPDX-License-Identifier: ISC
-- Takes back: task_owner.
\set ON_ERROR_STOP on

BEGIN;
SET LOCAL client_min_messages = warning;

DELETE FROM schema_version WHERE version = 10;
DROP INDEX IF EXISTS tasks_created_by;
ALTER TABLE task_events DROP COLUMN IF EXISTS owner;
ALTER TABLE tasks DROP COLUMN IF EXISTS owner;

COMMIT;

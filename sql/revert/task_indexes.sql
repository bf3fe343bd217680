-- SPDX-License-Identifier: ISC
-- Takes back: task_indexes.
\set ON_ERROR_STOP on

BEGIN;
SET LOCAL client_min_messages = warning;

DROP INDEX IF EXISTS tasks_created, tasks_updated, tasks_title, tasks_status;

COMMIT;

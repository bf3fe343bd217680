-- SPDX-License-Identifier: ISC
-- Takes back: tasks.
\set ON_ERROR_STOP on

BEGIN;
SET LOCAL client_min_messages = warning;

DROP TABLE IF EXISTS tasks;
DROP TYPE IF EXISTS task_status;

COMMIT;

-- SPDX-License-Identifier: ISC
-- Takes back: task_stamp.
\set ON_ERROR_STOP on

BEGIN;
SET LOCAL client_min_messages = warning;

DROP TRIGGER IF EXISTS task_stamp ON tasks;
DROP FUNCTION IF EXISTS task_stamp();

COMMIT;

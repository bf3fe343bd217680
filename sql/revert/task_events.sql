-- SPDX-License-Identifier: ISC
-- Takes back: task_events.
\set ON_ERROR_STOP on

BEGIN;
SET LOCAL client_min_messages = warning;

DROP TABLE IF EXISTS task_events;
DROP FUNCTION IF EXISTS task_events_refuse();
DROP TYPE IF EXISTS task_action;

COMMIT;

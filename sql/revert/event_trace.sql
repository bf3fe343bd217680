-- SPDX-License-Identifier: ISC
-- Takes back: event_trace.
\set ON_ERROR_STOP on

BEGIN;
SET LOCAL client_min_messages = warning;

DELETE FROM schema_version WHERE version = 4;
ALTER TABLE task_events DROP COLUMN IF EXISTS trace_id;

COMMIT;

-- SPDX-License-Identifier: ISC
-- Fails unless events have room for a trace.
\set ON_ERROR_STOP on

BEGIN;

SELECT trace_id FROM task_events WHERE false;

SELECT 1 / count(*) FROM schema_version
WHERE version = 4 AND min_program = 1;

ROLLBACK;

-- SPDX-License-Identifier: ISC
-- The history of a task names the trace of each change.
\set ON_ERROR_STOP on

BEGIN;
SET LOCAL client_min_messages = warning;

ALTER TABLE task_events ADD COLUMN IF NOT EXISTS trace_id text;

COMMENT ON COLUMN task_events.trace_id IS
	'The trace (W3C Trace Context) that the request belonged to, if any.';

INSERT INTO schema_version (version, min_program) VALUES (4, 1)
ON CONFLICT DO NOTHING;

COMMIT;

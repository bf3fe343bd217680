-- SPDX-License-Identifier: ISC
-- Which release made a task, and kept an answer: of the release that
-- contrib/rolling-upgrade makes up.
\set ON_ERROR_STOP on

BEGIN;
SET LOCAL client_min_messages = warning;

ALTER TABLE tasks ADD COLUMN IF NOT EXISTS made_by text;
ALTER TABLE request_keys ADD COLUMN IF NOT EXISTS made_by text;
CREATE INDEX IF NOT EXISTS tasks_made_by ON tasks (made_by)
	WHERE made_by IS NOT NULL;

INSERT INTO schema_version (version, min_program) VALUES (@schema@, 1)
ON CONFLICT DO NOTHING;

COMMIT;

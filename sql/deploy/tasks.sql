-- SPDX-License-Identifier: ISC
-- The tasks and their three states.
\set ON_ERROR_STOP on

BEGIN;
SET LOCAL client_min_messages = warning;

DO $$
BEGIN
	CREATE TYPE task_status AS ENUM ('pending', 'in-progress', 'completed');
EXCEPTION WHEN duplicate_object THEN
	NULL; -- deployed before; the verify script looks at its values
END
$$;

CREATE TABLE IF NOT EXISTS tasks (
	id uuid PRIMARY KEY,
	title text NOT NULL
		CONSTRAINT tasks_title_length
		CHECK (char_length(title) BETWEEN 1 AND 255),
	description text
		CONSTRAINT tasks_description_length
		CHECK (char_length(description) <= 10000),
	status task_status NOT NULL DEFAULT 'pending',
	created_at timestamptz NOT NULL DEFAULT now(),
	updated_at timestamptz NOT NULL DEFAULT now(),
	created_by text NOT NULL
		CONSTRAINT tasks_created_by_length
		CHECK (char_length(created_by) BETWEEN 1 AND 1024),
	version bigint NOT NULL DEFAULT 1
		CONSTRAINT tasks_version_positive CHECK (version > 0)
);

COMMENT ON COLUMN tasks.version IS
	'Counts the stored states of this row from 1; the entity tag.';

COMMIT;

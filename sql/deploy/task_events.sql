-- SPDX-License-Identifier: ISC
-- Who changed what and when; outlives the task.
\set ON_ERROR_STOP on

BEGIN;
SET LOCAL client_min_messages = warning;

DO $$
BEGIN
	CREATE TYPE task_action AS ENUM ('created', 'updated', 'deleted');
EXCEPTION WHEN duplicate_object THEN
	NULL;
END
$$;

-- No foreign key: the history of a deleted task stays.  The key serves the
-- only order in which it is read, so that one index is enough.
CREATE TABLE IF NOT EXISTS task_events (
	id bigint GENERATED ALWAYS AS IDENTITY,
	task_id uuid NOT NULL,
	version bigint NOT NULL,
	action task_action NOT NULL,
	actor text NOT NULL,
	at timestamptz NOT NULL DEFAULT now(),
	changes jsonb,
	request_id text,
	PRIMARY KEY (task_id, id)
);

-- For the purge of old ones; next to nothing to write, as rows come in the
-- order of their time.
CREATE INDEX IF NOT EXISTS task_events_at ON task_events USING brin (at);

COMMENT ON COLUMN task_events.changes IS
	'created: the first values; updated: {"status": {"from": a, "to": b}}, '
	'changed members only; deleted: null.';

-- Rows are added, and purged when they are old; they do not change.
CREATE OR REPLACE FUNCTION task_events_refuse() RETURNS trigger
LANGUAGE plpgsql AS $$
BEGIN
	RAISE EXCEPTION 'task_events are never changed'
		USING ERRCODE = 'restrict_violation';
END
$$;

CREATE OR REPLACE TRIGGER task_events_refuse BEFORE UPDATE ON task_events
	FOR EACH STATEMENT EXECUTE FUNCTION task_events_refuse();

COMMIT;

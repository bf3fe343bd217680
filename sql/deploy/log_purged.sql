-- SPDX-License-Identifier: ISC
-- What has been deleted of the log is known, whoever has done it.
\set ON_ERROR_STOP on

BEGIN;
SET LOCAL client_min_messages = warning;

-- Transaction ids are those of a server: this says of which, and of which of
-- its tables.  A set of one, which becomes part of the statement that asks.
CREATE OR REPLACE FUNCTION log_source() RETURNS SETOF text
LANGUAGE sql STABLE
BEGIN ATOMIC
	SELECT concat_ws('.', system_identifier, (SELECT oid
		FROM pg_catalog.pg_database WHERE datname = current_database()),
		'task_events'::regclass::oid)
	FROM pg_catalog.pg_control_system();
END;

CREATE TABLE IF NOT EXISTS log_purged (
	source text PRIMARY KEY,
	xid xid8 NOT NULL,
	id bigint NOT NULL
);

COMMENT ON TABLE log_purged IS
	'The last event of the log, by (xid, id), that was deleted: who is behind '
	'it may have missed some.  Rows of another log_source() came with a dump.';

-- An event whose transaction is still to come was brought by a dump, and
-- nobody has had a place behind it.
CREATE OR REPLACE FUNCTION log_purged() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER AS $$
DECLARE
	last_xid xid8 := pg_current_xact_id();
	last_id bigint := 0;
BEGIN
	IF TG_OP = 'DELETE' THEN
		SELECT xid, id INTO last_xid, last_id FROM gone
		WHERE xid < pg_snapshot_xmax(pg_current_snapshot())
		ORDER BY xid DESC, id DESC LIMIT 1;
	END IF;
	INSERT INTO log_purged AS had (source, xid, id)
	SELECT source, last_xid, last_id FROM log_source() AS source
	WHERE last_xid IS NOT NULL
	ON CONFLICT (source) DO UPDATE SET xid = excluded.xid, id = excluded.id
	WHERE (excluded.xid, excluded.id) > (had.xid, had.id);
	RETURN NULL;
END
$$;

-- It has the rights of the owner, and so looks names up where ours are alone.
DO $$
BEGIN
	EXECUTE format('ALTER FUNCTION log_purged() SET search_path = %I, pg_temp',
		current_schema());
END
$$;

CREATE OR REPLACE TRIGGER log_purged AFTER DELETE ON task_events
	REFERENCING OLD TABLE AS gone
	FOR EACH STATEMENT EXECUTE FUNCTION log_purged();
CREATE OR REPLACE TRIGGER log_purged_whole AFTER TRUNCATE ON task_events
	FOR EACH STATEMENT EXECUTE FUNCTION log_purged();

INSERT INTO schema_version (version, min_program) VALUES (6, 1)
ON CONFLICT DO NOTHING;

COMMIT;

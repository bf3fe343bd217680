-- SPDX-License-Identifier: ISC
-- Each real change of a task gets a version and a time.
\set ON_ERROR_STOP on

BEGIN;
SET LOCAL client_min_messages = warning;

-- Nobody else writes these two columns: what a statement sets them to is
-- overruled.  The row is locked when this runs, so that the time is taken in
-- the order of the versions; it never goes back, even if the clock does.
CREATE OR REPLACE FUNCTION task_stamp() RETURNS trigger
LANGUAGE plpgsql AS $$
BEGIN
	NEW.version := OLD.version;
	NEW.updated_at := OLD.updated_at;
	IF NEW IS DISTINCT FROM OLD THEN
		NEW.version := OLD.version + 1;
		NEW.updated_at := greatest(clock_timestamp(), OLD.updated_at);
	END IF;
	RETURN NEW;
END
$$;

CREATE OR REPLACE TRIGGER task_stamp BEFORE UPDATE ON tasks
	FOR EACH ROW EXECUTE FUNCTION task_stamp();

COMMIT;

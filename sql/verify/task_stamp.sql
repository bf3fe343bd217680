-- SPDX-License-Identifier: ISC
-- Fails unless task_stamp does what it says, tried on a scratch table.
\set ON_ERROR_STOP on

BEGIN;

SELECT 1 / count(*) FROM pg_trigger
WHERE tgrelid = 'tasks'::regclass AND tgname = 'task_stamp'
	AND tgenabled = 'O' AND tgtype = 1 + 2 + 16 -- BEFORE UPDATE, each row
	AND tgqual IS NULL AND tgattr::text = ''
	AND tgfoid = 'task_stamp()'::regprocedure;

CREATE TEMPORARY TABLE probe (LIKE tasks INCLUDING DEFAULTS) ON COMMIT DROP;
CREATE TRIGGER probe_stamp BEFORE UPDATE ON probe
	FOR EACH ROW EXECUTE FUNCTION task_stamp();
INSERT INTO probe (id, title, created_by, updated_at)
VALUES ('00000000-0000-0000-0000-000000000000', 'a', 'b', '2000-01-01Z');

-- Nothing changes but what the trigger owns: both stay.
UPDATE probe SET title = title, version = 9, updated_at = now();
SELECT 1 / count(*) FROM probe
WHERE version = 1 AND updated_at = '2000-01-01Z';

-- A real change: both move.
UPDATE probe SET description = 'c', version = 9;
SELECT 1 / count(*) FROM probe
WHERE version = 2 AND updated_at >= now();

ROLLBACK;

-- SPDX-License-Identifier: ISC
-- Fails unless this release is on record, and no table has lost or got what
-- changes its meaning.  Columns of later changes do no harm.
\set ON_ERROR_STOP on

BEGIN;

SELECT 1 / count(*) FROM schema_version
WHERE version = 1 AND min_program = 1;

DO $$
DECLARE
	tables regclass[] := ARRAY['tasks', 'task_events', 'jobs', 'stats_days',
		'schema_version']::regclass[];
	wrong text;
BEGIN
	SELECT string_agg(what, E'\n' ORDER BY what) INTO wrong FROM (

	SELECT format('table %s: its %s is missing', rel, def)
	FROM (VALUES ('tasks'::regclass, 'PRIMARY KEY (id)'),
		('tasks', 'CHECK (((char_length(title) >= 1) AND (char_length(title) <= 255)))'),
		('tasks', 'CHECK ((char_length(description) <= 10000))'),
		('tasks', 'CHECK (((char_length(created_by) >= 1) AND (char_length(created_by) <= 1024)))'),
		('tasks', 'CHECK ((version > 0))'),
		('task_events', 'PRIMARY KEY (task_id, id)'),
		('jobs', 'PRIMARY KEY (id)'),
		('jobs', 'CHECK (((char_length(message_id) >= 1) AND (char_length(message_id) <= 255)))'),
		('jobs', 'CHECK (((char_length(kind) >= 1) AND (char_length(kind) <= 255)))'),
		('jobs', 'CHECK ((attempts >= 0))'),
		('jobs', 'CHECK ((deaths >= 0))'),
		('stats_days', 'PRIMARY KEY (day, shard)'),
		('schema_version', 'PRIMARY KEY (version)'),
		('schema_version', 'CHECK (((min_program >= 1) AND (min_program <= version)))')
	) AS want (rel, def)
	WHERE NOT EXISTS (SELECT FROM pg_constraint WHERE conrelid = rel
		AND convalidated AND pg_get_constraintdef(oid) = def)

	UNION ALL
	SELECT format('table %s: column %s is not NOT NULL%s', rel, col,
		CASE WHEN def = '' THEN '' ELSE ' DEFAULT ' || def END)
	FROM (VALUES ('tasks'::regclass, '{id,title,created_by}'::text[], ''),
		('tasks', '{status}', '''pending''::task_status'),
		('tasks', '{created_at,updated_at}', 'now()'),
		('tasks', '{version}', '1'),
		('task_events', '{id}', 'identity'),
		('task_events', '{task_id,version,action,actor}', ''),
		('task_events', '{at}', 'now()'),
		('jobs', '{id}', 'gen_random_uuid()'),
		('jobs', '{kind}', ''),
		('jobs', '{args}', '''{}''::jsonb'),
		('jobs', '{state}', '''queued''::job_state'),
		('jobs', '{attempts,deaths}', '0'),
		('jobs', '{run_at,created_at}', 'now()'),
		('stats_days', '{day,shard}', ''),
		('stats_days', '{created,completed,deleted,pending_more,in_progress_more,completed_more}', '0'),
		('schema_version', '{version,min_program}', ''),
		('schema_version', '{deployed_at}', 'now()')
	) AS want (rel, cols, def), unnest(cols) AS col
	WHERE NOT EXISTS (SELECT FROM pg_attribute
		LEFT JOIN pg_attrdef ON adrelid = attrelid AND adnum = attnum
		WHERE attrelid = rel AND attname = col AND attnotnull
		AND CASE WHEN attidentity = 'a' THEN 'identity'
			ELSE coalesce(pg_get_expr(adbin, adrelid), '') END = def)

	UNION ALL
	SELECT format('table %s: column %s has a default, which is not ours', rel, col)
	FROM (VALUES ('tasks'::regclass, '{description}'::text[]),
		('task_events', '{changes,request_id}'),
		('jobs', '{message_id,task_id,last_error,worker,tag,published_at,started_at,heartbeat_at,finished_at,request_id,traceparent,relayed_at}')
	) AS want (rel, cols), unnest(cols) AS col
	JOIN pg_attribute ON attname = col
	WHERE attrelid = rel AND (attnotnull OR atthasdef)

	UNION ALL
	SELECT format('table %s has row security', oid::regclass)
	FROM pg_class WHERE oid = ANY (tables)
		AND (relrowsecurity OR relforcerowsecurity)

	UNION ALL
	SELECT format('table %s is not kept over a crash', oid::regclass)
	FROM pg_class WHERE oid = ANY (tables) AND relpersistence <> 'p'

	UNION ALL
	SELECT format('table %s has the rule %I, which is not ours',
		ev_class::regclass, rulename)
	FROM pg_rewrite WHERE ev_class = ANY (tables)

	UNION ALL
	SELECT format('table %s has the trigger %I, which is not ours',
		tgrelid::regclass, tgname)
	FROM pg_trigger WHERE tgrelid = ANY (tables) AND NOT tgisinternal
		AND (tgrelid, tgname) NOT IN (('tasks'::regclass, 'task_stamp'),
		('task_events'::regclass, 'task_events_refuse'),
		('task_events'::regclass, 'log_purged'),
		('task_events'::regclass, 'log_purged_whole'))

	UNION ALL
	SELECT format('table %s: %I may not %s', t, current_user, priv)
	FROM unnest(tables) AS t,
		unnest('{SELECT,INSERT,UPDATE,DELETE}'::text[]) AS priv
	WHERE NOT has_table_privilege(t, priv)

	) AS found (what);
	IF wrong IS NOT NULL THEN
		RAISE '%', wrong;
	END IF;
END
$$;

ROLLBACK;

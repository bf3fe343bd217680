/* SPDX-License-Identifier: ISC */
/* What the database is like, and what its role may not do in it. */
#include "config.h"

#include "conf/conf.h"
#include "pg_own.h"

/* Columns that statements write, or all where they take whole rows: a right on
 * each of these is as good as one on the table. */
#define FACTS_JOB_STATE                                                        \
	"kind args message ignore_result state run_at published_at "           \
	"relayed_at worker tag attempts started_at heartbeat_at "              \
	"finished_at last_error due_at priority"
#define FACTS_STATS                                                            \
	"created completed deleted pending_more in_progress_more completed_more"

/*
 * Each right that a statement of the programs needs.  Tables that are missing
 * are the schema's matter.  $1: the purge of events is on.
 */
static const struct pg_stmt pg_facts_stmt = { "FACTS", 1, PG_PLAN,
	"WITH need (name, word, columns) AS (VALUES"
	" ('tasks', 'SELECT', 'id title description status created_at"
	" updated_at created_by version'),"
	" ('tasks', 'INSERT', 'id title description status created_by'),"
	" ('tasks', 'UPDATE', 'title description status'),"
	" ('tasks', 'DELETE', NULL),"
	" ('task_events', 'SELECT', 'id task_id version action actor at"
	" changes request_id trace_id xid traceparent status_was status_now'),"
	" ('task_events', 'INSERT', 'task_id version action actor at"
	" changes request_id trace_id traceparent status_was status_now'),"
	" ('task_events', CASE WHEN $1::bool THEN 'DELETE' END, NULL),"
	" ('jobs', 'SELECT', 'id message_id task_id created_at deaths unique_key"
	" request_id traceparent " FACTS_JOB_STATE "'),"
	" ('jobs', 'INSERT', 'id message_id task_id request_id traceparent"
	" unique_key " FACTS_JOB_STATE "'),"
	" ('jobs', 'UPDATE', 'deaths unique_key " FACTS_JOB_STATE "'),"
	" ('jobs', 'DELETE', NULL),"
	" ('job_tells', 'SELECT', 'job_id tell_at tag value exception'),"
	" ('job_tells', 'INSERT', 'job_id tell_at tag value exception'),"
	" ('job_tells', 'UPDATE', 'tell_at tag value exception'),"
	" ('job_tells', 'DELETE', NULL),"
	" ('schedules', 'SELECT', NULL),"
	" ('schedules', 'INSERT', NULL),"
	" ('schedules', 'UPDATE', NULL),"
	" ('job_limits', 'SELECT', NULL),"
	" ('job_limits', 'INSERT', NULL),"
	" ('job_limits', 'UPDATE', NULL),"
	" ('webhooks', 'SELECT', NULL),"
	" ('webhooks', 'INSERT', NULL),"
	" ('webhooks', 'UPDATE', NULL),"
	" ('webhooks', 'DELETE', NULL),"
	" ('webhook_deliveries', 'SELECT', NULL),"
	" ('webhook_deliveries', 'INSERT', NULL),"
	" ('webhook_deliveries', 'UPDATE', NULL),"
	" ('webhook_deliveries', 'DELETE', NULL),"
	" ('request_keys', 'SELECT', NULL),"
	" ('request_keys', 'INSERT', NULL),"
	" ('request_keys', 'UPDATE', NULL),"
	" ('request_keys', 'DELETE', NULL),"
	" ('stats_days', 'SELECT', 'day shard " FACTS_STATS "'),"
	" ('stats_days', 'INSERT', 'day shard " FACTS_STATS "'),"
	" ('stats_days', 'UPDATE', '" FACTS_STATS "'),"
	" ('stats_times', 'SELECT', 'day step tasks'),"
	" ('stats_times', 'INSERT', 'day step tasks'),"
	" ('stats_times', 'UPDATE', 'tasks'),"
	" ('log_readers', 'SELECT', 'name xid id snapshot floor moved_at'),"
	" ('log_readers', 'UPDATE', 'xid id snapshot floor moved_at'),"
	" ('log_purged', 'SELECT', 'source xid id'))"
	" SELECT (SELECT string_agg(word || ' on ' || name, ', ') FROM need"
	" WHERE NOT has_table_privilege(to_regclass(name), word)"
	" AND (columns IS NULL OR EXISTS (SELECT"
	" FROM unnest(string_to_array(columns, ' ')) AS c WHERE NOT"
	" has_column_privilege(to_regclass(name), c, word)))),"
	" datctype::text IN ('C', 'POSIX')"
	" AND coalesce(to_jsonb(d)->>'datlocprovider', 'c') = 'c',"
	" coalesce((SELECT bool_or(row_security_active(to_regclass(name)))"
	" FROM need), false) OR current_setting('transaction_read_only') = 'on'"
	" FROM pg_database AS d WHERE datname = current_database()" };

enum pg_err
pg_facts(struct pg *pg, struct pg_facts *facts)
{
	struct pg_params p;
	enum pg_err err;
	PGresult *r;
	size_t len;

	pg_params_init(&p, pg);
	pg_put_bool(&p, settings.purge_events_age > 0);
	err = pg_run_row(pg, &pg_facts_stmt, &p, &r);
	if (err != PG_OK)
		return err;
	facts->missing = pg_null(r, 0, 0) ? NULL : pg_text(r, 0, 0, &len);
	facts->plain_locale = pg_bool(r, 0, 1);
	facts->doubtful = pg_bool(r, 0, 2);
	return PG_OK;
}

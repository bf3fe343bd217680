/* SPDX-License-Identifier: ISC */
/* What the settings must fulfil beyond type and range. */
#include "config.h"

#include <stdio.h>
#include <string.h>

#include "base/str.h"
#include "conf_own.h"
#include "text/field.h"
#include "text/kv_url.h"
#include "text/cron.h"
#include "text/net.h"

#define FAULT(run, section, key, sentence)                                     \
	conf_fault_row(run, CONF_ROW_##section##_##key, sentence)

static bool
conf_is_alnum(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
	       (c >= '0' && c <= '9');
}

/* The path is compared as it comes, so it must have one spelling only. */
static void
conf_check_base_path(struct conf_run *run)
{
	const struct conf *s = &run->set->values;
	const char *path = s->http_base_path, *c;
	size_t len = strlen(path);

	if (len == 0)
		return;
	if (path[0] != '/') {
		FAULT(run, http, base_path, "it must start with a slash");
		return;
	}
	if (path[len - 1] == '/') {
		FAULT(run, http, base_path, "it must not end with a slash");
		return;
	}
	for (c = path; *c != '\0'; c++) {
		if (!conf_is_alnum(*c) && strchr("/-._~", *c) == NULL) {
			FAULT(run, http, base_path,
			    "only letters, digits, - . _ ~ and / are "
			    "allowed in it");
			return;
		}
	}
	if (strstr(path, "//") != NULL || strstr(path, "/./") != NULL ||
	    strstr(path, "/../") != NULL || str_eq(strrchr(path, '/'), "/.") ||
	    str_eq(strrchr(path, '/'), "/.."))
		FAULT(run, http, base_path,
		    "it must not have empty, . or .. segments");
}

/* Judges an address that may be empty; without has characters that must not be
 * in it.  False: there is a fault, which was told. */
static bool
conf_check_url(struct conf_run *run, int row, const char *url,
    const char *without)
{
	const char *rest = "", *why;
	char sentence[40];

	if (url[0] == '\0')
		return true;
	why = conf_judge_url(url, &rest);
	rest += strcspn(rest, without);
	if (why == NULL && *rest != '\0') {
		snprintf(sentence, sizeof(sentence),
		    "it must not have a %c in it", *rest);
		why = sentence;
	}
	if (why != NULL)
		conf_fault_row(run, row, why);
	return why == NULL;
}

static void
conf_check_algorithms(struct conf_run *run)
{
	static const char *const known[] = {
#define ALG(id, name, ...) name,
#include "text/alg.def"
#undef ALG
	};
	static const char each[] =
#define ALG(id, name, ...) ", " name
#include "text/alg.def"
#undef ALG
	    ;
	const struct conf_list *list = &run->set->values.auth_algorithms;
	char why[200];
	size_t i, k;

	for (i = 0; i < list->n; i++) {
		for (k = 0; k < NELEM(known); k++) {
			if (str_eq(list->v[i], known[k]))
				break;
		}
		if (k < NELEM(known))
			continue;
		snprintf(why, sizeof(why), "\"%.60s\" is not one of %s",
		    list->v[i], each + 2);
		FAULT(run, auth, algorithms, why);
	}
}

/* NULL, or what is wrong with the address of a Redis server, which has that
 * name in its section. */
static const char *
conf_judge_redis(const char *text, const char *master)
{
	const char *why = kv_url_judge(text);
	struct kv_url url;

	if (why != NULL || kv_url_parse(text, &url) == -1)
		return why;
	if (url.nsentinels > 0 && url.master == NULL && master[0] == '\0')
		why = "sentinels want to be asked for a master_name";
	kv_url_clear(&url);
	return why;
}

/* These settings of the broker's own server count with its address. */
static void
conf_check_no_broker(struct conf_run *run)
{
	const struct conf *s = &run->set->values;
	const struct {
		int row;
		const char *value;
	} rows[] = {
		{ CONF_ROW_broker_username, s->broker_username },
		{ CONF_ROW_broker_password, s->broker_password },
		{ CONF_ROW_broker_master_name, s->broker_master_name },
		{ CONF_ROW_broker_sentinel_username,
		    s->broker_sentinel_username },
		{ CONF_ROW_broker_sentinel_password,
		    s->broker_sentinel_password },
		{ CONF_ROW_broker_ca_file, s->broker_ca_file },
		{ CONF_ROW_broker_cert_file, s->broker_cert_file },
		{ CONF_ROW_broker_key_file, s->broker_key_file },
	};

	for (size_t i = 0; i < NELEM(rows); i++)
		if (rows[i].value[0] != '\0')
			conf_fault_row(run, rows[i].row,
			    "it counts only together with [broker] url");
}

static void
conf_check_redis(struct conf_run *run)
{
	static const char no_cert[] = "it counts only together with cert_file";
	const struct conf *s = &run->set->values;
	bool same = s->broker_url[0] == '\0';
	const char *why = conf_judge_redis(s->redis_url, s->redis_master_name);

	if (why != NULL)
		FAULT(run, redis, url, why);
	if (s->redis_key_file[0] != '\0' && s->redis_cert_file[0] == '\0')
		FAULT(run, redis, key_file, no_cert);
	if (s->broker_result_url[0] != '\0') {
		why = conf_judge_redis(s->broker_result_url,
		    same ? s->redis_master_name : s->broker_master_name);
		if (why != NULL)
			FAULT(run, broker, result_url, why);
	}
	if (same) {
		conf_check_no_broker(run);
		return;
	}
	why = conf_judge_redis(s->broker_url, s->broker_master_name);
	if (why != NULL)
		FAULT(run, broker, url, why);
	if (s->broker_key_file[0] != '\0' && s->broker_cert_file[0] == '\0')
		FAULT(run, broker, key_file, no_cert);
}

/* A browser sends the origin without a path, and compares it as text. */
static void
conf_check_cors(struct conf_run *run)
{
	const struct conf *s = &run->set->values;
	const struct conf_list *list = &s->http_cors_origins;
	char sentence[200];
	size_t i;

	for (i = 0; i < list->n; i++) {
		const char *rest = "", *why;

		if (str_eq(list->v[i], "*"))
			continue;
		why = conf_judge_url(list->v[i], &rest);
		if (why == NULL && *rest != '\0')
			why = "an origin ends with its host or port";
		if (why == NULL)
			continue;
		snprintf(sentence, sizeof(sentence), "\"%.60s\": %s",
		    list->v[i], why);
		FAULT(run, http, cors_origins, sentence);
	}
}

/* What is wrong with the name of a queue, or NULL: the list of that name would
 * be a key that Celery or we use for something else. */
static const char *
conf_judge_queue(const char *name)
{
	static const char *const begins[] = { "unacked", "_kombu.",
		"celery-task-meta-", "celery-taskset-meta-",
		"errand:", "task:", "tasks:" };
	static const char *const ends[] = { ".unregistered",
		".reply.celery.pidbox" };
	static const char why[] =
	    "this name is reserved: something else is stored under it";
	size_t len = strlen(name), end, i;

	if (strpbrk(name, " \t") != NULL)
		return "it must not have white space in it";
	for (i = 0; i < NELEM(begins); i++) {
		if (str_starts(name, begins[i]))
			return why;
	}
	for (i = 0; i < NELEM(ends); i++) {
		end = strlen(ends[i]);
		if (len >= end && str_eq(name + len - end, ends[i]))
			return why;
	}
	return NULL;
}

/* Celery's bindings have it between their parts, too. */
static void
conf_check_lists(struct conf_run *run)
{
	const struct conf_list *steps = &run->set->values.broker_priority_steps;
	const char *sep = run->set->values.broker_sep;
	int64_t step, least = 0;
	size_t i;

	for (i = 0; i < steps->n; i++) {
		if (str_to_int(steps->v[i], least, i == 0 ? 0 : 9, &step) == -1)
			break;
		least = step + 1;
	}
	if (i < steps->n)
		FAULT(run, broker, priority_steps,
		    "it must be numbers from 0 to 9 that rise from 0");
	if (strpbrk(sep, " \t0123456789") != NULL)
		FAULT(run, broker, sep, "it must not have blanks or digits");
}

static void
conf_check_queues(struct conf_run *run)
{
	const struct conf_set *set = run->set;
	const char *why = conf_judge_queue(set->values.broker_queue);

	if (why != NULL)
		FAULT(run, broker, queue, why);
	why = conf_judge_queue(set->values.broker_canvas_queue);
	if (why != NULL)
		FAULT(run, broker, canvas_queue, why);
	conf_check_lists(run);
	for (size_t i = 0; i < set->njobs; i++) {
		why = set->jobs[i].queue == NULL
			  ? NULL
			  : conf_judge_queue(set->jobs[i].queue);
		if (why != NULL)
			conf_fault_row(run,
			    CONF_ROWS + (int)i * CONF_JOB_ROWS + CONF_JOB_queue,
			    why);
	}
}

/* The C library takes a zone that it does not know for UTC. */
static void
conf_check_timezone(struct conf_run *run)
{
	if (!cron_zone_known(run->set->values.broker_timezone))
		FAULT(run, broker, timezone,
		    "there is no such time zone in /usr/share/zoneinfo");
}

static void
conf_check_ranges(struct conf_run *run, int row, const struct conf_list *list)
{
	struct net_range range;
	char sentence[200];

	for (size_t i = 0; i < list->n; i++) {
		if (net_range_parse(list->v[i], &range) == 0)
			continue;
		snprintf(sentence, sizeof(sentence),
		    "\"%.60s\" is no address, and no network such as "
		    "10.0.0.0/8",
		    list->v[i]);
		conf_fault_row(run, row, sentence);
	}
}

static void
conf_check_metrics(struct conf_run *run)
{
	const struct conf *s = &run->set->values;
	struct sockaddr_storage sa;
	socklen_t len;

	if (s->metrics_file[0] != '\0' && s->metrics_file[0] != '/')
		FAULT(run, metrics, file, "it must start with a slash");
	if (net_address_parse(s->metrics_listen, &sa, &len) == -1)
		FAULT(run, metrics, listen,
		    "it must look like 127.0.0.1:9464 or [::1]:9464");
	conf_check_ranges(run, CONF_ROW_metrics_allow, &s->metrics_allow);
}

/* What stands behind claim: becomes part of the owner of a task, NAME=value. */
static void
conf_check_owners(struct conf_run *run)
{
	static const char claim[] = "claim:";
	const char *tasks = run->set->values.rbac_tasks;

	if (str_eq(tasks, "shared") || str_eq(tasks, "own"))
		return;
	if (strncmp(tasks, claim, strlen(claim)) != 0)
		FAULT(run, rbac, tasks, "it must be shared, own or claim:NAME");
	else if (tasks[strlen(claim)] == '\0' ||
		 strpbrk(tasks + strlen(claim), "= \t\"\\") != NULL)
		FAULT(run, rbac, tasks,
		    "behind claim: there must be a name, without blanks, "
		    "quotes, \\ and =");
}

/* Each name has one type. */
static void
conf_check_extra(struct conf_run *run)
{
	const struct conf_list *list = &run->set->values.tasks_extra;
	struct field field, before;
	char sentence[200];
	const char *why;

	for (size_t i = 0; i < list->n; i++) {
		why = field_parse(list->v[i], &field);
		for (size_t k = 0; k < i && why == NULL; k++)
			if (field_parse(list->v[k], &before) == NULL &&
			    before.len == field.len &&
			    memcmp(before.name, field.name, field.len) == 0)
				why = "the name is there already";
		if (why == NULL)
			continue;
		snprintf(sentence, sizeof(sentence), "\"%.60s\": %s",
		    list->v[i], why);
		FAULT(run, tasks, extra, sentence);
	}
}

void
conf_check(struct conf_run *run)
{
	const struct conf *s = &run->set->values;
	const char *url = s->http_public_url;

	conf_check_base_path(run);
	if (conf_check_url(run, CONF_ROW_http_public_url, url, "?#") &&
	    url[0] != '\0' && url[strlen(url) - 1] == '/')
		FAULT(run, http, public_url, "it must not end with a slash");
	conf_check_cors(run);
	conf_check_redis(run);
	(void)conf_check_url(run, CONF_ROW_auth_issuer, s->auth_issuer, "?#");
	(void)conf_check_url(run, CONF_ROW_auth_jwks_uri, s->auth_jwks_uri,
	    "#");
	(void)conf_check_url(run, CONF_ROW_auth_introspect_url,
	    s->auth_introspect_url, "#");
	if (s->auth_introspect != CONF_introspect_off &&
	    s->auth_introspect_secret[0] == '\0')
		FAULT(run, auth, introspect,
		    "it needs [auth] introspect_secret "
		    "(or introspect_secret_file)");
	conf_check_algorithms(run);
	conf_check_owners(run);
	conf_check_extra(run);
	if (s->auth_key_stale < s->auth_key_ttl)
		FAULT(run, auth, key_stale,
		    "it must not be shorter than [auth] key_ttl");
	/* It stands between quotes in a header. */
	if (strpbrk(s->auth_realm, "\"\\") != NULL)
		FAULT(run, auth, realm, "it must not have \" or \\ in it");
	/* With less, processes would be replaced as soon as they are there. */
	if (s->worker_max_memory_per_child != 0 &&
	    s->worker_max_memory_per_child < 32 * CONF_MIB)
		FAULT(run, worker, max_memory_per_child,
		    "it must be 0 or at least 32m");
	conf_check_queues(run);
	conf_check_timezone(run);
	conf_check_database(run);
	conf_check_log(run);
	conf_check_schedules(run);
	conf_check_mail(run);
	conf_check_trace(run);
	conf_check_metrics(run);
	conf_check_ranges(run, CONF_ROW_webhook_allow, &s->webhook_allow);
}

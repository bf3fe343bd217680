/* SPDX-License-Identifier: ISC */
/* Answers to Celery's inspect: what we are and what we do. */
#include "config.h"

#include <string.h>

#include "base/clock.h"
#include "base/str.h"
#include "celery/celery.h"
#include "conf/conf.h"
#include "control_own.h"
#include "jobs/kind.h"
#include "queue/revoke_box.h"

#define IDS_MAX 100

/* --- the jobs of children --- */

/* Arguments are shown as text, since they may have been shortened. */
static void
put_job(struct control *c, struct json_write *w, const struct slot_job *job)
{
	json_open_object(w, NULL);
	json_put_text(w, "id", job->id);
	json_put_text(w, "name", job->kind);
	json_put_text(w, "type", job->kind);
	json_put_text(w, "args", job->args);
	json_put_text(w, "kwargs", job->kwargs);
	json_put_text(w, "hostname", c->crew->node);
	json_put_seconds(w, "time_start",
	    clock_wall_us() - (clock_mono_us() - job->started));
	json_put_bool(w, "acknowledged", false);
	json_open_object(w, "delivery_info");
	json_put_text(w, "exchange", "");
	json_put_text(w, "routing_key", job->queue);
	json_put_int(w, "priority", 0);
	json_put_bool(w, "redelivered", false);
	json_close_object(w);
	json_put_int(w, "worker_pid", job->pid);
	json_close_object(w);
}

static void
inspect_active(struct control *c, const struct control_request *r,
    struct json_write *w)
{
	struct slot_job job;
	size_t i;

	(void)r;
	json_open_array(w, NULL);
	for (i = 0; i < c->crew->nslots; i++) {
		if (slot_job(&c->crew->slots[i], &job))
			put_job(c, w, &job);
	}
	json_close_array(w);
}

static void
inspect_query_task(struct control *c, const struct control_request *r,
    struct json_write *w)
{
	const char *ids[IDS_MAX];
	size_t n = control_request_texts(r, "ids", ids, IDS_MAX), i, k;
	struct slot_job job;

	json_open_object(w, NULL);
	for (i = 0; i < c->crew->nslots; i++) {
		if (!slot_job(&c->crew->slots[i], &job))
			continue;
		for (k = 0; k < n && !str_eq(ids[k], job.id); k++)
			continue;
		if (k == n)
			continue;
		json_open_array(w, job.id);
		json_put_text(w, NULL, "active");
		put_job(c, w, &job);
		json_close_array(w);
	}
	json_close_object(w);
}

/* Nothing is taken before a child is free for it, and what is to be run later
 * waits in the database, for whichever pool. */
static void
inspect_nothing(struct control *c, const struct control_request *r,
    struct json_write *w)
{
	(void)c;
	(void)r;
	json_open_array(w, NULL);
	json_close_array(w);
}

/* --- what we are --- */

static void
inspect_ping(struct control *c, const struct control_request *r,
    struct json_write *w)
{
	(void)c;
	(void)r;
	control_ok(w, "pong");
}

static void
inspect_clock(struct control *c, const struct control_request *r,
    struct json_write *w)
{
	(void)r;
	json_open_object(w, NULL);
	json_put_int(w, "clock", c->clock);
	json_close_object(w);
}

/* A worker that starts asks all others, and itself. */
static void
inspect_hello(struct control *c, const struct control_request *r,
    struct json_write *w)
{
	const char *from = control_request_text(r, "from_node");

	if (from != NULL && str_eq(from, c->crew->node))
		return;
	json_open_object(w, NULL);
	json_open_object(w, "revoked");
	json_close_object(w);
	json_put_int(w, "clock", c->clock);
	json_close_object(w);
}

static void
inspect_registered(struct control *c, const struct control_request *r,
    struct json_write *w)
{
	size_t i;

	(void)c;
	(void)r;
	json_open_array(w, NULL);
	for (i = 0; i < kind_count(); i++) {
		if (kind_runs(kind_at(i)))
			json_put_text(w, NULL, kind_at(i)->name);
	}
	json_close_array(w);
}

static void
inspect_revoked(struct control *c, const struct control_request *r,
    struct json_write *w)
{
	const char **ids = arena_alloc(c->arena, REVOKE_MAX * sizeof(*ids));
	size_t n = revoke_box_list(c->kv, c->arena, ids), i;

	(void)r;
	json_open_array(w, NULL);
	for (i = 0; i < n; i++)
		json_put_text(w, NULL, ids[i]);
	json_close_array(w);
}

/* As complete as readers want it. */
static void
inspect_active_queues(struct control *c, const struct control_request *r,
    struct json_write *w)
{
	static const char *const exchange =
	    "\"type\":\"direct\",\"arguments\":null,\"durable\":true,"
	    "\"passive\":false,\"auto_delete\":false,\"delivery_mode\":null,"
	    "\"no_declare\":false";
	static const char *const queue =
	    "\"queue_arguments\":null,\"binding_arguments\":null,"
	    "\"consumer_arguments\":null,\"durable\":true,\"exclusive\":false,"
	    "\"auto_delete\":false,\"no_ack\":false,\"alias\":null,"
	    "\"bindings\":[],\"no_declare\":null,\"expires\":null,"
	    "\"message_ttl\":null,\"max_length\":null,"
	    "\"max_length_bytes\":null,\"max_priority\":null";
	size_t i;

	(void)r;
	json_open_array(w, NULL);
	for (i = 0; i < c->crew->nqueues; i++) {
		const char *name = c->crew->queues[i];

		json_open_object(w, NULL);
		json_put_text(w, "name", name);
		json_open_object(w, "exchange");
		json_put_text(w, "name", name);
		json_put_members(w, exchange);
		json_close_object(w);
		json_put_text(w, "routing_key", name);
		json_put_members(w, queue);
		json_close_object(w);
	}
	json_close_array(w);
}

/* Our settings by Celery's names, as far as they mean the same. */
static void
inspect_conf(struct control *c, const struct control_request *r,
    struct json_write *w)
{
	(void)r;
	json_open_object(w, NULL);
	json_put_text(w, "task_default_queue", settings.broker_queue);
	json_put_text(w, "worker_name", c->crew->node);
	json_put_int(w, "worker_concurrency", (int64_t)c->crew->want);
	json_put_int(w, "worker_prefetch_multiplier", 1);
	json_put_int(w, "worker_max_tasks_per_child",
	    settings.worker_max_jobs_per_child);
	json_put_int(w, "worker_max_memory_per_child",
	    settings.worker_max_memory_per_child / 1024);
	json_put_int(w, "result_expires", settings.broker_result_ttl / 1000);
	json_open_object(w, "broker_transport_options");
	json_put_int(w, "visibility_timeout",
	    settings.broker_visibility_timeout / 1000);
	json_close_object(w);
	json_put_bool(w, "task_acks_late", true);
	json_put_bool(w, "task_reject_on_worker_lost", true);
	json_put_text(w, "task_serializer", "json");
	json_put_text(w, "result_serializer", "json");
	json_open_array(w, "accept_content");
	json_put_text(w, NULL, "json");
	json_close_array(w);
	json_put_bool(w, "enable_utc", true);
	json_put_text(w, "timezone", "UTC");
	json_close_object(w);
}

static void
inspect_report(struct control *c, const struct control_request *r,
    struct json_write *w)
{
	(void)r;
	control_ok(w,
	    arena_printf(c->arena,
		"\nsoftware -> errand:" PACKAGE_VERSION
		"\nworker -> %s\nqueue -> %s\nkinds -> %zu\nchildren -> %zu\n",
		c->crew->node, settings.broker_queue, kind_count(),
		c->crew->want));
}

const struct control_method control_inspects[] = {
	{ "active", inspect_active },
	{ "active_queues", inspect_active_queues },
	{ "clock", inspect_clock },
	{ "conf", inspect_conf },
	{ "hello", inspect_hello },
	{ "ping", inspect_ping },
	{ "query_task", inspect_query_task },
	{ "registered", inspect_registered },
	{ "report", inspect_report },
	{ "reserved", inspect_nothing },
	{ "revoked", inspect_revoked },
	{ "scheduled", inspect_nothing },
	{ "stats", control_stats },
	{ NULL, NULL },
};

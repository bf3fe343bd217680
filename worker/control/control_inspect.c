/* SPDX-License-Identifier: ISC */
/* Answers to Celery's inspect: what we are and what we do. */
#include "config.h"

#include <inttypes.h>
#include <string.h>

#include "base/clock.h"
#include "base/str.h"
#include "celery/celery.h"
#include "conf/conf.h"
#include "control_own.h"
#include "jobs/kind.h"
#include "text/json.h"
#include "work/revoke_box.h"

#define IDS_MAX 100

/* --- the jobs of children --- */

static void
job_text(char to[SLOT_TEXT], const char from[SLOT_TEXT])
{
	memcpy(to, from, SLOT_TEXT);
	to[SLOT_TEXT - 1] = '\0';
}

/* What is the same before and after was so in between. */
bool
control_job(const struct slot *s, struct control_job *job)
{
	job->pid = s->pid;
	job->run = s->taken;
	if (job->pid == 0 || !s->busy)
		return false;
	__atomic_thread_fence(__ATOMIC_ACQUIRE);
	job_text(job->id, s->id);
	job_text(job->kind, s->kind);
	job_text(job->queue, s->queue);
	job_text(job->args, s->args);
	job->started = s->started;
	__atomic_thread_fence(__ATOMIC_ACQUIRE);
	return s->busy && s->pid == job->pid && s->taken == job->run;
}

static void
add(struct buf *b, const char *before, const char *text)
{
	buf_adds(b, before);
	json_add_cstring(b, text);
}

/* Arguments are shown as text, since they may have been shortened. */
static void
add_job(struct control *c, struct buf *b, const struct control_job *job)
{
	bool list = job->args[0] == '[';
	int64_t at = clock_wall_us() - (clock_mono_us() - job->started);

	add(b, "{\"id\": ", job->id);
	add(b, ", \"name\": ", job->kind);
	add(b, ", \"type\": ", job->kind);
	add(b, ", \"args\": ", list ? job->args : "[]");
	add(b, ", \"kwargs\": ", list ? "{}" : job->args);
	add(b, ", \"hostname\": ", c->crew->node);
	buf_printf(b, ", \"time_start\": %" PRId64 ".%06" PRId64, at / 1000000,
	    at % 1000000);
	add(b,
	    ", \"acknowledged\": false, \"delivery_info\": "
	    "{\"exchange\": \"\", \"routing_key\": ",
	    job->queue);
	buf_printf(b,
	    ", \"priority\": 0, \"redelivered\": false}, "
	    "\"worker_pid\": %d}",
	    (int)job->pid);
}

static void
inspect_active(struct control *c, const struct control_request *r,
    struct buf *b)
{
	struct control_job job;
	bool first = true;
	size_t i;

	(void)r;
	buf_addc(b, '[');
	for (i = 0; i < c->crew->nslots; i++) {
		if (!control_job(&c->crew->slots[i], &job))
			continue;
		buf_adds(b, first ? "" : ", ");
		add_job(c, b, &job);
		first = false;
	}
	buf_addc(b, ']');
}

static void
inspect_query_task(struct control *c, const struct control_request *r,
    struct buf *b)
{
	const char *ids[IDS_MAX];
	size_t n = control_request_texts(r, "ids", ids, IDS_MAX), i, k;
	struct control_job job;
	bool first = true;

	buf_addc(b, '{');
	for (i = 0; i < c->crew->nslots; i++) {
		if (!control_job(&c->crew->slots[i], &job))
			continue;
		for (k = 0; k < n && !str_eq(ids[k], job.id); k++)
			continue;
		if (k == n)
			continue;
		add(b, first ? "" : ", ", job.id);
		buf_adds(b, ": [\"active\", ");
		add_job(c, b, &job);
		buf_addc(b, ']');
		first = false;
	}
	buf_addc(b, '}');
}

/* Nothing is taken before a child is free for it, and what is to be run later
 * waits in the database, for whichever pool. */
static void
inspect_nothing(struct control *c, const struct control_request *r,
    struct buf *b)
{
	(void)c;
	(void)r;
	buf_adds(b, "[]");
}

/* --- what we are --- */

static void
inspect_ping(struct control *c, const struct control_request *r, struct buf *b)
{
	(void)c;
	(void)r;
	control_ok(b, "pong");
}

static void
inspect_clock(struct control *c, const struct control_request *r, struct buf *b)
{
	(void)r;
	buf_printf(b, "{\"clock\": %" PRId64 "}", c->clock);
}

/* A worker that starts asks all others, and itself. */
static void
inspect_hello(struct control *c, const struct control_request *r, struct buf *b)
{
	const char *from = control_request_text(r, "from_node");

	if (from != NULL && str_eq(from, c->crew->node))
		return;
	buf_printf(b, "{\"revoked\": {}, \"clock\": %" PRId64 "}", c->clock);
}

static void
inspect_registered(struct control *c, const struct control_request *r,
    struct buf *b)
{
	bool first = true;
	size_t i;

	(void)c;
	(void)r;
	buf_addc(b, '[');
	for (i = 0; i < kind_count(); i++) {
		if (!kind_runs(kind_at(i)))
			continue;
		add(b, first ? "" : ", ", kind_at(i)->name);
		first = false;
	}
	buf_addc(b, ']');
}

static void
inspect_revoked(struct control *c, const struct control_request *r,
    struct buf *b)
{
	const char *ids[REVOKE_MAX];
	size_t n = revoke_box_list(c->kv, c->arena, ids), i;

	(void)r;
	buf_addc(b, '[');
	for (i = 0; i < n; i++)
		add(b, i == 0 ? "" : ", ", ids[i]);
	buf_addc(b, ']');
}

/* As complete as readers want it. */
static void
inspect_active_queues(struct control *c, const struct control_request *r,
    struct buf *b)
{
	size_t i;

	(void)r;
	buf_addc(b, '[');
	for (i = 0; i < c->crew->nqueues; i++) {
		const char *name = c->crew->queues[i];

		add(b, i == 0 ? "{\"name\": " : ", {\"name\": ", name);
		add(b, ", \"exchange\": {\"name\": ", name);
		add(b,
		    ", \"type\": \"direct\", \"arguments\": null, "
		    "\"durable\": true, \"passive\": false, "
		    "\"auto_delete\": false, \"delivery_mode\": null, "
		    "\"no_declare\": false}, \"routing_key\": ",
		    name);
		buf_adds(b,
		    ", \"queue_arguments\": null, \"binding_arguments\": null, "
		    "\"consumer_arguments\": null, \"durable\": true, "
		    "\"exclusive\": false, \"auto_delete\": false, "
		    "\"no_ack\": false, \"alias\": null, \"bindings\": [], "
		    "\"no_declare\": null, \"expires\": null, "
		    "\"message_ttl\": null, \"max_length\": null, "
		    "\"max_length_bytes\": null, \"max_priority\": null}");
	}
	buf_addc(b, ']');
}

/* Our settings by Celery's names, as far as they mean the same. */
static void
inspect_conf(struct control *c, const struct control_request *r, struct buf *b)
{
	(void)r;
	add(b, "{\"task_default_queue\": ", settings.broker_queue);
	add(b, ", \"worker_name\": ", c->crew->node);
	buf_printf(b,
	    ", \"worker_concurrency\": %zu, "
	    "\"worker_prefetch_multiplier\": 1, "
	    "\"worker_max_tasks_per_child\": %" PRId64
	    ", \"worker_max_memory_per_child\": %" PRId64
	    ", \"result_expires\": %" PRId64
	    ", \"broker_transport_options\": {\"visibility_timeout\": %" PRId64
	    "}, \"task_acks_late\": true, "
	    "\"task_reject_on_worker_lost\": true, "
	    "\"task_serializer\": \"json\", \"result_serializer\": \"json\", "
	    "\"accept_content\": [\"json\"], \"enable_utc\": true, "
	    "\"timezone\": \"UTC\"}",
	    c->crew->want, settings.worker_max_jobs_per_child,
	    settings.worker_max_memory_per_child / 1024,
	    settings.broker_result_ttl / 1000,
	    settings.broker_visibility_timeout / 1000);
}

static void
inspect_report(struct control *c, const struct control_request *r,
    struct buf *b)
{
	(void)r;
	control_ok(b,
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

/* SPDX-License-Identifier: ISC */
/* Handlers of the work in the background as a whole: how many jobs wait, what
 * was put aside, and which pools do what. */
#include "config.h"

#include "answer/answer.h"
#include "answer/body.h"
#include "answer/problem.h"
#include "base/clock.h"
#include "base/str.h"
#include "conf/conf.h"
#include "handlers.h"
#include "jobs/job_count.h"
#include "jobs/job_list.h"
#include "jobs/kind.h"
#include "log/log.h"
#include "queue/queue_nodes.h"
#include "text/json_span.h"

#define SHOWN    100  /* elements that were put aside, of one answer */
#define REDRIVEN 1000 /* those that one request sends */
#define LISTS    (KIND_MAX + 2)
#define NAME_MAX 255
#define DEPTH    4 /* of what a pool says */

static const enum job_state counted[] = { JOB_QUEUED, JOB_PUBLISHED,
	JOB_RUNNING, JOB_RETRYING, JOB_FAILED };

static void
broker_away(struct call *c)
{
	problem_unavailable(c, "the broker did not answer", 2);
}

/* --- how many there are --- */

static void
put_counts(struct json_write *w, const char *name, const int64_t *in)
{
	json_open_object(w, name);
	for (size_t i = 0; i < NELEM(counted); i++)
		json_put_int(w, job_states[counted[i]], in[counted[i]]);
	json_close_object(w);
}

static void
put_kinds(struct json_write *w, const struct job_kind_count *v, size_t n)
{
	int64_t all[JOB_STATE__MAX] = { 0 };

	json_open_array(w, "kinds");
	for (size_t i = 0; i < n; i++) {
		json_open_object(w, NULL);
		json_put_text(w, "kind", v[i].kind);
		put_counts(w, "by_state", v[i].in);
		json_put_int(w, "held", v[i].held);
		json_close_object(w);
		for (size_t k = 0; k < NELEM(counted); k++)
			all[counted[k]] += v[i].in[counted[k]];
	}
	json_close_array(w);
	put_counts(w, "by_state", all);
}

/* The queues that we know, each once. */
static size_t
queue_names(const char *v[LISTS])
{
	size_t n = 0, k;

	v[n++] = settings.broker_queue;
	for (size_t i = 0; i < kind_count(); i++) {
		k = 0;
		while (k < n && !str_eq(v[k], kind_at(i)->queue))
			k++;
		if (k == n)
			v[n++] = kind_at(i)->queue;
	}
	return n;
}

/* Every list that something of these was put aside into: the dead-letter list
 * and each queue's own. */
static size_t
aside_lists(struct call *c, const char *v[LISTS])
{
	const char *names[LISTS];
	size_t n = queue_names(names);

	v[0] = queue_aside_dead(c->deps->broker);
	for (size_t i = 0; i < n; i++)
		v[i + 1] = queue_aside_parked(c->deps->broker, names[i]);
	return n + 1;
}

/* What waits in each queue, by priority. */
static void
put_queues(struct json_write *w, struct call *c)
{
	const char *names[LISTS];
	int64_t *waiting[LISTS];
	size_t n = queue_names(names);
	int steps = 0;

	for (size_t i = 0; steps != -1 && i < n; i++)
		steps =
		    !kv_up(queue_kv(c->deps->broker))
			? -1
			: queue_lengths(c->deps->broker, names[i], &waiting[i]);
	if (steps == -1) {
		json_put_null(w, "queues");
		return;
	}
	json_open_array(w, "queues");
	for (size_t i = 0; i < n; i++) {
		json_open_object(w, NULL);
		json_put_text(w, "queue", names[i]);
		json_open_array(w, "waiting");
		for (int k = 0; k < steps; k++) {
			json_open_object(w, NULL);
			json_put_int(w, "priority",
			    settings.broker_priority_steps.v[k][0] - '0');
			json_put_int(w, "messages", waiting[i][k]);
			json_close_object(w);
		}
		json_close_array(w);
		json_close_object(w);
	}
	json_close_array(w);
}

/* How many were put aside, or -1. */
static int64_t
aside_count(struct call *c)
{
	const char *lists[LISTS];
	size_t n = aside_lists(c, lists);
	int64_t sum = 0, each;

	if (!kv_up(queue_kv(c->deps->broker)))
		return -1;
	for (size_t i = 0; i < n; i++) {
		each = queue_aside_length(c->deps->broker, lists[i]);
		if (each == -1)
			return -1;
		sum += each;
	}
	return sum;
}

void
h_job_summary(struct call *c)
{
	struct json_write w = answer_json(c);
	struct job_kind_count *kinds;
	int64_t late, aside;
	enum pg_err err;
	size_t n;

	err = job_count_kinds(c->deps->pg, &kinds, &n);
	if (err == PG_OK)
		err = job_oldest_due(c->deps->pg, &late);
	if (err != PG_OK) {
		problem_database(c, err);
		return;
	}
	aside = aside_count(c);
	json_open_object(&w, NULL);
	put_kinds(&w, kinds, n);
	if (late == -1)
		json_put_null(&w, "oldest_due_at");
	else
		json_put_time(&w, "oldest_due_at", clock_wall_us() - late);
	if (aside == -1)
		json_put_null(&w, "put_aside");
	else
		json_put_int(&w, "put_aside", aside);
	put_queues(&w, c);
	json_close_object(&w);
	answer_json_end(&w);
}

/* --- what was put aside --- */

struct showing {
	struct json_write w;
	size_t n;
	bool more;
};

static enum queue_aside_step
show(void *arg, const struct queue_aside *v)
{
	struct showing *s = arg;

	s->more = s->n == SHOWN;
	if (s->more)
		return QUEUE_ASIDE_STOP;
	s->n++;
	json_open_object(&s->w, NULL);
	json_put_text(&s->w, "id", v->id);
	json_put_text(&s->w, "kind", v->kind);
	json_put_text(&s->w, "queue", v->queue);
	json_put_text(&s->w, "why", v->why);
	json_put_time_or_null(&s->w, "at", v->at * CLOCK_SECOND);
	json_close_object(&s->w);
	return QUEUE_ASIDE_STAYS;
}

void
h_job_aside(struct call *c)
{
	struct queue *q = c->deps->broker;
	struct showing s = { .w = answer_json(c) };
	const char *lists[LISTS];
	size_t n = aside_lists(c, lists);
	int rc = kv_up(queue_kv(q)) ? 0 : -1;

	json_open_object(&s.w, NULL);
	json_open_array(&s.w, "data");
	for (size_t i = 0; i < n && rc == 0 && !s.more; i++)
		rc = queue_aside_walk(q, lists[i], false, show, &s);
	if (rc == -1) {
		broker_away(c);
		return;
	}
	json_close_array(&s.w);
	json_put_bool(&s.w, "more", s.more);
	json_close_object(&s.w);
	answer_json_end(&s.w);
}

/* Which are sent once more, and what became of them. */
struct redrive {
	struct queue *q;
	const char *kind, *id; /* NULL: any */
	int64_t sent, left;
	bool more, broken;
};

static void
take_kind(struct object_reader *r, struct json_object *value)
{
	struct redrive *d = r->into;

	d->kind = object_line(r, "kind", value, NAME_MAX);
}

static void
take_id(struct object_reader *r, struct json_object *value)
{
	struct redrive *d = r->into;

	d->id = object_line(r, "id", value, NAME_MAX);
}

static const struct object_member redrive_members[] = {
	{ "kind", take_kind },
	{ "id", take_id },
};
static const struct object_form redrive_form = { redrive_members,
	NELEM(redrive_members), "there are only kind and id", NULL };

static bool
is_meant(const char *want, const char *is)
{
	return want == NULL || (is != NULL && str_eq(want, is));
}

static enum queue_aside_step
send_again(void *arg, const struct queue_aside *v)
{
	struct redrive *d = arg;
	int rc;

	if (!is_meant(d->kind, v->kind) || !is_meant(d->id, v->id))
		return QUEUE_ASIDE_STAYS;
	if (!queue_aside_is_message(v)) {
		d->left++;
		return QUEUE_ASIDE_STAYS;
	}
	d->more = d->sent == REDRIVEN;
	if (d->more)
		return QUEUE_ASIDE_STOP;
	rc = queue_aside_back(d->q, v);
	if (rc == -1) {
		d->left++;
		d->broken = !queue_refused(d->q);
		return d->broken ? QUEUE_ASIDE_STOP : QUEUE_ASIDE_STAYS;
	}
	d->sent += rc;
	return QUEUE_ASIDE_LEAVES;
}

void
h_job_redrive(struct call *c)
{
	struct redrive d = { .q = c->deps->broker };
	struct json_write w = answer_json(c);
	const char *lists[LISTS];
	size_t n = aside_lists(c, lists);
	int rc;

	if (!body_options(c, &redrive_form, &d))
		return;
	rc = kv_up(queue_kv(d.q)) ? 0 : -1;
	for (size_t i = 0; i < n && rc == 0 && !d.more && !d.broken; i++)
		rc = queue_aside_walk(d.q, lists[i], true, send_again, &d);
	if (d.sent > 0)
		log_info("messages sent once more", LI("count", d.sent),
		    LS("user", c->who->username));
	if ((rc == -1 || d.broken) && d.sent == 0) {
		broker_away(c);
		return;
	}
	json_open_object(&w, NULL);
	json_put_int(&w, "redriven", d.sent);
	json_put_int(&w, "left", d.left);
	json_put_bool(&w, "more", d.more || d.broken || rc == -1);
	json_close_object(&w);
	answer_json_end(&w);
}

/* --- the pools --- */

/* What a pool says of itself; pools of other releases may say more or less. */
struct shape {
	const char *name;
	char
	    type; /* '"', '[' of objects or, without a shape, of texts, '{', '0'
		    * a number, 't' true or false */
	const struct shape *within;
};
static const struct shape child_shape[] = { { "pid", '0', NULL },
	{ "kind", '"', NULL }, { "job_id", '"', NULL },
	{ "started_at", '"', NULL }, { NULL, 0, NULL } };
static const struct shape runs_shape[] = { { "done", '0', NULL },
	{ "failed", '0', NULL }, { "retried", '0', NULL }, { NULL, 0, NULL } };
static const struct shape kind_shape[] = { { "kind", '"', NULL },
	{ "runs", '0', NULL }, { NULL, 0, NULL } };
static const struct shape worker_shape[] = { { "node", '"', NULL },
	{ "pid", '0', NULL }, { "started_at", '"', NULL },
	{ "told_at", '"', NULL }, { "relay", 't', NULL },
	{ "queues", '[', NULL }, { "children_wanted", '0', NULL },
	{ "children", '[', child_shape }, { "runs", '{', runs_shape },
	{ "runs_by_kind", '[', kind_shape }, { NULL, 0, NULL } };

static bool
is_of_type(const struct json_span *v, char type)
{
	int64_t n;

	if (type == '0')
		return json_span_int(v, &n);
	return json_span_is(v, type) || (type == 't' && json_span_is(v, 'f'));
}

static void put_shape(struct json_write *w, const char *name,
    const struct json_span *v, const struct shape *shape);

static void
put_elements(struct json_write *w, const char *name, const struct json_span *v,
    const struct shape *shape)
{
	struct json_span each;
	const char *at = NULL;

	json_open_array(w, name);
	while (json_span_next(v, &at, &each)) {
		if (shape != NULL && json_span_is(&each, '{'))
			put_shape(w, NULL, &each, shape);
		else if (shape == NULL && json_span_is(&each, '"'))
			json_put_raw_bytes(w, NULL, each.p, each.len);
	}
	json_close_array(w);
}

/* The members of an object that we know. */
static void
put_shape(struct json_write *w, const char *name, const struct json_span *v,
    const struct shape *shape)
{
	struct json_span m;

	json_open_object(w, name);
	for (; shape->name != NULL; shape++) {
		if (!json_span_get(v, shape->name, &m) ||
		    !is_of_type(&m, shape->type))
			continue;
		if (shape->type == '[')
			put_elements(w, shape->name, &m, shape->within);
		else if (shape->type == '{')
			put_shape(w, shape->name, &m, shape->within);
		else
			json_put_raw_bytes(w, shape->name, m.p, m.len);
	}
	json_close_object(w);
}

static void
put_node(struct json_write *w, const struct queue_node *node)
{
	struct json_span state, name;
	unsigned odd = 0;

	if (json_span_read(node->state.data, node->state.len, DEPTH, &state,
		&odd) == NULL &&
	    odd == 0 && json_span_get(&state, "node", &name))
		put_shape(w, NULL, &state, worker_shape);
}

void
h_workers(struct call *c)
{
	struct json_write w = answer_json(c);
	struct queue_node *v;
	int n = queue_nodes_read(c->deps->broker, &v);

	if (n == -1) {
		broker_away(c);
		return;
	}
	json_open_object(&w, NULL);
	json_open_array(&w, "data");
	for (int i = 0; i < n; i++)
		put_node(&w, &v[i]);
	json_close_array(&w);
	json_close_object(&w);
	answer_json_end(&w);
}

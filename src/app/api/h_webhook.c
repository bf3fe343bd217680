/* SPDX-License-Identifier: ISC */
/* Handlers of webhooks and of what they were sent. */
#include "config.h"

#include "answer/answer.h"
#include "answer/body.h"
#include "answer/match.h"
#include "answer/problem.h"
#include "conf/conf.h"
#include "handlers.h"
#include "log/log.h"
#include "webhook/webhook.h"
#include "webhook_form.h"

/* {id} as a UUID; else it is answered. */
static bool
take_id(struct call *c, struct uuid *id)
{
	if (uuid_parse(c->param, id) == 0)
		return true;
	problem(c, 404, "there is no such webhook");
	return false;
}

/* True if there is such a webhook, or delivery of it; else it is answered. */
static bool
is_found(struct call *c, enum pg_err err, enum webhook_found found)
{
	if (err != PG_OK)
		problem_database(c, err);
	else if (found == WEBHOOK_ABSENT)
		problem(c, 404, "there is no such webhook");
	return err == PG_OK && found != WEBHOOK_ABSENT;
}

struct told {
	const char *what;
	struct uuid id;
};

static void
tell_now(struct call *c, enum pg_err err, const void *arg)
{
	const struct told *told = arg;
	char text[UUID_TEXT];

	if (err == PG_OK)
		log_info("webhook changed", LS("what", told->what),
		    LS("webhook", uuid_format(&told->id, text)),
		    LS("user", c->who->username));
}

/* What administrators do to webhooks is in the log.  Their addresses are not:
 * many have a password in them. */
static void
tell(struct call *c, const char *what, const struct uuid *id)
{
	struct told *told = arena_alloc(c->arena, sizeof(*told));

	*told = (struct told){ what, *id };
	call_afterwards(c, tell_now, told);
}

static void
poke(struct call *c, enum pg_err err, const void *arg)
{
	(void)arg;
	if (err == PG_OK)
		queue_poke(c->deps->broker);
}

static void
answer_webhook(struct call *c, int status, const struct webhook *hook,
    const char *secret)
{
	struct json_write w = answer_json(c);

	c->res->status = status;
	response_header(c->res, "ETag", "\"%s\"", hook->tag);
	webhook_format(&w, hook, secret);
	answer_json_end(&w);
}

static void
answer_delivery(struct call *c, const struct delivery *d)
{
	struct json_write w = answer_json(c);

	call_afterwards(c, poke, NULL);
	c->res->status = 202;
	delivery_format(&w, d);
	answer_json_end(&w);
}

/* The body as a judged input; else it is answered. */
static bool
take_input(struct call *c, bool whole, struct webhook_input *in)
{
	struct faults *faults = faults_new(c->arena);
	struct json_object *tree;

	if (!body_read(c, &tree))
		return false;
	webhook_parse(tree, whole, in, faults);
	if (faults->n > 0)
		problem_faults(c, faults);
	return faults->n == 0;
}

void
h_webhook_create(struct call *c)
{
	enum webhook_found found;
	struct webhook_input in;
	struct webhook hook;
	char secret[WEBHOOK_SECRET], id[UUID_TEXT];
	enum pg_err err;

	if (!take_input(c, true, &in))
		return;
	err = webhook_create(c->deps->pg, &in, c->who->username,
	    webhook_secret(secret), &found, &hook);
	if (err != PG_OK) {
		problem_database(c, err);
	} else if (found == WEBHOOK_REFUSED) {
		problem(c, 409,
		    "there are 100 webhooks; delete one of them first");
	} else {
		tell(c, "created", &hook.id);
		response_header(c->res, "Location", "%s/webhooks/%s",
		    settings.http_base_path, uuid_format(&hook.id, id));
		answer_webhook(c, 201, &hook, secret);
	}
}

/* The query as a page; else it is answered. */
static bool
take_page(struct call *c, bool deliveries, struct page *p,
    struct webhook_page *page)
{
	struct faults *faults = faults_new(c->arena);

	webhook_query_parse(c->arena, c->req->query, deliveries, p, faults);
	*page = (struct webhook_page){ p->has_cursor, p->key_number, p->id,
		p->limit };
	if (faults->n > 0)
		problem_faults(c, faults);
	return faults->n == 0;
}

/* Ends a list whose rows are written; next: where the next page begins, or
 * NULL. */
static void
end_list(struct call *c, struct json_write *w, const struct page *p,
    const char *next)
{
	json_close_array(w);
	json_put_text(w, "next_cursor", next);
	json_close_object(w);
	answer_json_end(w);
	answer_next(c, p, next);
}

static struct json_write
begin_list(struct call *c)
{
	struct json_write w = answer_json(c);

	json_open_object(&w, NULL);
	json_open_array(&w, "data");
	return w;
}

void
h_webhook_list(struct call *c)
{
	struct webhook_page page;
	struct webhook_set set;
	const char *next = NULL;
	struct json_write w;
	enum pg_err err;
	struct page p;

	if (!take_page(c, false, &p, &page))
		return;
	err = webhook_list(c->deps->pg, &page, &set);
	if (err != PG_OK) {
		problem_database(c, err);
		return;
	}
	w = begin_list(c);
	for (size_t i = 0; i < set.n; i++)
		webhook_format(&w, &set.v[i], NULL);
	if (set.more)
		next = page_cursor(c->arena, &p, NULL,
		    set.v[set.n - 1].created_at, &set.v[set.n - 1].id);
	end_list(c, &w, &p, next);
}

/* The webhook of that id; else it is answered. */
static bool
take_webhook(struct call *c, const struct uuid *id, struct webhook *hook)
{
	enum webhook_found found = WEBHOOK_ABSENT;
	enum pg_err err = webhook_get(c->deps->pg, id, &found, hook);

	return is_found(c, err, found);
}

void
h_webhook_get(struct call *c)
{
	struct webhook hook;
	struct uuid id;

	if (take_id(c, &id) && take_webhook(c, &id, &hook))
		answer_webhook(c, 200, &hook, NULL);
}

/* {id} and If-Match; else it is answered. */
static bool
take_change(struct call *c, struct webhook_change *ch)
{
	static const char *const none[] = { NULL };
	struct task_match match;

	if (!take_id(c, &ch->id) || !match_take(c, &match))
		return false;
	ch->tags = match.any ? NULL : match.n > 0 ? match.tags : none;
	ch->n = match.n;
	return true;
}

/* True if the change was made; else it is answered. */
static bool
is_changed(struct call *c, enum pg_err err, const struct webhook_change *ch)
{
	if (!is_found(c, err, ch->found))
		return false;
	if (ch->found != WEBHOOK_CONFLICT)
		return true;
	response_header(c->res, "ETag", "\"%s\"", ch->hook.tag);
	problem(c, 412,
	    arena_printf(c->arena, "the webhook is at version \"%s\" now",
		ch->hook.tag));
	return false;
}

void
h_webhook_update(struct call *c)
{
	struct webhook_change ch = { .found = WEBHOOK_ABSENT };
	struct webhook_input in;

	if (!take_change(c, &ch) || !take_input(c, false, &in) ||
	    !is_changed(c, webhook_update(c->deps->pg, &in, &ch), &ch))
		return;
	tell(c, "updated", &ch.id);
	answer_webhook(c, 200, &ch.hook, NULL);
}

void
h_webhook_delete(struct call *c)
{
	struct webhook_change ch = { .found = WEBHOOK_ABSENT };

	if (!take_change(c, &ch) ||
	    !is_changed(c, webhook_delete(c->deps->pg, &ch), &ch))
		return;
	tell(c, "deleted", &ch.id);
	c->res->status = 204;
}

void
h_webhook_rotate(struct call *c)
{
	char secret[WEBHOOK_SECRET];
	enum webhook_found found = WEBHOOK_ABSENT;
	struct webhook hook;
	enum pg_err err;
	int64_t overlap = WEBHOOK_OVERLAP;
	struct uuid id;

	if (!take_id(c, &id) ||
	    !body_options(c, &webhook_rotation_form, &overlap))
		return;
	err = webhook_rotate(c->deps->pg, &id, webhook_secret(secret),
	    overlap * 1000, &found, &hook);
	if (!is_found(c, err, found))
		return;
	tell(c, "secret rotated", &id);
	answer_webhook(c, 200, &hook, secret);
}

static struct webhook_cause
cause(const struct call *c)
{
	return (struct webhook_cause){ c->who->username, c->req->id,
		c->req->traceparent };
}

void
h_webhook_test(struct call *c)
{
	const struct webhook_cause why = cause(c);
	enum webhook_found found = WEBHOOK_ABSENT;
	struct delivery d;
	enum pg_err err;
	struct uuid id;

	if (!take_id(c, &id))
		return;
	err = delivery_test(c->deps->pg, &id, &why, &found, &d);
	if (!is_found(c, err, found))
		return;
	tell(c, "tested", &id);
	answer_delivery(c, &d);
}

void
h_webhook_deliveries(struct call *c)
{
	struct webhook_page page;
	struct delivery_set set;
	const char *next = NULL;
	struct webhook hook;
	struct json_write w;
	struct uuid id;
	enum pg_err err;
	struct page p;

	if (!take_page(c, true, &p, &page) || !take_id(c, &id) ||
	    !take_webhook(c, &id, &hook))
		return;
	err = delivery_list(c->deps->pg, &id, &page, &set);
	if (err != PG_OK) {
		problem_database(c, err);
		return;
	}
	w = begin_list(c);
	for (size_t i = 0; i < set.n; i++)
		delivery_format(&w, &set.v[i]);
	if (set.more)
		next = page_cursor(c->arena, &p, NULL,
		    set.v[set.n - 1].created_at, &set.v[set.n - 1].id);
	end_list(c, &w, &p, next);
}

void
h_webhook_replay(struct call *c)
{
	const struct webhook_cause why = cause(c);
	enum webhook_found found = WEBHOOK_ABSENT;
	enum pg_err err = PG_OK;
	struct uuid ids[2];
	struct delivery d;

	if (uuid_parse(c->param, &ids[0]) == 0 &&
	    uuid_parse(c->second, &ids[1]) == 0)
		err = delivery_replay(c->deps->pg, ids, &why, &found, &d);
	if (err != PG_OK) {
		problem_database(c, err);
	} else if (found == WEBHOOK_ABSENT) {
		problem(c, 404, "there is no such delivery");
	} else if (found == WEBHOOK_REFUSED) {
		problem(c, 409,
		    "the delivery is pending; it is sent in any case");
	} else {
		tell(c, "delivery replayed", &ids[0]);
		answer_delivery(c, &d);
	}
}

/* SPDX-License-Identifier: ISC */
/* Webhooks in the database, and as JSON: each change is one statement. */
#include "config.h"

#include "webhook.h"

#include <stdio.h>
#include <string.h>

#include "webhook_own.h"

const char *const webhook_types[WEBHOOK_TYPE__MAX] = {
	[WEBHOOK_TASK_CREATED] = "task.created",
	[WEBHOOK_TASK_UPDATED] = "task.updated",
	[WEBHOOK_TASK_DELETED] = "task.deleted",
};

int
webhook_type_parse(const char *name, size_t len, enum webhook_type *type)
{
	for (int i = 0; i < WEBHOOK_TYPE__MAX; i++) {
		if (strlen(webhook_types[i]) == len &&
		    memcmp(name, webhook_types[i], len) == 0) {
			*type = (enum webhook_type)i;
			return 0;
		}
	}
	return -1;
}

void
webhook_put_page(struct pg_params *p, const struct webhook_page *page)
{
	pg_put_int(p, page->limit + 1); /* to see whether there are more */
	if (page->has_cursor) {
		pg_put_uuid(p, &page->id);
		pg_put_time(p, page->created_at);
	} else {
		pg_put_null(p);
		pg_put_null(p);
	}
}

bool
webhook_cut(const PGresult *r, const struct webhook_page *page, size_t *n)
{
	const bool more = PQntuples(r) > page->limit;

	*n = (size_t)(more ? page->limit : PQntuples(r));
	return more;
}

static void
webhook_row(struct arena *a, const PGresult *r, int row, struct webhook *h)
{
	char time[PG_HEX];

	*h = (struct webhook){
		.id = pg_uuid(r, row, WEBHOOK_COL_ID),
		.url = pg_text_dup(a, r, row, WEBHOOK_COL_URL),
		.events = pg_text_dup(a, r, row, WEBHOOK_COL_EVENTS),
		.description = pg_text_dup(a, r, row, WEBHOOK_COL_DESCRIPTION),
		.enabled = pg_bool(r, row, WEBHOOK_COL_ENABLED),
		.disabled_reason = pg_text_dup(a, r, row, WEBHOOK_COL_REASON),
		.before_until = pg_time_or_zero(r, row, WEBHOOK_COL_BEFORE),
		.created_at = pg_time(r, row, WEBHOOK_COL_CREATED_AT),
		.updated_at = pg_time(r, row, WEBHOOK_COL_UPDATED_AT),
		.created_by = pg_text_dup(a, r, row, WEBHOOK_COL_CREATED_BY),
	};
	pg_hex(r, row, WEBHOOK_COL_UPDATED_AT, time);
	snprintf(h->tag, sizeof(h->tag), "%lld-%s",
	    (long long)pg_int(r, row, WEBHOOK_COL_VERSION), time);
}

void
webhook_format(struct json_write *w, const struct webhook *h,
    const char *secret)
{
	const char *type = h->events;
	size_t len;

	json_open_object(w, NULL);
	json_put_uuid(w, "id", &h->id);
	json_put_text(w, "url", h->url);
	json_open_array(w, "events");
	for (; *type != '\0'; type += len + strspn(type + len, " ")) {
		len = strcspn(type, " ");
		json_put_bytes(w, NULL, type, len);
	}
	json_close_array(w);
	json_put_text(w, "description", h->description);
	json_put_bool(w, "enabled", h->enabled);
	json_put_text(w, "disabled_reason", h->disabled_reason);
	if (secret != NULL)
		json_put_text(w, "secret", secret);
	json_put_time_or_null(w, "previous_secret_until", h->before_until);
	json_put_time(w, "created_at", h->created_at);
	json_put_time(w, "updated_at", h->updated_at);
	json_put_text(w, "created_by", h->created_by);
	json_close_object(w);
}

/* Runs a statement that gives a webhook, or none. */
static enum pg_err
webhook_one(struct pg *pg, const struct pg_stmt *s, const struct pg_params *p,
    enum webhook_found *found, struct webhook *hook)
{
	enum pg_err err;
	PGresult *r;

	err = pg_run(pg, s, p, &r);
	if (err != PG_OK)
		return err;
	*found = PQntuples(r) > 0 ? WEBHOOK_FOUND : WEBHOOK_ABSENT;
	if (*found == WEBHOOK_FOUND)
		webhook_row(p->arena, r, 0, hook);
	return PG_OK;
}

static void
webhook_put_types(struct pg_params *p, unsigned types)
{
	const char *words[WEBHOOK_TYPE__MAX];
	size_t n = 0;

	for (int i = 0; i < WEBHOOK_TYPE__MAX; i++) {
		if ((types & 1U << i) != 0)
			words[n++] = webhook_types[i];
	}
	pg_put_texts(p, words, n);
}

enum pg_err
webhook_create(struct pg *pg, const struct webhook_input *in,
    const char *username, const char *secret, enum webhook_found *found,
    struct webhook *hook)
{
	const struct uuid id = uuid_new();
	struct pg_params p;
	enum pg_err err;

	pg_params_init(&p, pg);
	pg_put_uuid(&p, &id);
	pg_put_text(&p, in->url);
	webhook_put_types(&p, in->events);
	pg_put_text(&p, in->description);
	pg_put_bool(&p, in->enabled);
	pg_put_text(&p, username);
	pg_put_text(&p, secret);
	pg_put_int(&p, WEBHOOK_MOST);
	err = webhook_one(pg, &STMT_WEBHOOK_CREATE, &p, found, hook);
	if (err == PG_OK && *found == WEBHOOK_ABSENT)
		*found = WEBHOOK_REFUSED;
	return err;
}

enum pg_err
webhook_get(struct pg *pg, const struct uuid *id, enum webhook_found *found,
    struct webhook *hook)
{
	struct pg_params p;

	pg_params_init(&p, pg);
	pg_put_uuid(&p, id);
	return webhook_one(pg, &STMT_WEBHOOK_GET, &p, found, hook);
}

enum pg_err
webhook_rotate(struct pg *pg, const struct uuid *id, const char *secret,
    int64_t overlap_ms, enum webhook_found *found, struct webhook *hook)
{
	struct pg_params p;

	pg_params_init(&p, pg);
	pg_put_uuid(&p, id);
	pg_put_text(&p, secret);
	pg_put_int(&p, overlap_ms);
	return webhook_one(pg, &STMT_WEBHOOK_ROTATE, &p, found, hook);
}

static void
webhook_put_target(struct pg_params *p, const struct webhook_change *ch)
{
	pg_put_uuid(p, &ch->id);
	if (ch->tags == NULL)
		pg_put_null(p);
	else
		pg_put_texts(p, ch->tags, ch->n);
}

static enum pg_err
webhook_run_change(struct pg *pg, const struct pg_stmt *s,
    const struct pg_params *p, struct webhook_change *ch)
{
	enum pg_err err;
	PGresult *r;

	err = pg_run(pg, s, p, &r);
	if (err != PG_OK)
		return err;
	ch->found = WEBHOOK_ABSENT;
	if (PQntuples(r) == 0)
		return PG_OK;
	webhook_row(p->arena, r, 0, &ch->hook);
	ch->found =
	    pg_bool(r, 0, WEBHOOK_COL__MAX) ? WEBHOOK_FOUND : WEBHOOK_CONFLICT;
	return PG_OK;
}

enum pg_err
webhook_update(struct pg *pg, const struct webhook_input *in,
    struct webhook_change *ch)
{
	struct pg_params p;

	pg_params_init(&p, pg);
	webhook_put_target(&p, ch);
	pg_put_text(&p, in->has_url ? in->url : NULL);
	if (in->has_events)
		webhook_put_types(&p, in->events);
	else
		pg_put_null(&p);
	pg_put_bool(&p, in->has_description);
	pg_put_text(&p, in->description);
	if (in->has_enabled)
		pg_put_bool(&p, in->enabled);
	else
		pg_put_null(&p);
	return webhook_run_change(pg, &STMT_WEBHOOK_UPDATE, &p, ch);
}

enum pg_err
webhook_delete(struct pg *pg, struct webhook_change *ch)
{
	struct pg_params p;

	pg_params_init(&p, pg);
	webhook_put_target(&p, ch);
	return webhook_run_change(pg, &STMT_WEBHOOK_DELETE, &p, ch);
}

enum pg_err
webhook_list(struct pg *pg, const struct webhook_page *page,
    struct webhook_set *hooks)
{
	struct pg_params p;
	enum pg_err err;
	PGresult *r;

	pg_params_init(&p, pg);
	webhook_put_page(&p, page);
	err = pg_run(pg, &STMT_WEBHOOK_LIST, &p, &r);
	if (err != PG_OK)
		return err;
	hooks->more = webhook_cut(r, page, &hooks->n);
	hooks->v = arena_alloc(p.arena, hooks->n * sizeof(*hooks->v));
	for (size_t i = 0; i < hooks->n; i++)
		webhook_row(p.arena, r, (int)i, &hooks->v[i]);
	return PG_OK;
}

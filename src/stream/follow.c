/* SPDX-License-Identifier: ISC */
/* Reads the log when it was poked or when it is time, and makes events. */
#include "config.h"

#include "follow.h"

#include "base/clock.h"
#include "conf/conf.h"
#include "list/page.h"
#include "metric/metric.h"
#include "text/json_write.h"

#define FOLLOW_LEAST_US INT64_C(4000) /* from one read to the next */
#define FOLLOW_PAGES    10            /* that are read in a row */
#define FOLLOW_BEHIND   20            /* events of a page for one stream */

void
follow_free(struct follow *f)
{
	buf_free(&f->text);
}

/* What was committed may have to wait for transactions that began before, of
 * whose ends nobody tells: so the log is read soon again, and then more and
 * more seldom. */
void
follow_poke(struct follow *f)
{
	int64_t soon = clock_mono_us() + FOLLOW_LEAST_US;

	f->step = FOLLOW_LEAST_US;
	if (f->due > soon)
		f->due = soon;
}

static void
follow_later(struct follow *f)
{
	const int64_t most = settings.worker_relay_interval * 1000;

	f->due = clock_mono_us() + f->step;
	f->step *= 2;
	if (f->step > most)
		f->step = most;
}

static void
follow_fails(struct follow *f, bool failing)
{
	f->failing = failing;
	if (!failing)
		metric_set(METRIC_streamed_at, METRIC_AT(0), clock_wall_us());
	if (failing)
		f->due =
		    clock_mono_us() + settings.database_retry_interval * 1000;
}

/* CloudEvents 1.0 in its form for JSON, as an event of a stream.  Returns where
 * the change itself stands in b. */
static size_t
follow_format(struct buf *b, struct arena *a, const struct task_told *told)
{
	const char *at = settings.http_public_url[0] != '\0'
			     ? settings.http_public_url
			     : settings.http_base_path;
	struct json_write w;
	size_t json;

	buf_printf(b, "id: %s\ndata: ", task_place_cursor(a, &told->place));
	w = json_write(b);
	json_open_object(&w, NULL);
	json_put_text(&w, "specversion", "1.0");
	json_put_text(&w, "id",
	    arena_printf(a, "%lld", (long long)told->place.id));
	json_put_text(&w, "source", arena_printf(a, "%s/tasks", at));
	json_put_text(&w, "type",
	    arena_printf(a, "task.%.*s", (int)told->action_len, told->action));
	json_put_uuid(&w, "subject", &told->task);
	json_put_time(&w, "time", told->at);
	json_put_text(&w, "datacontenttype", "application/json");
	json_put_raw_bytes(&w, "data", told->json, told->json_len);
	json = b->len - told->json_len;
	json_close_object(&w);
	json_write_end(&w);
	buf_adds(b, "\n\n");
	return json;
}

static void
follow_to_tape(void *arg, const struct task_told *told)
{
	struct follow *f = arg;
	struct tape *r = f->tape;
	const int64_t age = clock_wall_us() - told->at;

	struct tape_event *e;
	size_t json;

	buf_clear(&f->text);
	json = follow_format(&f->text, pg_arena(f->pg), told);
	if (r->bytes + f->text.len > r->max && f->told < r->next) {
		f->told = r->next;
		f->full(f->arg);
	}
	e = tape_add(r, told, f->text.data, f->text.len);
	e->json = json;
	e->json_len = told->json_len;
	metric_count(METRIC_streamed, 0);
	metric_time(METRIC_streamed_age, METRIC_AT(0), age > 0 ? age : 0, NULL);
}

enum pg_err
follow_begin(struct follow *f)
{
	struct task_place here;
	enum pg_err err;

	if (f->known)
		return PG_OK;
	err = task_follow_here(f->pg, &here);
	follow_fails(f, err != PG_OK);
	if (err != PG_OK)
		return err;
	tape_restart(f->tape, &here);
	f->known = true;
	f->step = FOLLOW_LEAST_US;
	follow_later(f);
	return PG_OK;
}

void
follow_forget(struct follow *f)
{
	f->known = false;
}

bool
follow_read(struct follow *f)
{
	struct task_follow q = { .place = *tape_end(f->tape),
		.scope.all = true,
		.limit = PAGE_LIMIT_MAX,
		.tell = follow_to_tape,
		.arg = f };
	int pages = 0;
	enum pg_err err;

	if (!f->known || clock_mono_us() < f->due)
		return true;
	f->told = f->tape->next;
	do {
		err = task_follow(f->pg, &q);
		if (err == PG_OK && q.log != TASK_LOG_KEPT) {
			follow_forget(f);
			return false;
		}
	} while (err == PG_OK && q.more && ++pages < FOLLOW_PAGES);
	follow_later(f);
	follow_fails(f, err != PG_OK);
	if (err == PG_OK && q.more)
		f->due = 0;
	return true;
}

struct page_to {
	struct buf *b;
	struct arena *arena;
};

static void
follow_to_page(void *arg, const struct task_told *told)
{
	struct page_to *to = arg;

	(void)follow_format(to->b, to->arena, told);
}

enum pg_err
follow_page(struct follow *f, const struct task_scope *scope,
    struct task_place *place, struct buf *b, enum task_log *log)
{
	struct page_to to = { b, pg_arena(f->pg) };
	struct task_follow q = { .place = *place,
		.scope = *scope,
		.limit = FOLLOW_BEHIND,
		.tell = follow_to_page,
		.arg = &to };
	enum pg_err err = task_follow(f->pg, &q);

	*log = q.log;
	if (err != PG_OK)
		follow_fails(f, true);
	else
		*place = q.place;
	return err;
}

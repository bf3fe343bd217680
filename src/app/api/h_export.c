/* SPDX-License-Identifier: ISC */
/* A list of tasks as NDJSON or CSV, however long it is. */
#include "config.h"

#include <errno.h>
#include <string.h>

#include "answer/answer.h"
#include "answer/problem.h"
#include "base/clock.h"
#include "base/longwait.h"
#include "conf/conf.h"
#include "export.h"
#include "log/log.h"
#include "wire/etag.h"
#include "wire/spool.h"
#include "wire/turn.h"

#define EXPORT_RETRY_S 5

static const char *const types[TASK_FORM__MAX] = {
	[TASK_FORM_CSV] = "text/csv; charset=utf-8",
	[TASK_FORM_NDJSON] = "application/x-ndjson",
};

/* One that is being made.  Nothing is sent before it is whole: several web
 * servers would pass an answer that breaks off as a whole one. */
struct making {
	struct call *c;
	struct spool *spool;
	int64_t until;
	const char *why; /* it was given up, or NULL */
};

static bool
making_take(void *arg, const struct buf *b)
{
	struct making *m = arg;

	if (spool_add(m->spool, b->data == NULL ? "" : b->data, b->len) == -1) {
		log_error("answer cannot be kept",
		    LS("file", settings.http_export_folder),
		    LS("reason", strerror(errno)));
		m->why = "there is no room to make the answer in";
	} else if (clock_mono_us() > m->until) {
		m->why = "the tasks cannot be read in the time that is set; "
			 "ask for fewer at once";
	} else if (*m->c->deps->stopping) {
		m->why = "the process that would answer is being ended";
	}
	return m->why == NULL;
}

/* There is no tag that could fit; else it is answered. */
static bool
export_fits(struct call *c)
{
	int fits = 1;

	if (c->req->if_match != NULL)
		fits = etag_match(c->arena, c->req->if_match, "");
	if (fits == -1)
		problem(c, 400, "If-Match must be * or entity tags");
	else if (fits == 0)
		problem(c, 412, "this form of the list has no entity tag");
	return fits == 1;
}

static bool
export_take_turn(struct call *c)
{
	if (turn_take(c->arena, "export", settings.http_exports) == 0)
		return true;
	if (errno == EADDRINUSE) {
		problem_unavailable(c,
		    "as many lists of this form are being made as may be at "
		    "once",
		    EXPORT_RETRY_S);
		return false;
	}
	log_error("no turn to make a list", LS("reason", strerror(errno)));
	problem_unavailable(c, "the list cannot be made now", EXPORT_RETRY_S);
	return false;
}

/* True if all of it is in m->spool; else it is answered. */
static bool
export_make(struct making *m, struct task_export *x)
{
	enum pg_err err;

	longwait_begin();
	err = task_export(m->c->deps->pg, x);
	if (err != PG_OK)
		problem_database(m->c, err);
	else if (m->why != NULL)
		problem_unavailable(m->c, m->why, EXPORT_RETRY_S);
	return err == PG_OK && m->why == NULL;
}

void
export_answer(struct call *c, struct task_query *q, enum task_form form,
    const char *since)
{
	struct making m = { .c = c };
	struct task_export x = {
		.q = q, .form = form, .take = making_take, .arg = &m
	};

	if (!export_fits(c))
		return;
	if (c->req->method == METHOD_HEAD) {
		c->res->open = true; /* its length is not known */
	} else {
		m.spool = spool_new(c->arena, settings.http_export_folder);
		m.until = clock_mono_us() + settings.http_export_timeout * 1000;
		if (!export_take_turn(c) || !export_make(&m, &x))
			return;
		c->res->spool = m.spool;
	}
	c->res->content_type = types[form];
	c->res->cache_control = ANSWER_REVALIDATE;
	c->cache_result = cache_results[CACHE_BYPASS];
	response_header(c->res, "X-Cache", "%s", c->cache_result);
	if (since != NULL)
		response_header(c->res, "X-Changes-Cursor", "%s", since);
	answer_next(c, &q->page, x.next_cursor);
}

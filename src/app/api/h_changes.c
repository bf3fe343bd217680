/* SPDX-License-Identifier: ISC */
/* Handlers of all changes: a page of them, and the stream. */
#include "config.h"

#include "h_changes.h"

#include "answer/entry.h"
#include "answer/gone.h"
#include "answer/problem.h"
#include "conf/conf.h"
#include "handlers.h"
#include "wire/prefer.h"

void
h_changes_answer(struct call *c, const struct task_changes *q)
{
	struct buf *b = &c->res->body;
	struct cache_entry e;

	buf_addc(b, '\n');
	e = (struct cache_entry){ .body = b->data,
		.len = b->len,
		.tag = entry_tag(c->arena, b),
		.next = q->more ? q->next_cursor : NULL };
	entry_answer(c, CACHE_BYPASS, &e, &q->page);
}

int64_t
h_changes_preferred(const struct request *req)
{
	const int64_t most = settings.stream_wait / 1000;
	int64_t wait = prefer_wait(req->prefer);

	return wait < most ? wait : most;
}

/* Nobody waits without a place to go on from. */
static int64_t
h_changes_wait(const struct call *c, const struct task_changes *q)
{
	if (!q->empty || !(q->now || q->page.has_cursor) ||
	    c->req->method != METHOD_GET || c->res->status >= 400 ||
	    settings.stream_socket[0] == '\0')
		return 0;
	return h_changes_preferred(c->req);
}

/* Always out of PostgreSQL: the end of the log is what most ask for, and it is
 * another one after each change. */
void
h_task_changes(struct call *c)
{
	struct faults *faults = faults_new(c->arena);
	struct task_changes q;
	enum pg_err err;

	task_changes_parse(c->arena, c->req->query, &q, faults);
	if (faults->n > 0) {
		problem_faults(c, faults);
		return;
	}
	q.scope = c->scope;
	err = task_changes(c->deps->pg, &q, &c->res->body);
	if (err != PG_OK) {
		problem_database(c, err);
	} else if (q.log != TASK_LOG_KEPT) {
		gone_answer(c, q.log);
	} else {
		h_changes_answer(c, &q);
		c->wait = h_changes_wait(c, &q);
	}
}

/* errand-stream answers here: a process that answers one request at a time has
 * none for it. */
void
h_task_stream(struct call *c)
{
	problem_unavailable(c,
	    "errand-stream answers here, but the web server does not ask it: "
	    "see errand-stream(8)",
	    60);
}

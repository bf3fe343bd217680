/* SPDX-License-Identifier: ISC */
/* Shows what was put aside in the broker, and has it run once more. */
#include "config.h"

#include "jobs_aside.h"

#include <stdio.h>

#include "base/clock.h"
#include "base/str.h"
#include "base/xalloc.h"
#include "broker.h"
#include "cmd.h"
#include "jobs_print.h"

#define SAY   "errandctl jobs: "
#define LISTS 64 /* as many queues as have such a list */

struct aside;
typedef enum queue_aside_step aside_fn(struct aside *s,
    const struct queue_aside *v);

struct aside {
	const struct jobs_aside *what;
	aside_fn *fn;
	struct queue *queue;
	struct jobs_print print;
	int64_t left; /* of a list */
	bool *found;  /* of each id */
	int64_t back, nameless, refused;
};

static bool
aside_is_meant(struct aside *s, const struct queue_aside *v)
{
	const struct jobs_aside *what = s->what;
	bool meant = what->nids == 0;

	if (what->kind != NULL &&
	    (v->kind == NULL || !str_eq(v->kind, what->kind)))
		return false;
	for (int i = 0; i < what->nids; i++) {
		if (v->id == NULL || !str_eq(v->id, what->ids[i]))
			continue;
		s->found[i] = true;
		meant = true;
	}
	return meant;
}

static enum queue_aside_step
aside_step(void *arg, const struct queue_aside *v)
{
	struct aside *s = arg;

	return aside_is_meant(s, v) ? s->fn(s, v) : QUEUE_ASIDE_STAYS;
}

/* All lists.  CMD_OK, or CMD_FAILED when it has said why. */
static int
aside_walk_all(const struct jobs_aside *what, struct aside *s, bool oldest,
    aside_fn *fn)
{
	struct broker b = broker_open();
	const char *lists[LISTS];
	int n = queue_aside_lists(b.queue, lists, LISTS), rc = n == -1 ? -1 : 0;

	s->what = what;
	s->fn = fn;
	s->queue = b.queue;
	for (int i = 0; i < n && rc == 0; i++)
		rc = queue_aside_walk(b.queue, lists[i], oldest, aside_step, s);
	broker_close(&b);
	if (rc == 0)
		return CMD_OK;
	fputs(SAY "the broker did not answer; see [broker]\n", stderr);
	return CMD_FAILED;
}

static enum queue_aside_step
aside_print(struct aside *s, const struct queue_aside *v)
{
	if (s->left-- == 0)
		return QUEUE_ASIDE_STOP;
	jobs_print_aside(&s->print, v);
	return QUEUE_ASIDE_STAYS;
}

int
jobs_aside_list(const struct jobs_aside *what)
{
	struct aside s = { .left = what->limit };
	int rc;

	jobs_print_aside_head(&s.print, what->json);
	rc = aside_walk_all(what, &s, false, aside_print);
	jobs_print_end(&s.print);
	return rc;
}

static enum queue_aside_step
aside_send(struct aside *s, const struct queue_aside *v)
{
	int rc;

	if (!queue_aside_is_message(v)) {
		s->nameless++;
		return QUEUE_ASIDE_STAYS;
	}
	rc = queue_aside_back(s->queue, v);
	if (rc == -1) {
		s->refused++;
		return queue_refused(s->queue) ? QUEUE_ASIDE_STAYS
					       : QUEUE_ASIDE_STOP;
	}
	s->back += rc;
	return QUEUE_ASIDE_LEAVES;
}

static int
aside_tell(const struct aside *s)
{
	const struct jobs_aside *what = s->what;
	int rc = CMD_OK;

	jobs_print_redriven(s->back, what->json);
	if (s->nameless > 0)
		fprintf(stderr,
		    SAY "%lld elements are no messages that could be sent\n",
		    (long long)s->nameless);
	if (s->refused > 0) {
		fprintf(stderr,
		    SAY "the broker did not take %lld messages: they stay\n",
		    (long long)s->refused);
		rc = CMD_FAILED;
	}
	for (int i = 0; i < what->nids; i++) {
		if (s->found[i])
			continue;
		fprintf(stderr, SAY "nothing with the id %s was put aside\n",
		    what->ids[i]);
		rc = CMD_FAILED;
	}
	return rc;
}

int
jobs_aside_redrive(const struct jobs_aside *what)
{
	struct aside s = { .found = xcalloc((size_t)what->nids + 1,
			       sizeof(*s.found)) };
	int rc = aside_walk_all(what, &s, true, aside_send);

	if (aside_tell(&s) != CMD_OK)
		rc = CMD_FAILED;
	free(s.found);
	return rc;
}

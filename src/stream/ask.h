/* SPDX-License-Identifier: ISC */
/* What a request asks for: it is judged as errand.fcgi judges it. */
#ifndef ASK_H
#define ASK_H

#include "answer/call.h"
#include "base/buf.h"
#include "tape.h"
#include "task/task.h"

/* One request; the arena's, as all texts of it. */
struct ask {
	FCGX_Request r;
	struct request req;
	struct call call;
	int64_t start;
	struct task_follow from;     /* where the stream is to begin; or */
	struct task_changes changes; /* the page that is waited for, */
	int64_t wait;                /* and for how many seconds */
};

/* Reads the parameters (as they came) and judges address, token, right, and
 * what is asked for.  True if it is a stream, or, if waits says so, a page of
 * changes; else it is answered. */
bool ask_judge(struct ask *ask, struct deps *deps, struct response *res,
    const struct buf *params, bool waits) MUSTCHECK;

/* Answers with the page that event n of the tape begins, which is empty if
 * there is none; place is the one before it. */
void ask_page(struct ask *ask, const struct tape *tape, uint64_t n,
    const struct task_place *place);

/* The head of a stream, which goes on from there; HEAD asks for no more. */
void ask_open(struct ask *ask, const struct task_place *place);

/* When the stream or the wait is to end, in seconds since 1970: with its token,
 * or when the issuer is to be asked about that again. */
int64_t ask_until(const struct ask *ask);

/* To be called when the answer is known: logs and counts it. */
void ask_end(const struct ask *ask);

/* The same when the answer is left to another time. */
void ask_leave(void);

#endif

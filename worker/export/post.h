/* SPDX-License-Identifier: ISC */
/* Sends spans by OTLP over HTTP, one request at a time. */
#ifndef POST_H
#define POST_H

#include "batch.h"
#include "http/http.h"

struct post {
	struct http *http;
	struct buf body; /* of the request under way, or to be tried again */
	struct buf answer;
	int64_t spans;    /* in body; 0: there is none */
	int64_t retry_at; /* clock_mono_us: not before */
	int64_t pause;    /* milliseconds; 0: the last try went well */
	int64_t lost;     /* spans that were refused, since somebody was told */
	int64_t refused;  /* those of which no answer was told yet */
	int64_t said_at;  /* clock_mono_us, when an answer was told, */
	long said;        /* and its status; 0: none was */
};

void post_open(struct post *p);
void post_close(struct post *p);

/* So many spans will not be sent: they are counted. */
void post_lose(struct post *p, int64_t spans);

/* Sends what waits, if nothing else is being sent and the time has come: that
 * of body before the batch's.  True if there was something to do. */
bool post_begin(struct post *p, struct batch *b, int64_t now);

/* Goes on for at most ms, or until something can be read from fd. */
void post_go_on(struct post *p, int fd, int ms);

#endif

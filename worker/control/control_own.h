/* SPDX-License-Identifier: ISC */
/* What the files of the remote control share. */
#ifndef CONTROL_OWN_H
#define CONTROL_OWN_H

#include "base/arena.h"
#include "base/buf.h"
#include "control.h"
#include "control_request.h"
#include "crew/event.h"
#include "queue/queue.h"
#include "redis/kv.h"
#include "text/json_write.h"

#define CONTROL_DB 8

struct control {
	struct crew *crew;
	struct kv *kv;       /* for what we say */
	struct kv *ear;      /* subscribed to what is asked */
	struct queue *queue; /* for pokes */
	struct arena *arena;
	struct buf reply, body, message;
	char db[CONTROL_DB]; /* number of the broker's database */
	unsigned heard;      /* the ear's connection that is subscribed */
	int64_t clock;       /* Lamport's */
	int64_t beat_at, ping_at;

	/* control_event.c */
	bool muted;       /* by disable_events */
	bool flowing;     /* children tell what they do */
	int64_t quiet_to; /* nobody listens: not before */
	int64_t told_at;  /* the last event of a job */
};

/* control_event.c: says who we are, and what became of jobs. */
void control_say(struct control *c, const char *type);
void control_beat(struct control *c);
void control_flow(struct control *c, bool on);
void control_drain(struct control *c);

/* Writes a JSON value as the answer; nothing written is no answer. */
typedef void (*control_fn)(struct control *c, const struct control_request *r,
    struct json_write *w);

struct control_method {
	const char *name;
	control_fn fn;
};

/* control_inspect.c and control_steer.c; the last row has no name. */
extern const struct control_method control_inspects[];
extern const struct control_method control_steers[];

/* control_stats.c */
void control_stats(struct control *c, const struct control_request *r,
    struct json_write *w);

/* control_answer.c: {"ok": sentence} and {"error": sentence} */
void control_ok(struct json_write *w, const char *sentence);
void control_error(struct json_write *w, const char *sentence);

#endif

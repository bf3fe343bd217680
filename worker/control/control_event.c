/* SPDX-License-Identifier: ISC */
/* Publishes Celery's events, as long as somebody listens. */
#include "config.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "conf/conf.h"
#include "control_own.h"
#include "celery/envelope.h"
#include "log/log.h"

#define EVENT_EVERY (2 * CLOCK_SECOND)
#define EVENT_QUIET (10 * CLOCK_SECOND)
#define EVENT_BATCH ((size_t)65536) /* bytes in one message */

/* Publishes c->body; how many heard it, or -1. */
static int64_t
control_publish(struct control *c, const char *key)
{
	const struct envelope e = { .exchange = "celeryev",
		.routing_key = key,
		.hostname = c->crew->node,
		.body = c->body.data,
		.len = c->body.len };
	const char *channel = arena_printf(c->arena, "%s/%s.celeryev/%s",
	    settings.broker_key_prefix, c->db, key);
	struct kv_word words[] = { KV("PUBLISH"), KV(channel), KV("") };
	const redisReply *r;

	buf_clear(&c->message);
	envelope_format(&c->message, &e);
	words[2] = KVN(c->message.data, c->message.len);
	r = kv_run(c->kv, c->arena, NELEM(words), words);
	return r == NULL || r->type != REDIS_REPLY_INTEGER ? -1 : r->integer;
}

static struct event_origin
control_origin(struct control *c)
{
	int64_t now = clock_wall_us();

	return (struct event_origin){ .node = c->crew->node,
		.pid = (int)getpid(),
		.clock = ++c->clock,
		.wall = now,
		.west = event_west(now) };
}

static int64_t
control_tell(struct control *c, const char *type)
{
	const struct crew *p = c->crew;
	struct event_origin o = control_origin(c);
	struct event_worker w = { .type = type };
	char key[64];
	size_t i;

	for (i = 0; i < p->nslots; i++) {
		w.active += p->slots[i].pid != 0 && p->slots[i].busy;
		w.processed += (int64_t)p->slots[i].taken;
	}
	if (getloadavg(w.loads, 3) == -1)
		memset(w.loads, 0, sizeof(w.loads));
	buf_clear(&c->body);
	event_format_worker(&c->body, &o, &w);
	snprintf(key, sizeof(key), "%s", type);
	*strchr(key, '-') = '.';
	return control_publish(c, key);
}

void
control_say(struct control *c, const char *type)
{
	control_tell(c, type);
}

/* --- events of jobs --- */

void
control_flow(struct control *c, bool on)
{
	size_t i;

	c->flowing = on && !c->muted;
	for (i = 0; i < c->crew->nslots; i++) {
		if (c->crew->slots[i].role != SLOT_FREE)
			c->crew->slots[i].events.wanted = c->flowing;
	}
}

/* Other workers listen for heartbeats, but not for events of jobs: a listener
 * for the one need not listen for the other. */
void
control_beat(struct control *c)
{
	int64_t now = clock_mono_us(), heard;

	if (now < c->beat_at)
		return;
	c->beat_at = now + EVENT_EVERY;
	heard = control_tell(c, "worker-heartbeat");
	if (heard <= 0)
		control_flow(c, false);
	else
		control_flow(c, now >= c->quiet_to);
}

static void
control_flush(struct control *c)
{
	int64_t heard;

	if (c->body.len == 0)
		return;
	buf_addc(&c->body, ']');
	heard = control_publish(c, "task.multi");
	buf_clear(&c->body);
	if (heard > 0)
		return;
	c->quiet_to = clock_mono_us() + EVENT_QUIET;
	control_flow(c, false);
}

/* One message for all that has happened since the last one. */
static void
control_drain_slot(struct control *c, struct slot *s)
{
	char record[RING_MAX];
	struct event_origin o;
	struct event e;
	size_t len;

	while ((len = ring_get(&s->events, record)) != 0) {
		if (event_unpack(record, len, &e) == -1)
			continue;
		o = control_origin(c);
		c->told_at = clock_mono_us();
		buf_adds(&c->body, c->body.len == 0 ? "[" : ", ");
		event_format(&c->body, &o, &e);
		if (c->body.len >= EVENT_BATCH)
			control_flush(c);
	}
}

void
control_drain(struct control *c)
{
	size_t i;

	buf_clear(&c->body);
	for (i = 0; i < c->crew->nslots; i++) {
		struct slot *s = &c->crew->slots[i];

		if (s->role != SLOT_FREE)
			control_drain_slot(c, s);
	}
	control_flush(c);
}

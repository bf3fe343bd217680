/* SPDX-License-Identifier: ISC */
/* Celery's remote control: hears what is asked, and answers. */
#include "config.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/clock.h"
#include "base/str.h"
#include "base/xalloc.h"
#include "conf/conf.h"
#include "control_own.h"
#include "celery/envelope.h"
#include "log/log.h"

#define CONTROL_TIMEOUT  250 /* ms: nobody in the pool waits longer for us */
#define CONTROL_PING     (10 * CLOCK_SECOND)
#define CONTROL_AT_ONCE  50  /* requests in one go */
#define CONTROL_IDLE     200 /* milliseconds */
#define CONTROL_FLOWING  20
#define CONTROL_EXCHANGE "reply.celery.pidbox"

/* KEYS: who waits for answers, and the list of one of them.  ARGV: the one,
 * the answer.  Nobody reads the answer to who went away, so it is not written,
 * and what is written does not stay. */
static struct kv_script reply_script = {
	.text = "if redis.call('SISMEMBER', KEYS[1], ARGV[1]) == 0 then "
		"return 0 end\n" /* whose line is named */
		"redis.call('LPUSH', KEYS[2], ARGV[2]) "
		"redis.call('EXPIRE', KEYS[2], 60) "
		"return 1",
};

static struct kv *
control_kv(const char *name)
{
	struct kv_options o;

	kv_broker_options(&o);
	o.name = name;
	if (o.timeout > CONTROL_TIMEOUT)
		o.timeout = CONTROL_TIMEOUT;
	return kv_new(&o);
}

struct control *
control_open(struct crew *crew)
{
	struct control *c = xcalloc(1, sizeof(*c));

	c->crew = crew;
	c->kv = control_kv("broker, for remote control");
	c->ear = control_kv("broker, for what is asked");
	c->queue = queue_new(c->kv, NULL);
	c->arena = arena_new();
	queue_use(c->queue, c->arena);
	snprintf(c->db, sizeof(c->db), "%s", queue_db(c->arena));
	return c;
}

void
control_close(struct control *c)
{
	control_drain(c);
	control_say(c, "worker-offline");
	arena_free(c->arena);
	buf_free(&c->reply);
	buf_free(&c->body);
	buf_free(&c->message);
	queue_free(c->queue);
	kv_free(c->ear);
	kv_free(c->kv);
	free(c);
}

int
control_fd(const struct control *c)
{
	return kv_fd(c->ear);
}

void
control_lost(struct control *c, const struct slot *slot, const char *how)
{
	struct slot *s = &c->crew->slots[slot - c->crew->slots];

	event_tell(s, EVENT_RETRIED, how);
}

/* --- answers --- */

static control_fn
control_find(const struct control_method *m, const char *name)
{
	for (; m->name != NULL; m++) {
		if (str_eq(m->name, name))
			return m->fn;
	}
	return NULL;
}

static void
control_send(struct control *c, const struct control_request *r)
{
	const char *prefix = settings.broker_key_prefix, *to = r->reply_to;
	const struct envelope e = { .exchange = CONTROL_EXCHANGE,
		.routing_key = to,
		.ticket = r->ticket,
		.clock = ++c->clock,
		.body = c->body.data,
		.len = c->body.len };
	struct kv_word words[4] = {
		KV(arena_printf(c->arena, "%s_kombu.binding." CONTROL_EXCHANGE,
		    prefix)),
		KV(arena_printf(c->arena, "%s%s." CONTROL_EXCHANGE, prefix,
		    to)),
		KV(arena_printf(c->arena, "%s%s%s%s." CONTROL_EXCHANGE, to,
		    queue_sep(), queue_sep(), to)),
	};
	const redisReply *reply;

	buf_clear(&c->message);
	envelope_format(&c->message, &e);
	words[3] = KVN(c->message.data, c->message.len);
	reply = kv_eval(c->kv, c->arena, &reply_script,
	    &(struct kv_args){ 2, NELEM(words), words });
	if (reply != NULL && reply->integer == 0)
		log_debug("nobody waits for the answer",
		    LS("method", r->method));
}

static void
control_answer(struct control *c, const struct control_request *r)
{
	struct json_write reply = json_write(&c->reply);
	struct json_write body = json_write(&c->body);
	control_fn fn = control_find(control_inspects, r->method);

	if (fn == NULL)
		fn = control_find(control_steers, r->method);
	buf_clear(&c->reply);
	if (fn != NULL)
		fn(c, r, &reply);
	else
		control_error(&reply,
		    arena_printf(c->arena, "errand does not know \"%s\"",
			r->method));
	if (r->reply_to == NULL || c->reply.len == 0)
		return;
	buf_clear(&c->body);
	json_open_object(&body, NULL);
	json_put_raw_bytes(&body, c->crew->node, c->reply.data, c->reply.len);
	json_close_object(&body);
	json_write_end(&body);
	control_send(c, r);
}

/* --- hearing --- */

static void
control_hear(struct control *c, const redisReply *m)
{
	struct control_request r;
	const char *why;
	int rc;

	if (m->type != REDIS_REPLY_ARRAY || m->elements != 3 ||
	    m->element[0]->type != REDIS_REPLY_STRING ||
	    m->element[2]->type != REDIS_REPLY_STRING ||
	    !str_eq(m->element[0]->str, "message"))
		return;
	rc = control_request_read(c->arena, m->element[2]->str,
	    m->element[2]->len, &r, &why);
	if (r.clock > c->clock)
		c->clock = r.clock;
	c->clock++;
	if (rc == -1) {
		log_debug("remote control ignored", LS("reason", why));
		return;
	}
	if (control_request_is_for(&r, c->crew->node))
		control_answer(c, &r);
}

/* True if what is asked is heard. */
static bool
control_subscribe(struct control *c)
{
	const struct kv_word words[] = { KV("SUBSCRIBE"),
		KV(queue_control(c->arena)) };

	if (!kv_up(c->ear))
		return false;
	if (kv_live(c->ear) == c->heard)
		return true;
	if (kv_run(c->ear, c->arena, NELEM(words), words) == NULL)
		return false;
	c->heard = kv_live(c->ear);
	c->ping_at = clock_mono_us() + CONTROL_PING;
	control_say(c, "worker-online");
	return true;
}

/* A peer that went away without a word is noticed in time.  Its answer may
 * stand behind a request. */
static void
control_ping(struct control *c)
{
	const struct kv_word words[] = { KV("PING") };
	int64_t now = clock_mono_us();
	const redisReply *r;

	if (now < c->ping_at)
		return;
	c->ping_at = now + CONTROL_PING;
	r = kv_run(c->ear, c->arena, NELEM(words), words);
	if (r != NULL)
		control_hear(c, r);
}

/* True if there may be more. */
static bool
control_listen(struct control *c)
{
	const redisReply *r;
	int i;

	if (!control_subscribe(c))
		return false;
	control_ping(c);
	for (i = 0; i < CONTROL_AT_ONCE; i++) {
		r = kv_listen(c->ear, c->arena, 0);
		if (r == NULL)
			return false;
		control_hear(c, r);
		arena_reset(c->arena);
	}
	return true;
}

/* Where jobs are run and somebody listens, rings are emptied often. */
static int
control_pause(const struct control *c)
{
	int64_t now = clock_mono_us(), left = (c->beat_at - now) / 1000;
	int pause = CONTROL_IDLE;

	if (c->flowing && now - c->told_at < CLOCK_SECOND)
		pause = CONTROL_FLOWING;
	return left < 0 ? 0 : left < pause ? (int)left : pause;
}

int
control_run(struct control *c)
{
	bool more = control_listen(c);

	arena_reset(c->arena);
	control_drain(c);
	arena_reset(c->arena);
	control_beat(c);
	arena_reset(c->arena);
	return more ? 0 : control_pause(c);
}

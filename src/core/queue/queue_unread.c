/* SPDX-License-Identifier: ISC */
/* Looks for messages to our queues in lists that we do not read. */
#include "config.h"

#include "queue_own.h"

#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "base/codec.h"
#include "base/str.h"
#include "celery/celery.h"
#include "conf/conf.h"
#include "log/log.h"

#define PAGE   "1000"
#define SAY_US (60 * CLOCK_SECOND)

/* The queue whose name a key begins with, if it is none of its lists; and not
 * where we put messages of unknown kinds. */
static const char *
unread_of(struct arena *a, const char *key, const char *const *names, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		const char *name = queue_key(a, names[i], "");
		size_t k = 0;

		if (!str_starts(key, name) ||
		    str_eq(key + strlen(name), ".unregistered"))
			continue;
		while (k < queue_steps() &&
		       !str_eq(key, queue_list_at(a, names[i], k)))
			k++;
		if (k == queue_steps())
			return names[i];
	}
	return NULL;
}

/* True if the next message of the list was sent to that queue, and was seen
 * before. */
static bool
unread_stays(struct queue *q, struct queue_unread *u, const redisReply *list,
    const char *queue)
{
	const struct kv_word words[] = { KV("LINDEX"),
		KVN(list->str, list->len), KV("-1") };
	const redisReply *r = kv_run(q->kv, q->arena, NELEM(words), words);
	uint8_t digest[CODEC_SHA256];
	struct celery_message m;
	const char *why, *text;
	uint64_t id;

	if (r == NULL || r->type != REDIS_REPLY_STRING ||
	    celery_decode(q->arena, r->str, r->len, &m, &why) != CELERY_OK ||
	    m.queue == NULL || !str_eq(m.queue, queue))
		return false;
	text = arena_printf(q->arena, "%s %s", list->str, m.id);
	codec_sha256(text, strlen(text), digest);
	memcpy(&id, digest, sizeof(id));
	for (size_t i = 0; i < QUEUE_UNREAD; i++) {
		if (u->seen[i] == id)
			return true;
	}
	u->seen[u->turn++ % QUEUE_UNREAD] = id;
	return false;
}

/* True if it is a list in which a kind waits for room, which is noted for those
 * who run jobs.  What stands behind its name by our steps is left out. */
static bool
unread_waits(struct queue *q, const char *list)
{
	const char *prefix = queue_key(q->arena, "", ""), *queue, *kind, *name;
	size_t len, i;

	if (!str_starts(list, prefix))
		return false;
	name = list + strlen(prefix);
	if (!queue_waiting_parts(q->arena, name, &queue, &kind))
		return false;
	len = strlen(name);
	for (i = 0; i < queue_steps(); i++) {
		const char *plain = queue_waiting_name(q->arena, queue, kind);

		if (str_eq(list, queue_list_at(q->arena, plain, i)))
			len = strlen(plain);
	}
	queue_waiting_seen(q, arena_strndup(q->arena, name, len));
	return true;
}

void
queue_look_unread(struct queue *q, struct queue_unread *u,
    const char *const *names, size_t n)
{
	const struct kv_word words[] = { KV("SCAN"),
		KV(u->cursor[0] == '\0' ? "0" : u->cursor), KV("COUNT"),
		KV(PAGE), KV("TYPE"), KV("list") };
	const redisReply *s = kv_run(q->kv, q->arena, NELEM(words), words);
	int64_t now = clock_mono_us();

	if (!kv_fits(s, "sa", "SCAN"))
		return;
	snprintf(u->cursor, sizeof(u->cursor), "%s", s->element[0]->str);
	for (size_t i = 0; i < s->element[1]->elements; i++) {
		const redisReply *list = s->element[1]->element[i];
		const char *queue;

		if (unread_waits(q, list->str))
			continue;
		queue = unread_of(q->arena, list->str, names, n);
		if (queue == NULL || !unread_stays(q, u, list, queue) ||
		    (u->said_at != 0 && now - u->said_at < SAY_US))
			continue;
		u->said_at = now;
		log_warning("messages wait in a list that nobody reads: their "
			    "sender has other priority_steps or another sep",
		    LS("queue", queue), LS("list", list->str));
	}
}

/* SPDX-License-Identifier: ISC */
/* Finds queues by exchange and routing key, as Celery's bindings tell. */
#include "config.h"

#include "queue_own.h"

#include <string.h>

#include "base/str.h"

/* The words of a topic's key are literal, * or #.  Celery's readers make * any
 * characters that do not end in a dot, and # any or none: a pattern of single
 * characters and of stars that stand for anything. */
enum { TOPIC_END = -1, TOPIC_ANY = -2, TOPIC_NO_DOT = -3 };

struct topic {
	const char *p;
	bool half; /* of a *: its last character is next */
};

static bool
topic_is_word(const char *start, const char *p)
{
	return (p == start || p[-1] == '.') && (p[1] == '.' || p[1] == '\0');
}

/* What stands next in the pattern, which begins at start; moves on. */
static int
topic_next(struct topic *t, const char *start)
{
	if (t->half) {
		t->half = false;
		t->p++;
		return TOPIC_NO_DOT;
	}
	if (*t->p == '\0')
		return TOPIC_END;
	if (*t->p == '*' && topic_is_word(start, t->p)) {
		t->half = true;
		return TOPIC_ANY;
	}
	if (*t->p == '#' && topic_is_word(start, t->p)) {
		t->p++;
		return TOPIC_ANY;
	}
	return (uint8_t)*t->p++;
}

/* When a character does not fit, what stands for anything takes one more. */
static bool
topic_matches(const char *start, const char *key)
{
	struct topic t = { .p = start }, ahead, again = { 0 };
	const char *from = NULL;
	int c;

	for (;;) {
		ahead = t;
		c = topic_next(&ahead, start);
		if (c == TOPIC_ANY) {
			t = again = ahead;
			from = key;
			continue;
		}
		if (c == TOPIC_END && *key == '\0')
			return true;
		if (*key != '\0' && ((c == TOPIC_NO_DOT && *key != '.') ||
					c == (uint8_t)*key)) {
			t = ahead;
			key++;
			continue;
		}
		if (from == NULL || *from == '\0')
			return false;
		key = ++from;
		t = again;
	}
}

/* Cuts the text in front of the separator off *rest. */
static char *
queue_cut(char **rest)
{
	char *part = *rest, *end = strstr(part, queue_sep());

	if (end == NULL) {
		*rest = part + strlen(part);
		return part;
	}
	*end = '\0';
	*rest = end + strlen(queue_sep());
	return part;
}

/* The queue of a binding if it is for that key, or NULL. */
static const char *
queue_bound(struct arena *a, const redisReply *member, const char *key)
{
	char *rest, *bound, *pattern;

	if (member->type != REDIS_REPLY_STRING)
		return NULL;
	rest = arena_strndup(a, member->str, member->len);
	bound = queue_cut(&rest);
	pattern = queue_cut(&rest);
	if (rest[0] == '\0')
		return NULL;
	if (pattern[0] == '\0' ? !str_eq(bound, key)
			       : !topic_matches(bound, key))
		return NULL;
	return rest;
}

int
queue_route(struct queue *q, const char *exchange, const char *key,
    const char ***names)
{
	const struct kv_word words[] = { KV("SMEMBERS"),
		KV(queue_key(q->arena, "_kombu.binding.", exchange)) };
	const redisReply *r;
	const char *name;
	int n = 0;

	if (exchange[0] == '\0') {
		*names = arena_alloc(q->arena, sizeof(**names));
		(*names)[0] = key;
		return key[0] == '\0' ? 0 : 1;
	}
	r = kv_run(q->kv, q->arena, NELEM(words), words);
	if (r == NULL || r->type != REDIS_REPLY_ARRAY)
		return -1;
	*names = arena_alloc(q->arena, (r->elements + 1) * sizeof(**names));
	for (size_t i = 0; i < r->elements; i++) {
		name = queue_bound(q->arena, r->element[i], key);
		if (name != NULL)
			(*names)[n++] = name;
	}
	return n;
}

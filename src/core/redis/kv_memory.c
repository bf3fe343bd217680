/* SPDX-License-Identifier: ISC */
/* Whether the memory of the servers is set up so that none is used up, and
 * nothing is thrown away that is needed. */
#include "config.h"

#include "kv.h"

#include <string.h>

#include "base/str.h"

struct memory {
	int64_t limit; /* bytes; 0: none */
	const char *policy;
};

/* What stands behind name, a line's beginning, in what INFO told; or "". */
static const char *
memory_field(struct arena *a, const char *info, const char *name)
{
	const char *at = strstr(info, name);

	if (at == NULL)
		return "";
	at += strlen(name);
	return arena_strndup(a, at, strcspn(at, "\r\n"));
}

/* False if the server does not say. */
static bool
memory_read(struct kv *kv, struct arena *a, struct memory *m)
{
	const struct kv_word words[] = { KV("INFO"), KV("memory") };
	const redisReply *r = kv_run(kv, a, NELEM(words), words);

	if (r == NULL || r->type != REDIS_REPLY_STRING)
		return false;
	m->policy = memory_field(a, r->str, "\nmaxmemory_policy:");
	return m->policy[0] != '\0' &&
	       str_to_int(memory_field(a, r->str, "\nmaxmemory:"), 0, INT64_MAX,
		   &m->limit) == 0;
}

bool
kv_memory(struct kv *cache, struct kv *broker, struct arena *a,
    const char **words)
{
	struct memory m;

	*words = NULL;
	if (!kv_up(broker) || !memory_read(broker, a, &m))
		return false;
	if (m.limit != 0 && !str_eq(m.policy, "noeviction"))
		*words = arena_printf(a,
		    "the broker may throw messages away: its maxmemory-policy "
		    "is %.32s instead of noeviction",
		    m.policy);
	else if (m.limit == 0 && kv_up(cache) &&
		 str_eq(kv_run_id(cache), kv_run_id(broker)))
		*words = "cache and broker are one Redis server, which has no "
			 "maxmemory";
	return true;
}

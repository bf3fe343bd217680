/* SPDX-License-Identifier: ISC */
/* The keys of the cache. */
#include "config.h"

#include "cache.h"

#include <stdio.h>
#include <string.h>

#include "base/codec.h"
#include "cache_own.h"
#include "conf/conf.h"

const char *
cache_key(struct arena *a, const char *name)
{
	const char *prefix = settings.cache_key_prefix;

	return prefix[0] == '\0' ? name : arena_printf(a, "%s%s", prefix, name);
}

void
cache_slot_task(struct cache_slot *slot, const char *id)
{
	*slot = (struct cache_slot){ .guard = CACHE_TASKS,
		.filled = CACHE_TASKS_FILLED,
		.ttl = settings.cache_ttl,
		.room = settings.cache_task_space };
	snprintf(slot->data, sizeof(slot->data), "%stask:%s",
	    settings.cache_key_prefix, id);
	snprintf(slot->meta, sizeof(slot->meta), "%s:meta", slot->data);
}

void
cache_slot_list(struct cache_slot *slot, const char *canonical, bool filtered)
{
	int64_t ttl = settings.cache_ttl;
	uint8_t digest[CODEC_SHA256];
	char hex[2 * CODEC_SHA256 + 1];

	codec_sha256(canonical, strlen(canonical), digest);
	codec_hex(digest, CODEC_SHA256 / 2, hex);
	if (filtered && settings.cache_filtered_ttl < ttl)
		ttl = settings.cache_filtered_ttl;
	*slot = (struct cache_slot){ .guard = CACHE_LISTS,
		.filled = filtered ? CACHE_FILTERED_FILLED : CACHE_LISTS_FILLED,
		.ttl = ttl,
		.room = settings.cache_list_space };
	snprintf(slot->data, sizeof(slot->data), "%stasks:%.32s",
	    settings.cache_key_prefix, hex);
	snprintf(slot->meta, sizeof(slot->meta), "%s:meta", slot->data);
}

/* SPDX-License-Identifier: ISC */
/* Sets of four entries each; of a full set, the least recently used goes. */
#include "config.h"

#include "auth_own.h"

#include <stdlib.h>
#include <string.h>

#include "base/xalloc.h"

#define TOKEN_CACHE_WAYS 4

struct token_entry {
	uint8_t digest[CODEC_SHA256];
	int64_t from;
	int64_t until;
	int64_t confirmed_until; /* 0: never; as of clock_mono_us */
	uint64_t used;           /* when, by the cache's own count */
	struct principal *who;   /* one block with its texts; NULL: free */
};

struct token_cache {
	uint64_t generation;
	uint64_t uses;
	size_t ways;
	size_t sets;
	struct token_entry *entry; /* ways * sets of them */
};

struct token_cache *
token_cache_new(size_t n)
{
	struct token_cache *c = xcalloc(1, sizeof(*c));

	c->ways = n < TOKEN_CACHE_WAYS ? n : TOKEN_CACHE_WAYS;
	if (n == 0)
		return c;
	c->sets = n / c->ways;
	c->entry = xcalloc(c->ways * c->sets, sizeof(*c->entry));
	return c;
}

static void
token_cache_drop(struct token_entry *e)
{
	free(e->who);
	e->who = NULL;
	e->used = 0;
}

static void
token_cache_wipe(struct token_cache *c)
{
	size_t i;

	for (i = 0; i < c->ways * c->sets; i++)
		token_cache_drop(&c->entry[i]);
}

void
token_cache_free(struct token_cache *c)
{
	if (c == NULL)
		return;
	token_cache_wipe(c);
	free(c->entry);
	free(c);
}

/* The entries where a digest may stand; NULL if nothing is remembered. */
static struct token_entry *
token_cache_set(const struct token_cache *c, const uint8_t digest[CODEC_SHA256])
{
	uint64_t hash;

	if (c->sets == 0)
		return NULL;
	memcpy(&hash, digest, sizeof(hash));
	return &c->entry[hash % c->sets * c->ways];
}

/* The entry of that digest, or NULL. */
static struct token_entry *
token_cache_find(const struct token_cache *c,
    const uint8_t digest[CODEC_SHA256])
{
	struct token_entry *e = token_cache_set(c, digest);
	size_t i;

	for (i = 0; e != NULL && i < c->ways; i++, e++) {
		if (e->who != NULL &&
		    memcmp(e->digest, digest, sizeof(e->digest)) == 0)
			return e;
	}
	return NULL;
}

static void
token_cache_generation(struct token_cache *c, uint64_t generation)
{
	if (c->generation == generation)
		return;
	token_cache_wipe(c);
	c->generation = generation;
}

const struct principal *
token_cache_get(struct token_cache *c, const uint8_t digest[CODEC_SHA256],
    uint64_t generation, int64_t now)
{
	struct token_entry *e;

	token_cache_generation(c, generation);
	e = token_cache_find(c, digest);
	if (e == NULL)
		return NULL;
	if (now >= e->from && now < e->until) {
		e->used = ++c->uses;
		return e->who;
	}
	token_cache_drop(e);
	return NULL;
}

/* Moves a text behind the others and returns where it went. */
static const char *
token_cache_text(char **end, const char *text)
{
	const char *start = *end;

	if (text == NULL)
		return NULL;
	*end = stpcpy(*end, text) + 1;
	return start;
}

static struct principal *
token_cache_copy(const struct principal *who)
{
	size_t size =
	    sizeof(*who) + strlen(who->subject) + strlen(who->username) + 3;
	struct principal *copy;
	char *end;

	if (who->email != NULL)
		size += strlen(who->email);
	if (who->scopes != NULL)
		size += strlen(who->scopes) + 1;
	if (who->owner != NULL)
		size += strlen(who->owner) + 1;
	copy = xcalloc(1, size);
	*copy = *who;
	end = (char *)(copy + 1);
	copy->subject = token_cache_text(&end, who->subject);
	copy->username = token_cache_text(&end, who->username);
	copy->email = token_cache_text(&end, who->email);
	copy->owner = token_cache_text(&end, who->owner);
	copy->scopes = token_cache_text(&end, who->scopes);
	return copy;
}

/* The entry of that digest, else the one that was used longest ago; free ones
 * have never been used. */
static struct token_entry *
token_cache_place(const struct token_cache *c, struct token_entry *set,
    const uint8_t digest[CODEC_SHA256])
{
	struct token_entry *place = set;
	size_t i;

	for (i = 0; i < c->ways; i++) {
		if (set[i].who != NULL &&
		    memcmp(set[i].digest, digest, sizeof(set[i].digest)) == 0)
			return &set[i];
		if (set[i].used < place->used)
			place = &set[i];
	}
	return place;
}

void
token_cache_put(struct token_cache *c, const uint8_t digest[CODEC_SHA256],
    uint64_t generation, const struct claims *claims)
{
	struct token_entry *e;

	token_cache_generation(c, generation);
	e = token_cache_set(c, digest);
	if (e == NULL)
		return;
	e = token_cache_place(c, e, digest);
	token_cache_drop(e);
	memcpy(e->digest, digest, sizeof(e->digest));
	e->from = claims->from;
	e->until = claims->until;
	e->confirmed_until = 0;
	e->used = ++c->uses;
	e->who = token_cache_copy(&claims->who);
}

void
token_cache_confirm(struct token_cache *c, const uint8_t digest[CODEC_SHA256],
    int64_t until)
{
	struct token_entry *e = token_cache_find(c, digest);

	if (e != NULL)
		e->confirmed_until = until;
}

bool
token_cache_confirmed(const struct token_cache *c,
    const uint8_t digest[CODEC_SHA256], int64_t now)
{
	const struct token_entry *e = token_cache_find(c, digest);

	return e != NULL && now < e->confirmed_until;
}

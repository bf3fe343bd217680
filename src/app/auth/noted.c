/* SPDX-License-Identifier: ISC */
/* Each text has one place, by its digest: nobody can choose whose it takes. */
#include "config.h"

#include "auth_own.h"

#include <string.h>

static uint64_t
noted_hash(const char *text, size_t len)
{
	uint8_t digest[CODEC_SHA256];
	uint64_t hash;

	codec_sha256(text, len, digest);
	memcpy(&hash, digest, sizeof(hash));
	return hash;
}

bool
noted_has(const struct noted *a, const char *text, size_t len, int64_t now)
{
	uint64_t hash = noted_hash(text, len);
	const struct noted_place *k = &a->place[hash % NOTED_PLACES];

	return k->hash == hash && now < k->until;
}

void
noted_add(struct noted *a, const char *text, size_t len, int64_t until)
{
	uint64_t hash = noted_hash(text, len);

	a->place[hash % NOTED_PLACES] = (struct noted_place){ hash, until };
}

void
noted_clear(struct noted *a)
{
	memset(a, 0, sizeof(*a));
}

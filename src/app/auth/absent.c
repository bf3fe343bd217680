/* SPDX-License-Identifier: ISC */
/* Each kid has one place, by its digest: nobody can choose whose it takes. */
#include "config.h"

#include "auth_own.h"

#include <string.h>

static uint64_t
absent_hash(const char *kid, size_t len)
{
	uint8_t digest[CODEC_SHA256];
	uint64_t hash;

	codec_sha256(kid, len, digest);
	memcpy(&hash, digest, sizeof(hash));
	return hash;
}

bool
absent_has(const struct absent *a, const char *kid, size_t len, int64_t now)
{
	uint64_t hash = absent_hash(kid, len);
	const struct absent_kid *k = &a->kid[hash % ABSENT_KIDS];

	return k->hash == hash && now < k->until;
}

void
absent_add(struct absent *a, const char *kid, size_t len, int64_t until)
{
	uint64_t hash = absent_hash(kid, len);

	a->kid[hash % ABSENT_KIDS] = (struct absent_kid){ hash, until };
}

void
absent_clear(struct absent *a)
{
	memset(a, 0, sizeof(*a));
}

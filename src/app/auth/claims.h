/* SPDX-License-Identifier: ISC */
/* The claims of a token whose signature was verified. */
#ifndef CLAIMS_H
#define CLAIMS_H

#include "auth.h"
#include "base/arena.h"
#include "refusal.h"
#include "token.h"

#define CLAIMS_NAME_MAX  255 /* bytes of sub and username */
#define CLAIMS_EMAIL_MAX 320

struct claims {
	struct principal who; /* texts belong to the arena */
	int64_t from;         /* it is valid from here (less the leeway) */
	int64_t until; /* and before this (and the leeway); both since 1970 */
};

/* Judges the payload at the time now (seconds since 1970). */
enum refusal claims_read(const struct token *t, const struct token_rules *rules,
    int64_t now, struct arena *a, struct claims *out) MUSTCHECK;

#endif

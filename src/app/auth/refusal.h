/* SPDX-License-Identifier: ISC */
/* Why a token is refused: for the log in detail, for the client in kind. */
#ifndef REFUSAL_H
#define REFUSAL_H

enum refusal {
#define REFUSAL(id, reason, text) REFUSAL_##id,
#include "refusal.def"
#undef REFUSAL
	REFUSAL__MAX
};

/* Constant texts. */
extern const char *const refusal_reasons[REFUSAL__MAX]; /* log */
extern const char *const refusal_texts[REFUSAL__MAX];   /* error_description */

#endif

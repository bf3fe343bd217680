/* SPDX-License-Identifier: ISC */
/* The texts of refusal.def. */
#include "config.h"

#include "auth_own.h"

const char *const refusal_reasons[REFUSAL__MAX] = {
#define REFUSAL(id, reason, text) [REFUSAL_##id] = (reason),
#include "refusal.def"
#undef REFUSAL
};

const char *const refusal_words[REFUSAL__MAX] = {
#define REFUSAL(id, reason, text) [REFUSAL_##id] = #id,
#include "refusal.def"
#undef REFUSAL
};

const char *const refusal_texts[REFUSAL__MAX] = {
#define REFUSAL(id, reason, text) [REFUSAL_##id] = (text),
#include "refusal.def"
#undef REFUSAL
};

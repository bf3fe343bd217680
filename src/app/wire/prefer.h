/* SPDX-License-Identifier: ISC */
/* What a client would rather have: the header Prefer of RFC 7240. */
#ifndef PREFER_H
#define PREFER_H

#include "base/base.h"

/* The seconds of "wait=N", the first of them; 0 if it has none that is a
 * number, or header is NULL. */
int64_t prefer_wait(const char *header);

#endif

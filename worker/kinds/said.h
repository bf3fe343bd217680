/* SPDX-License-Identifier: ISC */
/* What others have said, as a text that can be kept. */
#ifndef SAID_H
#define SAID_H

#include "base/arena.h"
#include "base/base.h"

/* Text that PostgreSQL and JSON take, without white space around it: what is no
 * UTF-8 becomes question marks. */
char *said_text(struct arena *a, const char *said, size_t len);

#endif

/* SPDX-License-Identifier: ISC */
/* Lists like a=1,b=two%20words: W3C Baggage, as OpenTelemetry's variables have
 * it. */
#ifndef PAIRS_H
#define PAIRS_H

#include "base/base.h"
#include "base/buf.h"

/* Takes the next pair off *at, without the blanks around name and value, the
 * value with its percent-encoding undone.  1, 0 at the end, or -1 if there is
 * something else: no =, no name, or a % without two digits. */
int pairs_next(const char **at, struct buf *name, struct buf *value) MUSTCHECK;

#endif

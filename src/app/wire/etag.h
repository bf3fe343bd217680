/* SPDX-License-Identifier: ISC */
/* Conditional requests (RFC 9110, section 13) on opaque and numbered tags. */
#ifndef ETAG_H
#define ETAG_H

#include "base/arena.h"
#include "base/base.h"

/* True if the If-None-Match header names tag (weak comparison) or is "*".
 * The tag comes without quotes.  A suffix that a web server's compression adds
 * ("7-gzip") does not matter. */
bool etag_names(const char *header, const char *tag);

/* The versions that an If-Match header names, in the arena; weak tags and
 * tags that are no version of ours name none.  *any is set for "*".  The
 * number of versions, or -1 if the header is no list of entity tags. */
int etag_versions(struct arena *a, const char *header, int64_t **versions,
    bool *any);

#endif

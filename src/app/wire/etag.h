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

/* The tags of tasks that an If-Match header names, as terminated texts in the
 * arena.  One that was made weak on its way counts, a suffix as above does not
 * matter, and tags of another form name nothing.  *any is set for "*".  The
 * number of tags, or -1 if the header is no list of entity tags. */
int etag_versions(struct arena *a, const char *header, const char ***tags,
    bool *any);

/* 1 if the If-Match header of a read names tag (as it is stored, without
 * quotes), by its version alone in the form from before there were times in
 * tags; 0 if not, -1 if the header is no list of entity tags. */
int etag_match(struct arena *a, const char *header, const char *tag);

#endif

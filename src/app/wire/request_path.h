/* SPDX-License-Identifier: ISC */
/* The address of a request, from REQUEST_URI alone. */
#ifndef REQUEST_PATH_H
#define REQUEST_PATH_H

#include "request.h"

/* Sets path, query, segments, fault and uri_long of req from the raw URI.
 * Behind every web server this is the one variable that is present and not
 * changed.  Dot segments are refused rather than resolved, so that the rules
 * of the web server, which sees the resolved path, cannot be evaded. */
void request_path(struct request *req, struct arena *a, const char *uri);

#endif

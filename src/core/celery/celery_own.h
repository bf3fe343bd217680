/* SPDX-License-Identifier: ISC */
/* Bodies of messages, unpacked; and tags. */
#ifndef CELERY_OWN_H
#define CELERY_OWN_H

#include "base/uuid.h"
#include "celery.h"
#include "text/json_span.h"

/* What the envelope says about its body: members that are absent have no
 * length. */
struct celery_packing {
	struct json_span body;
	struct json_span encoding;    /* properties.body_encoding */
	struct json_span compression; /* headers.compression */
};

/* Unpacks it into the arena: at most CELERY_BODY_MAX bytes.  *why is set
 * unless CELERY_OK. */
enum celery_err celery_body(struct arena *a, const struct celery_packing *in,
    const char **text, size_t *len, const char **why) MUSTCHECK;

/* A fresh delivery tag for a message of that id. */
struct uuid celery_tag(const char *id);

#endif

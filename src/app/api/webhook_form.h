/* SPDX-License-Identifier: ISC */
/* What bodies and queries of webhooks may ask for. */
#ifndef WEBHOOK_FORM_H
#define WEBHOOK_FORM_H

#include <json-c/json_object.h>

#include "list/page.h"
#include "webhook/webhook.h"
#include "wire/object.h"

/* Judges a parsed body, of a new webhook (whole: url is required, all types and
 * enabled by default), or of a change. */
void webhook_parse(struct json_object *tree, bool whole,
    struct webhook_input *in, struct faults *f);

/* What a rotation of secrets may say, into an int64_t: for how many seconds the
 * one before stays in force. */
#define WEBHOOK_OVERLAP 86400 /* seconds, if nothing is said */
extern const struct object_form webhook_rotation_form;

/* Reads the raw query string of a list, of webhooks or of deliveries: as
 * page_parse.  A cursor has the time of creation and the id. */
void webhook_query_parse(struct arena *a, const char *text, bool deliveries,
    struct page *p, struct faults *f);

#endif

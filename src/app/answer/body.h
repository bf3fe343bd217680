/* SPDX-License-Identifier: ISC */
/* The body of a request as JSON. */
#ifndef BODY_H
#define BODY_H

#include <json-c/json_object.h>

#include "call.h"
#include "wire/object.h"

/* *tree is the arena's, and NULL for "null".  False if it is no JSON: then that
 * is answered. */
bool body_read(struct call *c, struct json_object **tree) MUSTCHECK;

/* Reads a body that may be left out into what the form's members fill; without
 * one it stays as it is.  False if it is not such an object: then that is
 * answered. */
bool body_options(struct call *c, const struct object_form *form, void *into)
    MUSTCHECK;

#endif

/* SPDX-License-Identifier: ISC */
/* The body of a request as JSON. */
#ifndef BODY_H
#define BODY_H

#include <json-c/json_object.h>

#include "call.h"

/* *tree is the arena's, and NULL for "null".  False if it is no JSON: then that
 * is answered. */
bool body_read(struct call *c, struct json_object **tree) MUSTCHECK;

#endif

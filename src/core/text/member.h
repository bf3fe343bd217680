/* SPDX-License-Identifier: ISC */
/* Members of a JSON object, compared byte for byte. */
#ifndef MEMBER_H
#define MEMBER_H

#include <json-c/json_object.h>

#include "base/base.h"

/* An object may be NULL, or be of another type: then it has no members. */

/* True if v is a string of exactly these bytes. */
bool member_value_is(struct json_object *v, const char *want);

/* The same for the member of an object. */
bool member_is(struct json_object *object, const char *name, const char *want);

/* True if the member is there, even as null. */
bool member_there(struct json_object *object, const char *name);

/* A string member and its length (it may hold U+0000), or NULL. */
const char *member_text(struct json_object *object, const char *name,
    size_t *len);

/* A string that does not hold U+0000, terminated, or NULL. */
const char *member_value_string(struct json_object *v);
const char *member_string(struct json_object *object, const char *name);

/* A string member that is fit for names: 1 to max bytes, no control
 * characters.  NULL otherwise. */
const char *member_name(struct json_object *object, const char *name,
    size_t max);

/* An array member, or an object, or NULL. */
struct json_object *member_array(struct json_object *object, const char *name);
struct json_object *member_object(struct json_object *object, const char *name);

/* True if an array has that string. */
bool member_has(struct json_object *array, const char *want);

/* 1 and *out if the member is an integer within [min, max], 0 if there is no
 * such member, -1 if it is anything else. */
int member_integer(struct json_object *object, const char *name, int64_t min,
    int64_t max, int64_t *out) MUSTCHECK;

#endif

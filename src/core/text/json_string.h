/* SPDX-License-Identifier: ISC */
/* Strings as JSON writes them; for the files of this folder. */
#ifndef JSON_STRING_H
#define JSON_STRING_H

#include "base/base.h"
#include "base/buf.h"

/* Adds to b what the string means whose opening quote is at *p, and moves *p
 * behind the closing one.  NULL, or a sentence for struct json_fault with *p
 * at the fault; at end if there is no closing quote. */
const char *json_string_read(const char **p, const char *end, struct buf *b)
    MUSTCHECK;

/* What Python's json module takes in strings, and other readers do not. */
#define JSON_STRING_NUL  1u /* U+0000 */
#define JSON_STRING_HALF 2u /* half of a surrogate pair: a fault for _read */

/* The same without the meaning; sets the bits of the above that occur. */
const char *json_string_skip(const char **p, const char *end, unsigned *odd)
    MUSTCHECK;

/* How many bytes at s a JSON string may hold as they are: valid UTF-8 without
 * quotes, backslashes and control characters. */
size_t json_string_plain(const char *s, size_t len);

#endif

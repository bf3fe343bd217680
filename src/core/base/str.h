/* SPDX-License-Identifier: ISC */
/* Text: numbers out of it, UTF-8, and small helpers that libc lacks. */
#ifndef STR_H
#define STR_H

#include "base.h"

/* Reads a whole decimal number, nothing before or after it, within
 * [min, max].  0, or -1. */
int str_to_int(const char *s, int64_t min, int64_t max, int64_t *out) MUSTCHECK;

/* Reads a decimal fraction from 0 to 1, such as 0.25, in millionths.  0, or
 * -1. */
int str_to_ratio(const char *s, int64_t *millionths) MUSTCHECK;

bool str_eq(const char *a, const char *b);
bool str_case_eq(const char *a, const char *b); /* ASCII only */
bool str_starts(const char *s, const char *prefix);

/* Cuts white space off both ends, in place; returns the new start. */
char *str_trim(char *s);

/* Code points in len bytes of UTF-8, or -1 if they are not valid UTF-8
 * (overlong forms, surrogates and values above U+10FFFF are not). */
long str_utf8_count(const char *s, size_t len);

/* Length of the valid UTF-8 sequence at s (1 to 4), or 0. */
size_t str_utf8_len(const char *s, size_t len);

/* How much of s to keep where max bytes fit: len if it fits as a whole, else at
 * most max, and not cut within a character. */
size_t str_utf8_cut(const char *s, size_t len, size_t max);

/* True for what a terminal or a reader might take for more than text: C1
 * controls, line and paragraph separator, marks that turn the direction.  s is
 * a valid sequence of n bytes, more than one. */
bool str_is_tricky(const char *s, size_t n);

/* True if the text has nothing but Unicode white space, or nothing at all.
 * The text is valid UTF-8. */
bool str_is_blank(const char *s, size_t len);

/* A value from 0 to 15, or -1. */
int str_hex_digit(char c);

/* Reads a whole file of at most max bytes; the caller frees *text, which is
 * terminated.  0, or -1 with errno set (EFBIG if it is larger). */
int str_read_file(const char *path, size_t max, char **text, size_t *len)
    MUSTCHECK;

#endif

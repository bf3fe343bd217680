/* SPDX-License-Identifier: ISC */
/* Text of others on a terminal: what would steer it does not reach it. */
#ifndef TERM_PRINT_H
#define TERM_PRINT_H

#include <stdio.h>

#include "base/base.h"
#include "base/buf.h"

/* Columns of standard output, or 0 if that is no terminal. */
int term_columns(void);

/* Prints at most width columns of the text (0: all of it); what is not plain
 * text becomes blanks.  How many columns there were: signs of East Asia take
 * two, and those that stand over others none. */
int term_text(FILE *out, const char *text, int width);

/* The same, padded to width and with a gap behind it; "-" if it is NULL.
 * whole: it is not cut. */
void term_cell(const char *text, int width, bool whole);

/* Prints text of several lines, each after the indent. */
void term_lines(const char *text, const char *indent);

/* Prints JSON; what a terminal might take for more than text can only stand
 * within strings, and is escaped there. */
void term_json(const char *json, size_t len);

#endif

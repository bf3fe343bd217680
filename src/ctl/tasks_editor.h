/* SPDX-License-Identifier: ISC */
/* A task as a file in the user's editor. */
#ifndef TASKS_EDITOR_H
#define TASKS_EDITOR_H

#include "base/base.h"
#include "base/buf.h"

/* What can be edited.  A description of NULL is none. */
struct tasks_text {
	const char *title;
	const char *description;
	const char *status;
};

/* Writes a head of lines such as "Title: ...", an empty line, and then the
 * description as it is; and reads the same: blanks around a value, and empty
 * lines at the end, do not count.  Reading cuts text into pieces.  0, or -1
 * with *why a sentence. */
void tasks_text_format(struct buf *b, const struct tasks_text *t);
int tasks_text_parse(char *text, struct tasks_text *t, const char **why)
    MUSTCHECK;

/* A new file with the text, of which only its owner may read, is opened in
 * $VISUAL or $EDITOR; *file is its name, and *text what it has afterwards: the
 * caller frees both, and removes the file when it is done with.  0, or -1 when
 * it has said why not; a file that is named then stays. */
int tasks_editor_run(const struct buf *before, char **file, char **text)
    MUSTCHECK;

#endif

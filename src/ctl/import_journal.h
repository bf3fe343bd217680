/* SPDX-License-Identifier: ISC */
/* What became of each task of an import, kept so that a second run of the same
 * goes on where the first has ended. */
#ifndef IMPORT_JOURNAL_H
#define IMPORT_JOURNAL_H

#include <stdio.h>

#include "base/arena.h"
#include "base/base.h"

struct import_note {
	int64_t begun;  /* when it was sent, by our clock; 0: never */
	const char *id; /* of the task that was made; or NULL */
};

struct import_journal {
	FILE *file;
	char *name;
	struct import_note *v; /* of each item */
	size_t n;
	bool cut;     /* its last line has no end */
	char key[64]; /* of this journal and no other */
};

/* Opens the one of this text at this address; own: its name, or NULL for the
 * usual one.  0, or -1 when it has said why not.  While somebody else has it,
 * or if it is the journal of another text or address, it is not opened. */
int import_journal_open(struct import_journal *j, struct arena *a,
    const char *own, const char *url, const char *text, size_t len, size_t n)
    MUSTCHECK;
void import_journal_close(struct import_journal *j);

/* Notes that the item is being sent, and that it was made; on the disk when
 * they return.  0, or -1 when it has said why not. */
int import_journal_begun(struct import_journal *j, size_t i) MUSTCHECK;
int import_journal_made(struct import_journal *j, struct arena *a, size_t i,
    const char *id) MUSTCHECK;

/* True if the task is noted as made. */
bool import_journal_has(const struct import_journal *j, const char *id);

#endif

/* SPDX-License-Identifier: ISC */
/* What a list brings along: its parameters, its order, its cursors. */
#ifndef LIST_H
#define LIST_H

#include "base/arena.h"
#include "base/base.h"
#include "base/buf.h"
#include "page.h"
#include "wire/fault.h"

/* A query that is being read.  All texts of it live in the arena. */
struct list_reader {
	struct page *page;
	struct arena *arena;
	struct faults *faults;
	const char *cursor; /* as it was given, not judged yet; or NULL */
	const char *name;   /* of the parameter that is taken */
};

#define LIST_REPEATS 1U /* may be given more than once */
#define LIST_BEGINS  4U /* the name is how names begin: see list_reader */
#define LIST_UNBOUND 2U /* may differ between the pages of one list */

/* One parameter of a list. */
struct list_param {
	const char *name;
	/* Puts the value into page->query, or adds a fault. */
	void (*take)(struct list_reader *r, const char *value);
	/* The way back: adds the parameter to a query string, unless it says
	 * nothing. */
	void (*add)(struct buf *b, const struct page *p);
	unsigned flags; /* LIST_* */
};

/* One kind of list.  limit and cursor need no row. */
struct list {
	/* In the order that the canonical text has. */
	const struct list_param *params;
	size_t nparams;
	/* What cursors are bound to instead of a parameter "sort", if there is
	 * but one order; else NULL. */
	const char *order;
	/* The parameter that takes cursors; NULL: "cursor". */
	const char *cursor;
	/* What is said of a cursor of another list; NULL: that filter and sort
	 * must stay the same. */
	const char *alien;
	bool endless; /* it has no pages: there is no parameter "limit" */
	/* Judges what no parameter alone can tell; or NULL.  May take a cursor
	 * that is a word. */
	void (*judge)(struct list_reader *r);
	/* True if key (terminated, without U+0000 within), key_number and id of
	 * the page are what a cursor of this list has. */
	bool (*sane)(const struct page *p, size_t key_len);
};

/* Adds a fault of that parameter; type and msg are borrowed. */
void list_fault(struct list_reader *r, const char *name, const char *type,
    const char *msg);

/* A whole number from min to max, or a fault and min. */
struct list_int {
	const char *name;
	int64_t min, max;
};
int64_t list_take_int(struct list_reader *r, const struct list_int *param,
    const char *value);

/* The text, or a fault and NULL if it is empty or has more than max code
 * points. */
const char *list_take_text(struct list_reader *r, const char *name,
    const char *value, int max);

/* A date or a time: true with the microseconds since 1970, or a fault. */
bool list_take_time(struct list_reader *r, const char *name, const char *value,
    int64_t *us);

/* A set of words, as bits by their place; commas stand between several. */
struct list_words {
	const char *name;
	const char *const *words;
	int n;
	const char *msg; /* for a word that is none of them */
};
void list_take_words(struct list_reader *r, const struct list_words *param,
    const char *value, unsigned *bits);

/* The same bits, or 0 (no filter) if all words are asked for. */
unsigned list_words_wanted(const struct list_words *param, unsigned bits);

/* The words with commas between them; nothing if there is none. */
void list_add_words(struct buf *b, const struct list_words *param,
    unsigned bits);

/* Adds name=value with the value encoded, and an & before it if b has text. */
void list_add(struct buf *b, const char *name, const char *value);
void list_add_int(struct buf *b, const char *name, int64_t value);
void list_add_time(struct buf *b, const char *name, int64_t us);

#endif

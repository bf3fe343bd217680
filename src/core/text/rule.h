/* SPDX-License-Identifier: ISC */
/* Who may do something: "user + scope:tasks.write, scope:tasks.all". */
#ifndef RULE_H
#define RULE_H

#include "base/base.h"
#include "base/buf.h"

#define RULE_NAME_MAX  128 /* bytes of one name */
#define RULE_TERMS_MAX 16  /* names in one rule */

enum rule_kind {
	RULE_PLAIN, /* tasks.write: a role; user and admin mean ours */
	RULE_ROLE,  /* role:tasks.write: a role as the token has it */
	RULE_SCOPE  /* scope:tasks.write */
};

struct rule_term {
	enum rule_kind kind;
	const char *name; /* part of the rule's text */
	size_t len;
	bool first; /* of the terms that are needed together */
};

/* Where a walk through a rule is; all zero but for the text at its start. */
struct rule_walk {
	const char *text;
	char before; /* what is next: , + or, at the end, a dot */
	size_t terms;
};

/* The next term: 1; 0 behind the last one; -1 if the rule is wrong, with the
 * end of a sentence added to why (which may be NULL if it is known to be
 * right). */
int rule_next(struct rule_walk *w, struct rule_term *t, struct buf *why)
    MUSTCHECK;

/* 0, or -1 with the end of a sentence added to why. */
int rule_judge(const char *text, struct buf *why) MUSTCHECK;

#endif

/* SPDX-License-Identifier: ISC */
/* Every answer that is not a success: application/problem+json (RFC 9457). */
#ifndef PROBLEM_H
#define PROBLEM_H

#include "call.h"
#include "wire/fault.h"

/* Answers with status; detail is a sentence for the client. */
void problem(struct call *c, int status, const char *detail);

/* 422 with everything that is wrong. */
void problem_faults(struct call *c, const struct faults *f);

/* The same with another status. */
void problem_with(struct call *c, int status, const struct faults *f);

/* The answer to a database failure: 503 with Retry-After, or 500 if it is
 * our mistake. */
void problem_database(struct call *c, enum pg_err err);

/* 503 with Retry-After in seconds. */
void problem_unavailable(struct call *c, const char *detail, int retry_after);

#endif

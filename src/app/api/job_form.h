/* SPDX-License-Identifier: ISC */
/* What a body may ask for of a new job. */
#ifndef JOB_FORM_H
#define JOB_FORM_H

#include <json-c/json_object.h>

#include "jobs/job_make.h"
#include "wire/fault.h"

/* Judges a parsed body; text is the same as it came.  The texts of *n are the
 * arena's of f, or the tree's. */
void job_form_parse(struct json_object *tree, const char *text, size_t len,
    struct job_new *n, struct faults *f);

#endif

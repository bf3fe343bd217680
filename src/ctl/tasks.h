/* SPDX-License-Identifier: ISC */
/* What the actions of errandctl tasks share: the command line, and the
 * service. */
#ifndef TASKS_H
#define TASKS_H

#include "api.h"
#include "base/base.h"
#include "base/buf.h"

struct tasks {
	struct api api;
	bool json;
	bool force;
	bool all;
	int64_t limit;
	bool given;                               /* the limit */
	const char *title, *description, *status; /* NULL: not given */
	const char *extra[32];                    /* NAME=VALUE */
	size_t nextra;
	const char *sort, *from, *to, *created_by;
	const char *if_match;
	const char *format, *output, *journal;
	const char *since, *cursor_file;
	const char *issuer, *client, *scope;
	bool dry, verbose;
	char **words; /* behind the options */
	int nwords;
};

/* Each returns the exit status. */
int tasks_list(struct tasks *t);
int tasks_show(struct tasks *t);
int tasks_add(struct tasks *t);
int tasks_edit(struct tasks *t);
int tasks_done(struct tasks *t);
int tasks_delete(struct tasks *t);
int tasks_export(struct tasks *t);
int tasks_import(struct tasks *t);
int tasks_watch(struct tasks *t);
int tasks_login(struct tasks *t);
int tasks_logout(struct tasks *t);

/* Does something to each task that the command line names; what went wrong
 * first is the exit status. */
int tasks_each(struct tasks *t, int (*one)(struct tasks *t, const char *id));

#endif

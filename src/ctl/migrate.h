/* SPDX-License-Identifier: ISC */
/* What cmd_migrate.c needs: the database for other programs, and those. */
#ifndef MIGRATE_H
#define MIGRATE_H

#include "base/base.h"
#include "base/buf.h"

/* Puts a libpq connection string (with the password, if that is not "") into
 * this process's environment, where every program that uses libpq finds it,
 * and no other user.  uri becomes sqitch's name for the database.
 * 0, or -1 (said on standard error). */
int migrate_environment(const char *conninfo, const char *password,
    struct buf *uri) MUSTCHECK;

/* 0 if the database has all that Errand needs and, for psql, nothing in it
 * that somebody else has made; else -1, with the reason said on standard
 * error.  Goes by the environment. */
int migrate_fits(bool psql) MUSTCHECK;

/* A command line in the making; embedded, zeroed at first. */
struct words {
	char **v; /* ends with NULL once a word was added */
	size_t n;
};
void words_add(struct words *w, const char *word);
void words_free(struct words *w);

/* Becomes the program that the first word names.  Returns only if that fails:
 * -1, said on standard error, with the Debian packages if it is missing. */
int migrate_exec(const struct words *w, const char *packages) MUSTCHECK;

/* Becomes psql, which runs the scripts of that action (deploy or verify) for
 * every change of the plan in the current folder.  Returns only if that fails:
 * -1, said on standard error. */
int migrate_psql(const char *action) MUSTCHECK;

/* Runs start in a process of its own, which becomes another program, and waits
 * for its end.  If that waits for somebody's lock, this is said; if it waits
 * long for a table, which others want as well, it is ended and tried again, for
 * a minute.  start returns only if it fails.  The exit status. */
int migrate_watch(int (*start)(const void *arg), const void *arg);

#endif

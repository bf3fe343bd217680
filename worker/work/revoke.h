/* SPDX-License-Identifier: ISC */
/* Jobs that Celery's remote control has revoked: the parent puts their ids into
 * the broker (revoke_box.h), a process with PostgreSQL cancels their rows. */
#ifndef REVOKE_H
#define REVOKE_H

#include "base/base.h"
#include "work.h"

#define REVOKE_WHY "cancelled by Celery's remote control"

/* For relays: cancels the rows that are not running; false if PostgreSQL did
 * not answer, and then it is to be called again. */
bool revoke_run(struct work *w) MUSTCHECK;

/* For a child that has a message which was revoked: cancels its row, if there
 * is one that is not running or over. */
enum pg_err revoke_row(struct work *w, const char *id, const struct uuid *row)
    MUSTCHECK;

#endif

/* SPDX-License-Identifier: ISC */
/* Who gets a notification, and getting it to them; for j_notification.c. */
#ifndef NOTIFY_H
#define NOTIFY_H

#include "base/base.h"
#include "mail/smtp.h"
#include "work/job_run.h"

/* The caller sets the first four; all memory is the run's arena's. */
struct notify {
	struct job_run *run;
	const char *hello, *from;
	const char *id; /* Message-ID, for the log */

	const char **wanted; /* everybody, for the header */
	size_t nwanted;
	const char *unusable; /* why the creator is not among them, or NULL */
	struct smtp_recipient *left; /* who has not got it yet */
	size_t nleft;
	const char **sent; /* who has, now or by an earlier try */
	size_t nsent;
	size_t refused; /* for good, by this try */
};

/* The address that a setting has, as mail servers take it. */
const char *notify_address(struct arena *a, const char *text);

/* Lists the recipients that the settings name, and the creator if they say so
 * and the address is usable, each of them once.  Recipients that got the mail
 * by an earlier try, as the job's args tell, are not left. */
void notify_recipients(struct notify *n, const char *creator, size_t len);

/* Sends the message to the recipients that are left.  Those that the server
 * refuses for now are tried once more without the others, and are then left for
 * the next try.  Recipients that have the mail are noted in the job's args. */
enum job_outcome notify_deliver(struct notify *n, const char *message,
    size_t len);

#endif

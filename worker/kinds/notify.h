/* SPDX-License-Identifier: ISC */
/* Who gets a notification, and getting it to them; for j_notification.c. */
#ifndef NOTIFY_H
#define NOTIFY_H

#include "base/base.h"
#include "base/buf.h"
#include "mail/mail.h"
#include "work/job_run.h"

/* The caller sets the first three; all memory is the run's arena's. */
struct notify {
	struct job_run *run;
	const char *hello;
	struct mail mail; /* to is set for each of them */

	const char **wanted; /* everybody */
	size_t nwanted;
	const char *unusable; /* why the creator is not among them, or NULL */
	const char **left;    /* who has not got it yet */
	size_t nleft;
	const char **sent; /* who has, now or by an earlier try */
	size_t nsent;
	size_t refused;        /* for good, by this try */
	struct buf refusals;   /* who was, and why */
	enum job_outcome away; /* what is to be said if some are left */
};

/* The address that a setting has, as mail servers take it. */
const char *notify_address(struct arena *a, const char *text);

/* Lists the recipients that the settings name, and the creator if they say so
 * and the address is usable, each of them once.  Recipients that got the mail
 * by an earlier try, as the job's args tell, are not left. */
void notify_recipients(struct notify *n, const char *creator, size_t len);

/* Sends a mail of their own to those that are left, so that nobody sees who
 * else is told, and nobody is kept from it by others.  Who has it is noted in
 * the job's args; who was refused for good is in the job's error. */
enum job_outcome notify_deliver(struct notify *n);

#endif

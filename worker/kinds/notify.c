/* SPDX-License-Identifier: ISC */
/* Keeps account of who is to get a mail and who has got it. */
#include "config.h"

#include "notify.h"

#include <string.h>

#include "base/str.h"
#include "conf/conf.h"
#include "log/log.h"
#include "text/mail_address.h"
#include "text/member.h"

/* --- who --- */

static bool
notify_has(const char *const *list, size_t n, const char *address)
{
	for (size_t i = 0; i < n; i++) {
		if (str_case_eq(list[i], address))
			return true;
	}
	return false;
}

const char *
notify_address(struct arena *a, const char *text)
{
	const char *why, *address;

	address = mail_address_ascii(a, text, strlen(text), &why);
	return address != NULL ? address : text;
}

/* The address is one that mail servers take. */
static void
notify_want(struct notify *n, const char *address)
{
	if (!notify_has(n->wanted, n->nwanted, address))
		n->wanted[n->nwanted++] = address;
}

static void
notify_creator(struct notify *n, const char *address, size_t len)
{
	const char *why;

	if (!settings.mail_to_creator || len == 0)
		return;
	address = mail_address_ascii(n->run->arena, address, len, &why);
	if (address != NULL) {
		notify_want(n, address);
		return;
	}
	n->unusable = arena_printf(n->run->arena,
	    "the creator's address cannot be used: %s", why);
	log_warning("the creator of a task is not told", LS("why", why));
}

/* What notify_note has written, or whoever sent the message: each address
 * counts once, so that those who have it and those who are left are together
 * never more than are wanted. */
static void
notify_read_sent(struct notify *n)
{
	struct json_object *list = member_array(n->run->args, "sent"), *each;
	size_t count;

	if (list == NULL)
		return;
	count = json_object_array_length(list);
	for (size_t i = 0; i < count; i++) {
		const char *address;

		each = json_object_array_get_idx(list, i);
		if (!json_object_is_type(each, json_type_string))
			continue;
		address = json_object_get_string(each);
		if (notify_has(n->wanted, n->nwanted, address) &&
		    !notify_has(n->sent, n->nsent, address))
			n->sent[n->nsent++] = address;
	}
}

void
notify_recipients(struct notify *n, const char *creator, size_t len)
{
	size_t most = settings.mail_to.n + 1;

	n->wanted = arena_alloc(n->run->arena, most * sizeof(*n->wanted));
	n->sent = arena_alloc(n->run->arena, most * sizeof(*n->sent));
	n->left = arena_alloc(n->run->arena, most * sizeof(*n->left));
	for (size_t i = 0; i < settings.mail_to.n; i++)
		notify_want(n,
		    notify_address(n->run->arena, settings.mail_to.v[i]));
	notify_creator(n, creator, len);
	notify_read_sent(n);
	for (size_t i = 0; i < n->nwanted; i++) {
		if (!notify_has(n->sent, n->nsent, n->wanted[i]))
			n->left[n->nleft++].address = n->wanted[i];
	}
}

/* --- what comes of it --- */

/* Sorts those who were asked: who was refused for now stays. */
static void
notify_account(struct notify *n)
{
	size_t kept = 0;

	for (size_t i = 0; i < n->nleft; i++) {
		const struct smtp_recipient *r = &n->left[i];

		if (!r->asked || r->verdict == SMTP_TEMPORARY) {
			n->left[kept++] = *r;
		} else if (r->verdict == SMTP_DONE) {
			n->sent[n->nsent++] = r->address;
		} else {
			n->refused++;
			log_warning("recipient refused",
			    LS("recipient", r->address),
			    LS("answer", r->answer));
		}
	}
	n->nleft = kept;
}

/* Nobody shall get it twice because somebody else did not.  If this fails,
 * some will: under the same Message-ID. */
static void
notify_note(struct notify *n)
{
	struct job_run *run = n->run;

	if (job_mailed(run->pg, &run->job->id, n->sent, n->nsent) != PG_OK)
		log_warning("who has got a mail could not be noted",
		    LS("message_id", n->id));
}

static enum job_outcome
notify_done(struct notify *n)
{
	log_info("mail sent", LS("message_id", n->id),
	    LI("recipients", (int64_t)n->nsent),
	    LI("refused", (int64_t)n->refused));
	n->run->result = arena_printf(n->run->arena,
	    "{\"sent\": %zu, \"refused\": %zu}", n->nsent, n->refused);
	return JOB_DONE;
}

static enum job_outcome
notify_failed(struct notify *n, enum smtp_verdict verdict, const char *why)
{
	if (verdict == SMTP_PERMANENT && n->nsent > 0) {
		n->refused += n->nleft;
		log_warning("recipients refused", LS("why", why));
		return notify_done(n);
	}
	n->run->error = why;
	if (verdict == SMTP_PERMANENT)
		return JOB_DEAD;
	if (n->nsent > 0) {
		notify_note(n);
		n->run->error = arena_printf(n->run->arena,
		    "%zu of %zu recipients have it; %s", n->nsent, n->nwanted,
		    why);
	}
	return JOB_RETRY;
}

enum job_outcome
notify_deliver(struct notify *n, const char *message, size_t len)
{
	enum smtp_verdict verdict = SMTP_DONE;
	const char *why = "";

	/* Each round that is done leaves fewer. */
	while (n->nleft > 0 && verdict == SMTP_DONE) {
		struct smtp_order order = {
			.hello = n->hello,
			.from = n->from,
			.to = n->left,
			.nto = n->nleft,
			.message = message,
			.len = len,
			.stop = n->run->soft,
		};

		verdict = smtp_send(n->run->arena, &order, &why);
		if (verdict == SMTP_DONE)
			notify_account(n);
	}
	if (verdict == SMTP_DONE)
		return notify_done(n);
	return notify_failed(n, verdict, why);
}

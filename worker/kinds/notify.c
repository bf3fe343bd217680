/* SPDX-License-Identifier: ISC */
/* Keeps account of who is to get a mail and who has got it. */
#include "config.h"

#include "notify.h"

#include <string.h>

#include "base/clock.h"
#include "base/str.h"
#include "conf/conf.h"
#include "log/log.h"
#include "metric/metric.h"
#include "mail/smtp.h"
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
			n->left[n->nleft++] = n->wanted[i];
	}
}

/* --- what comes of it --- */

/* Nobody shall get it twice because somebody else did not.  If this fails,
 * some will: under the same Message-ID. */
static void
notify_note(struct notify *n)
{
	struct job_run *run = n->run;

	if (job_mailed(run->pg, &run->job->id, n->sent, n->nsent) != PG_OK)
		log_warning("who has got a mail could not be noted",
		    LS("message_id", n->mail.id));
}

static void
notify_refused(struct notify *n, const char *to, const char *why)
{
	log_warning("recipient refused", LS("recipient", to),
	    LS("reason", why));
	buf_printf(&n->refusals, "%s%s: %s", n->refused > 0 ? "; " : "", to,
	    why);
	n->refused++;
}

static enum smtp_verdict
notify_send(struct notify *n, const char *to, const char **why)
{
	struct smtp_order order = { .hello = n->hello,
		.from = n->mail.from,
		.to = to,
		.stop = n->run->soft };
	enum smtp_verdict verdict = SMTP_PERMANENT;
	struct buf message = { 0 };
	int64_t begun;

	n->mail.to = to;
	if (mail_format(&message, &n->mail, why) == 0) {
		order.message = message.data;
		order.len = message.len;
		begun = clock_mono_us();
		verdict = smtp_send(n->run->arena, &order, why);
		metric_time(METRIC_mail_time, METRIC_AT(0),
		    clock_mono_us() - begun, n->mail.trace_id);
	} else {
		*why = arena_strdup(n->run->arena, *why);
	}
	buf_free(&message);
	metric_count(METRIC_mail, verdict == SMTP_DONE ? METRIC_mail_accepted
				  : verdict == SMTP_PERMANENT
				      ? METRIC_mail_refused
				      : METRIC_mail_deferred);
	return verdict;
}

/* Each try begins with another one, so that a mail to whom the server dies does
 * not keep others from theirs. */
static const char *
notify_all(struct notify *n)
{
	size_t first = (size_t)(n->run->job->attempts - 1);
	const char **left =
	    arena_alloc(n->run->arena, (n->nleft + 1) * sizeof(*left));
	enum smtp_verdict verdict = SMTP_DONE;
	const char *why = NULL, *last = NULL;
	size_t nleft = 0, i;

	for (i = 0; i < n->nleft; i++) {
		const char *to = n->left[(first + i) % n->nleft];

		/* For the others it would be the same. */
		if (verdict != SMTP_AWAY && !*n->run->soft) {
			verdict = notify_send(n, to, &why);
			if (verdict == SMTP_PERMANENT)
				notify_refused(n, to, why);
			if (verdict == SMTP_PERMANENT)
				continue;
			if (verdict == SMTP_DONE) {
				n->sent[n->nsent++] = to;
				if (i + 1 < n->nleft || nleft > 0)
					notify_note(n);
				continue;
			}
			last = why;
		}
		left[nleft++] = to;
	}
	n->away = verdict == SMTP_AWAY ? JOB_AWAY : JOB_RETRY;
	n->left = left;
	n->nleft = nleft;
	return last != NULL ? last : "the soft time limit was over";
}

/* How much of it has come to pass, and why not all. */
static const char *
notify_story(struct notify *n, const char *why)
{
	struct arena *a = n->run->arena;

	if (n->nleft == 0)
		return arena_printf(a, "refused for good: %s",
		    n->refusals.data);
	if (n->refused > 0)
		why = arena_printf(a, "%s; refused for good: %s", why,
		    n->refusals.data);
	if (n->nsent == 0)
		return why;
	return arena_printf(a, "%zu of %zu recipients have it; %s", n->nsent,
	    n->nwanted, why);
}

enum job_outcome
notify_deliver(struct notify *n)
{
	const char *why = notify_all(n);

	if (n->nleft > 0 || n->refused > 0)
		n->run->error = notify_story(n, why);
	buf_free(&n->refusals);
	if (n->nleft > 0)
		return n->away;
	if (n->nsent == 0 && n->refused > 0)
		return JOB_DEAD;
	log_info("mail sent", LS("message_id", n->mail.id),
	    LI("recipients", (int64_t)n->nsent),
	    LI("refused", (int64_t)n->refused));
	n->run->result = arena_printf(n->run->arena,
	    "{\"sent\": %zu, \"refused\": %zu}", n->nsent, n->refused);
	return JOB_DONE;
}

/* SPDX-License-Identifier: ISC */
/* errand.send_notification: a mail about a new task. */
#include "config.h"

#include "kinds.h"

#include <string.h>
#include <unistd.h>

#include <json-c/json_object.h>

#include "base/clock.h"
#include "base/str.h"
#include "base/uuid.h"
#include "conf/conf.h"
#include "log/log.h"
#include "mail/mail.h"
#include "mail/mail_template.h"
#include "mail/mail_text.h"
#include "notify.h"
#include "text/field.h"
#include "text/mail_address.h"

#define SUBJECT "task-created.subject"
#define BODY    "task-created.text"
#define ID_PART 8 /* characters of a job's id that tell it from others */

enum { TITLE, DESCRIPTION, STATUS, CREATED_BY, EMAIL, TASK_ID, TEXTS };

/* What the job's args say, and what they may leave out. */
static const struct {
	const char *name;
	bool needed;
	bool line; /* what it is in a text is one line */
} members[TEXTS] = {
	[TITLE] = { "title", true, true },
	[DESCRIPTION] = { "description", false, false },
	[STATUS] = { "status", false, true },
	[CREATED_BY] = { "created_by", false, true },
	[EMAIL] = { "email", false, false },
	[TASK_ID] = { "task_id", false, false },
};

struct text {
	const char *s;
	size_t len;
};

/* A notice in the making. */
struct notice {
	struct job_run *run;
	struct text text[TEXTS];
	const char *host, *from, *name;
	struct buf subject, body;
};

static enum job_outcome
notice_fail(struct notice *n, enum job_outcome outcome, const char *why)
{
	n->run->error = why;
	return outcome;
}

/* --- the args --- */

/* Nobody adds lines to the text of a mail by a title. */
static void
notice_line(struct arena *a, struct text *t)
{
	struct buf b = { 0 };

	mail_text_line(&b, t->s, t->len, SIZE_MAX);
	t->s = arena_strndup(a, b.data, b.len);
	t->len = b.len;
	buf_free(&b);
}

static const char *
notice_read_member(struct notice *n, int i)
{
	struct json_object *value = NULL;
	struct text *t = &n->text[i];

	*t = (struct text){ "", 0 };
	json_object_object_get_ex(n->run->args, members[i].name, &value);
	if (json_object_is_type(value, json_type_string)) {
		t->s = json_object_get_string(value);
		t->len = (size_t)json_object_get_string_len(value);
		if (members[i].line && t->len > 0)
			notice_line(n->run->arena, t);
	} else if (value != NULL) {
		return "is not a text";
	}
	return members[i].needed && t->len == 0 ? "is missing" : NULL;
}

/* The row's task wins, and an id has one spelling. */
static const char *
notice_read_task(struct notice *n)
{
	const struct job *job = n->run->job;
	struct text *t = &n->text[TASK_ID];
	struct uuid id = job->task_id;
	char text[UUID_TEXT];

	if (!job->has_task && t->len == 0)
		return NULL;
	if (!job->has_task &&
	    (strlen(t->s) != t->len || uuid_parse(t->s, &id) == -1))
		return "is not a UUID";
	t->s = arena_strdup(n->run->arena, uuid_format(&id, text));
	t->len = strlen(t->s);
	return NULL;
}

static int
notice_read(struct notice *n)
{
	const char *why;

	if (!json_object_is_type(n->run->args, json_type_object)) {
		n->run->error = "the args are not an object";
		return -1;
	}
	for (int i = 0; i < TEXTS; i++) {
		why = notice_read_member(n, i);
		if (why == NULL && i == TASK_ID)
			why = notice_read_task(n);
		if (why == NULL)
			continue;
		n->run->error = arena_printf(n->run->arena, "%s in the args %s",
		    members[i].name, why);
		return -1;
	}
	return 0;
}

/* --- who we are --- */

/* What [mail] host says, or what is likely. */
static const char *
notice_host(struct arena *a, const char *from)
{
	const char *host = settings.mail_host, *why;
	char name[MAIL_DOMAIN_MAX + 1];

	if (host[0] != '\0') {
		host = mail_domain_ascii(a, host, strlen(host), &why);
		return host != NULL ? host : settings.mail_host;
	}
	if (from[0] != '\0')
		return mail_address_domain(from);
	if (gethostname(name, sizeof(name)) == -1)
		return "localhost";
	name[sizeof(name) - 1] = '\0';
	if (mail_domain_judge(name, strlen(name)) != NULL)
		return "localhost";
	return arena_strdup(a, name);
}

/* --- the message --- */

static const char *
notice_url(const struct notice *n)
{
	if (settings.http_public_url[0] == '\0' || n->text[TASK_ID].len == 0)
		return "";
	return arena_printf(n->run->arena, "%s/tasks/%s",
	    settings.http_public_url, n->text[TASK_ID].s);
}

/* Additional data that [tasks] extra lists; what a task does not have is
 * empty. */
static struct mail_value
notice_extra(struct notice *n, const char *word)
{
	struct arena *a = n->run->arena;
	struct json_object *extra = NULL, *value = NULL;
	struct text t = { "", 0 };
	struct field field;
	const char *name;

	if (field_parse(word, &field) != NULL)
		return (struct mail_value){ word, "", 0 };
	name = arena_strndup(a, field.name, field.len);
	json_object_object_get_ex(n->run->args, "extra", &extra);
	if (json_object_is_type(extra, json_type_object))
		json_object_object_get_ex(extra, name, &value);
	if (value != NULL) {
		t.s = json_object_get_string(value);
		t.len = json_object_is_type(value, json_type_string)
			    ? (size_t)json_object_get_string_len(value)
			    : strlen(t.s);
		notice_line(a, &t);
	}
	return (struct mail_value){ arena_printf(a, "extra.%s", name), t.s,
		t.len };
}

/* All that a template can name. */
static struct mail_values
notice_values(struct notice *n)
{
	static const int named[] = { TITLE, DESCRIPTION, STATUS, CREATED_BY,
		TASK_ID };
	const struct conf_list *extra = &settings.tasks_extra;
	const char *url = notice_url(n);
	struct mail_value *v = arena_alloc(n->run->arena,
	    (NELEM(named) + 1 + extra->n) * sizeof(*v));
	size_t at = 0;

	for (size_t i = 0; i < NELEM(named); i++) {
		const struct text *t = &n->text[named[i]];

		v[at++] =
		    (struct mail_value){ members[named[i]].name, t->s, t->len };
	}
	v[at++] = (struct mail_value){ "url", url, strlen(url) };
	for (size_t i = 0; i < extra->n; i++)
		v[at++] = notice_extra(n, extra->v[i]);
	return (struct mail_values){ v, at };
}

static int
notice_texts(struct notice *n)
{
	const char *folder = settings.mail_templates;
	const struct mail_values values = notice_values(n);
	struct buf why = { 0 };
	int result;

	if (folder[0] == '\0')
		folder = PKGDATADIR "/templates";
	result =
	    mail_template_read(&n->subject, folder, SUBJECT, &values, &why);
	if (result == 0)
		result =
		    mail_template_read(&n->body, folder, BODY, &values, &why);
	if (result == -1)
		n->run->error = arena_strdup(n->run->arena, why.data);
	buf_free(&why);
	while (n->body.len > 0 && n->body.data[n->body.len - 1] == '\n')
		n->body.len--;
	return result;
}

/* The same for each try of the same job, so that a mail that goes out twice can
 * be known by its id; and short, since no header can be folded within one. */
static const char *
notice_id(const struct notice *n)
{
	char job[UUID_TEXT];

	uuid_format(&n->run->job->id, job);
	if (n->text[TASK_ID].len == 0)
		return arena_printf(n->run->arena, "%s@%s", job, n->host);
	return arena_printf(n->run->arena, "%s.%s@%s", n->text[TASK_ID].s,
	    job + UUID_TEXT - 1 - ID_PART, n->host);
}

static struct mail
notice_mail(const struct notice *n)
{
	int64_t created = n->run->job->created_at;
	struct mail m = {
		.from = n->from,
		.name = n->name,
		.reply_to =
		    notify_address(n->run->arena, settings.mail_reply_to),
		.subject = n->subject.data,
		.subject_len = n->subject.len,
		.body = n->body.data,
		.body_len = n->body.len,
		.id = notice_id(n),
		.date = created != 0 ? created : clock_wall_us(),
		.request_id = n->run->job->request_id,
		.trace_id = n->run->job->trace_id,
	};

	if (n->text[TASK_ID].len > 0)
		m.thread = arena_printf(n->run->arena, "task.%s@%s",
		    n->text[TASK_ID].s, n->host);
	return m;
}

/* --- all of it --- */

static enum job_outcome
notice_run(struct notice *n)
{
	struct notify notify;
	const char *why;

	if (notice_read(n) == -1)
		return JOB_DEAD;
	why = mail_name_split(n->run->arena, settings.mail_from, &n->name,
	    &n->from);
	if (why != NULL)
		return notice_fail(n, JOB_RETRY, why);
	n->from = notify_address(n->run->arena, n->from);
	n->host = notice_host(n->run->arena, n->from);
	if (n->from[0] == '\0')
		n->from = arena_printf(n->run->arena, "errand@%s", n->host);
	notify = (struct notify){ .run = n->run, .hello = n->host };
	notify_recipients(&notify, n->text[EMAIL].s, n->text[EMAIL].len);
	if (notify.nwanted == 0 && notify.unusable != NULL)
		return notice_fail(n, JOB_DEAD, notify.unusable);
	if (notify.nwanted == 0) {
		log_info("nobody is told of a new task");
		return JOB_DONE;
	}
	/* A template that is not there, or has a fault, can be mended. */
	if (notice_texts(n) == -1)
		return JOB_RETRY;
	notify.mail = notice_mail(n);
	return notify_deliver(&notify);
}

/* It is sent even if the task is gone by now: it did come to be, and the args
 * say what it was. */
enum job_outcome
j_notification(struct job_run *run)
{
	struct notice n = { .run = run };
	enum job_outcome outcome;

	if (settings.mail_url[0] == '\0')
		return notice_fail(&n, JOB_UNWANTED,
		    "no mail server is configured ([mail] url)");
	outcome = notice_run(&n);
	buf_free(&n.subject);
	buf_free(&n.body);
	return outcome;
}

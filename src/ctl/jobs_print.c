/* SPDX-License-Identifier: ISC */
/* Prints jobs; what others have put into them does not reach the terminal. */
#include "config.h"

#include "jobs_print.h"

#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "term_print.h"

#define SECOND 19 /* of a time as text: where its decimals begin */

static const char *
second(int64_t us, char text[CLOCK_TEXT])
{
	clock_format(us, text);
	memcpy(text + SECOND, "Z", 2);
	return text;
}

/* Prints what is written so far; the rest follows. */
static void
flush(struct jobs_print *p)
{
	term_json(p->b.data, p->b.len);
	buf_clear(&p->b);
}

void
jobs_print_head(struct jobs_print *p, bool json)
{
	*p = (struct jobs_print){ .json = json };
	p->w = json_write(&p->b);
	if (json) {
		json_open_object(&p->w, NULL);
		json_open_array(&p->w, "data");
	} else {
		printf("%-36s  %-9s  %5s  %-20s  %-20s  %s\n", "ID", "STATE",
		    "TRIES", "CREATED", "RUN AT", "KIND, ERROR");
	}
}

void
jobs_print_row(struct jobs_print *p, const struct job *job)
{
	char id[UUID_TEXT], created[CLOCK_TEXT], run[CLOCK_TEXT];

	if (p->json) {
		json_break_line(&p->w);
		job_format(&p->w, job);
		flush(p);
		return;
	}
	printf("%-36s  %-9s  %5lld  %s  %s  ", uuid_format(&job->id, id),
	    job->state_word, (long long)job->attempts,
	    second(job->created_at, created), second(job->run_at, run));
	term_text(stdout, job->kind, 40);
	if (job->last_error != NULL) {
		fputs(": ", stdout);
		term_text(stdout, job->last_error, 60);
	}
	putchar('\n');
}

void
jobs_print_end(struct jobs_print *p)
{
	if (p->json) {
		buf_addc(&p->b, '\n');
		json_close_array(&p->w);
		json_close_object(&p->w);
		json_write_end(&p->w);
		buf_addc(&p->b, '\n');
		flush(p);
	}
	buf_free(&p->b);
}

void
jobs_print_aside_head(struct jobs_print *p, bool json)
{
	*p = (struct jobs_print){ .json = json };
	p->w = json_write(&p->b);
	if (json) {
		json_open_object(&p->w, NULL);
		json_open_array(&p->w, "data");
	} else {
		printf("%-36s  %-20s  %-16s  %s\n", "ID", "PUT ASIDE", "QUEUE",
		    "KIND, REASON");
	}
}

void
jobs_print_aside(struct jobs_print *p, const struct queue_aside *v)
{
	char at[CLOCK_TEXT];

	if (p->json) {
		json_break_line(&p->w);
		json_open_object(&p->w, NULL);
		json_put_text(&p->w, "id", v->id);
		json_put_text(&p->w, "kind", v->kind);
		json_put_text(&p->w, "queue", v->queue);
		json_put_text(&p->w, "reason", v->why);
		if (v->at == 0)
			json_put_null(&p->w, "put_aside_at");
		else
			json_put_time(&p->w, "put_aside_at",
			    v->at * CLOCK_SECOND);
		json_put_text(&p->w, "list", v->list);
		json_put_int(&p->w, "size", (int64_t)v->text.len);
		json_close_object(&p->w);
		flush(p);
		return;
	}
	term_cell(v->id, UUID_TEXT - 1, true);
	term_cell(v->at == 0 ? NULL : second(v->at * CLOCK_SECOND, at), 20,
	    true);
	term_cell(v->queue, 16, false);
	term_text(stdout, v->kind == NULL ? "-" : v->kind, 40);
	if (v->why != NULL) {
		fputs(": ", stdout);
		term_text(stdout, v->why, 60);
	}
	putchar('\n');
}

static void
print_number(int64_t n, const char *name, const char *words, bool json)
{
	struct buf b = { 0 };
	struct json_write w = json_write(&b);

	if (!json) {
		printf("%lld %s\n", (long long)n, words);
		return;
	}
	json_open_object(&w, NULL);
	json_put_int(&w, name, n);
	json_close_object(&w);
	json_write_end(&w);
	puts(b.data);
	buf_free(&b);
}

void
jobs_print_purged(int64_t n, bool json)
{
	print_number(n, "purged", "jobs deleted", json);
}

void
jobs_print_redriven(int64_t n, bool json)
{
	print_number(n, "redriven", "messages sent once more", json);
}

static void
print_member(const char *name, const char *value)
{
	if (value == NULL)
		return;
	printf("%-12s  ", name);
	term_text(stdout, value, 0);
	putchar('\n');
}

static void
print_time(const char *name, int64_t us)
{
	char text[CLOCK_TEXT];

	if (us != 0)
		print_member(name, clock_format(us, text));
}

void
jobs_print_one(const struct job *job, bool json)
{
	struct buf b = { 0 };
	struct json_write w = json_write(&b);
	char id[UUID_TEXT], at[CLOCK_TEXT];

	if (json) {
		job_format(&w, job);
		json_write_end(&w);
		buf_addc(&b, '\n');
		term_json(b.data, b.len);
		buf_free(&b);
		return;
	}
	print_member("id", uuid_format(&job->id, id));
	print_member("message", job->message_id);
	print_member("kind", job->kind);
	print_member("state", job->state_word);
	if (job->has_task)
		print_member("task", uuid_format(&job->task_id, id));
	print_member("args", job->args);
	print_member("unique key", job->unique_key);
	printf("%-12s  %lld\n", "priority", (long long)job->priority);
	printf("%-12s  %lld\n", "attempts", (long long)job->attempts);
	printf("%-12s  %lld\n", "deaths", (long long)job->deaths);
	print_member("error", job->last_error);
	print_member("worker", job->worker);
	print_time("created", job->created_at);
	print_member("run at", clock_format(job->run_at, at));
	if (job->held)
		print_member("held", "by a limit of its kind");
	print_time("published", job->published_at);
	print_time("started", job->started_at);
	print_time("finished", job->finished_at);
	print_member("request", job->request_id);
	print_member("trace", job->trace_id);
}

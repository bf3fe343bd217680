/* SPDX-License-Identifier: ISC */
/* Jobs that a command does: JSON on its standard input, its exit status is the
 * outcome, the end of what it says on standard error the reason, and what it
 * prints the result, if its kind says so. */
#include "config.h"

#include "kinds.h"

#include <errno.h>
#include <poll.h>
#include <string.h>
#include <sys/wait.h>
#include <sysexits.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/clock.h"
#include "base/str.h"
#include "crew/proc.h"
#include "crew/proc_command.h"
#include "crew/signals.h"
#include "log/log.h"
#include "said.h"
#include "trace/trace.h"

#define COMMAND_SAID  1000 /* bytes of standard error that are kept */
#define COMMAND_GRACE (5 * CLOCK_SECOND) /* from SIGTERM to SIGKILL */
#define COMMAND_TICK  100                /* milliseconds */
#define COMMAND_PAUSE 1000               /* when none can be started */
#define COMMAND_REST  64                 /* reads after its end */

#define COMMAND_OUTPUT ((size_t)256 * 1024) /* bytes of a result */

struct command {
	struct job_run *run;
	struct proc_command proc;
	struct buf input;
	size_t written;
	char said[2 * COMMAND_SAID]; /* its end is what counts */
	size_t len;
	int64_t kill_at; /* 0: it was not asked to end */
	bool terminated; /* it was, and for good: nothing of it goes on */
	struct buf output;
	bool too_much;
};

static void
command_close(int *fd)
{
	if (*fd != -1)
		close(*fd);
	*fd = -1;
}

static void
command_feed(struct command *c)
{
	ssize_t n = write(c->proc.in, c->input.data + c->written,
	    c->input.len - c->written);

	if (n > 0)
		c->written += (size_t)n;
	else if (n == -1 && (errno == EAGAIN || errno == EINTR))
		return;
	if (n <= 0 || c->written == c->input.len)
		command_close(&c->proc.in);
}

/* Reads what there is; false when there will not be more. */
static bool
command_listen(struct command *c)
{
	ssize_t n;

	if (c->len > sizeof(c->said) - COMMAND_SAID / 2) {
		memmove(c->said, c->said + c->len - COMMAND_SAID, COMMAND_SAID);
		c->len = COMMAND_SAID;
	}
	n = read(c->proc.err, c->said + c->len, sizeof(c->said) - c->len);
	if (n > 0) {
		c->len += (size_t)n;
		return true;
	}
	if (n == -1 && errno == EINTR)
		return true;
	if (n == 0 || errno != EAGAIN)
		command_close(&c->proc.err);
	return false;
}

/* Takes what there is of its output, up to a limit. */
static void
command_take(struct command *c)
{
	char part[4096];
	ssize_t n = read(c->proc.out, part, sizeof(part));

	if (n > 0 && c->output.len + (size_t)n <= COMMAND_OUTPUT)
		buf_add(&c->output, part, (size_t)n);
	else if (n > 0)
		c->too_much = true;
	else if (n == 0 || (errno != EAGAIN && errno != EINTR))
		command_close(&c->proc.out);
}

/* Asks it to end where it shall: at its soft limit, or as it was cancelled. */
static void
command_ask(struct command *c)
{
	bool whole = *c->run->soft == SIGNALS_TERMINATED;

	if (*c->run->soft == 0 || (c->kill_at != 0 && whole == c->terminated))
		return;
	proc_command_tell(&c->proc, whole);
	c->terminated = whole;
	if (c->kill_at == 0)
		c->kill_at = clock_mono_us() + COMMAND_GRACE;
}

/* Feeds and listens until the command has ended, or its grace has. */
static int
command_attend(struct command *c)
{
	int status, i;

	while (!proc_command_over(&c->proc) &&
	       (c->kill_at == 0 || clock_mono_us() < c->kill_at)) {
		struct pollfd p[] = { { .fd = c->proc.in, .events = POLLOUT },
			{ .fd = c->proc.err, .events = POLLIN },
			{ .fd = c->proc.out, .events = POLLIN },
			{ .fd = c->proc.over ? -1 : c->proc.ended,
			    .events = POLLIN } };

		if (poll(p, NELEM(p), COMMAND_TICK) > 0) {
			if (p[0].revents != 0)
				command_feed(c);
			if (p[1].revents != 0)
				command_listen(c);
			if (p[2].revents != 0)
				command_take(c);
		}
		command_ask(c);
		signals_chores();
	}
	status = proc_command_end(&c->proc);
	for (i = 0; i < COMMAND_REST && c->proc.err != -1; i++) {
		if (!command_listen(c))
			break;
	}
	for (i = 0; i < COMMAND_REST && c->proc.out != -1; i++)
		command_take(c);
	return status;
}

/* The end of what it said, from a whole character on. */
static const char *
command_said(struct command *c)
{
	size_t from = c->len > COMMAND_SAID ? c->len - COMMAND_SAID : 0;

	while (from > 0 && from < c->len &&
	       ((unsigned char)c->said[from] & 0xc0) == 0x80)
		from++;
	return said_text(c->run->arena, c->said + from, c->len - from);
}

static const char *
command_result(struct command *c)
{
	const char *text;

	if (c->too_much) {
		log_warning("what a command printed is too long for a result",
		    LS("kind", c->run->job->kind));
		return NULL;
	}
	text = said_text(c->run->arena, c->output.data, c->output.len);
	return text[0] == '\0' ? NULL : text;
}

static enum job_outcome
command_judge(struct command *c, int status)
{
	struct job_run *run = c->run;
	char how[PROC_TEXT];
	const char *said = command_said(c);

	if (c->terminated) { /* however it took that */
		run->error = "terminated";
		return JOB_RETRY;
	}
	if (WIFEXITED(status) && WEXITSTATUS(status) == 0) {
		run->result = command_result(c);
		return JOB_DONE;
	}
	if (c->kill_at != 0) {
		/* So says a shell of a program that our signal has ended. */
		if (str_eq(said, "Terminated"))
			said = "";
		run->error = said[0] == '\0' ? "soft time limit"
					     : arena_printf(run->arena,
						   "soft time limit: %s", said);
		return JOB_RETRY;
	}
	run->error = arena_printf(run->arena, "the command %s%s%s",
	    proc_ended(status, how), said[0] == '\0' ? "" : ": ", said);
	/* One that was killed has not judged. */
	if (WIFSIGNALED(status) || WEXITSTATUS(status) == EX_TEMPFAIL)
		return JOB_RETRY;
	return JOB_DEAD;
}

static const char *const *
command_variables(struct job_run *run)
{
	const char **v = arena_alloc(run->arena, 5 * sizeof(*v));
	const char *trace = trace_now ? trace_parent() : run->job->traceparent;
	char id[UUID_TEXT];

	v[0] = arena_printf(run->arena, "ERRAND_JOB_ID=%s",
	    uuid_format(&run->job->id, id));
	v[1] = arena_printf(run->arena, "ERRAND_JOB_KIND=%s", run->job->kind);
	v[2] = arena_printf(run->arena, "ERRAND_JOB_ATTEMPT=%lld",
	    (long long)run->job->attempts);
	if (trace != NULL)
		v[3] = arena_printf(run->arena, "TRACEPARENT=%s", trace);
	return v;
}

/* To be tried again, without having been a try. */
static enum job_outcome
command_later(struct job_run *run, int error)
{
	run->error = arena_printf(run->arena,
	    "the command cannot be started: %s", strerror(error));
	signals_pause(COMMAND_PAUSE);
	return JOB_LATER;
}

enum job_outcome
j_command(struct job_run *run)
{
	struct command c = { .run = run };
	enum job_outcome outcome;
	struct json_write w;
	int status;

	if (proc_command(run->kind->command, command_variables(run),
		run->kind->stdout_result, &c.proc) == -1)
		return command_later(run, errno);
	*run->group = c.proc.pid;
	w = json_write(&c.input);
	job_format(&w, run->job);
	buf_addc(&c.input, '\n');
	status = command_attend(&c);
	*run->group = 0;
	command_close(&c.proc.in);
	command_close(&c.proc.out);
	command_close(&c.proc.err);
	command_close(&c.proc.ended);
	outcome = c.proc.unborn != 0 ? command_later(run, c.proc.unborn)
				     : command_judge(&c, status);
	buf_free(&c.input);
	buf_free(&c.output);
	return outcome;
}

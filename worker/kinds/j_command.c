/* SPDX-License-Identifier: ISC */
/* Jobs that a command does: JSON on its standard input, its exit status is
 * the outcome, and the end of what it says on standard error the reason. */
#include "config.h"

#include "kinds.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/wait.h>
#include <sysexits.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/clock.h"
#include "base/str.h"
#include "crew/proc.h"

#define COMMAND_SAID  1000 /* bytes of standard error that are kept */
#define COMMAND_GRACE (5 * CLOCK_SECOND) /* from SIGTERM to SIGKILL */
#define COMMAND_TICK  100                /* milliseconds */
#define COMMAND_REST  64                 /* reads after its end */

struct command {
	struct job_run *run;
	struct proc_command proc;
	struct buf input;
	size_t written;
	char said[2 * COMMAND_SAID]; /* its end is what counts */
	size_t len;
	int64_t kill_at; /* 0: it was not asked to end */
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

static void
command_limit(struct command *c)
{
	int64_t now = clock_mono_us();

	if (c->kill_at == 0 && *c->run->soft) {
		kill(-c->proc.pid, SIGTERM);
		c->kill_at = now + COMMAND_GRACE;
	} else if (c->kill_at != 0 && now >= c->kill_at) {
		kill(-c->proc.pid, SIGKILL);
	}
}

/* Feeds and listens until the command has ended. */
static int
command_attend(struct command *c)
{
	int status, i;

	while (waitpid(c->proc.pid, &status, WNOHANG) != c->proc.pid) {
		struct pollfd p[3] = { { .fd = c->proc.in, .events = POLLOUT },
			{ .fd = c->proc.err, .events = POLLIN },
			{ .fd = c->proc.ended, .events = POLLIN } };

		if (poll(p, NELEM(p), COMMAND_TICK) > 0) {
			if (p[0].revents != 0)
				command_feed(c);
			if (p[1].revents != 0)
				command_listen(c);
		}
		command_limit(c);
	}
	kill(-c->proc.pid, SIGKILL); /* what it left behind */
	for (i = 0; i < COMMAND_REST && c->proc.err != -1; i++) {
		if (!command_listen(c))
			break;
	}
	return status;
}

/* The end of what it said, as text that PostgreSQL takes. */
static const char *
command_said(struct command *c)
{
	size_t from = c->len > COMMAND_SAID ? c->len - COMMAND_SAID : 0, i, n;
	struct buf b = { 0 };
	char *text;

	while (from > 0 && from < c->len &&
	       ((unsigned char)c->said[from] & 0xc0) == 0x80)
		from++;
	for (i = from; i < c->len; i += n == 0 ? 1 : n) {
		n = str_utf8_len(c->said + i, c->len - i);
		if (n == 0 || c->said[i] == '\0')
			buf_addc(&b, '?');
		else
			buf_add(&b, c->said + i, n);
	}
	buf_adds(&b, "");
	text = arena_strdup(c->run->arena, b.data);
	buf_free(&b);
	return str_trim(text);
}

static enum job_outcome
command_judge(struct command *c, int status)
{
	struct job_run *run = c->run;
	char how[PROC_TEXT];
	const char *said = command_said(c);

	if (WIFEXITED(status) && WEXITSTATUS(status) == 0)
		return JOB_DONE;
	if (c->kill_at != 0) {
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

static char *const *
command_variables(struct job_run *run)
{
	char **v = arena_alloc(run->arena, 4 * sizeof(*v));
	char id[UUID_TEXT];

	v[0] = arena_printf(run->arena, "ERRAND_JOB_ID=%s",
	    uuid_format(&run->job->id, id));
	v[1] = arena_printf(run->arena, "ERRAND_JOB_KIND=%s", run->job->kind);
	v[2] = arena_printf(run->arena, "ERRAND_JOB_ATTEMPT=%lld",
	    (long long)run->job->attempts);
	return v;
}

enum job_outcome
j_command(struct job_run *run)
{
	struct command c = { .run = run };
	struct json_write w;
	int status;

	if (proc_command(run->kind->command, command_variables(run), &c.proc) ==
	    -1) {
		run->error = arena_printf(run->arena,
		    "the command cannot be started: %s", strerror(errno));
		return JOB_RETRY;
	}
	*run->group = c.proc.pid;
	w = json_write(&c.input);
	job_format(&w, run->job);
	buf_addc(&c.input, '\n');
	status = command_attend(&c);
	*run->group = 0;
	command_close(&c.proc.in);
	command_close(&c.proc.err);
	command_close(&c.proc.ended);
	buf_free(&c.input);
	return command_judge(&c, status);
}

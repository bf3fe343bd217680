/* SPDX-License-Identifier: ISC */
/* Judges requests for streams, and makes the heads of their answers. */
#include "config.h"

#include "ask.h"

#include <string.h>

#include "answer/access.h"
#include "answer/problem.h"
#include "api/h_changes.h"
#include "api/handlers.h"
#include "base/clock.h"
#include "base/uuid.h"
#include "conf/conf.h"
#include "log/log.h"
#include "record.h"
#include "serve/router.h"
#include "serve/tally.h"
#include "text/json_write.h"

/* "NAME=value" for each, as the library makes it; NULL if it is none. */
static char **
ask_environment(struct arena *a, const struct buf *params)
{
	const char *at = params->data, *end = at + params->len;
	struct record_pair pair;
	size_t n = 0;
	char **env;
	int more;

	while ((more = record_pair(&at, end, &pair)) == 1)
		n++;
	if (more == -1)
		return NULL;
	env = arena_alloc(a, (n + 1) * sizeof(*env));
	at = params->data;
	for (n = 0; record_pair(&at, end, &pair) == 1; n++)
		env[n] = arena_printf(a, "%.*s=%.*s", (int)pair.name_len,
		    pair.name, (int)pair.value_len, pair.value);
	return env;
}

static bool
ask_stream(struct ask *ask)
{
	struct call *c = &ask->call;
	struct faults *faults = faults_new(c->arena);

	if (c->route->handler != h_task_stream) {
		problem(c, 404,
		    "errand-stream answers /tasks/stream alone: the web "
		    "server asks the wrong program");
		return false;
	}
	task_follow_parse(c->arena, c->req->query, c->req->last_event_id,
	    &ask->from, faults);
	if (faults->n > 0)
		problem_faults(c, faults);
	return faults->n == 0;
}

static bool
ask_changes(struct ask *ask)
{
	struct call *c = &ask->call;
	struct faults *faults = faults_new(c->arena);

	if (c->route->handler != h_task_changes) {
		problem(c, 404, "nothing at this address waits");
		return false;
	}
	task_changes_parse(c->arena, c->req->query, &ask->changes, faults);
	ask->wait = h_changes_preferred(c->req);
	if (faults->n > 0)
		problem_faults(c, faults);
	return faults->n == 0;
}

bool
ask_judge(struct ask *ask, struct deps *deps, struct response *res,
    const struct buf *params, bool waits)
{
	struct call *c = &ask->call;
	static char *none[] = { NULL };

	*c = (struct call){ .deps = deps,
		.arena = pg_arena(deps->pg),
		.req = &ask->req,
		.res = res };
	ask->start = clock_mono_us();
	ask->r.envp = ask_environment(c->arena, params);
	if (ask->r.envp == NULL)
		ask->r.envp = none;
	request_read(&ask->req, &ask->r, c->arena);
	log_context(ask->req.id, ask->req.trace_id);
	response_reset(res);
	return router_admit(c) && (waits ? ask_changes(ask) : ask_stream(ask));
}

void
ask_page(struct ask *ask, const struct tape *tape, uint64_t n,
    const struct task_place *place)
{
	struct task_changes *q = &ask->changes;
	struct json_write w = json_write(&ask->call.res->body);
	const struct task_scope *scope = &ask->call.scope;
	int left = q->page.limit;

	json_open_object(&w, NULL);
	json_open_array(&w, "data");
	for (; n < tape->next && left > 0; n++) {
		const struct tape_event *e = tape_at(tape, n);

		place = &e->place;
		if (!task_in_scope(scope, e->owner,
			e->owner == NULL ? 0 : strlen(e->owner)))
			continue;
		json_put_raw_bytes(&w, NULL, e->text + e->json, e->json_len);
		left--;
	}
	q->more = n < tape->next;
	q->next_cursor = task_place_cursor(ask->call.arena, place);
	json_close_array(&w);
	json_put_text(&w, "next_cursor", q->next_cursor);
	json_close_object(&w);
	json_write_end(&w);
	h_changes_answer(&ask->call, q);
}

/* Clients that lose a stream come back after a while which is not the same for
 * all of them.  The place goes along, since who was told of no event has no
 * other id. */
void
ask_open(struct ask *ask, const struct task_place *place)
{
	struct response *res = ask->call.res;
	int64_t retry = settings.stream_retry;
	uint32_t random;

	uuid_random(&random, sizeof(random));
	retry += (int64_t)(random % (uint64_t)(retry / 2 + 1));
	res->content_type = "text/event-stream";
	res->open = true;
	response_header(res, "X-Accel-Buffering", "no");
	buf_printf(&res->body, "retry: %lld\nid: %s\n\n", (long long)retry,
	    task_place_cursor(ask->call.arena, place));
}

int64_t
ask_until(const struct ask *ask)
{
	const struct call *c = &ask->call;
	int64_t until = c->who->expires + settings.auth_leeway / 1000, asked;

	if (!access_confirms(c, (enum conf_rule)c->route->rule))
		return until;
	asked = clock_wall_s() + settings.stream_confirm / 1000;
	return asked < until ? asked : until;
}

void
ask_end(const struct ask *ask)
{
	tally_log(&ask->call, ask->start);
	tally_request(&ask->call, clock_mono_us() - ask->start);
	log_context(NULL, NULL);
}

void
ask_leave(void)
{
	log_context(NULL, NULL);
}

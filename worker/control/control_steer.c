/* SPDX-License-Identifier: ISC */
/* Celery's control: what we are told to do. */
#include "config.h"

#include <signal.h>

#include "base/str.h"
#include "control_own.h"
#include "log/log.h"
#include "queue/revoke_box.h"

/* --- revoking --- */

/* Tells the child that runs it to end it.  The number of the run goes along,
 * as the child may have another one by now. */
static bool
steer_end(struct control *c, const char *id)
{
	struct slot_job job;
	size_t i;

	for (i = 0; i < c->crew->nslots; i++) {
		struct slot *s = &c->crew->slots[i];

		if (!slot_job(s, &job) || !str_eq(job.id, id))
			continue;
		if (s->revoked == job.run)
			return true; /* it knows */
		s->revoked = job.run;
		kill(job.pid, SIGUSR2);
		log_info("job is ended by remote control", LS("job", id),
		    LS("kind", job.kind));
		return true;
	}
	return false;
}

static void
steer_ended(struct control *c, const char *const *ids, size_t n,
    struct json_write *w)
{
	struct buf text = { 0 };

	for (size_t i = 0; i < n; i++) {
		if (steer_end(c, ids[i]))
			buf_printf(&text, "%s%s",
			    text.len == 0 ? "terminate: " : ", ", ids[i]);
	}
	control_ok(w, text.len == 0 ? "terminate: tasks unknown" : text.data);
	buf_free(&text);
}

static void
steer_revoke_ids(struct control *c, const struct control_request *r, bool end,
    struct json_write *w)
{
	const char **ids =
	    arena_alloc(c->arena, (REVOKE_MAX + 1) * sizeof(*ids));
	size_t n = control_request_texts(r, "task_id", ids, REVOKE_MAX + 1), i;
	struct buf text = { 0 };

	if (n == 0) {
		control_error(w, "task_id names no task");
		return;
	}
	if (n > REVOKE_MAX) {
		control_error(w, "task_id names too many tasks");
		return;
	}
	if (revoke_box_add(c->kv, c->arena, ids, n, end) == -1) {
		control_error(w, kv_denied(c->kv)
				     ? "the broker refused it"
				     : "the broker cannot be reached");
		return;
	}
	queue_poke(c->queue);
	if (end) {
		steer_ended(c, ids, n, w);
		return;
	}
	for (i = 0; i < n; i++)
		buf_printf(&text, "%s%s", i == 0 ? "tasks " : ", ", ids[i]);
	buf_adds(&text, " flagged as revoked");
	control_ok(w, text.data);
	buf_free(&text);
}

static void
steer_revoke(struct control *c, const struct control_request *r,
    struct json_write *w)
{
	steer_revoke_ids(c, r, control_request_flag(r, "terminate"), w);
}

static void
steer_terminate(struct control *c, const struct control_request *r,
    struct json_write *w)
{
	steer_revoke_ids(c, r, true, w);
}

/* --- the pool --- */

static void
steer_shutdown(struct control *c, const struct control_request *r,
    struct json_write *w)
{
	(void)r;
	log_info("shutdown by remote control");
	crew_stop(c->crew);
	control_ok(w, "shutting down");
}

static void
steer_grow(struct control *c, const struct control_request *r,
    struct json_write *w)
{
	int64_t n = 1;

	if (control_request_number(r, "n", &n) == -1 ||
	    crew_grow(c->crew, n) == -1)
		control_error(w, "n is not right: too many, or less than 1");
	else
		control_ok(w, "pool will grow");
}

static void
steer_shrink(struct control *c, const struct control_request *r,
    struct json_write *w)
{
	int64_t n = 1;

	if (control_request_number(r, "n", &n) == -1 ||
	    crew_shrink(c->crew, n) == -1)
		control_error(w,
		    "n is not right: none would be left, or it is less than 1");
	else
		control_ok(w, "pool will shrink");
}

/* --- events --- */

static void
steer_enable_events(struct control *c, const struct control_request *r,
    struct json_write *w)
{
	bool muted = c->muted;

	(void)r;
	c->muted = false;
	control_flow(c, true);
	control_ok(w,
	    muted ? "task events enabled" : "task events already enabled");
}

static void
steer_disable_events(struct control *c, const struct control_request *r,
    struct json_write *w)
{
	bool muted = c->muted;

	(void)r;
	c->muted = true;
	control_flow(c, false);
	control_ok(w,
	    muted ? "task events already disabled" : "task events disabled");
}

/* Somebody has begun to listen; there is no answer. */
static void
steer_heartbeat(struct control *c, const struct control_request *r,
    struct json_write *w)
{
	(void)r;
	(void)w;
	c->quiet_to = 0;
	c->beat_at = 0;
}

const struct control_method control_steers[] = {
	{ "disable_events", steer_disable_events },
	{ "enable_events", steer_enable_events },
	{ "heartbeat", steer_heartbeat },
	{ "pool_grow", steer_grow },
	{ "pool_shrink", steer_shrink },
	{ "revoke", steer_revoke },
	{ "shutdown", steer_shutdown },
	{ "terminate", steer_terminate },
	{ NULL, NULL },
};

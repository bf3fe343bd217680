/* SPDX-License-Identifier: ISC */
/* What the pool is doing, for people: GET /workers shows it. */
#include "config.h"

#include <unistd.h>

#include "base/clock.h"
#include "jobs/kind.h"
#include "pool_own.h"
#include "queue/queue_nodes.h"
#include "text/json_write.h"

static void
state_children(const struct crew *c, struct json_write *w)
{
	struct slot_job job;

	json_open_array(w, "children");
	for (size_t i = CREW_SLOT_JOBS; i < c->nslots; i++) {
		const struct slot *s = &c->slots[i];

		if (s->pid == 0)
			continue;
		json_open_object(w, NULL);
		json_put_int(w, "pid", s->pid);
		if (slot_job(s, &job)) {
			json_put_text(w, "kind", job.kind);
			json_put_uuid(w, "job_id", &job.job);
			json_put_time(w, "started_at",
			    clock_wall_us() - (clock_mono_us() - job.started));
		}
		json_close_object(w);
	}
	json_close_array(w);
}

/* Runs since the pool began. */
static void
state_runs(const struct crew *c, struct json_write *w)
{
	uint64_t done = 0, failed = 0, retried = 0;

	for (size_t i = 0; i < c->nslots; i++) {
		done += c->slots[i].done;
		failed += c->slots[i].failed;
		retried += c->slots[i].retried;
	}
	json_open_object(w, "runs");
	json_put_int(w, "done", (int64_t)done);
	json_put_int(w, "failed", (int64_t)failed);
	json_put_int(w, "retried", (int64_t)retried);
	json_close_object(w);
	json_open_array(w, "runs_by_kind");
	for (size_t k = 0; k < kind_count(); k++) {
		uint64_t n = 0;

		for (size_t i = 0; i < c->nslots; i++)
			n += c->slots[i].by_kind[k];
		if (n == 0)
			continue;
		json_open_object(w, NULL);
		json_put_text(w, "kind", kind_at(k)->name);
		json_put_int(w, "runs", (int64_t)n);
		json_close_object(w);
	}
	json_close_array(w);
}

void
pool_state(struct pool *p)
{
	const struct crew *c = &p->crew;
	int64_t now = clock_wall_us();
	struct buf text = { 0 };
	struct json_write w = json_write(&text);

	json_open_object(&w, NULL);
	json_put_text(&w, "node", c->node);
	json_put_int(&w, "pid", getpid());
	json_put_time(&w, "started_at", now - (clock_mono_us() - c->started));
	json_put_time(&w, "told_at", now);
	json_put_bool(&w, "relay", c->roles != CREW_JOBS);
	json_open_array(&w, "queues");
	for (size_t i = 0; c->roles != CREW_RELAY && i < c->nqueues; i++)
		json_put_text(&w, NULL, c->queues[i]);
	json_close_array(&w);
	json_put_int(&w, "children_wanted",
	    c->roles == CREW_RELAY ? 0 : (int64_t)c->want);
	state_children(c, &w);
	state_runs(c, &w);
	json_close_object(&w);
	json_write_end(&w);
	queue_nodes_show(p->queue, text.data);
	buf_free(&text);
}

/* SPDX-License-Identifier: ISC */
/* Answer to Celery's inspect stats. */
#include "config.h"

#include <inttypes.h>
#include <sys/resource.h>
#include <unistd.h>

#include "base/clock.h"
#include "conf/conf.h"
#include "control_own.h"
#include "jobs/kind.h"
#include "text/json.h"
#include "text/kv_url.h"

/* Runs of each kind that has had one. */
static void
stats_total(struct control *c, struct buf *b)
{
	bool first = true;
	size_t i, k;

	buf_adds(b, "\"total\": {");
	for (k = 0; k < kind_count(); k++) {
		uint64_t n = 0;

		for (i = 0; i < c->crew->nslots; i++)
			n += c->crew->slots[i].by_kind[k];
		if (n == 0)
			continue;
		buf_adds(b, first ? "" : ", ");
		json_add_cstring(b, kind_at(k)->name);
		buf_printf(b, ": %" PRIu64, n);
		first = false;
	}
	buf_addc(b, '}');
}

static void
stats_pool(struct control *c, struct buf *b)
{
	bool first = true;
	size_t i;

	buf_printf(b,
	    ", \"pool\": {\"implementation\": \"errand\", "
	    "\"max-concurrency\": %zu, \"processes\": [",
	    c->crew->want);
	for (i = 0; i < c->crew->nslots; i++) {
		const struct slot *s = &c->crew->slots[i];

		if (s->pid == 0 || s->role != SLOT_JOBS)
			continue;
		buf_printf(b, "%s%d", first ? "" : ", ", (int)s->pid);
		first = false;
	}
	buf_printf(b,
	    "], \"max-tasks-per-child\": %" PRId64
	    ", \"put-guarded-by-semaphore\": false, \"timeouts\": [0, 0], "
	    "\"writes\": {}}",
	    settings.worker_max_jobs_per_child);
}

/* Without its password. */
static void
stats_broker(struct control *c, struct buf *b)
{
	struct kv_options o;
	struct kv_url url;

	kv_broker_options(&o);
	if (kv_url_parse(o.url, &url) == -1)
		return;
	buf_adds(b, ", \"broker\": {\"transport\": \"redis\", \"hostname\": ");
	json_add_cstring(b, url.path == NULL ? url.host : url.path);
	buf_printf(b, ", \"port\": %d, \"virtual_host\": \"%s\"",
	    url.path == NULL ? url.port : 0, c->db);
	buf_adds(b, ", \"userid\": null, \"ssl\": false, \"insist\": false, "
		    "\"connect_timeout\": 4, \"transport_options\": {}, "
		    "\"login_method\": null, \"uri_prefix\": null, "
		    "\"heartbeat\": 0, \"failover_strategy\": \"round-robin\", "
		    "\"alternates\": []}");
	kv_url_clear(&url);
}

static double
stats_seconds(const struct timeval *t)
{
	return (double)t->tv_sec + (double)t->tv_usec / 1e6;
}

/* Ours and those of children that have ended. */
static void
stats_usage(struct buf *b)
{
	struct rusage u, ended;

	getrusage(RUSAGE_SELF, &u);
	getrusage(RUSAGE_CHILDREN, &ended);
	buf_printf(b, ", \"rusage\": {\"utime\": %.3f, \"stime\": %.3f",
	    stats_seconds(&u.ru_utime) + stats_seconds(&ended.ru_utime),
	    stats_seconds(&u.ru_stime) + stats_seconds(&ended.ru_stime));
	buf_printf(b,
	    ", \"maxrss\": %ld, \"ixrss\": 0, \"idrss\": 0, \"isrss\": 0, "
	    "\"minflt\": %ld, \"majflt\": %ld, \"nswap\": 0, "
	    "\"inblock\": %ld, \"oublock\": %ld, \"msgsnd\": 0, "
	    "\"msgrcv\": 0, \"nsignals\": 0, \"nvcsw\": %ld, "
	    "\"nivcsw\": %ld}",
	    u.ru_maxrss, u.ru_minflt, u.ru_majflt, u.ru_inblock, u.ru_oublock,
	    u.ru_nvcsw, u.ru_nivcsw);
}

/* The clock is a text there. */
void
control_stats(struct control *c, const struct control_request *r, struct buf *b)
{
	(void)r;
	buf_addc(b, '{');
	stats_total(c, b);
	buf_printf(b,
	    ", \"pid\": %d, \"clock\": \"%" PRId64 "\", \"uptime\": %" PRId64
	    ", \"prefetch_count\": %zu",
	    (int)getpid(), c->clock,
	    (clock_mono_us() - c->crew->started) / CLOCK_SECOND, c->crew->want);
	stats_pool(c, b);
	stats_broker(c, b);
	stats_usage(b);
	buf_addc(b, '}');
}

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
#include "text/kv_url.h"

/* Runs of each kind that has had one. */
static void
stats_total(struct control *c, struct json_write *w)
{
	size_t i, k;

	json_open_object(w, "total");
	for (k = 0; k < kind_count(); k++) {
		uint64_t n = 0;

		for (i = 0; i < c->crew->nslots; i++)
			n += c->crew->slots[i].by_kind[k];
		if (n > 0)
			json_put_int(w, kind_at(k)->name, (int64_t)n);
	}
	json_close_object(w);
}

static void
stats_pool(struct control *c, struct json_write *w)
{
	size_t i;

	json_open_object(w, "pool");
	json_put_text(w, "implementation", "errand");
	json_put_int(w, "max-concurrency", (int64_t)c->crew->want);
	json_open_array(w, "processes");
	for (i = 0; i < c->crew->nslots; i++) {
		const struct slot *s = &c->crew->slots[i];

		if (s->pid != 0 && s->role == SLOT_JOBS)
			json_put_int(w, NULL, s->pid);
	}
	json_close_array(w);
	json_put_int(w, "max-tasks-per-child",
	    settings.worker_max_jobs_per_child);
	json_put_members(w,
	    "\"put-guarded-by-semaphore\":false,\"timeouts\":[0,0],"
	    "\"writes\":{}");
	json_close_object(w);
}

/* Without its password. */
static void
stats_broker(struct control *c, struct json_write *w)
{
	struct kv_options o;
	struct kv_url url;

	kv_broker_options(&o);
	if (kv_url_parse(o.url, &url) == -1)
		return;
	json_open_object(w, "broker");
	json_put_text(w, "transport",
	    url.nsentinels == 0 ? "redis" : "sentinel");
	json_put_text(w, "hostname", url.path == NULL ? url.host : url.path);
	json_put_int(w, "port", url.path == NULL ? url.port : 0);
	json_put_text(w, "virtual_host", c->db);
	json_put_bool(w, "ssl", url.tls);
	json_put_members(w,
	    "\"userid\":null,\"insist\":false,"
	    "\"connect_timeout\":4,\"transport_options\":{},"
	    "\"login_method\":null,\"uri_prefix\":null,\"heartbeat\":0,"
	    "\"failover_strategy\":\"round-robin\",\"alternates\":[]");
	json_close_object(w);
	kv_url_clear(&url);
}

static int64_t
stats_us(const struct timeval *own, const struct timeval *ended)
{
	return ((int64_t)own->tv_sec + ended->tv_sec) * CLOCK_SECOND +
	       own->tv_usec + ended->tv_usec;
}

/* Processor time is ours and that of children that have ended. */
static void
stats_usage(struct json_write *w)
{
	struct rusage u, ended;

	getrusage(RUSAGE_SELF, &u);
	getrusage(RUSAGE_CHILDREN, &ended);
	json_open_object(w, "rusage");
	json_put_seconds(w, "utime", stats_us(&u.ru_utime, &ended.ru_utime));
	json_put_seconds(w, "stime", stats_us(&u.ru_stime, &ended.ru_stime));
	json_put_int(w, "maxrss", u.ru_maxrss);
	json_put_int(w, "ixrss", 0);
	json_put_int(w, "idrss", 0);
	json_put_int(w, "isrss", 0);
	json_put_int(w, "minflt", u.ru_minflt);
	json_put_int(w, "majflt", u.ru_majflt);
	json_put_int(w, "nswap", 0);
	json_put_int(w, "inblock", u.ru_inblock);
	json_put_int(w, "oublock", u.ru_oublock);
	json_put_int(w, "msgsnd", 0);
	json_put_int(w, "msgrcv", 0);
	json_put_int(w, "nsignals", 0);
	json_put_int(w, "nvcsw", u.ru_nvcsw);
	json_put_int(w, "nivcsw", u.ru_nivcsw);
	json_close_object(w);
}

void
control_stats(struct control *c, const struct control_request *r,
    struct json_write *w)
{
	(void)r;
	json_open_object(w, NULL);
	stats_total(c, w);
	json_put_int(w, "pid", getpid());
	json_put_text(w, "clock", /* a text there */
	    arena_printf(c->arena, "%" PRId64, c->clock));
	json_put_int(w, "uptime",
	    (clock_mono_us() - c->crew->started) / CLOCK_SECOND);
	json_put_int(w, "prefetch_count", (int64_t)c->crew->want);
	stats_pool(c, w);
	stats_broker(c, w);
	stats_usage(w);
	json_close_object(w);
}

/* SPDX-License-Identifier: ISC */
/* The check whether the log gets where it is to go. */
#include "config.h"

#include "base/clock.h"
#include "conf/conf.h"
#include "health_own.h"
#include "metric/metric_read.h"

/* Lost lines are told of for so long.  They are gone, but whoever reads the log
 * has to know, and what has lost some will lose more. */
#define LOST_RECENT (10 * 60 * CLOCK_SECOND)

/* What was lost on the way to that place, since the file was made. */
static int64_t
log_lost_to(const struct metric_look *look, enum metric_word sink)
{
	int64_t lines = 0;

	for (size_t i = 0; i < look->n; i++) {
		if (look->seen[i].metric == METRIC_log_lost &&
		    (sink == METRIC_WORD_NONE ||
			look->seen[i].words[0] == sink))
			lines += look->seen[i].value;
	}
	return lines;
}

/* The same numbers as those of /metrics: of all processes of this host.  Who
 * wants none has no file. */
bool
health_log(struct health_round *r, struct check *k)
{
	struct arena *a = r->from->arena;
	const struct metric_look *look;
	const char *why, *places = "";

	if (settings.metrics_file[0] == '\0')
		return false;
	look = metric_read(settings.metrics_file, a, &why);
	if (look == NULL) {
		health_because(r, k, HEALTH_WARN, HEALTH_CAUSE_log_unknown,
		    why);
		return true;
	}
	k->lines = log_lost_to(look, METRIC_WORD_NONE);
	for (size_t i = 0; i < look->n; i++) {
		const struct metric_seen *s = &look->seen[i];
		int64_t ago = look->wall - s->value;

		if (s->metric != METRIC_log_lost_at || s->texts[0] == NULL ||
		    ago > LOST_RECENT)
			continue;
		places = arena_printf(a, "%s%s[log] %s, %s ago (%lld in all)",
		    places, places[0] == '\0' ? "" : ", ", s->texts[0],
		    health_age(a, ago < 0 ? 0 : ago),
		    (long long)log_lost_to(look, s->words[0]));
	}
	if (places[0] != '\0')
		health_because(r, k, HEALTH_WARN, HEALTH_CAUSE_log_lost,
		    places);
	return true;
}

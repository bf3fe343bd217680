/* SPDX-License-Identifier: ISC */
/* The table of errandctl top. */
#include "config.h"

#include "top.h"

#include <limits.h>
#include <string.h>

#include "base/clock.h"
#include "base/str.h"

#define MINUTE (60 * CLOCK_SECOND)
#define HOUR   (60 * MINUTE)
#define UNSEEN "-" /* nobody has told */

#define ROUTES_LEAST 3 /* lines, however little room there is */

struct table {
	struct buf *out;
	struct arena *a;
	const struct metric_look *now;
	const struct metric_look *risen; /* what counters are shown of */
	int64_t us;                      /* in which time; 0: in all */
};

/* --- values --- */

/* A count, or so many a second. */
static const char *
count(const struct table *t, int64_t n)
{
	double rate;

	if (n <= 0 || t->us == 0)
		return arena_printf(t->a, "%lld", (long long)(n > 0 ? n : 0));
	rate = (double)n * (double)CLOCK_SECOND / (double)t->us;
	return arena_printf(t->a, "%.*f",
	    rate < 0.995  ? 2
	    : rate < 9.95 ? 1
			  : 0,
	    rate);
}

/* A duration in three digits or so. */
static const char *
duration(struct arena *a, int64_t us)
{
	double d = (double)us;

	if (us < 0)
		return UNSEEN;
	if (us == 0)
		return "0 ms";
	if (us < 10000)
		return arena_printf(a, "%.2f ms", d / 1000);
	if (us < CLOCK_SECOND)
		return arena_printf(a, "%.0f ms", d / 1000);
	if (us < 2 * MINUTE)
		return arena_printf(a, "%.1f s", d / (double)CLOCK_SECOND);
	if (us < 2 * HOUR)
		return arena_printf(a, "%.0f min", d / (double)MINUTE);
	return arena_printf(a, "%.0f h", d / (double)HOUR);
}

static const char *
quantile(struct arena *a, const struct top_times *times, double part)
{
	int64_t us = top_quantile(times, part);

	if (us != TOP_ABOVE)
		return duration(a, us);
	return arena_printf(a, ">%s",
	    duration(a, times->bounds[times->nbounds - 1]));
}

/* --- lines --- */

static void
name(const struct table *t, const char *text)
{
	buf_printf(t->out, "%-12s", text);
}

static void
put(const struct table *t, const char *what, const char *value)
{
	buf_printf(t->out, " %s %s ", what, value);
}

static void
end(const struct table *t)
{
	while (t->out->data[t->out->len - 1] == ' ')
		t->out->len--;
	buf_addc(t->out, '\n');
}

static void
put_times(const struct table *t, const struct top_times *times)
{
	put(t, "p50", quantile(t->a, times, 0.5));
	put(t, "p99", quantile(t->a, times, 0.99));
}

/* The text of a word as a series has it at that label; NULL: none has. */
static const char *
word(const struct metric_look *look, enum metric m, size_t label, unsigned w)
{
	for (size_t i = 0; i < look->n; i++) {
		if (look->seen[i].metric == m &&
		    look->seen[i].words[label] == w)
			return look->seen[i].texts[label];
	}
	return NULL;
}

/* The values of a metric by the words of its label, in the table's order. */
static void
put_words(const struct table *t, enum metric m, size_t label, bool gauge)
{
	for (unsigned w = METRIC_WORD_NONE + 1; w < METRIC_WORD__MAX; w++) {
		const char *text = word(t->now, m, label, w);
		struct metric_at at = { { 0 } };
		int64_t n;

		if (text == NULL)
			continue;
		at.v[label] = w;
		n = top_sum(gauge ? t->now : t->risen, m, &at);
		put(t, text,
		    gauge ? arena_printf(t->a, "%lld", (long long)n)
			  : count(t, n));
	}
}

/* A gauge, or that it is not known. */
static void
put_gauge(const struct table *t, const char *what, enum metric m)
{
	int64_t n = top_sum(t->now, m, METRIC_AT(0));

	put(t, what,
	    n == -1 ? UNSEEN : arena_printf(t->a, "%lld", (long long)n));
}

/* --- what has happened --- */

static void
print_requests(const struct table *t, int rows)
{
	struct top_times all =
	    top_times(t->risen, METRIC_requests, METRIC_AT(0));
	uint64_t refused = 0, failed = 0;
	size_t n;
	const struct top_route *r = top_routes(t->a, t->risen, &n);

	for (size_t i = 0; i < n; i++) {
		refused += r[i].refused;
		failed += r[i].failed;
	}
	name(t, "Requests");
	put(t, "all", count(t, (int64_t)all.n));
	put(t, "4xx", count(t, (int64_t)refused));
	put(t, "5xx", count(t, (int64_t)failed));
	put_times(t, &all);
	end(t);
	buf_printf(t->out, "%-7s %-24s %9s %9s %9s %7s %7s\n", "METHOD",
	    "ROUTE", "REQUESTS", "P50", "P99", "4XX", "5XX");
	for (; n > 0 && r->times.n > 0 && rows > 0; r++, n--, rows--)
		buf_printf(t->out, "%-7s %-24s %9s %9s %9s %7s %7s\n",
		    r->method, r->route, count(t, (int64_t)r->times.n),
		    quantile(t->a, &r->times, 0.5),
		    quantile(t->a, &r->times, 0.99),
		    count(t, (int64_t)r->refused),
		    count(t, (int64_t)r->failed));
}

static void
put_hits(const struct table *t, const char *what, enum metric_word entry)
{
	int64_t hits =
	    top_sum(t->risen, METRIC_cache, METRIC_AT(entry, METRIC_read_hit));
	int64_t all =
	    top_sum(t->risen, METRIC_cache, METRIC_AT(entry, METRIC_WORD_NONE));

	put(t, what,
	    all <= 0 ? UNSEEN
		     : arena_printf(t->a, "%.1f %%",
			   100 * (double)hits / (double)all));
}

static void
print_cache(const struct table *t)
{
	name(t, "Cache hits");
	put_hits(t, "all", METRIC_WORD_NONE);
	put_hits(t, "task", METRIC_entry_task);
	put_hits(t, "list", METRIC_entry_list);
	buf_addc(t->out, ' ');
	put_words(t, METRIC_cache, 1, false);
	end(t);
}

/* A server that was never asked has no line. */
static void
print_server(const struct table *t, const char *title, enum metric_word server)
{
	const struct metric_at *words = METRIC_AT(METRIC_WORD_NONE, server);
	struct top_times times = top_times(t->risen, METRIC_db, words);

	if (top_sum(t->now, METRIC_db, words) == -1)
		return;
	name(t, title);
	put(t, "asked", count(t, (int64_t)times.n));
	put(t, "errors",
	    count(t, top_sum(t->risen, METRIC_db_errors, METRIC_AT(server))));
	put_times(t, &times);
	end(t);
}

static void
print_runs(const struct table *t)
{
	struct top_times run = top_times(t->risen, METRIC_run, METRIC_AT(0));
	struct top_times wait = top_times(t->risen, METRIC_wait, METRIC_AT(0));

	name(t, "Runs of jobs");
	put_words(t, METRIC_finished, 1, false);
	end(t);
	name(t, "Run times");
	put_times(t, &run);
	put(t, "wait p50", quantile(t->a, &wait, 0.5));
	put(t, "p99", quantile(t->a, &wait, 0.99));
	end(t);
}

static void
print_happened(const struct table *t)
{
	struct top_times mail =
	    top_times(t->risen, METRIC_mail_time, METRIC_AT(0));

	name(t, "Tokens");
	put_words(t, METRIC_tokens, 0, false);
	end(t);
	print_cache(t);
	print_server(t, "PostgreSQL", METRIC_server_postgresql);
	print_server(t, "Redis", METRIC_server_redis);
	print_server(t, "Broker", METRIC_server_broker);
	print_server(t, "Results", METRIC_server_results);
	print_runs(t);
	name(t, "Child ends");
	put_words(t, METRIC_exits, 0, false);
	end(t);
	name(t, "Mails");
	put_words(t, METRIC_mail, 0, false);
	put_times(t, &mail);
	end(t);
	name(t, "Log lines");
	put(t, "lost",
	    count(t, top_sum(t->risen, METRIC_log_lost, METRIC_AT(0))));
	put_words(t, METRIC_log_lines, 0, false);
	end(t);
}

/* --- what is so --- */

/* Those of each role, and how many of them are busy. */
static void
print_processes(const struct table *t)
{
	name(t, "Busy");
	for (unsigned w = METRIC_WORD_NONE + 1; w < METRIC_WORD__MAX; w++) {
		const char *text = word(t->now, METRIC_processes, 0, w);
		int64_t all = top_sum(t->now, METRIC_processes, METRIC_AT(w));
		int64_t busy = top_sum(t->now, METRIC_processes,
		    METRIC_AT(w, METRIC_state_busy));

		if (text != NULL && all > 0)
			put(t, text,
			    arena_printf(t->a, "%lld/%lld", (long long)busy,
				(long long)all));
	}
	end(t);
}

static void
print_outbox(const struct table *t)
{
	int64_t relayed = top_sum(t->now, METRIC_relayed_at, METRIC_AT(0));

	if (relayed != -1)
		relayed = t->now->wall > relayed ? t->now->wall - relayed : 0;
	name(t, "Outbox");
	put_gauge(t, "due", METRIC_due);
	put(t, "oldest",
	    duration(t->a, top_sum(t->now, METRIC_due_age, METRIC_AT(0))));
	put(t, "last round", duration(t->a, relayed));
	end(t);
}

/* How far each reader of the log lags behind. */
static void
print_log(const struct table *t)
{
	name(t, "Unread");
	for (unsigned w = METRIC_WORD_NONE + 1; w < METRIC_WORD__MAX; w++) {
		const char *text = word(t->now, METRIC_unread_age, 0, w);

		if (text != NULL)
			put(t, text,
			    duration(t->a, top_sum(t->now, METRIC_unread_age,
					       METRIC_AT(w))));
	}
	end(t);
}

static void
print_queues(const struct table *t)
{
	name(t, "Queues");
	for (size_t i = 0; i < t->now->n; i++) {
		const struct metric_seen *s = &t->now->seen[i];

		if (s->metric == METRIC_queue)
			put(t, s->texts[0],
			    arena_printf(t->a, "%lld", (long long)s->value));
	}
	put_gauge(t, "dead messages", METRIC_dead);
	end(t);
}

static void
print_state(const struct table *t)
{
	print_processes(t);
	name(t, "Children");
	put_words(t, METRIC_children, 0, true);
	put_gauge(t, "configured", METRIC_children_want);
	end(t);
	name(t, "Connections");
	put_words(t, METRIC_db_connections, 0, true);
	put(t, "waiting for fcgi",
	    t->now->waiting == -1
		? UNSEEN
		: arena_printf(t->a, "%lld", (long long)t->now->waiting));
	end(t);
	print_outbox(t);
	print_log(t);
	name(t, "Jobs");
	put_words(t, METRIC_jobs, 0, true);
	end(t);
	print_queues(t);
}

/* Words of labels come from settings: none is to steer a terminal. */
static void
clean(struct buf *b)
{
	size_t to = 0, n;

	for (size_t i = 0; i < b->len; i += n) {
		const char *at = b->data + i;

		n = str_utf8_len(at, b->len - i);
		if (n == 0 || (n > 1 && str_is_tricky(at, n)) ||
		    (n == 1 && *at != '\n' && (*at < ' ' || *at == 0x7f))) {
			n = n == 0 ? 1 : n;
			b->data[to++] = '?';
			continue;
		}
		memmove(b->data + to, at, n);
		to += n;
	}
	b->len = to;
	b->data[to] = '\0';
}

static int
lines(const struct buf *b)
{
	int n = 0;

	for (size_t i = 0; i < b->len; i++)
		n += b->data[i] == '\n' ? 1 : 0;
	return n;
}

void
top_print(struct buf *out, struct arena *a, const struct top_table *table)
{
	const struct metric_look *now = table->now, *grown = table->grown;
	struct buf rest = { 0 };
	struct table t = { &rest, a, now, grown != NULL ? grown : now,
		grown != NULL ? table->us : 0 };
	int room = INT_MAX;
	char made[CLOCK_TEXT] = "";

	print_happened(&t);
	buf_adds(&rest, "NOW\n");
	print_state(&t);
	if (grown != NULL)
		buf_printf(out, "PER SECOND, in the last %.1f s\n",
		    (double)table->us / (double)CLOCK_SECOND);
	else
		buf_printf(out,
		    "TOTALS since the file of metrics was made%s%.19s%s\n",
		    now->made == 0 ? "" : ", ",
		    now->made == 0 ? "" : clock_format(now->made, made),
		    now->made == 0 ? "" : "Z");
	if (table->rows > 0) /* and two lines are above the routes */
		room = table->rows - lines(out) - 2 - lines(&rest);
	t.out = out;
	print_requests(&t, room > ROUTES_LEAST ? room : ROUTES_LEAST);
	buf_add(out, rest.data, rest.len);
	clean(out);
	buf_free(&rest);
}

/* --- a terminal --- */

/* At most so many columns of a line; how many there were.  What is no ASCII
 * is one "?", since nobody knows how wide it is. */
static size_t
fit_line(struct buf *out, const char *line, size_t len, size_t columns)
{
	size_t used = 0, n;

	for (; len > 0 && used < columns; line += n, len -= n, used++) {
		n = str_utf8_len(line, len);
		buf_addc(out, n == 1 ? *line : '?');
		if (n == 0)
			n = 1;
	}
	return used;
}

void
top_fit(struct buf *out, const char *table, int rows, int columns)
{
	size_t room = columns > 0 ? (size_t)columns : 0;
	int i;

	buf_adds(out, "\033[H");
	for (i = 0; i < rows && *table != '\0'; i++) {
		size_t len = strcspn(table, "\n");

		buf_adds(out, i == 0 ? "" : "\r\n");
		/* Behind the last column it would clear that one. */
		if (fit_line(out, table, len, room) < room)
			buf_adds(out, "\033[K");
		table += len + (table[len] == '\n' ? 1 : 0);
	}
	if (i < rows)
		buf_adds(out, i == 0 ? "\033[J" : "\r\n\033[J");
}

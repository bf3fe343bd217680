/* SPDX-License-Identifier: ISC */
/* The file as somebody reads it who does not count. */
#include "config.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/str.h"
#include "base/xalloc.h"
#include "metric_own.h"

/* --- the file --- */

static const char *
read_why(int err)
{
	switch (err) {
	case ENOENT:
		return "it is not there: no process of Errand counts in it";
	case EACCES:
		return "this user may not read it: that is for the user of the "
		       "service and its group";
	case ELOOP:
		return "it is a symbolic link";
	default:
		return strerror(err);
	}
}

/* NULL if the file can be read as a whole, else what is wrong with it. */
static const char *
read_judge(int fd, struct statx *st)
{
	struct metric_header has = { 0 };

	if (statx(fd, "", AT_EMPTY_PATH, STATX_BASIC_STATS | STATX_BTIME, st) ==
	    -1)
		return strerror(errno);
	if (!S_ISREG(st->stx_mode))
		return "it is no file";
	if (pread(fd, &has, sizeof(has), 0) == -1)
		return strerror(errno);
	if (memcmp(has.magic, metric_expected.magic, sizeof(has.magic)) != 0)
		return "it is no file of metrics";
	if (memcmp(&has, &metric_expected, sizeof(has)) != 0)
		return "it is of another release: use its errandctl";
	if (st->stx_size < sizeof(struct metric_file))
		return "it is too short";
	return NULL;
}

/* A copy, since whoever makes the file shorter would end us behind a mapping.
 * Counters lie in words of their own, and none is read in halves. */
static struct metric_file *
read_copy(int fd, const char **why)
{
	struct metric_file *f = xcalloc(1, sizeof(*f));
	size_t len = 0;
	ssize_t n;

	while (len < sizeof(*f)) {
		n = pread(fd, (char *)f + len, sizeof(*f) - len, (off_t)len);
		if (n == -1 && errno == EINTR)
			continue;
		if (n <= 0) {
			*why = n == 0 ? "it is too short" : strerror(errno);
			free(f);
			return NULL;
		}
		len += (size_t)n;
	}
	return f;
}

/* --- a series --- */

/* Reads label="value" and the comma behind it; the value without its escapes,
 * or NULL if it is something else.  *at moves on. */
static const char *
read_label(struct arena *a, const char **at, const char *label)
{
	size_t len = strlen(label), n = 0;
	const char *p = *at;
	char *value;

	if (strncmp(p, label, len) != 0 || strncmp(p + len, "=\"", 2) != 0)
		return NULL;
	p += len + 2;
	value = arena_alloc(a, strlen(p) + 1);
	for (; *p != '"'; p++) {
		bool escaped = *p == '\\';

		if (escaped)
			p++;
		if (*p == '\0')
			return NULL;
		value[n++] = escaped && *p == 'n' ? '\n' : *p;
	}
	value[n] = '\0';
	p++;
	*at = p + (*p == ',' ? 1 : 0);
	return value;
}

static enum metric_word
read_word(const struct metric_set_row *set, const char *text)
{
	for (size_t i = 0; i < set->n && set->first != 0; i++) {
		if (str_eq(set->words[i], text))
			return (enum metric_word)(set->first + i);
	}
	return METRIC_WORD_NONE;
}

/* False if this release does not have it so. */
static bool
read_series(struct arena *a, const struct metric_total *t,
    struct metric_seen *seen)
{
	const struct metric_row *row = metric_rows;
	const char *at;

	while (row < metric_rows + METRIC__MAX &&
	       !metric_family_is(t->family, row))
		row++;
	if (row == metric_rows + METRIC__MAX)
		return false;
	*seen = (struct metric_seen){
		.metric = (enum metric)(row - metric_rows),
		.labels = arena_strdup(a, t->series->labels),
		.rises = row->type == METRIC_COUNTER ||
			 row->type == METRIC_HISTOGRAM,
		.value = (int64_t)t->v[0],
		.nbounds = row->nbounds,
		.bounds = row->bounds,
	};
	for (size_t i = 0; i <= row->nbounds && row->nbounds > 0; i++)
		seen->buckets[i] = t->v[1 + i];
	at = seen->labels;
	for (size_t i = 0; i < METRIC_LABELS && row->sets[i] != METRIC_SET_NONE;
	     i++) {
		const struct metric_set_row *set = metric_set_at(row->sets[i]);

		seen->texts[i] = read_label(a, &at, set->label);
		if (seen->texts[i] == NULL)
			return false;
		seen->words[i] = read_word(set, seen->texts[i]);
	}
	return *at == '\0';
}

static struct metric_look *
read_all(const struct metric_source *from, struct arena *a)
{
	struct metric_total *totals = xcalloc(METRIC_SERIES, sizeof(*totals));
	struct metric_look *look = arena_alloc(a, sizeof(*look));
	size_t n;

	*look = (struct metric_look){ .mono = clock_mono_us(),
		.wall = clock_wall_us() };
	n = metric_sum(from, look->wall, totals);
	look->seen = arena_alloc(a, (n + 1) * sizeof(look->seen[0]));
	for (size_t i = 0; i < n; i++) {
		if (read_series(a, &totals[i], &look->seen[look->n]))
			look->n++;
	}
	look->waiting = metric_queue(from);
	free(totals);
	return look;
}

const struct metric_look *
metric_read(const char *path, struct arena *a, const char **why)
{
	int flags = O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY;
	struct metric_look *look = NULL;
	struct metric_file *f = NULL;
	int fd = open(path, flags);
	struct statx st;

	if (fd == -1) {
		*why = read_why(errno);
		return NULL;
	}
	*why = read_judge(fd, &st);
	if (*why == NULL)
		f = read_copy(fd, why);
	if (f != NULL) {
		look = read_all(&(struct metric_source){ f, fd, NULL }, a);
		look->device =
		    (uint64_t)st.stx_dev_major << 32 | st.stx_dev_minor;
		look->file = st.stx_ino;
		if ((st.stx_mask & STATX_BTIME) != 0)
			look->made =
			    (int64_t)st.stx_btime.tv_sec * CLOCK_SECOND +
			    st.stx_btime.tv_nsec / 1000;
	}
	free(f);
	close(fd);
	return look;
}

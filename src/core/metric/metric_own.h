/* SPDX-License-Identifier: ISC */
/* What the files of this folder share: the memory that processes count in. */
#ifndef METRIC_OWN_H
#define METRIC_OWN_H

#include <stdatomic.h>

#include "base/base.h"
#include "metric.h"
#include "metric_read.h"

/*
 * The file is a table of families (metrics) and of series (one for each
 * combination of labels), each of which says in itself what it is.  A process
 * looks for the row that it needs, once, and makes it if it is not there.  So
 * processes of two releases count side by side, each what it knows, and what
 * they both know they count together.  Rows are never removed, moved or
 * cleared.  Whoever dies while it makes a row leaves one that nobody reads.
 *
 * Counters are added to in place.  The rest belongs to a process: it has a row
 * of its own, which counts as long as it holds the lock on its byte.
 */
#define METRIC_MAGIC     "ERRANDM"
#define METRIC_FORMAT    1
#define METRIC_VALUES    (METRIC_BOUNDS + 2) /* sum, buckets, +Inf */
#define METRIC_FAMILIES  128
#define METRIC_SERIES    2048
#define METRIC_PROCESSES 512
#define METRIC_LEVELS    24 /* gauges of one process */
#define METRIC_NAME      80
#define METRIC_HELP      192
#define METRIC_TEXT_MAX  232 /* labels, as they are printed */
#define METRIC_SOCKET    112

enum metric_type {
	METRIC_COUNTER,
	METRIC_HISTOGRAM,
	METRIC_LEVEL,
	METRIC_GLOBAL,
	METRIC_MOMENT,
	METRIC_MADE,
	METRIC_TYPE__MAX
};

enum metric_unit { METRIC_ONE, METRIC_US, METRIC_UNIT__MAX };

/* States of a row. */
enum { METRIC_FREE, METRIC_BEGUN, METRIC_WHOLE };

struct metric_family {
	_Atomic uint32_t state;
	uint32_t type, unit, nbounds;
	int64_t bounds[METRIC_BOUNDS];
	char name[METRIC_NAME];
	char help[METRIC_HELP];
};

/* The last duration with a trace.  Many may write at once: it counts if check
 * fits the rest. */
struct metric_example {
	_Atomic uint64_t trace[2], us, at, check;
};

static inline uint64_t
metric_check(uint64_t high, uint64_t low, uint64_t us, uint64_t at)
{
	uint64_t h = UINT64_C(0x9e3779b97f4a7c15);

	h = (h ^ high) * UINT64_C(0xbf58476d1ce4e5b9);
	h = (h ^ h >> 29 ^ low) * UINT64_C(0xbf58476d1ce4e5b9);
	h = (h ^ h >> 29 ^ us) * UINT64_C(0x94d049bb133111eb);
	h = (h ^ h >> 29 ^ at) * UINT64_C(0x94d049bb133111eb);
	return h ^ h >> 32;
}

struct metric_series {
	_Atomic uint32_t state;
	uint32_t family;
	char labels[METRIC_TEXT_MAX];
	/* A counter's value; a gauge's value and time; the sum of a histogram,
	 * its buckets, and what is above them. */
	_Atomic uint64_t v[METRIC_VALUES];
	struct metric_example example;
};

/* A gauge of one process: the index of the series plus one, and its value. */
struct metric_level {
	_Atomic uint32_t series;
	_Atomic int64_t value;
};

struct metric_process {
	char socket[METRIC_SOCKET]; /* see metric_listens */
	struct metric_level levels[METRIC_LEVELS];
};

struct metric_header {
	char magic[8];
	uint32_t format;
	uint32_t sizes[7];
};

struct metric_file {
	struct metric_header header;
	struct metric_family families[METRIC_FAMILIES];
	struct metric_series series[METRIC_SERIES];
	struct metric_process processes[METRIC_PROCESSES];
};

/* --- metric_table.c: metric.def --- */

struct metric_set_row {
	const char *label;
	const char *const *words;
	size_t n;
	unsigned first; /* enum metric_word of the first; 0: an open set, */
	size_t max;     /* and how many words it can have */
};

struct metric_row {
	const char *name, *help;
	enum metric_type type;
	enum metric_unit unit;
	const int64_t *bounds;
	size_t nbounds;
	enum metric_set sets[METRIC_LABELS];
};

extern const struct metric_row metric_rows[METRIC__MAX];

/* The set with the words that it has now; and new words for an open one. */
const struct metric_set_row *metric_set_at(enum metric_set set);
void metric_set_open(enum metric_set set, const char *const *given, size_t n);

/* --- metric.c --- */

/* Sets again in another memory what this process has set; or, if it is not to
 * be kept, forgets it. */
void metric_levels(bool keep);

/* --- metric_open.c --- */

/* What metric_follow does when it is time. */
void metric_look(void);

/* --- metric_file.c --- */

/* The header of a file that can be counted in. */
extern const struct metric_header metric_expected;

/* Counts in the file at the path, which is made if it is not there or was
 * spoilt, with a row for this process.  0; or -1 with what is wrong in *why,
 * and all stays as it was. */
int metric_enter(const char *path, const char **why);

/* True if that is still the file that is counted in. */
bool metric_is_at(const char *path);

/* What is wrong with the file that is or was counted in, or NULL.  If something
 * is, the process counts for itself from now on. */
const char *metric_spoilt(void);

/* Takes the first row that is free, if there is one. */
void metric_claim(void);

/* After a fork: the row is the parent's. */
void metric_drop(void);

/* Counts nowhere, until there is other memory. */
void metric_leave(void);

/* The memory to count in, and this process's row in it; never NULL. */
struct metric_file *metric_memory(void);
struct metric_process *metric_process(void);

/* Goes up when memory or row are others than before: what points there is to be
 * looked for again. */
unsigned metric_generation(void);

/* True if others count there, too. */
bool metric_is_shared(void);

/* A memory that is counted in, as one who reads there has it. */
struct metric_source {
	const struct metric_file *file;
	int fd;                           /* of the file; 0: there is none */
	const struct metric_process *own; /* the row of this process, or NULL */
};

/* That of this process. */
struct metric_source metric_source(void);

/* True if the process of that row is alive. */
bool metric_alive(const struct metric_source *from,
    const struct metric_process *p);

/* --- metric_row.c --- */

/* True if the family is that of the row, with the same type and bounds. */
bool metric_family_is(const struct metric_family *f,
    const struct metric_row *row);

/* Finds the row, or makes it: its index, or -1 if there is no room. */
int metric_family_find(struct metric_file *f, const struct metric_row *row);
int metric_series_find(struct metric_file *f, uint32_t family,
    const char *labels);

/* --- metric_sum.c --- */

/* What counts of all series with one name and labels. */
struct metric_total {
	const struct metric_family *family;
	const struct metric_series *series; /* one of them, for its labels */
	/* What a series has in v; of a gauge of processes, the sum of all that
	 * live. */
	uint64_t v[METRIC_VALUES];
};

/* All that there is to tell at that time (of clock_wall_us), sorted by name and
 * labels, into METRIC_SERIES totals.  How many there are. */
size_t metric_sum(const struct metric_source *from, int64_t now,
    struct metric_total *totals);

/* --- metric_queue.c --- */

/* How many connections wait to be accepted at the sockets of all processes that
 * live; -1 if that cannot be told. */
int64_t metric_queue(const struct metric_source *from);

/* The same of a text like /proc/net/unix, or with tcp /proc/net/tcp. */
int64_t metric_queue_unix(const char *text, const char *path);
int64_t metric_queue_tcp(const char *text, unsigned port);

#endif

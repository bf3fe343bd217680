/* SPDX-License-Identifier: ISC */
/* The task: its form in memory, in JSON and in the database. */
#ifndef TASK_H
#define TASK_H

#include <json-c/json_object.h>

#include "base/arena.h"
#include "base/base.h"
#include "base/buf.h"
#include "base/uuid.h"
#include "list/page.h"
#include "pg/pg.h"
#include "text/json_write.h"
#include "wire/fault.h"

struct task_query;

enum task_status {
	TASK_PENDING,
	TASK_IN_PROGRESS,
	TASK_COMPLETED,
	TASK_STATUS__MAX
};
extern const char *const task_statuses[TASK_STATUS__MAX];

/* The status of that name, which need not be terminated.  0, or -1. */
int task_status_parse(const char *name, size_t len, enum task_status *status)
    MUSTCHECK;

#define TASK_TITLE_MAX       255   /* code points */
#define TASK_DESCRIPTION_MAX 10000 /* code points */

/* Of an entity tag: the version, a hyphen, and the time of the last change as
 * PostgreSQL has it, in 16 hexadecimal digits.  The first one, 0 in any time
 * that a clock tells, is another where there is extra: a release that knows
 * none shows the same version without it, which must not be taken for the
 * whole. */
#define TASK_TAG       40
#define TASK_TAG_EXTRA "8"

/* Whose tasks are there for somebody; all others are as if they were not.
 * Zeroed: nobody's. */
struct task_scope {
	bool all;
	const char *owner; /* unless all; NULL: nobody's */
};

/* Texts are borrowed from the result they came with. */
struct task {
	struct uuid id;
	const char *title;
	size_t title_len;
	const char *description; /* or NULL */
	size_t description_len;
	enum task_status status; /* TASK_STATUS__MAX: a newer release's */
	const char *status_word; /* as PostgreSQL says it */
	size_t status_len;
	int64_t created_at; /* microseconds since 1970 */
	int64_t updated_at;
	const char *created_by;
	size_t created_by_len;
	const char *owner; /* or NULL */
	size_t owner_len;
	const char *extra; /* JSON; or NULL */
	size_t extra_len;
	int64_t version;
	char tag[TASK_TAG]; /* without quotes; no other state ever has it */
};

/* What a body asks for.  For PUT and POST every member is set; for PATCH
 * only those that the body names. */
struct task_input {
	bool has_title;
	bool has_description;
	bool has_status;
	const char *title;       /* terminated, without U+0000 */
	const char *description; /* or NULL for null */
	enum task_status status;
	bool has_extra;
	bool
	    merges_extra; /* RFC 7386, with what is there; else instead of it */
	const char *extra; /* JSON; or NULL for null */
};

enum task_body {
	TASK_BODY_WHOLE, /* POST and PUT: title required, the rest by default */
	TASK_BODY_PATCH  /* RFC 7396 */
};

/* Judges a parsed body; each fault goes to f.  Texts are borrowed from the
 * tree.  tree NULL is JSON null. */
void task_parse(struct json_object *tree, enum task_body form,
    struct task_input *in, struct faults *f);

/* Writes the task as an object of JSON: what GET /tasks/{id} answers. */
void task_format(struct json_write *w, const struct task *t);

/* Who makes a change, for the history and for the jobs. */
struct task_actor {
	const char *username;
	const char *email; /* or NULL */
	const char *request_id;
	const char *traceparent; /* or NULL */
	const char *trace_id;    /* or NULL */
	const char *owner;       /* of what is made; or NULL */
};

enum task_found {
	TASK_FOUND,
	TASK_ABSENT,
	TASK_CONFLICT, /* it exists, with another version than asked for */
	TASK_OVERFULL  /* with the change, its extra would be too large */
};

/* Each of these runs one statement, which is one transaction: the task, its
 * event and its job rows are committed together or not at all.  On PG_OK the
 * out-parameters are set; texts in *t belong to the arena.  task_create sets
 * t->id in any case: after an error there may be such a task. */
enum pg_err task_create(struct pg *pg, const struct task_input *in,
    const struct task_actor *who, struct task *t) MUSTCHECK;
enum pg_err task_get(struct pg *pg, const struct uuid *id,
    enum task_found *found, struct task *t) MUSTCHECK;

/* Tags of which one must be the stored one (If-Match).  Those without a time
 * are for every task of that version. */
struct task_match {
	const char *const *tags;
	size_t n;
	bool any; /* no condition; n is ignored */
};

/* A change of a task that exists: which one, its author, and its outcome.
 * On TASK_CONFLICT task.tag is the stored one. */
struct task_change {
	struct uuid id;
	struct task_scope scope;
	struct task_match match;
	struct task_actor who;
	enum task_found found;
	struct task task;
};
enum pg_err task_update(struct pg *pg, const struct task_input *in,
    struct task_change *ch) MUSTCHECK;
enum pg_err task_delete(struct pg *pg, struct task_change *ch) MUSTCHECK;

/* Adds the fault of TASK_OVERFULL. */
void task_overfull(struct faults *f);

/* Adds the list answer {"data": [...], "next_cursor": ..., "count": n} to b
 * and sets *next_cursor (arena; NULL on the last page). */
enum pg_err task_list(struct pg *pg, const struct task_query *q, struct buf *b,
    const char **next_cursor) MUSTCHECK;

/* All tasks of a list in one of these forms, as they were at one moment, or as
 * many as its limit says if it has one.  take is given page after page; false
 * from it ends all.  *q is then at another page, unless it has a limit. */
enum task_form {
	TASK_FORM_JSON, /* of task_list */
	TASK_FORM_NDJSON,
	TASK_FORM_CSV,
	TASK_FORM__MAX
};
struct task_export {
	struct task_query *q;
	enum task_form form;
	bool (*take)(void *arg, const struct buf *b);
	void *arg;
	const char *next_cursor; /* set if there is more than the limit */
};
enum pg_err task_export(struct pg *pg, struct task_export *x) MUSTCHECK;

/* The same as task_list for a page of the history of one task, newest first,
 * deleted tasks included.  *next_cursor is set only if the task is found;
 * TASK_ABSENT if there never was such a task. */
struct task_history {
	struct uuid id;
	struct task_scope scope;
	struct page page;
	enum task_found found;
	const char *next_cursor;
};
enum pg_err task_events(struct pg *pg, struct task_history *h, struct buf *b)
    MUSTCHECK;

/* A page of the log of changes, of all tasks, oldest first. */
enum task_log {
	TASK_LOG_KEPT,
	TASK_LOG_PURGED, /* what comes behind the cursor was deleted, in part */
	TASK_LOG_OTHER   /* the cursor is from another database, or from a time
			  * that a restore or a failover has taken back */
};

/* Its page refers to it: it is not copied. */
struct task_changes {
	struct page page;
	struct task_scope scope;
	bool now; /* nothing but the cursor to go on from */
	enum task_log log;
	const char *next_cursor; /* never NULL */
	bool more;               /* there is another page already */
	bool empty;              /* it has no change */
};

/* Reads the raw query string of GET /tasks/changes; as page_parse. */
void task_changes_parse(struct arena *a, const char *text,
    struct task_changes *q, struct faults *f);

/* Adds the page {"data": [...], "next_cursor": ...} to b, unless q->log says
 * why there is none; sets the members behind it.  The place behind the last
 * page of a scope is the end of the whole log. */
enum pg_err task_changes(struct pg *pg, struct task_changes *q, struct buf *b)
    MUSTCHECK;

/* Whether a task or an event of that owner (NULL: nobody's) is in the scope. */
bool task_in_scope(const struct task_scope *scope, const char *owner,
    size_t len);

/* A place in the log is an event; all up to it are read.  The numbers 0 are
 * before the first. */
struct task_place {
	int64_t xid;
	int64_t id;
	uint32_t source; /* which database it is of, a digest */
	uint32_t time;   /* the end of the event's time */
};

/* The place behind which a page begins; of no cursor, the first. */
struct task_place task_place_of(const struct page *p);

/* The cursor that names it, in the arena. */
const char *task_place_cursor(struct arena *a, const struct task_place *place);

/* Below 0 if a is before b in the log, above 0 if it is behind. */
int task_place_order(const struct task_place *a, const struct task_place *b);

/* One change, as whoever follows the log is told of it; texts are borrowed. */
struct task_told {
	struct task_place place;
	struct uuid task;
	int64_t at;
	const char *action;
	size_t action_len;
	const char *json; /* as in the page of task_changes */
	size_t json_len;
	const char *owner; /* or NULL */
	size_t owner_len;
};

/* Follows the log from a place on. */
struct task_follow {
	bool here; /* no place was asked for: from now on */
	struct task_place place;
	struct task_scope scope;
	int limit; /* PAGE_LIMIT_MAX at most */
	enum task_log log;
	bool more; /* there are more already */
	void (*tell)(void *arg, const struct task_told *told);
	void *arg;
};

/* Reads the raw query string of GET /tasks/stream, and Last-Event-ID, which is
 * NULL or goes before it. */
void task_follow_parse(struct arena *a, const char *text, const char *last,
    struct task_follow *q, struct faults *f);

/* The place behind all that is to be seen now. */
enum pg_err task_follow_here(struct pg *pg, struct task_place *place) MUSTCHECK;

/* Tells of each change behind the place, limit at most, and moves it; unless
 * q->log says why there is none. */
enum pg_err task_follow(struct pg *pg, struct task_follow *q) MUSTCHECK;

/* The cursor behind all changes that a reader of lists has seen who begins to
 * read now, also if the cache answers.  It may be older than that. */
enum pg_err task_changes_here(struct pg *pg, const char **cursor) MUSTCHECK;

#endif

/* SPDX-License-Identifier: ISC */
/* Webhooks: who is told of changes, and what each of them was sent. */
#ifndef WEBHOOK_H
#define WEBHOOK_H

#include "base/arena.h"
#include "base/base.h"
#include "base/uuid.h"
#include "pg/pg.h"
#include "text/json_write.h"
#include "webhook_sign.h"

#define WEBHOOK_MOST            100  /* webhooks that there can be */
#define WEBHOOK_URL_MAX         2048 /* characters */
#define WEBHOOK_DESCRIPTION_MAX 1000
#define WEBHOOK_OVERLAP_MAX     (7 * 86400) /* seconds */
#define WEBHOOK_TAG             40
#define WEBHOOK_TEST_TYPE       "webhook.test"

/* What they can be told of. */
enum webhook_type {
	WEBHOOK_TASK_CREATED,
	WEBHOOK_TASK_UPDATED,
	WEBHOOK_TASK_DELETED,
	WEBHOOK_TYPE__MAX
};
extern const char *const webhook_types[WEBHOOK_TYPE__MAX];

/* The type of that name, which need not be terminated.  0, or -1. */
int webhook_type_parse(const char *name, size_t len, enum webhook_type *type)
    MUSTCHECK;

/* A row, without its secret; texts live in the arena.  Times are microseconds
 * since 1970, 0 for null. */
struct webhook {
	struct uuid id;
	const char *url;
	const char *events;      /* types with blanks between them */
	const char *description; /* or NULL */
	bool enabled;
	const char *disabled_reason; /* if Errand has disabled it; or NULL */
	int64_t before_until;        /* the secret before is in force as well */
	int64_t created_at, updated_at;
	const char *created_by;
	char tag[WEBHOOK_TAG]; /* as that of a task */
};

/* Writes it as an object of JSON; secret: as one more member, unless it is
 * NULL. */
void webhook_format(struct json_write *w, const struct webhook *hook,
    const char *secret);

/* What a body asks for; events are bits by enum webhook_type. */
struct webhook_input {
	bool has_url, has_events, has_description, has_enabled;
	const char *url;
	unsigned events;
	const char *description; /* or NULL for null */
	bool enabled;
};

enum webhook_found {
	WEBHOOK_FOUND,
	WEBHOOK_ABSENT,
	WEBHOOK_CONFLICT, /* it has another tag than those asked for */
	WEBHOOK_REFUSED   /* there are as many as there can be; or what is to be
			   * sent again waits to be sent */
};

/* Each of these is one statement.  On PG_OK *found is set, and *hook unless it
 * is WEBHOOK_ABSENT or WEBHOOK_REFUSED. */
enum pg_err webhook_create(struct pg *pg, const struct webhook_input *in,
    const char *username, const char *secret, enum webhook_found *found,
    struct webhook *hook) MUSTCHECK;
enum pg_err webhook_get(struct pg *pg, const struct uuid *id,
    enum webhook_found *found, struct webhook *hook) MUSTCHECK;
enum pg_err webhook_rotate(struct pg *pg, const struct uuid *id,
    const char *secret, int64_t overlap_ms, enum webhook_found *found,
    struct webhook *hook) MUSTCHECK;

/* A change of the one that has id, if it has one of n tags; tags NULL: in any
 * case. */
struct webhook_change {
	struct uuid id;
	const char *const *tags;
	size_t n;
	enum webhook_found found;
	struct webhook hook;
};
enum pg_err webhook_update(struct pg *pg, const struct webhook_input *in,
    struct webhook_change *ch) MUSTCHECK;
enum pg_err webhook_delete(struct pg *pg, struct webhook_change *ch) MUSTCHECK;

/* Where a list goes on, and how long it may be. */
struct webhook_page {
	bool has_cursor;
	int64_t created_at;
	struct uuid id;
	int64_t limit;
};

/* Newest first, in the arena; *more: there are more. */
struct webhook_set {
	struct webhook *v;
	size_t n;
	bool more;
};
enum pg_err webhook_list(struct pg *pg, const struct webhook_page *page,
    struct webhook_set *hooks) MUSTCHECK;

/* What is, or was, to be sent to one webhook. */
struct delivery {
	struct uuid id; /* the header webhook-id */
	struct uuid webhook;
	const char *type;
	int64_t event;     /* number of the event; 0: a test */
	const char *state; /* pending, delivered, failed */
	int64_t attempts;
	int64_t status;     /* of HTTP, of the last try; 0: no answer */
	const char *answer; /* the beginning of its body; or NULL */
	const char *error;  /* or NULL */
	struct uuid job;
	int64_t created_at, tried_at, finished_at, next_at;
};
void delivery_format(struct json_write *w, const struct delivery *d);

struct delivery_set {
	struct delivery *v;
	size_t n;
	bool more;
};
enum pg_err delivery_list(struct pg *pg, const struct uuid *webhook,
    const struct webhook_page *page, struct delivery_set *set) MUSTCHECK;

/* Who asks for something to be sent. */
struct webhook_cause {
	const char *username;
	const char *request_id;
	const char *traceparent; /* or NULL */
};

/* A test, and a delivery that is over once more: rows of the delivery and of
 * its job.  *d is set unless it is WEBHOOK_ABSENT. */
enum pg_err delivery_test(struct pg *pg, const struct uuid *webhook,
    const struct webhook_cause *cause, enum webhook_found *found,
    struct delivery *d) MUSTCHECK;
enum pg_err delivery_replay(struct pg *pg, const struct uuid ids[2],
    const struct webhook_cause *cause, enum webhook_found *found,
    struct delivery *d) MUSTCHECK;

/* What one try needs. */
struct delivery_load {
	bool found; /* the delivery is; else nothing is set */
	struct uuid webhook;
	const char *type, *body;
	size_t body_len;
	bool pending;
	bool late;     /* it is too long ago that it was due */
	bool has_hook; /* else the webhook is deleted, and the rest not set */
	const char *url;
	bool enabled;
	struct webhook_secrets secrets;
	bool failing;     /* the last try of any delivery had no answer */
	int64_t pause_ms; /* for so long it is left alone; 0: it is not */
};
enum pg_err delivery_load(struct pg *pg, const struct uuid *id, int64_t late_ms,
    struct delivery_load *load) MUSTCHECK;

/* One that fails is tried by one process at a time, for at most ms.  *ours: it
 * is us. */
enum pg_err webhook_probe(struct pg *pg, const struct uuid *webhook, int64_t ms,
    bool *ours) MUSTCHECK;

/* What has come of a try. */
struct delivery_tried {
	const char *state;  /* as in struct delivery */
	int64_t status;     /* 0: no answer */
	const char *answer; /* text, valid UTF-8; or NULL */
	const char *error;  /* or NULL */
	int64_t pause_ms; /* -1: the webhook is fine; else it is left alone for
			     * this long, or for longer */
	const char *gone; /* it is disabled for this reason; or NULL */
};
enum pg_err delivery_tried(struct pg *pg, const struct uuid *id,
    const struct delivery_tried *tried) MUSTCHECK;

/* It is not tried any more. */
enum pg_err delivery_give_up(struct pg *pg, const struct uuid *id,
    const char *error) MUSTCHECK;

/* Deletes up to limit that are older than age (milliseconds). */
enum pg_err delivery_purge(struct pg *pg, int64_t age, int64_t limit, size_t *n)
    MUSTCHECK;

#endif

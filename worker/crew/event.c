/* SPDX-License-Identifier: ISC */
/* Celery's events: as records in shared memory, and as JSON. */
#include "config.h"

#include "event.h"

#include <stdio.h>
#include <string.h>
#include <time.h>

#include "base/clock.h"
#include "base/str.h"
#include "text/json_write.h"

#define EVENT_TEXT 1000 /* of a result or a reason */

static const char *const event_types[EVENT__MAX] = {
	[EVENT_RECEIVED] = "task-received",
	[EVENT_STARTED] = "task-started",
	[EVENT_SUCCEEDED] = "task-succeeded",
	[EVENT_FAILED] = "task-failed",
	[EVENT_RETRIED] = "task-retried",
	[EVENT_REVOKED] = "task-revoked",
};

/* --- in shared memory --- */

/* What a record begins with; five texts follow, each with its end. */
struct event_head {
	int64_t wall, runtime, retries;
	uint32_t type;
};

static size_t
event_put_text(char *out, const char *text, size_t most)
{
	size_t len = text == NULL ? 0 : str_utf8_cut(text, strlen(text), most);

	if (len > 0)
		memcpy(out, text, len);
	out[len] = '\0';
	return len + 1;
}

size_t
event_pack(const struct event *e, char out[RING_MAX])
{
	const struct event_head head = { .wall = e->wall,
		.runtime = e->runtime,
		.retries = e->retries,
		.type = e->type };
	size_t n = sizeof(head);

	memcpy(out, &head, sizeof(head));
	n += event_put_text(out + n, e->id, SLOT_TEXT - 1);
	n += event_put_text(out + n, e->kind, SLOT_TEXT - 1);
	n += event_put_text(out + n, e->args, SLOT_TEXT - 1);
	n += event_put_text(out + n, e->kwargs, SLOT_TEXT - 1);
	n += event_put_text(out + n, e->text, EVENT_TEXT);
	return n;
}

_Static_assert(sizeof(struct event_head) + 4 * SLOT_TEXT + EVENT_TEXT + 1 <=
		   RING_MAX,
    "a record has room for its texts");

int
event_unpack(const char *record, size_t len, struct event *e)
{
	const char *p = record + sizeof(struct event_head), *texts[5];
	const char *end = record + len;
	struct event_head head;
	size_t i;

	if (len < sizeof(head))
		return -1;
	memcpy(&head, record, sizeof(head));
	for (i = 0; i < NELEM(texts); i++) {
		texts[i] = p;
		p = p == end ? NULL : memchr(p, '\0', (size_t)(end - p));
		if (p == NULL)
			return -1;
		p++;
	}
	if (p != end || head.type >= EVENT__MAX || texts[0][0] == '\0')
		return -1;
	*e = (struct event){ .type = (enum event_type)head.type,
		.wall = head.wall,
		.runtime = head.runtime,
		.retries = head.retries,
		.id = texts[0],
		.kind = texts[1],
		.args = texts[2],
		.kwargs = texts[3],
		.text = texts[4] };
	return 0;
}

static void
event_send(struct slot *s, const struct event *e)
{
	char record[RING_MAX];

	ring_put(&s->events, record, event_pack(e, record));
}

void
event_tell(struct slot *s, enum event_type type, const char *text)
{
	const struct event e = { .type = type,
		.wall = clock_wall_us(),
		.runtime = clock_mono_us() - s->started,
		.retries = s->retries,
		.id = s->id,
		.kind = s->kind,
		.args = type == EVENT_RECEIVED ? s->args : NULL,
		.kwargs = type == EVENT_RECEIVED ? s->kwargs : NULL,
		.text = text };

	if (s->events.wanted)
		event_send(s, &e);
}

void
event_tell_of(struct slot *s, enum event_type type, const char *id,
    const char *text)
{
	const struct event e = {
		.type = type, .wall = clock_wall_us(), .id = id, .text = text
	};

	if (s->events.wanted)
		event_send(s, &e);
}

/* --- as JSON --- */

int
event_west(int64_t wall)
{
	time_t now = (time_t)(wall / CLOCK_SECOND);
	struct tm tm;

	tzset();
	return localtime_r(&now, &tm) == NULL ? 0 : (int)(-tm.tm_gmtoff / 60);
}

static void
event_open(struct json_write *w, const struct event_origin *o, const char *type,
    int64_t wall)
{
	char west[16];

	snprintf(west, sizeof(west), "%.4g", o->west / 60.0);
	json_open_object(w, NULL);
	json_put_text(w, "type", type);
	json_put_text(w, "hostname", o->node);
	json_put_raw(w, "utcoffset", west);
	json_put_int(w, "pid", o->pid);
	json_put_int(w, "clock", o->clock);
	json_put_seconds(w, "timestamp", wall);
}

static void
event_put_received(struct json_write *w, const struct event *e)
{
	json_put_text(w, "args", e->args[0] == '\0' ? "[]" : e->args);
	json_put_text(w, "kwargs", e->kwargs[0] == '\0' ? "{}" : e->kwargs);
	json_put_text(w, "root_id", e->id);
	json_put_null(w, "parent_id");
	json_put_int(w, "retries", e->retries);
	json_put_null(w, "eta");
	json_put_null(w, "expires");
}

void
event_format(struct buf *b, const struct event_origin *o, const struct event *e)
{
	struct json_write w = json_write(b);

	event_open(&w, o, event_types[e->type], e->wall);
	json_put_text(&w, "uuid", e->id);
	if (e->kind[0] != '\0')
		json_put_text(&w, "name", e->kind);
	switch (e->type) {
	case EVENT_RECEIVED:
		event_put_received(&w, e);
		break;
	case EVENT_SUCCEEDED:
		json_put_text(&w, "result",
		    e->text[0] == '\0' ? "null" : e->text);
		json_put_seconds(&w, "runtime",
		    e->runtime > 0 ? e->runtime : 0);
		break;
	case EVENT_FAILED:
	case EVENT_RETRIED:
		json_put_text(&w, "exception", e->text);
		json_put_null(&w, "traceback");
		break;
	case EVENT_REVOKED:
		json_put_bool(&w, "terminated", str_eq(e->text, "terminated"));
		json_put_text(&w, "signum",
		    str_eq(e->text, "terminated") ? "SIGTERM" : NULL);
		json_put_bool(&w, "expired", str_eq(e->text, "expired"));
		break;
	case EVENT_STARTED:
	case EVENT__MAX:
		break;
	}
	json_close_object(&w);
	json_write_end(&w);
}

void
event_format_worker(struct buf *b, const struct event_origin *o,
    const struct event_worker *worker)
{
	struct json_write w = json_write(b);
	size_t i;

	event_open(&w, o, worker->type, o->wall);
	json_put_raw(&w, "freq", "2.0");
	json_put_int(&w, "active", worker->active);
	json_put_int(&w, "processed", worker->processed);
	json_open_array(&w, "loadavg");
	for (i = 0; i < NELEM(worker->loads); i++)
		buf_printf(json_put_by_hand(&w, NULL), "%.2f",
		    worker->loads[i]);
	json_close_array(&w);
	json_put_text(&w, "sw_ident", "errand");
	json_put_text(&w, "sw_ver", PACKAGE_VERSION);
	json_put_text(&w, "sw_sys", "Linux");
	json_close_object(&w);
	json_write_end(&w);
}

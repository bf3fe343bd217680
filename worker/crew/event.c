/* SPDX-License-Identifier: ISC */
/* Celery's events: as records in shared memory, and as JSON. */
#include "config.h"

#include "event.h"

#include <inttypes.h>
#include <string.h>

#include "base/clock.h"
#include "base/str.h"
#include "text/json.h"

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

/* What a record begins with; four texts follow, each with its end. */
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
	n += event_put_text(out + n, e->text, EVENT_TEXT);
	return n;
}

_Static_assert(sizeof(struct event_head) + 3 * SLOT_TEXT + EVENT_TEXT + 1 <=
		   RING_MAX,
    "a record has room for its texts");

int
event_unpack(const char *record, size_t len, struct event *e)
{
	const char *p = record + sizeof(struct event_head), *texts[4];
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
		.text = texts[3] };
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

static void
event_add(struct buf *b, const char *name, const char *text)
{
	buf_printf(b, ", \"%s\": ", name);
	json_add_cstring(b, text);
}

static void
event_add_us(struct buf *b, const char *name, int64_t us)
{
	if (us < 0)
		us = 0;
	buf_printf(b, ", \"%s\": %" PRId64 ".%06" PRId64, name,
	    us / CLOCK_SECOND, us % CLOCK_SECOND);
}

static void
event_begin(struct buf *b, const struct event_origin *o, const char *type,
    int64_t wall)
{
	buf_adds(b, "{\"type\": ");
	json_add_cstring(b, type);
	event_add(b, "hostname", o->node);
	buf_printf(b, ", \"utcoffset\": 0, \"pid\": %d, \"clock\": %" PRId64,
	    o->pid, o->clock);
	event_add_us(b, "timestamp", wall);
}

/* Arguments are shown as they are in the message: a list, or an object. */
static void
event_add_received(struct buf *b, const struct event *e)
{
	bool list = e->args[0] == '[';

	event_add(b, "args", list ? e->args : "[]");
	event_add(b, "kwargs", list || e->args[0] == '\0' ? "{}" : e->args);
	event_add(b, "root_id", e->id);
	event_add(b, "parent_id", NULL);
	buf_printf(b, ", \"retries\": %" PRId64, e->retries);
	buf_adds(b, ", \"eta\": null, \"expires\": null");
}

void
event_format(struct buf *b, const struct event_origin *o, const struct event *e)
{
	event_begin(b, o, event_types[e->type], e->wall);
	event_add(b, "uuid", e->id);
	if (e->kind[0] != '\0')
		event_add(b, "name", e->kind);
	switch (e->type) {
	case EVENT_RECEIVED:
		event_add_received(b, e);
		break;
	case EVENT_SUCCEEDED:
		event_add(b, "result", e->text[0] == '\0' ? "null" : e->text);
		event_add_us(b, "runtime", e->runtime);
		break;
	case EVENT_FAILED:
	case EVENT_RETRIED:
		event_add(b, "exception", e->text);
		event_add(b, "traceback", NULL);
		break;
	case EVENT_REVOKED:
		buf_adds(b, ", \"terminated\": false, \"signum\": null, "
			    "\"expired\": ");
		buf_adds(b, strcmp(e->text, "expired") == 0 ? "true" : "false");
		break;
	case EVENT_STARTED:
	case EVENT__MAX:
		break;
	}
	buf_addc(b, '}');
}

void
event_format_worker(struct buf *b, const struct event_origin *o,
    const struct event_worker *w)
{
	size_t i;

	event_begin(b, o, w->type, o->wall);
	buf_printf(b,
	    ", \"freq\": 2.0, \"active\": %" PRId64 ", \"processed\": %" PRId64
	    ", \"loadavg\": [",
	    w->active, w->processed);
	for (i = 0; i < NELEM(w->loads); i++)
		buf_printf(b, "%s%d.%02d", i == 0 ? "" : ", ", (int)w->loads[i],
		    (int)(w->loads[i] * 100) % 100);
	buf_adds(b, "], \"sw_ident\": \"errand\", \"sw_ver\": "
		    "\"" PACKAGE_VERSION "\", \"sw_sys\": \"Linux\"}");
}

/* SPDX-License-Identifier: ISC */
/* Results in the form that AsyncResult expects, and out of it. */
#include "config.h"

#include "celery_result.h"

#include <stdio.h>
#include <string.h>

#include "base/arena.h"
#include "base/clock.h"
#include "base/str.h"
#include "celery.h"
#include "text/json.h"
#include "text/json_span.h"

#define DEPTH 256

const char *const celery_states[CELERY_STATE__MAX] = { "SUCCESS", "FAILURE",
	"RETRY", "REVOKED" };

static void
add_value(struct buf *b, const char *value)
{
	struct json_span v;
	unsigned odd;

	if (value == NULL)
		buf_adds(b, "null");
	else if (json_span_read(value, strlen(value), DEPTH, &v, &odd) == NULL)
		buf_add(b, v.p, v.len);
	else
		json_add_cstring(b, value);
}

/* The message is the list of the constructor's arguments: a text alone would
 * do too, but nothing, or another type, would not. */
static void
add_exception(struct buf *b, const struct celery_result *r)
{
	bool revoked = r->state == CELERY_REVOKED;
	const char *type = r->exc_type, *module = r->exc_module;
	const char *message = r->message;

	if (type == NULL) {
		type = revoked ? "TaskRevokedError" : "RuntimeError";
		module = revoked ? "celery.exceptions" : "builtins";
	}
	if (message == NULL && revoked)
		message = "revoked";
	buf_adds(b, "{\"exc_type\":");
	json_add_cstring(b, type);
	buf_adds(b, ",\"exc_message\":[");
	json_add_cstring(b, message != NULL ? message : "");
	buf_adds(b, "],\"exc_module\":");
	json_add_cstring(b, module);
	buf_addc(b, '}');
}

void
celery_result_format(struct buf *b, const struct celery_result *r)
{
	char now[CELERY_TIME];

	buf_printf(b,
	    "{\"status\":\"%s\",\"result\":", celery_states[r->state]);
	if (r->state == CELERY_SUCCESS)
		add_value(b, r->value);
	else
		add_exception(b, r);
	buf_adds(b, ",\"traceback\":");
	json_add_cstring(b, r->traceback);
	buf_adds(b, ",\"children\":[],\"date_done\":");
	json_add_cstring(b, r->state == CELERY_RETRY
				? NULL
				: celery_time(clock_wall_us(), now));
	if (r->group != NULL) {
		buf_adds(b, ",\"group_id\":");
		json_add_cstring(b, r->group);
	}
	if (r->parent_id != NULL) {
		buf_adds(b, ",\"parent_id\":");
		json_add_cstring(b, r->parent_id);
	}
	buf_adds(b, ",\"task_id\":");
	json_add_cstring(b, r->id);
	buf_addc(b, '}');
}

/* "Type: message", as far as it is there and fits. */
static void
tell_exception(struct arena *a, const struct json_span *result, char *exc,
    size_t size)
{
	struct json_span v, first;
	const char *type = NULL, *message = NULL, *text;
	size_t len;

	if (json_span_get(result, "exc_type", &v))
		type = json_span_text(a, &v, DEPTH);
	if (json_span_get(result, "exc_message", &v)) {
		if (json_span_at(&v, 0, &first))
			v = first;
		message = json_span_text(a, &v, CELERY_MAX);
	}
	text = arena_printf(a, "%s%s%s", type == NULL ? "" : type,
	    type == NULL || message == NULL ? "" : ": ",
	    message == NULL ? "" : message);
	len = str_utf8_cut(text, strlen(text), size - 1);
	memcpy(exc, text, len);
	exc[len] = '\0';
}

enum celery_state
celery_result_state(const char *text, size_t len, bool *final, char *exc,
    size_t size)
{
	struct arena *a = arena_new();
	struct json_span meta, v;
	const char *status = NULL;
	unsigned odd;
	int i = 0;

	snprintf(exc, size, "%s", "");
	if (json_span_read(text, len, DEPTH, &meta, &odd) == NULL &&
	    json_span_get(&meta, "status", &v))
		status = json_span_text(a, &v, DEPTH);
	while (i < CELERY_STATE__MAX &&
	       (status == NULL || !str_eq(status, celery_states[i])))
		i++;
	*final = i < CELERY_STATE__MAX && i != CELERY_RETRY;
	if (i != CELERY_SUCCESS && i < CELERY_STATE__MAX &&
	    json_span_get(&meta, "result", &v))
		tell_exception(a, &v, exc, size);
	arena_free(a);
	return (enum celery_state)i;
}

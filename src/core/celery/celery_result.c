/* SPDX-License-Identifier: ISC */
/* Results in the form that AsyncResult expects, and out of it. */
#include "config.h"

#include "celery.h"

#include <stdio.h>
#include <string.h>

#include "base/arena.h"
#include "base/clock.h"
#include "base/str.h"
#include "text/json.h"
#include "text/json_span.h"
#include "text/json_write.h"

#define STATUS_MAX ((size_t)256) /* bytes; also of the name of a type */

const char *const celery_states[CELERY_STATE__MAX] = { "SUCCESS", "FAILURE",
	"RETRY", "REVOKED", "STARTED" };

static bool
is_final(enum celery_state state)
{
	return state != CELERY_RETRY && state != CELERY_STARTED;
}

void
celery_value_format(struct buf *b, const char *value)
{
	struct json_fault fault = { 0 };

	if (value != NULL)
		json_object_put(json_read(value, strlen(value), CELERY_DEPTH,
		    &fault));
	if (value != NULL && fault.msg == NULL)
		buf_adds(b, value);
	else
		json_add_cstring(b, value);
}

/* The message is the list of the constructor's arguments: a text alone would
 * do too, but nothing, or another type, would not. */
void
celery_exception_format(struct buf *b, const struct celery_result *r)
{
	struct json_write writer = json_write(b), *w = &writer;
	bool revoked = r->state == CELERY_REVOKED;
	const char *type = r->exc_type, *module = r->exc_module;
	const char *message = r->message;

	if (type == NULL) {
		type = revoked ? "TaskRevokedError" : "RuntimeError";
		module = revoked ? "celery.exceptions" : "builtins";
	}
	if (message == NULL)
		message = revoked ? "revoked" : "";
	json_open_object(w, NULL);
	json_put_text(w, "exc_type", type);
	json_open_array(w, "exc_message");
	json_put_text(w, NULL, message);
	json_close_array(w);
	json_put_text(w, "exc_module", module);
	json_close_object(w);
	json_write_end(w);
}

void
celery_result_format(struct buf *b, const struct celery_result *r)
{
	struct json_write w = json_write(b);
	char now[CELERY_TIME];

	json_open_object(&w, NULL);
	json_put_text(&w, "status", celery_states[r->state]);
	if (r->state == CELERY_SUCCESS || r->state == CELERY_STARTED)
		celery_value_format(json_put_by_hand(&w, "result"), r->value);
	else
		celery_exception_format(json_put_by_hand(&w, "result"), r);
	json_put_text(&w, "traceback", r->traceback);
	json_put_raw(&w, "children", r->children == NULL ? "[]" : r->children);
	json_put_text(&w, "date_done",
	    is_final(r->state) ? celery_time(clock_wall_us(), now) : NULL);
	if (r->group != NULL)
		json_put_text(&w, "group_id", r->group);
	if (r->parent_id != NULL)
		json_put_text(&w, "parent_id", r->parent_id);
	json_put_text(&w, "task_id", r->id);
	json_close_object(&w);
	json_write_end(&w);
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
		type = json_span_text(a, &v, STATUS_MAX);
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

/* The status of what is not JSON, such as YAML, or was cut: the word behind a
 * key of that name.  NULL if there is none. */
static const char *
foreign_status(struct arena *a, const char *text, size_t len)
{
	static const char key[] = "status";
	const char *end = text + len, *p = text, *word;

	while ((p = memmem(p, (size_t)(end - p), key, strlen(key))) != NULL) {
		/* In MessagePack its length stands before it. */
		if (p == text || strchr("\n\"'{\xa6", p[-1]) != NULL) {
			word = p + strlen(key);
			while (word < end && word < p + STATUS_MAX &&
			       (*word < 'A' || *word > 'Z'))
				word++;
			for (p = word; p < end && *p >= 'A' && *p <= 'Z'; p++)
				continue;
			return arena_strndup(a, word, (size_t)(p - word));
		}
		p += strlen(key);
	}
	return NULL;
}

enum celery_state
celery_result_state(const char *text, size_t len, bool *final, char *exc,
    size_t size)
{
	struct arena *a = arena_new();
	struct json_span meta, v;
	const char *status = NULL;
	unsigned odd;
	bool json;
	int i = 0;

	snprintf(exc, size, "%s", "");
	json = json_span_read(text, len, CELERY_DEPTH, &meta, &odd) == NULL;
	if (!json)
		status = foreign_status(a, text, len);
	else if (json_span_get(&meta, "status", &v))
		status = json_span_text(a, &v, STATUS_MAX);
	while (i < CELERY_STATE__MAX &&
	       (status == NULL || !str_eq(status, celery_states[i])))
		i++;
	*final = i < CELERY_STATE__MAX ? is_final((enum celery_state)i)
				       : !json && len > 0 && status == NULL;
	if (!json && *final && i != CELERY_SUCCESS)
		snprintf(exc, size, "%s", "its result cannot be read");
	else if (json && i != CELERY_SUCCESS && i < CELERY_STARTED &&
		 json_span_get(&meta, "result", &v))
		tell_exception(a, &v, exc, size);
	arena_free(a);
	return (enum celery_state)i;
}

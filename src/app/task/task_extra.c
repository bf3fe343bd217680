/* SPDX-License-Identifier: ISC */
/* Additional data of tasks: judged by the names that [tasks] extra lists. */
#include "config.h"

#include "task_extra.h"

#include <json-c/linkhash.h>
#include <string.h>

#include "base/str.h"
#include "conf/conf.h"
#include "task.h"
#include "task_extra_own.h"
#include "text/field.h"
#include "text/json.h"
#include "text/near.h"

const struct task_extra_words task_extra_words[FIELD__MAX] = {
	[FIELD_TEXT] = { "string_type", "string_type", "a string" },
	[FIELD_NUMBER] = { "float_type", "float_parsing", "a number" },
	[FIELD_BOOLEAN] = { "bool_type", "bool_parsing", "true or false" },
	[FIELD_DATE] = { "date_type", "date_parsing",
	    "a date such as 2026-12-01" },
};

int
task_extra_find(const char *name, size_t len, struct field *field)
{
	const struct conf_list *list = &settings.tasks_extra;

	for (size_t i = 0; i < list->n; i++) {
		/* The settings were judged: there is nothing wrong with it. */
		if (field_parse(list->v[i], field) == NULL &&
		    field->len == len &&
		    memcmp(field->name, name, field->len) == 0)
			return (int)i;
	}
	return -1;
}

const char *
task_extra_unknown(struct arena *a, const char *name, const char *none)
{
	const struct conf_list *list = &settings.tasks_extra;
	struct field field;
	struct near near;

	near_init(&near, name);
	for (size_t i = 0; i < list->n; i++)
		if (field_parse(list->v[i], &field) == NULL)
			near_offer(&near,
			    arena_strndup(a, field.name, field.len));
	return near_best(&near) == NULL
		   ? none
		   : arena_printf(a, "%s; did you mean %s?", none,
			 near_best(&near));
}

size_t
task_extra_digits(const char *text)
{
	const char *e = text + strcspn(text, "eE");
	size_t len = (size_t)(e - text);
	int64_t n = 0;

	if (*e == '\0')
		return len;
	e += e[1] == '+' ? 2 : 1;
	if (str_to_int(e, -TASK_EXTRA_MAX, TASK_EXTRA_MAX, &n) == -1)
		return TASK_EXTRA_MAX + 1;
	return len + (size_t)(n < 0 ? 1 - n : n);
}

static size_t
extra_string(const char *text, size_t len)
{
	struct buf b = { 0 };

	json_add_string(&b, text, len);
	len = b.len;
	buf_free(&b);
	return len;
}

/* What is said of a value, and of all that is in it. */
struct measure {
	size_t len; /* as PostgreSQL writes it */
	int depth;  /* objects and arrays within each other */
	bool nul;
};

static void
extra_measure(struct json_object *value, int depth, struct measure *m)
{
	size_t n;

	switch (json_object_get_type(value)) {
	case json_type_object:
		m->depth = depth > m->depth ? depth : m->depth;
		n = (size_t)json_object_object_length(value);
		m->len += 2 + 2 * (n > 0 ? n - 1 : 0);
		json_object_object_foreach(value, name, member)
		{
			m->len += extra_string(name, strlen(name)) + 2;
			extra_measure(member, depth + 1, m);
		}
		break;
	case json_type_array:
		n = json_object_array_length(value);
		m->depth = depth > m->depth ? depth : m->depth;
		m->len += 2 + 2 * (n > 0 ? n - 1 : 0);
		for (size_t i = 0; i < n; i++)
			extra_measure(json_object_array_get_idx(value, i),
			    depth + 1, m);
		break;
	case json_type_string:
		n = (size_t)json_object_get_string_len(value);
		m->nul |=
		    memchr(json_object_get_string(value), '\0', n) != NULL;
		m->len += extra_string(json_object_get_string(value), n);
		break;
	case json_type_int:
	case json_type_double:
		m->len += task_extra_digits(json_object_to_json_string(value));
		break;
	default: /* true, false and null */
		m->len += strlen(json_object_to_json_string(value));
	}
}

bool
task_extra_is(struct json_object *value, enum field_type type)
{
	switch (type) {
	case FIELD_NUMBER:
		return json_object_is_type(value, json_type_int) ||
		       json_object_is_type(value, json_type_double);
	case FIELD_BOOLEAN:
		return json_object_is_type(value, json_type_boolean);
	case FIELD_DATE:
		return json_object_is_type(value, json_type_string) &&
		       field_is_date(json_object_get_string(value));
	default:
		return json_object_is_type(value, json_type_string);
	}
}

void
task_overfull(struct faults *f)
{
	faults_add(f, FAULT_BODY, "extra", "too_long",
	    "extra must have at most " STRINGIFY(
		TASK_EXTRA_MAX) " bytes, with all digits of its numbers");
}

/* Null takes a member away, whatever it is. */
static void
extra_member(const char *name, struct json_object *value, struct faults *f)
{
	struct measure m = { 0 };
	struct field field;

	if (value == NULL)
		return;
	extra_measure(value, 1, &m);
	if (m.nul)
		faults_add(f, FAULT_BODY, name, "value_error",
		    "extra must not contain the character U+0000");
	else if (task_extra_find(name, strlen(name), &field) != -1 &&
		 !task_extra_is(value, field.type))
		faults_add(f, FAULT_BODY, name,
		    task_extra_words[field.type].type,
		    arena_printf(f->arena, "%s must be %s",
			arena_strdup(f->arena, name),
			task_extra_words[field.type].what));
	else if (settings.tasks_extra_other == CONF_extra_other_refuse &&
		 task_extra_find(name, strlen(name), &field) == -1)
		faults_add(f, FAULT_BODY, name, "extra_forbidden",
		    task_extra_unknown(f->arena, name,
			"the service takes no such additional data"));
}

const char *
task_extra_judge(struct json_object *value, struct faults *f)
{
	struct measure m = { 0 };
	const char *within = f->within;

	if (value == NULL)
		return NULL;
	if (!json_object_is_type(value, json_type_object)) {
		faults_add(f, FAULT_BODY, "extra", "dict_type",
		    "extra must be an object");
		return NULL;
	}
	extra_measure(value, 1, &m);
	if (m.len > TASK_EXTRA_MAX)
		task_overfull(f);
	if (m.depth > TASK_EXTRA_DEPTH)
		faults_add(f, FAULT_BODY, "extra", "value_error",
		    "extra must not be nested deeper than 8 levels");
	f->within =
	    arena_printf(f->arena, "%s/extra", within == NULL ? "" : within);
	json_object_object_foreach(value, name, member)
	{
		extra_member(name, member, f);
	}
	f->within = within;
	return json_object_to_json_string_ext(value,
	    JSON_C_TO_STRING_NOSLASHESCAPE);
}

void
task_extra_write(struct buf *b, const char *text, size_t len)
{
	bool inside = false;

	for (size_t i = 0; i < len; i++) {
		if (text[i] == ' ' && !inside)
			continue;
		buf_addc(b, text[i]);
		if (text[i] == '\\' && inside)
			buf_addc(b, text[++i]);
		else if (text[i] == '"')
			inside = !inside;
	}
}

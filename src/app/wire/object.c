/* SPDX-License-Identifier: ISC */
/* A body that is an object of JSON: each member is judged, and all that is
 * wrong is told. */
#include "config.h"

#include "object.h"

#include <json-c/linkhash.h>
#include <string.h>

#include "base/str.h"
#include "text/near.h"

void
object_fault(struct object_reader *r, const char *name, const char *type,
    const char *msg)
{
	faults_add(r->f, FAULT_BODY, name, type, msg);
}

const char *
object_text(struct object_reader *r, const char *name,
    struct json_object *value, long max)
{
	struct arena *a = r->f->arena;
	const char *text;
	size_t len;

	if (!json_object_is_type(value, json_type_string)) {
		object_fault(r, name, "string_type",
		    arena_printf(a, "%s must be a string", name));
		return NULL;
	}
	text = json_object_get_string(value);
	len = (size_t)json_object_get_string_len(value);
	if (memchr(text, '\0', len) != NULL) {
		object_fault(r, name, "value_error",
		    arena_printf(a, "%s must not contain the character U+0000",
			name));
		return NULL;
	}
	if (str_utf8_count(text, len) > max) {
		object_fault(r, name, "string_too_long",
		    arena_printf(a, "%s must have at most %ld characters", name,
			max));
		return NULL;
	}
	return text;
}

const char *
object_line(struct object_reader *r, const char *name,
    struct json_object *value, long max)
{
	const char *text = object_text(r, name, value, max);

	if (text == NULL)
		return NULL;
	if (text[0] == '\0')
		object_fault(r, name, "string_too_short",
		    arena_printf(r->f->arena,
			"%s must have at least 1 character", name));
	else if (str_is_blank(text, strlen(text)))
		object_fault(r, name, "value_error",
		    arena_printf(r->f->arena, "%s must not be only white space",
			name));
	else
		return text;
	return NULL;
}

bool
object_bool(struct object_reader *r, const char *name,
    struct json_object *value)
{
	if (json_object_is_type(value, json_type_boolean))
		return json_object_get_boolean(value);
	object_fault(r, name, "bool_type",
	    arena_printf(r->f->arena, "%s must be true or false", name));
	return false;
}

static const struct object_member *
object_find(const struct object_form *form, const char *name)
{
	for (size_t i = 0; i < form->n; i++) {
		if (str_eq(name, form->members[i].name))
			return &form->members[i];
	}
	return NULL;
}

static void
object_refuse(struct object_reader *r, const struct object_form *form,
    const char *name)
{
	struct near near;

	near_init(&near, name);
	for (size_t i = 0; form->what != NULL && i < form->n; i++) {
		if (form->members[i].take != NULL)
			near_offer(&near, form->members[i].name);
	}
	object_fault(r, name, "extra_forbidden",
	    near_best(&near) == NULL
		? form->only
		: arena_printf(r->f->arena,
		      "%s has no such member; did you mean %s?", form->what,
		      near_best(&near)));
}

void
object_read(struct json_object *tree, const struct object_form *form,
    void *into, struct faults *f)
{
	struct object_reader r = { into, f };
	const struct object_member *m;

	if (!json_object_is_type(tree, json_type_object)) {
		object_fault(&r, NULL, "model_attributes_type",
		    "the body must be a JSON object");
		return;
	}
	json_object_object_foreach(tree, name, value)
	{
		m = object_find(form, name);
		if (m == NULL)
			object_refuse(&r, form, name);
		else if (m->take == NULL)
			object_fault(&r, name, "extra_forbidden",
			    arena_printf(f->arena, "%s is set by the server",
				m->name));
		else
			m->take(&r, value);
	}
}

/* SPDX-License-Identifier: ISC */
/* json-c converts between types without asking; nothing here does. */
#include "config.h"

#include "member.h"

#include <string.h>

bool
member_value_is(struct json_object *v, const char *want)
{
	size_t len = strlen(want);

	return json_object_is_type(v, json_type_string) &&
	       (size_t)json_object_get_string_len(v) == len &&
	       memcmp(json_object_get_string(v), want, len) == 0;
}

bool
member_is(struct json_object *object, const char *name, const char *want)
{
	struct json_object *v;

	return json_object_object_get_ex(object, name, &v) &&
	       member_value_is(v, want);
}

bool
member_there(struct json_object *object, const char *name)
{
	return json_object_object_get_ex(object, name, NULL);
}

const char *
member_text(struct json_object *object, const char *name, size_t *len)
{
	struct json_object *v;

	if (!json_object_object_get_ex(object, name, &v) ||
	    !json_object_is_type(v, json_type_string))
		return NULL;
	*len = (size_t)json_object_get_string_len(v);
	return json_object_get_string(v);
}

const char *
member_value_string(struct json_object *v)
{
	const char *text;

	if (!json_object_is_type(v, json_type_string))
		return NULL;
	text = json_object_get_string(v);
	return strlen(text) == (size_t)json_object_get_string_len(v) ? text
								     : NULL;
}

const char *
member_string(struct json_object *object, const char *name)
{
	struct json_object *v;

	return json_object_object_get_ex(object, name, &v)
		   ? member_value_string(v)
		   : NULL;
}

/* U+0000 to U+001F, U+007F, and U+0080 to U+009F as UTF-8. */
static bool
member_has_control(const char *text, size_t len)
{
	size_t i;

	for (i = 0; i < len; i++) {
		uint8_t c = (uint8_t)text[i];

		if (c < 0x20 || c == 0x7f)
			return true;
		if (c == 0xc2 && i + 1 < len && (uint8_t)text[i + 1] < 0xa0)
			return true;
	}
	return false;
}

const char *
member_name(struct json_object *object, const char *name, size_t max)
{
	size_t len;
	const char *text = member_text(object, name, &len);

	if (text == NULL || len == 0 || len > max ||
	    member_has_control(text, len))
		return NULL;
	return text;
}

static struct json_object *
member_typed(struct json_object *object, const char *name, enum json_type type)
{
	struct json_object *v;

	if (!json_object_object_get_ex(object, name, &v) ||
	    !json_object_is_type(v, type))
		return NULL;
	return v;
}

struct json_object *
member_array(struct json_object *object, const char *name)
{
	return member_typed(object, name, json_type_array);
}

struct json_object *
member_object(struct json_object *object, const char *name)
{
	return member_typed(object, name, json_type_object);
}

bool
member_has(struct json_object *array, const char *want)
{
	size_t i, n = json_object_array_length(array);

	for (i = 0; i < n; i++) {
		if (member_value_is(json_object_array_get_idx(array, i), want))
			return true;
	}
	return false;
}

int
member_integer(struct json_object *object, const char *name, int64_t min,
    int64_t max, int64_t *out)
{
	struct json_object *v;

	if (!json_object_object_get_ex(object, name, &v))
		return 0;
	if (!json_object_is_type(v, json_type_int))
		return -1;
	*out = json_object_get_int64(v);
	return *out >= min && *out <= max ? 1 : -1;
}

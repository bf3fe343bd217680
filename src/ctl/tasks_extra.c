/* SPDX-License-Identifier: ISC */
/* Additional data of tasks on the command line: NAME=VALUE. */
#include "config.h"

#include "tasks_extra.h"

#include <string.h>

#include "base/str.h"
#include "text/json.h"

#define DEPTH 8

const char *
tasks_extra_take(struct tasks *t, const char *word)
{
	if (strchr(word, '=') == NULL || word[0] == '=')
		return "it must look like NAME=VALUE";
	if (str_utf8_count(word, strlen(word)) == -1)
		return "it has to be UTF-8";
	if (t->nextra == NELEM(t->extra))
		return "there are too many of them";
	t->extra[t->nextra++] = word;
	return NULL;
}

static struct json_object *
extra_value(const char *text)
{
	struct json_object *value;
	struct json_fault fault;

	if (text[0] == '\0')
		return NULL;
	value = json_read(text, strlen(text), DEPTH, &fault);
	return fault.msg == NULL ? value : json_object_new_string(text);
}

struct json_object *
tasks_extra_object(const struct tasks *t)
{
	struct json_object *all;
	size_t len;

	if (t->nextra == 0)
		return NULL;
	all = json_object_new_object();
	for (size_t i = 0; i < t->nextra; i++) {
		len = strcspn(t->extra[i], "=");
		json_object_object_add(all,
		    arena_strndup(t->api.arena, t->extra[i], len),
		    extra_value(t->extra[i] + len + 1));
	}
	return all;
}

void
tasks_extra_query(const struct tasks *t, struct buf *path)
{
	for (size_t i = 0; i < t->nextra; i++) {
		const char *word = t->extra[i];
		size_t len = strcspn(word, "=");

		api_add_query(path,
		    arena_printf(t->api.arena, "extra.%.*s", (int)len, word),
		    word + len + 1);
	}
}

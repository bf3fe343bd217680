/* SPDX-License-Identifier: ISC */
/* One order of members, whatever order an agent has put them in. */
#include "config.h"

#include <json-c/json.h>
#include <stdlib.h>
#include <string.h>

#include "mcp_own.h"

static int
by_name(const void *a, const void *b)
{
	return strcmp(*(const char *const *)a, *(const char *const *)b);
}

struct json_object *
mcp_arranged(struct arena *a, struct json_object *value)
{
	struct json_object *made;
	const char **names;
	size_t n = 0;

	if (json_object_is_type(value, json_type_array)) {
		made = json_object_new_array();
		for (; n < json_object_array_length(value); n++)
			json_object_array_add(made,
			    mcp_arranged(a,
				json_object_array_get_idx(value, n)));
		return made;
	}
	if (!json_object_is_type(value, json_type_object))
		return json_object_get(value);
	names = arena_alloc(a,
	    (size_t)json_object_object_length(value) * sizeof(*names));
	json_object_object_foreach(value, name, member)
	{
		(void)member;
		names[n++] = name;
	}
	qsort(names, n, sizeof(*names), by_name);
	made = json_object_new_object();
	for (size_t i = 0; i < n; i++)
		json_object_object_add(made, names[i],
		    mcp_arranged(a, json_object_object_get(value, names[i])));
	return made;
}

/* SPDX-License-Identifier: ISC */
/* Carries openapi.json inside the program: the assembler finds it where the
 * compiler looks for headers. */
#include "config.h"

#include "openapi.h"

#include <json-c/json.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/str.h"
#include "base/xalloc.h"
#include "conf/conf.h"
#include "text/field.h"
#include "text/json.h"
#include "text/rule.h"

extern const char openapi_start[], openapi_end[];
__asm__(".pushsection .rodata\n"
	".global openapi_start, openapi_end\n"
	"openapi_start:\n"
	".incbin \"api/openapi.json\"\n"
	"openapi_end:\n"
	".popsection\n");

static char *text;

/* "user + scope:a, b" is [{"bearer": ["user", "scope:a"]}, {"bearer":
 * ["b"]}]. */
static struct json_object *
openapi_security(const char *rule)
{
	struct json_object *any = json_object_new_array(), *all = NULL, *each;
	struct rule_walk w = { .text = rule };
	struct rule_term t;

	while (rule_next(&w, &t, NULL) == 1) {
		const char *scope = t.kind == RULE_SCOPE ? "scope:" : "";

		if (t.first) {
			each = json_object_new_object();
			all = json_object_new_array();
			json_object_object_add(each, "bearer", all);
			json_object_array_add(any, each);
		}
		json_object_array_add(all,
		    json_object_new_string_len(t.name - strlen(scope),
			(int)(t.len + strlen(scope))));
	}
	return any;
}

/* What needs both: each of these together with each of those. */
static struct json_object *
openapi_both(struct json_object *these, struct json_object *those)
{
	struct json_object *any = json_object_new_array(), *all, *one, *v;
	const size_t n = json_object_array_length(those);

	for (size_t i = 0; i < n * json_object_array_length(these); i++) {
		struct json_object *each[] = {
			json_object_array_get_idx(these, i / n),
			json_object_array_get_idx(those, i % n),
		};

		all = json_object_new_array();
		for (size_t k = 0; k < NELEM(each); k++) {
			v = json_object_object_get(each[k], "bearer");
			for (size_t j = 0; j < json_object_array_length(v); j++)
				json_object_array_add(all,
				    json_object_get(json_object_array_get_idx(v,
					j)));
		}
		one = json_object_new_object();
		json_object_object_add(one, "bearer", all);
		json_object_array_add(any, one);
	}
	json_object_put(these);
	json_object_put(those);
	return any;
}

/* What an operation needs by the rule of its key. */
static struct json_object *
openapi_needs(struct json_object *operation, const char *rule)
{
	struct json_object *any = openapi_security(rule);

	if (str_eq(settings.rbac_tasks, "shared") ||
	    !json_object_object_get_ex(operation, "x-errand-tasks", NULL) ||
	    str_eq(rule, settings.rbac_all_tasks))
		return any;
	return openapi_both(any, openapi_security(settings.rbac_all_tasks));
}

/* Each operation says what it needs here. */
static void
openapi_rules(struct json_object *doc)
{
	struct json_object *paths, *key;

	if (!json_object_object_get_ex(doc, "paths", &paths))
		abort(); /* a test looks at it */
	json_object_object_foreach(paths, path, operations)
	{
		(void)path;
		json_object_object_foreach(operations, method, operation)
		{
			(void)method;
			if (!json_object_object_get_ex(operation,
				"x-errand-role", &key))
				continue;
			for (size_t i = 0; i < CONF_RULE__MAX; i++) {
				if (str_eq(conf_rules[i].key,
					json_object_get_string(key)))
					json_object_object_add(operation,
					    "security",
					    openapi_needs(operation,
						*conf_rules[i].text));
			}
		}
	}
}

/* --- additional data --- */

static struct json_object *
openapi_at(struct json_object *v, const char *const *names)
{
	for (; *names != NULL; names++) {
		if (!json_object_object_get_ex(v, *names, &v))
			abort(); /* a test looks at it */
	}
	return v;
}

/* What a value can be; null: or null. */
static struct json_object *
openapi_field(enum field_type type, bool null)
{
	static const char *const types[FIELD__MAX] = {
		[FIELD_TEXT] = "string",
		[FIELD_NUMBER] = "number",
		[FIELD_BOOLEAN] = "boolean",
		[FIELD_DATE] = "string",
	};
	struct json_object *v = json_object_new_object(), *both;

	both = json_object_new_string(types[type]);
	if (null) {
		json_object *each = both;

		both = json_object_new_array();
		json_object_array_add(both, each);
		json_object_array_add(both, json_object_new_string("null"));
	}
	json_object_object_add(v, "type", both);
	if (type == FIELD_DATE)
		json_object_object_add(v, "format",
		    json_object_new_string("date"));
	return v;
}

/* A parameter of lists. */
static const struct openapi_bound {
	const char *end;  /* of its name */
	const char *what; /* is said of the data */
	bool range;       /* only of types that have an order */
} openapi_bounds[] = {
	{ "", "is this", false },
	{ ".from", "is this or comes after it", true },
	{ ".to", "is this or comes before it", true },
};

static void
openapi_filters(struct json_object *params, const struct field *field)
{
	for (size_t i = 0; i < NELEM(openapi_bounds); i++) {
		const struct openapi_bound *bound = &openapi_bounds[i];
		struct json_object *v;
		char line[160];

		if (bound->range && field->type != FIELD_DATE &&
		    field->type != FIELD_NUMBER)
			continue;
		v = json_object_new_object();
		snprintf(line, sizeof(line), "extra.%.*s%s", (int)field->len,
		    field->name, bound->end);
		json_object_object_add(v, "name", json_object_new_string(line));
		json_object_object_add(v, "in",
		    json_object_new_string("query"));
		snprintf(line, sizeof(line), "Only tasks whose `%.*s` %s.",
		    (int)field->len, field->name, bound->what);
		json_object_object_add(v, "description",
		    json_object_new_string(line));
		json_object_object_add(v, "schema",
		    openapi_field(field->type, false));
		json_object_array_add(params, v);
	}
}

/* The names that [tasks] extra lists. */
static void
openapi_extra(struct json_object *doc)
{
	static const char *const schema[] = { "components", "schemas", "Extra",
		NULL },
				 *const list[] = { "paths", "/tasks", "get",
					 "parameters", NULL };
	struct json_object *extra = openapi_at(doc, schema),
			   *params = openapi_at(doc, list),
			   *properties = json_object_new_object();
	struct field field;
	char name[80];

	for (size_t i = 0; i < settings.tasks_extra.n; i++) {
		if (field_parse(settings.tasks_extra.v[i], &field) != NULL)
			continue; /* the settings were judged */
		snprintf(name, sizeof(name), "%.*s", (int)field.len,
		    field.name);
		json_object_object_add(properties, name,
		    openapi_field(field.type, true));
		openapi_filters(params, &field);
	}
	json_object_object_add(extra, "properties", properties);
	json_object_object_add(extra, "additionalProperties",
	    json_object_new_boolean(settings.tasks_extra_other ==
				    CONF_extra_other_pass));
}

const char *
openapi_text(size_t *len)
{
	struct json_fault fault;
	struct json_object *doc, *servers, *server;

	if (text == NULL) {
		doc = json_read(openapi_start,
		    (size_t)(openapi_end - openapi_start), 32, &fault);
		if (doc == NULL)
			abort(); /* a test parses it */
		server = json_object_new_object();
		json_object_object_add(server, "url",
		    json_object_new_string(settings.http_base_path[0] == '\0'
					       ? "/"
					       : settings.http_base_path));
		servers = json_object_new_array();
		json_object_array_add(servers, server);
		json_object_object_add(doc, "servers", servers);
		openapi_rules(doc);
		openapi_extra(doc);
		text = xstrdup(json_object_to_json_string_ext(doc,
		    JSON_C_TO_STRING_NOSLASHESCAPE));
		json_object_put(doc);
	}
	*len = strlen(text);
	return text;
}

void
openapi_free(void)
{
	free(text);
	text = NULL;
}

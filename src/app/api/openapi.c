/* SPDX-License-Identifier: ISC */
/* Carries openapi.json inside the program: the assembler finds it where the
 * compiler looks for headers. */
#include "config.h"

#include "openapi.h"

#include <json-c/json.h>
#include <stdlib.h>
#include <string.h>

#include "base/str.h"
#include "base/xalloc.h"
#include "conf/conf.h"
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
					    openapi_security(*conf_rules[i]
								  .text));
			}
		}
	}
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

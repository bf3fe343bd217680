/* SPDX-License-Identifier: ISC */
/* The tools: what openapi.json calls x-errand-tool, with the parameters and the
 * members of the body as arguments. */
#include "config.h"

#include <ctype.h>
#include <json-c/json.h>
#include <json-c/json_pointer.h>
#include <stdlib.h>
#include <string.h>

#include "api/openapi.h"
#include "base/arena.h"
#include "base/str.h"
#include "mcp_own.h"
#include "text/json.h"

#define TOOL_DEPTH 16 /* of a schema, with what it refers to */

/* Made at first use, for as long as the process lives. */
static struct arena *arena;
static struct mcp_tool *tools, **last;

static struct json_object *
get(struct json_object *within, const char *name)
{
	struct json_object *value = NULL;

	json_object_object_get_ex(within, name, &value);
	return value;
}

/* What a reference leads to, or node itself. */
static struct json_object *
led(struct json_object *doc, struct json_object *node)
{
	const char *ref = json_object_get_string(get(node, "$ref"));

	if (ref != NULL && json_pointer_get(doc, ref + 1, &node) != 0)
		abort(); /* a test looks at them */
	return node;
}

/* A copy that refers to nothing. */
static struct json_object *
whole(struct json_object *doc, struct json_object *node, int depth)
{
	struct json_object *copy;

	if (depth > TOOL_DEPTH)
		abort();
	if (json_object_is_type(node, json_type_array)) {
		copy = json_object_new_array();
		for (size_t i = 0; i < json_object_array_length(node); i++)
			json_object_array_add(copy,
			    whole(doc, json_object_array_get_idx(node, i),
				depth + 1));
		return copy;
	}
	if (!json_object_is_type(node, json_type_object))
		return json_object_get(node);
	copy = led(doc, node) != node ? whole(doc, led(doc, node), depth + 1)
				      : json_object_new_object();
	json_object_object_foreach(node, name, value)
	{
		if (!str_eq(name, "$ref"))
			json_object_object_add(copy, name,
			    whole(doc, value, depth + 1));
	}
	return copy;
}

/* Which headers are arguments; those about reading would only hide things. */
static bool
is_argument(struct json_object *param, enum method method)
{
	const char *name = json_object_get_string(get(param, "name"));

	return !str_eq(json_object_get_string(get(param, "in")), "header") ||
	       (method != METHOD_GET && (str_eq(name, "If-Match") ||
					    str_eq(name, "Idempotency-Key")));
}

/* The header "Idempotency-Key" is idempotency_key; others are as they are, since
 * extra.Team is not extra.team. */
static const char *
argument_name(const struct mcp_argument *arg)
{
	char *copy = arena_strdup(arena, arg->of);

	for (char *s = copy; arg->place == MCP_HEADER && *s != '\0'; s++)
		*s = *s == '-' ? '_' : (char)tolower((unsigned char)*s);
	return copy;
}

static void
add_parameters(struct json_object *doc, struct json_object *params,
    struct mcp_tool *tool, struct json_object *properties,
    struct json_object *required)
{
	size_t n = params == NULL ? 0 : json_object_array_length(params);

	for (size_t i = 0; i < n; i++) {
		struct json_object *param =
		    led(doc, json_object_array_get_idx(params, i));
		const char *in = json_object_get_string(get(param, "in"));
		struct mcp_argument *arg = arena_alloc(arena, sizeof(*arg));
		struct json_object *schema;

		if (!is_argument(param, tool->method))
			continue;
		arg->of = arena_strdup(arena,
		    json_object_get_string(get(param, "name")));
		arg->place = str_eq(in, "path")    ? MCP_PATH
			     : str_eq(in, "query") ? MCP_QUERY
						   : MCP_HEADER;
		arg->name = argument_name(arg);
		arg->next = tool->arguments;
		tool->arguments = arg;
		schema = whole(doc, get(param, "schema"), 0);
		json_object_object_add(schema, "description",
		    json_object_get(get(param, "description")));
		json_object_object_add(properties, arg->name, schema);
		if (arg->place == MCP_PATH)
			json_object_array_add(required,
			    json_object_new_string(arg->name));
	}
}

static void
add_body(struct json_object *doc, struct json_object *operation,
    struct mcp_tool *tool, struct json_object *properties,
    struct json_object *required)
{
	struct json_object *body = led(doc, get(operation, "requestBody"));
	struct json_object *schema, *names;

	if (body == NULL)
		return;
	tool->body = true;
	schema = get(get(get(body, "content"), "application/json"), "schema");
	schema = whole(doc, schema, 0);
	if (str_eq(json_object_get_string(get(schema, "type")), "array")) {
		tool->whole = "operations";
		json_object_object_add(properties, tool->whole, schema);
		json_object_array_add(required,
		    json_object_new_string(tool->whole));
		return;
	}
	json_object_object_foreach(get(schema, "properties"), name, value)
	{
		json_object_object_add(properties, name,
		    json_object_get(value));
	}
	names = get(schema, "required");
	for (size_t i = 0; names != NULL && i < json_object_array_length(names);
	     i++)
		json_object_array_add(required,
		    json_object_get(json_object_array_get_idx(names, i)));
	json_object_put(schema);
}

static struct json_object *
hints(const struct mcp_tool *tool)
{
	struct json_object *hints = json_object_new_object();
	const bool reads = tool->method == METHOD_GET;

	json_object_object_add(hints, "readOnlyHint",
	    json_object_new_boolean(reads));
	json_object_object_add(hints, "destructiveHint",
	    json_object_new_boolean(!reads && (tool->method != METHOD_POST ||
						  tool->whole != NULL)));
	json_object_object_add(hints, "idempotentHint",
	    json_object_new_boolean(tool->method != METHOD_POST));
	json_object_object_add(hints, "openWorldHint",
	    json_object_new_boolean(false));
	return hints;
}

/* The summary and the first paragraph: others are about HTTP. */
static struct json_object *
describe(struct json_object *operation)
{
	const char *what = json_object_get_string(get(operation, "summary"));
	const char *more =
	    json_object_get_string(get(operation, "description"));
	const char *end;

	if (more == NULL)
		return json_object_new_string(what);
	end = strstr(more, "\n\n");
	return json_object_new_string(arena_printf(arena, "%s. %.*s", what,
	    (int)(end == NULL ? strlen(more) : (size_t)(end - more)), more));
}

/* What is needed for it; a test holds that against routes.def. */
static void
take_rights(struct json_object *operation, struct mcp_tool *tool)
{
	const char *key =
	    json_object_get_string(get(operation, "x-errand-role"));

	while (!str_eq(conf_rules[tool->rule].key, key))
		tool->rule++;
	tool->whose = get(operation, "x-errand-tasks") != NULL ? ACCESS_ALL
							       : ACCESS_TASKS;
}

/* Puts down the operation, if it is a tool. */
static void
add_tool(struct json_object *doc, const char *path, const char *method,
    struct json_object *operation)
{
	const char *name =
	    json_object_get_string(get(operation, "x-errand-tool"));
	struct json_object *each, *schema, *properties, *required;
	struct mcp_tool *tool;

	if (name == NULL)
		return;
	tool = arena_alloc(arena, sizeof(*tool));
	*tool = (struct mcp_tool){ .name = arena_strdup(arena, name),
		.pattern = arena_strdup(arena, path) };
	while (!str_case_eq(methods[tool->method], method))
		tool->method++;
	take_rights(operation, tool);
	properties = json_object_new_object();
	required = json_object_new_array();
	add_parameters(doc, get(get(get(doc, "paths"), path), "parameters"),
	    tool, properties, required);
	add_parameters(doc, get(operation, "parameters"), tool, properties,
	    required);
	add_body(doc, operation, tool, properties, required);
	schema = json_object_new_object();
	json_object_object_add(schema, "type",
	    json_object_new_string("object"));
	json_object_object_add(schema, "properties", properties);
	json_object_object_add(schema, "required", required);
	json_object_object_add(schema, "additionalProperties",
	    json_object_new_boolean(false));
	each = json_object_new_object();
	json_object_object_add(each, "name", json_object_new_string(name));
	json_object_object_add(each, "description", describe(operation));
	json_object_object_add(each, "inputSchema", schema);
	json_object_object_add(each, "annotations", hints(tool));
	tool->text = arena_strdup(arena,
	    json_object_to_json_string_ext(each,
		JSON_C_TO_STRING_PLAIN | JSON_C_TO_STRING_NOSLASHESCAPE));
	json_object_put(each);
	*last = tool;
	last = &tool->next;
}

static void
make(void)
{
	struct json_object *doc;
	struct json_fault fault;
	const char *openapi;
	size_t len;

	openapi = openapi_text(&len);
	doc = json_read(openapi, len, 32, &fault);
	if (doc == NULL)
		abort(); /* openapi_text has read it */
	arena = arena_new();
	last = &tools;
	json_object_object_foreach(get(doc, "paths"), path, operations)
	{
		json_object_object_foreach(operations, method, operation)
		{
			if (json_object_is_type(operation, json_type_object))
				add_tool(doc, path, method, operation);
		}
	}
	json_object_put(doc);
}

const struct mcp_tool *
mcp_tool(const char *name)
{
	const struct mcp_tool *tool = mcp_tools();

	while (tool != NULL && !str_eq(tool->name, name))
		tool = tool->next;
	return tool;
}

const struct mcp_tool *
mcp_tools(void)
{
	if (arena == NULL)
		make();
	return tools;
}

void
mcp_free(void)
{
	arena_free(arena);
	arena = NULL;
	tools = NULL;
}

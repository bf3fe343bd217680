/* SPDX-License-Identifier: ISC */
/* Carries openapi.json inside the program: the assembler finds it where the
 * compiler looks for headers. */
#include "config.h"

#include "openapi.h"

#include <json-c/json.h>
#include <stdlib.h>
#include <string.h>

#include "base/xalloc.h"
#include "conf/conf.h"
#include "text/json.h"

extern const char openapi_start[], openapi_end[];
__asm__(".pushsection .rodata\n"
	".global openapi_start, openapi_end\n"
	"openapi_start:\n"
	".incbin \"api/openapi.json\"\n"
	"openapi_end:\n"
	".popsection\n");

static char *text;

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

/* SPDX-License-Identifier: ISC */
/* The formats that tasks are read from. */
#include "config.h"

#include <string.h>

#include "base/str.h"
#include "import_own.h"

const char *const import_formats[] = { "csv", "ndjson", "json", "todoist",
	"taskwarrior", "trello", "vikunja", NULL };
static import_fn *const readers[] = { import_csv, import_ndjson, import_json,
	import_todoist, import_taskwarrior, import_trello, import_vikunja };

int
import_read(const char *format, const char *text, size_t len,
    struct import_set *set, const char **why)
{
	*why = NULL;
	if (strlen(text) != len) {
		*why = "it is no text";
		return -1;
	}
	for (size_t i = 0; i < NELEM(readers); i++) {
		if (str_eq(import_formats[i], format))
			return readers[i](text, len, set, why);
	}
	*why = "there is no such format";
	return -1;
}

/* By the members of the first object, before anything below it ends. */
static const char *
guess_element(const char *text)
{
	const char *end = strchr(text, '}');
	size_t len = end == NULL ? strlen(text) : (size_t)(end - text);
	static const struct {
		const char *member, *format;
	} rows[] = {
		{ "\"urgency\"", "taskwarrior" },
		{ "\"entry\"", "taskwarrior" },
		{ "\"tasks\"", "vikunja" },
		{ "\"done\"", "vikunja" },
		{ "\"hex_color\"", "vikunja" },
		{ "\"identifier\"", "vikunja" },
		{ "\"status\"", "json" },
		{ "\"title\"", "json" },
	};

	for (size_t i = 0; i < NELEM(rows); i++) {
		if (memmem(text, len, rows[i].member, strlen(rows[i].member)) !=
		    NULL)
			return rows[i].format;
	}
	return NULL;
}

const char *
import_guess(const char *text, size_t len)
{
	const char *found;

	if (len >= 3 && memcmp(text, "\xef\xbb\xbf", 3) == 0)
		text += 3;
	text += strspn(text, " \t\r\n");
	if (*text == '[')
		return guess_element(text);
	if (*text == '{') {
		found = guess_element(text);
		if (found != NULL && str_eq(found, "taskwarrior"))
			return found;
		if (strstr(text, "\"cards\"") != NULL)
			return "trello";
		text += 1 + strspn(text + 1, " \t\r\n");
		if (str_starts(text, "\"data\""))
			return "json";
		return found == NULL ? NULL : "ndjson";
	}
	if (str_starts(text, "TYPE,") || str_starts(text, "\"TYPE\","))
		return "todoist";
	return *text == '\0' ? NULL : "csv";
}

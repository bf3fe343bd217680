/* SPDX-License-Identifier: ISC */
/* What may be wrong with an answer, in plain words. */
#include "config.h"

#include <stdio.h>
#include <string.h>

#include "api.h"
#include "base/str.h"
#include "cmd.h"
#include "term_print.h"
#include "text/member.h"

/* Which exit status, and what to do about it beside what the service says. */
static const struct {
	long status;
	int rc;
	const char *advice;
} outcomes[] = {
	{ 401, API_DENIED, "the token is not good, or not any more" },
	{ 403, API_DENIED, "the token has too few rights for this" },
	{ 404, API_ABSENT, NULL },
	{ 412, API_CONFLICT, "it was changed meanwhile" },
	{ 429, API_AWAY, "there is too much at once: try later" },
};

/* A value of --extra that looks like a number or a truth is taken as one. */
static void
say_hint(struct json_object *e, struct json_object *loc)
{
	const char *type = member_string(e, "type");
	const char *name;

	if (loc == NULL || json_object_array_length(loc) != 3 || type == NULL ||
	    !str_eq(type, "string_type") ||
	    !str_eq(json_object_get_string(json_object_array_get_idx(loc, 1)),
		"extra"))
		return;
	name = json_object_get_string(json_object_array_get_idx(loc, 2));
	fputs("; --extra '", stderr);
	term_text(stderr, name, 80);
	fputs("=\"...\"' makes any value one", stderr);
}

/* The faults of a document or a query, a line each. */
static void
say_faults(struct json_object *errors)
{
	for (size_t i = 0; i < json_object_array_length(errors); i++) {
		struct json_object *e = json_object_array_get_idx(errors, i);
		struct json_object *loc = member_array(e, "loc");
		size_t n = loc == NULL ? 0 : json_object_array_length(loc);
		const char *msg = member_string(e, "msg");

		fputs("  ", stderr);
		for (size_t k = 1; k < n; k++) {
			term_text(stderr,
			    json_object_get_string(
				json_object_array_get_idx(loc, k)),
			    80);
			fputs(k + 1 < n ? "." : ": ", stderr);
		}
		term_text(stderr, msg == NULL ? "is wrong" : msg, 0);
		say_hint(e, loc);
		putc('\n', stderr);
	}
}

/* A member of the problem, in parentheses or behind a colon. */
static void
say_member(const struct api_answer *answer, const char *before,
    const char *name, const char *after)
{
	const char *text = member_string(answer->json, name);

	if (text == NULL)
		return;
	fputs(before, stderr);
	term_text(stderr, text, 0);
	fputs(after, stderr);
}

int
api_say(const struct api_answer *answer, const char *what)
{
	struct json_object *errors = member_array(answer->json, "errors");
	const char *advice = NULL;
	int rc = answer->status >= 500 ? API_AWAY : CMD_FAILED;

	fprintf(stderr, API_WHO "%s: ", what);
	if (answer->status == -1) {
		fprintf(stderr, "no answer: %s\n", answer->why);
		return API_AWAY;
	}
	for (size_t i = 0; i < NELEM(outcomes); i++) {
		if (outcomes[i].status != answer->status)
			continue;
		rc = outcomes[i].rc;
		advice = outcomes[i].advice;
	}
	if (advice != NULL)
		fprintf(stderr, "%s; ", advice);
	if (member_string(answer->json, "detail") == NULL) {
		fprintf(stderr,
		    "status %ld, and not in Errand's words: is the address "
		    "right?\n",
		    answer->status);
		return rc == API_ABSENT || rc == CMD_OK ? CMD_FAILED : rc;
	}
	fprintf(stderr, "the service says %ld", answer->status);
	say_member(answer, ": ", "detail", "");
	if (answer->status >= 500)
		say_member(answer, " (request ", "request_id", ")");
	putc('\n', stderr);
	if (errors != NULL)
		say_faults(errors);
	return rc;
}

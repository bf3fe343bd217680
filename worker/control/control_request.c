/* SPDX-License-Identifier: ISC */
/* Reads what is asked by Celery's remote control; nothing in it is trusted. */
#include "config.h"

#include "control_request.h"

#include <string.h>

#include "base/str.h"
#include "celery/envelope.h"
#include "text/member.h"

#define REPLY_EXCHANGE "reply.celery.pidbox"
#define NAME_MAX_LEN   255

static const char *
value_name(struct json_object *v)
{
	const char *text = member_value_string(v);

	return text == NULL || text[0] == '\0' || strlen(text) > NAME_MAX_LEN
		   ? NULL
		   : text;
}

static const char *
request_name(struct json_object *o, const char *name)
{
	struct json_object *v = NULL;

	json_object_object_get_ex(o, name, &v);
	return value_name(v);
}

/* Where the answer goes; the exchange is always the same one. */
static const char *
request_reply_to(struct json_object *body)
{
	struct json_object *to = member_object(body, "reply_to");
	const char *exchange = request_name(to, "exchange");

	if (exchange == NULL || !str_eq(exchange, REPLY_EXCHANGE))
		return NULL;
	return request_name(to, "routing_key");
}

/* Who is meant must be plain, or everybody would feel addressed. */
static bool
request_is_plain(struct json_object *body)
{
	struct json_object *o;

	if (json_object_object_get_ex(body, "destination", &o) && o != NULL &&
	    !json_object_is_type(o, json_type_array))
		return false;
	if (json_object_object_get_ex(body, "pattern", &o) && o != NULL &&
	    request_name(body, "pattern") == NULL)
		return false;
	return !json_object_object_get_ex(body, "matcher", &o) || o == NULL ||
	       request_name(body, "matcher") != NULL;
}

int
control_request_read(struct arena *a, const char *text, size_t len,
    struct control_request *r, const char **why)
{
	struct json_object *body;

	memset(r, 0, sizeof(*r));
	body = envelope_read(a, text, len, &r->clock, why);
	if (body == NULL)
		return -1;
	r->method = request_name(body, "method");
	if (r->method == NULL) {
		*why = "it names no method";
		return -1;
	}
	if (!request_is_plain(body)) {
		*why =
		    "destination is no list, or pattern or matcher is no text";
		return -1;
	}
	r->arguments = member_object(body, "arguments");
	r->destination = member_array(body, "destination");
	r->pattern = request_name(body, "pattern");
	r->matcher = request_name(body, "matcher");
	r->reply_to = request_reply_to(body);
	r->ticket = request_name(body, "ticket");
	return 0;
}

/* --- who is meant --- */

/* Whether c is in the set that begins behind p's bracket; *end is behind it,
 * or NULL if it never ends. */
static bool
glob_set(const char *p, char c, const char **end)
{
	bool other = *p == '!', in = false;
	const char *first;

	if (other)
		p++;
	first = p;
	for (; *p != '\0' && (*p != ']' || p == first); p++) {
		if (p[1] == '-' && p[2] != ']' && p[2] != '\0') {
			in |= *p <= c && c <= p[2];
			p += 2;
		} else {
			in |= *p == c;
		}
	}
	*end = *p == '\0' ? NULL : p + 1;
	return in != other;
}

/* Where the pattern goes on if its first piece, not a star, takes c; else
 * NULL. */
static const char *
glob_one(const char *p, char c)
{
	const char *end;
	bool in;

	if (*p == '?')
		return p + 1;
	if (*p == '[') {
		in = glob_set(p + 1, c, &end);
		if (end != NULL)
			return in ? end : NULL;
	}
	return *p == c ? p + 1 : NULL;
}

/* Only the last star is ever tried again. */
bool
control_request_glob(const char *p, const char *text)
{
	const char *star = NULL, *from = NULL, *next;

	while (*text != '\0') {
		if (*p == '*') {
			star = ++p;
			from = text;
			continue;
		}
		next = *p == '\0' ? NULL : glob_one(p, *text);
		if (next != NULL) {
			p = next;
			text++;
		} else if (star != NULL) {
			p = star;
			text = ++from;
		} else {
			return false;
		}
	}
	while (*p == '*')
		p++;
	return *p == '\0';
}

/* As stock workers see it: a destination comes first, an empty one is none.
 * Regular expressions of strangers are not run. */
bool
control_request_is_for(const struct control_request *r, const char *node)
{
	if (r->destination != NULL &&
	    json_object_array_length(r->destination) > 0)
		return member_has(r->destination, node);
	if (r->pattern != NULL && r->matcher != NULL)
		return str_eq(r->matcher, "glob") &&
		       control_request_glob(r->pattern, node);
	return true;
}

/* --- arguments --- */

const char *
control_request_text(const struct control_request *r, const char *name)
{
	return request_name(r->arguments, name);
}

bool
control_request_flag(const struct control_request *r, const char *name)
{
	struct json_object *o;

	return r->arguments != NULL &&
	       json_object_object_get_ex(r->arguments, name, &o) &&
	       json_object_get_boolean(o);
}

int
control_request_number(const struct control_request *r, const char *name,
    int64_t *n)
{
	struct json_object *o;

	if (r->arguments == NULL ||
	    !json_object_object_get_ex(r->arguments, name, &o) || o == NULL)
		return 0;
	if (!json_object_is_type(o, json_type_int))
		return -1;
	*n = json_object_get_int64(o);
	return 0;
}

size_t
control_request_texts(const struct control_request *r, const char *name,
    const char **texts, size_t max)
{
	struct json_object *list = member_array(r->arguments, name);
	size_t i, n = 0, all;

	if (list == NULL) {
		texts[0] = control_request_text(r, name);
		return texts[0] != NULL;
	}
	all = json_object_array_length(list);
	for (i = 0; i < all && n < max; i++) {
		texts[n] = value_name(json_object_array_get_idx(list, i));
		n += texts[n] != NULL;
	}
	return n;
}

/* SPDX-License-Identifier: ISC */
/* Requests that are sent again: by key of whoever sends them. */
#include "config.h"

#include "idempotency.h"

#include <string.h>

#include "auth/auth.h"
#include "base/str.h"
#include "conf/conf.h"
#include "once/once.h"
#include "problem.h"

/* Visible ASCII; between quotes there may be blanks as well, and a backslash
 * stands before what would end the string. */
const char *
idempotency_key(struct arena *a, const char *header)
{
	const char *s = header + strspn(header, " ");
	bool quoted = *s == '"';
	char *key = arena_alloc(a, strlen(header) + 1), *to = key;

	for (s += quoted; *s != '\0' && *s != (quoted ? '"' : ' '); s++) {
		if (quoted && *s == '\\' && *++s != '"' && *s != '\\')
			return NULL;
		if (*s < ' ' || *s > '~' ||
		    (!quoted && strchr("\"\\,;", *s) != NULL))
			return NULL;
		*to++ = *s;
	}
	if (quoted && *s++ != '"')
		return NULL;
	if (s[strspn(s, " ")] != '\0' || to == key ||
	    to - key > IDEMPOTENCY_KEY_MAX)
		return NULL;
	return key;
}

static void
digests(struct call *c, const char *key, struct once *once)
{
	struct buf b = { 0 };
	bool shared;

	/* sub has no control characters, nor has a path.  Who is in another
	 * team now has other tasks; what he made himself stays his in all other
	 * modes and roles. */
	buf_printf(&b, "%s\n%s", c->who->subject, key);
	if (!str_eq(auth_owner(&shared), "sub") && c->who->owner != NULL)
		buf_printf(&b, "\n%s", c->who->owner);
	codec_sha256(b.data, b.len, once->id);
	buf_clear(&b);
	buf_printf(&b, "%s %s\n", c->req->method_name, c->req->path);
	buf_add(&b, c->req->body, c->req->body_len);
	codec_sha256(b.data, b.len, once->fingerprint);
	buf_free(&b);
}

static void
answer_again(struct call *c, const struct once_answer *a)
{
	struct response *res = c->res;

	res->status = (int)a->status;
	res->content_type = a->type;
	res->cache_control = a->caching;
	buf_adds(&res->head, a->head);
	response_header(res, "Idempotency-Replayed", "true");
	response_borrow(res, a->body, strlen(a->body));
}

static void
answer_other(struct call *c)
{
	struct faults *faults = faults_new(c->arena);

	faults_add(faults, FAULT_HEADER, "Idempotency-Key", "value_error",
	    "this key was used for another request");
	problem_faults(c, faults);
}

/* What the handler has put behind the first before bytes of the header. */
static struct once_answer
answered(struct call *c, size_t before)
{
	struct response *res = c->res;

	buf_adds(&res->head, "");
	buf_adds(&res->body, "");
	return (struct once_answer){
		.status = res->status,
		.type = res->content_type,
		.caching = res->cache_control,
		.head = res->head.data + before,
		.body = res->ready == NULL ? res->body.data
					   : arena_strndup(c->arena, res->ready,
						 res->ready_len),
	};
}

static void
make(struct call *c, const struct once *once, void (*handler)(struct call *c))
{
	size_t before = c->res->head.len;
	struct once_answer a;
	enum pg_err err;

	c->inside = true;
	handler(c);
	if (c->res->status >= 300) {
		once_drop(c->deps->pg);
		return;
	}
	a = answered(c, before);
	err = once_keep(c->deps->pg, once, &a);
	if (err != PG_OK) {
		c->res->head.len = before;
		problem_database(c, err);
	}
	call_settle(c, err);
}

void
idempotency_run(struct call *c, void (*handler)(struct call *c))
{
	const char *key = idempotency_key(c->arena, c->req->idempotency_key);
	struct once_answer a;
	enum once_found found;
	struct once once;
	enum pg_err err;

	if (key == NULL) {
		problem(c, 400,
		    "Idempotency-Key is no string of 1 to 255 visible "
		    "characters, such as \"8e03978e-40d5-43dd\"");
		return;
	}
	digests(c, key, &once);
	err = once_begin(c->deps->pg, &once, settings.http_idempotency_keep,
	    &found, &a);
	if (err != PG_OK) {
		problem_database(c, err);
	} else if (found == ONCE_NEW) {
		make(c, &once, handler);
	} else if (found == ONCE_KEPT) {
		answer_again(c, &a);
	} else if (found == ONCE_OTHER) {
		answer_other(c);
	} else {
		response_header(c->res, "Retry-After", "1");
		problem(c, 409,
		    "the request with this Idempotency-Key is being made");
	}
}

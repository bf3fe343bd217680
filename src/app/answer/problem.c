/* SPDX-License-Identifier: ISC */
/* Makes problem documents; nothing else makes error answers. */
#include "config.h"

#include "problem.h"

#include <string.h>

#include "text/json.h"

static void
problem_open(struct call *c, int status, const char *detail)
{
	struct response *res = c->res;
	struct buf *b = &res->body;

	res->status = status;
	res->content_type = "application/problem+json";
	res->cache_control = "no-store";
	res->ready = NULL;
	buf_clear(b);
	buf_adds(b, "{\"type\":\"about:blank\",\"title\":");
	json_add_cstring(b, response_phrase(status));
	buf_adds(b, ",\"status\":");
	buf_addint(b, status);
	buf_adds(b, ",\"detail\":");
	json_add_cstring(b, detail);
	buf_adds(b, ",\"instance\":");
	json_add_cstring(b, c->req->address);
	buf_adds(b, ",\"request_id\":");
	json_add_cstring(b, c->req->id);
}

void
problem(struct call *c, int status, const char *detail)
{
	problem_open(c, status, detail);
	buf_adds(&c->res->body, "}\n");
}

/* A JSON pointer (RFC 6901) to a member of the body. */
static const char *
problem_pointer(struct arena *a, const char *name)
{
	char *pointer, *to;

	if (name == NULL)
		return "";
	pointer = arena_alloc(a, 2 * strlen(name) + 2);
	to = pointer;
	*to++ = '/';
	for (; *name != '\0'; name++) {
		if (*name == '~' || *name == '/') {
			*to++ = '~';
			*to++ = *name == '~' ? '0' : '1';
		} else {
			*to++ = *name;
		}
	}
	return pointer;
}

static void
problem_fault(struct call *c, const struct fault *f)
{
	struct buf *b = &c->res->body;

	buf_addc(b, '{');
	if (f->in == FAULT_BODY) {
		buf_adds(b, "\"pointer\":");
		json_add_cstring(b, problem_pointer(c->arena, f->name));
		buf_adds(b, ",\"loc\":[\"body\"");
	} else {
		buf_adds(b, "\"parameter\":");
		json_add_cstring(b, f->name);
		buf_adds(b, ",\"loc\":[\"query\"");
	}
	if (f->name != NULL) {
		buf_addc(b, ',');
		json_add_cstring(b, f->name);
	}
	buf_adds(b, "],\"type\":");
	json_add_cstring(b, f->type);
	buf_adds(b, ",\"msg\":");
	json_add_cstring(b, f->msg);
	buf_addc(b, '}');
}

void
problem_faults(struct call *c, const struct faults *f)
{
	size_t kept = f->n < FAULT_MAX ? f->n : FAULT_MAX;

	problem_open(c, 422,
	    arena_printf(c->arena, "the request has %zu %s", f->n,
		f->n == 1 ? "fault" : "faults"));
	buf_adds(&c->res->body, ",\"errors\":[");
	for (size_t i = 0; i < kept; i++) {
		if (i > 0)
			buf_addc(&c->res->body, ',');
		problem_fault(c, &f->v[i]);
	}
	buf_adds(&c->res->body, "]}\n");
}

void
problem_unavailable(struct call *c, const char *detail, int retry_after)
{
	response_header(c->res, "Retry-After", "%d", retry_after);
	problem(c, 503, detail);
}

void
problem_database(struct call *c, enum pg_err err)
{
	switch (err) {
	case PG_SCHEMA:
		problem_unavailable(c,
		    "the database schema does not fit this release", 10);
		break;
	case PG_TIMEOUT:
	case PG_LOST:
		problem_unavailable(c,
		    c->req->method == METHOD_GET ||
			    c->req->method == METHOD_HEAD
			? "the database did not answer in time"
			: "the database did not answer in time: the change "
			  "may have happened or not",
		    1);
		break;
	case PG_FAILED:
		problem(c, 500, "the service made a mistake; it was logged");
		break;
	default:
		problem_unavailable(c, "the database cannot be reached", 2);
		break;
	}
}

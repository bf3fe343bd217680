/* SPDX-License-Identifier: ISC */
/* Makes problem documents; nothing else makes error answers. */
#include "config.h"

#include "problem.h"

#include <string.h>

#include "answer.h"

/* A document to which members may be added. */
static struct json_write
problem_open(struct call *c, int status, const char *detail)
{
	struct response *res = c->res;
	struct json_write w = json_write(&res->body);

	res->status = status;
	res->content_type = "application/problem+json";
	res->cache_control = "no-store";
	res->ready = NULL;
	buf_clear(&res->body);
	json_open_object(&w, NULL);
	json_put_text(&w, "type", "about:blank");
	json_put_text(&w, "title", response_phrase(status));
	json_put_int(&w, "status", status);
	json_put_text(&w, "detail", detail);
	json_put_text(&w, "instance", c->req->address);
	json_put_text(&w, "request_id", c->req->id);
	return w;
}

void
problem(struct call *c, int status, const char *detail)
{
	struct json_write w = problem_open(c, status, detail);

	json_close_object(&w);
	answer_json_end(&w);
}

/* A JSON pointer (RFC 6901) to a member of what within points to. */
static const char *
problem_pointer(struct arena *a, const char *within, const char *name)
{
	char *pointer, *to;

	if (name == NULL)
		return within;
	pointer = arena_alloc(a, strlen(within) + 2 * strlen(name) + 2);
	to = stpcpy(pointer, within);
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
problem_fault(struct json_write *w, struct arena *a, const struct fault *f)
{
	static const char *const places[FAULT_IN__MAX] = { "body", "query",
		"header" };
	const char *at;
	size_t len;

	json_open_object(w, NULL);
	if (f->in == FAULT_BODY)
		json_put_text(w, "pointer",
		    problem_pointer(a, f->within, f->name));
	else
		json_put_text(w, "parameter", f->name);
	json_open_array(w, "loc");
	json_put_text(w, NULL, places[f->in]);
	for (at = f->within; *at == '/'; at += len) {
		len = strcspn(++at, "/");
		json_put_bytes(w, NULL, at, len);
	}
	if (f->name != NULL)
		json_put_text(w, NULL, f->name);
	json_close_array(w);
	json_put_text(w, "type", f->type);
	json_put_text(w, "msg", f->msg);
	json_close_object(w);
}

void
problem_faults(struct call *c, const struct faults *f)
{
	problem_with(c, 422, f);
}

void
problem_with(struct call *c, int status, const struct faults *f)
{
	size_t kept = f->n < FAULT_MAX ? f->n : FAULT_MAX;
	struct json_write w = problem_open(c, status,
	    arena_printf(c->arena, "the request has %zu %s", f->n,
		f->n == 1 ? "fault" : "faults"));

	json_open_array(&w, "errors");
	for (size_t i = 0; i < kept; i++)
		problem_fault(&w, c->arena, &f->v[i]);
	json_close_array(&w);
	json_close_object(&w);
	answer_json_end(&w);
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
	case PG_STANDBY:
		problem_unavailable(c,
		    "the database only reads, or is a former primary", 2);
		break;
	case PG_BUSY:
		problem_unavailable(c,
		    "the database is busy or in trouble: nothing was changed",
		    1);
		break;
	case PG_DENIED:
		problem_unavailable(c,
		    "the database denies the service a right; it was logged",
		    10);
		break;
	case PG_ODD:
		problem_unavailable(c,
		    "the database did not do what it was asked; it was logged",
		    10);
		break;
	case PG_FAILED:
	case PG_REFUSED:
		problem(c, 500, "the service made a mistake; it was logged");
		break;
	default:
		problem_unavailable(c, "the database cannot be reached", 2);
		break;
	}
}

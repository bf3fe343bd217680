/* SPDX-License-Identifier: ISC */
/* Takes REQUEST_URI apart: path below the prefix, decoded segments, query. */
#include "config.h"

#include "request_path.h"

#include <string.h>

#include "base/codec.h"
#include "base/str.h"
#include "conf/conf.h"

/* Some servers pass "GET http://host/path" on as it is. */
static const char *
request_skip_origin(const char *uri)
{
	const char *rest = strstr(uri, "://");

	if (uri[0] == '/' || rest == NULL)
		return uri;
	rest += strlen("://");
	return rest + strcspn(rest, "/?#");
}

/* What follows the prefix, or NULL if the path is not below it. */
static const char *
request_below(const char *path)
{
	size_t len = strlen(settings.http_base_path);

	if (strncmp(path, settings.http_base_path, len) != 0)
		return NULL;
	if (path[len] != '\0' && path[len] != '/')
		return NULL;
	return path + len;
}

#define REQUEST_WELL_KNOWN "/.well-known/oauth-protected-resource"

/* RFC 9728 has the path of what the metadata are of behind the well-known
 * one, so that they stand outside of the prefix: the path as it would be below
 * it, or NULL. */
static const char *
request_well_known(struct arena *a, const char *path)
{
	const char *below;

	if (!str_starts(path, REQUEST_WELL_KNOWN))
		return NULL;
	below = request_below(path + strlen(REQUEST_WELL_KNOWN));
	return below == NULL ? NULL
			     : arena_printf(a, REQUEST_WELL_KNOWN "%s", below);
}

/* Undoes percent-encoding: a copy in the arena, or NULL if an escape is
 * broken or stands for a control character. */
static const char *
request_decode(struct arena *a, const char *text, size_t len)
{
	char *copy = arena_alloc(a, len + 1);
	long n = codec_percent_decode(text, len, copy);

	for (long i = 0; i < n; i++) {
		if ((uint8_t)copy[i] < 0x20 || copy[i] == 0x7f)
			return NULL;
	}
	return n == -1 ? NULL : copy;
}

static void
request_segments(struct request *req, struct arena *a)
{
	const char *at = req->path;

	while (*at == '/') {
		size_t len = strcspn(++at, "/");
		const char *segment = request_decode(a, at, len);

		if (segment == NULL) {
			req->fault = "the path has a broken or forbidden "
				     "percent-encoding";
			return;
		}
		if (str_eq(segment, ".") || str_eq(segment, "..")) {
			req->fault = "the path has a dot segment";
			return;
		}
		if (req->nsegments < REQUEST_SEGMENTS_MAX)
			req->segments[req->nsegments] = segment;
		req->nsegments++;
		at += len;
	}
}

void
request_path(struct request *req, struct arena *a, const char *uri)
{
	const char *start = request_skip_origin(uri);
	size_t len = strcspn(start, "?#");
	const char *below;

	req->address = req->path = req->query = "";
	req->uri_long = strlen(uri) > REQUEST_URI_MAX;
	if (req->uri_long)
		return;
	if (start[len] == '?') {
		const char *query = start + len + 1;

		req->query = arena_strndup(a, query, strcspn(query, "#"));
	}
	req->address = arena_strndup(a, start, len);
	below = request_below(req->address);
	if (below == NULL)
		below = request_well_known(a, req->address);
	req->path = below == NULL ? req->address : below;
	if (below == NULL)
		return; /* no segments: no route */
	request_segments(req, a);
}

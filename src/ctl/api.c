/* SPDX-License-Identifier: ISC */
/* Errand's API as a client sees it: one question and its answer. */
#include "config.h"

#include "api.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/codec.h"
#include "base/str.h"
#include "base/xalloc.h"
#include "cmd.h"
#include "text/json.h"

#define ANSWER_MAX (64u << 20) /* a page of a hundred whole tasks */
#define DEPTH      32

/* --- where, and as whom --- */

static int
api_open_url(struct api *api)
{
	const char *url = api->where.url;
	size_t len;

	if (url == NULL)
		url = getenv("ERRAND_URL");
	if (url == NULL || url[0] == '\0')
		url = login_url(api->kept);
	if (url == NULL) {
		fputs(API_WHO "where is the service?  Say --url, or set "
			      "ERRAND_URL\n",
		    stderr);
		return CMD_USAGE;
	}
	if ((!str_starts(url, "http://") && !str_starts(url, "https://")) ||
	    strpbrk(url, "?#@ \t\r\n\\") != NULL) {
		fprintf(stderr,
		    API_WHO "\"%s\" is no address such as "
			    "https://tasks.example.org\n",
		    url);
		return CMD_USAGE;
	}
	api->own_url = xstrdup(url);
	len = strlen(url);
	while (len > 0 && url[len - 1] == '/')
		api->own_url[--len] = '\0';
	api->url = api->own_url;
	return CMD_OK;
}

static struct login_how
api_how(const struct api *api)
{
	return (struct login_how){ .http = api->http,
		.arena = api->kept,
		.ca_file = api->where.ca_file,
		.timeout_ms = api->where.timeout_ms };
}

int
api_open(struct api *api, const struct api_where *where)
{
	struct login_how how;
	int rc;

	*api = (struct api){ .where = *where, .kept = arena_new() };
	rc = api_open_url(api);
	if (rc == CMD_OK && http_is_open(api->url) && !where->open) {
		fprintf(stderr,
		    API_WHO "%s is not encrypted, and whoever is on the way "
			    "could read the token: take https, or say "
			    "--insecure\n",
		    api->url);
		rc = CMD_USAGE;
	}
	if (rc != CMD_OK)
		return rc;
	api->http = http_new();
	how = api_how(api);
	return where->nobody ? CMD_OK
			     : api_token_open(&api->token, &how, api->url,
				   where->token_file);
}

void
api_close(struct api *api)
{
	http_free(api->http);
	buf_free(&api->head);
	buf_free(&api->body);
	free(api->own_url);
	api_token_close(&api->token);
	arena_free(api->kept);
}

/* --- a question --- */

void
api_add_query(struct buf *path, const char *name, const char *value)
{
	if (value == NULL)
		return;
	buf_addc(path, strchr(path->data, '?') == NULL ? '?' : '&');
	codec_add_percent(path, name, strlen(name));
	buf_addc(path, '=');
	codec_add_percent(path, value, strlen(value));
}

/* As text/pairs.h has them. */
static void
api_add_header(struct buf *b, const char *name, const char *value)
{
	if (value == NULL)
		return;
	buf_printf(b, "%s%s=", b->len > 0 ? "," : "", name);
	codec_add_percent(b, value, strlen(value));
}

static void
api_add_headers(const struct api *api, const struct api_ask *ask, struct buf *b)
{
	struct buf value = { 0 };

	buf_printf(&value, "Bearer %s",
	    api->token.text == NULL ? "" : api->token.text);
	if (api->token.text != NULL)
		api_add_header(b, "Authorization", value.data);
	api_add_header(b, "If-Match", ask->if_match);
	if (ask->key != NULL) {
		buf_clear(&value);
		buf_printf(&value, "\"%s\"", ask->key);
		api_add_header(b, "Idempotency-Key", value.data);
	}
	if (ask->wait > 0) {
		buf_clear(&value);
		buf_printf(&value, "wait=%lld", (long long)ask->wait);
		api_add_header(b, "Prefer", value.data);
	}
	buf_free(&value);
}

/* What is no JSON is not ours: the answer of a web server on the way. */
static struct json_object *
api_read(struct api *api)
{
	struct json_fault fault = { 0 };
	struct json_object *json =
	    json_read(api->body.data, api->body.len, DEPTH, &fault);

	if (json != NULL)
		arena_defer(api->arena, json_release, json);
	return json;
}

static bool
api_ask_once(struct api *api, const struct api_ask *ask,
    struct api_answer *answer)
{
	struct buf url = { 0 }, headers = { 0 };
	struct http_call call = {
		.json = ask->json == NULL ? NULL : ask->json->data,
		.json_len = ask->json == NULL ? 0 : ask->json->len,
		.method = ask->method,
		.timeout_ms = api->where.timeout_ms + ask->wait * 1000,
		.max = ANSWER_MAX,
		.ca_file = api->where.ca_file,
		.keep = true,
		.stop = api->stop,
		.head = &api->head,
	};
	const char *why = "";

	buf_printf(&url, "%s%s", api->url, ask->path);
	api_add_headers(api, ask, &headers);
	call.url = url.data;
	call.headers = headers.data;
	*answer = (struct api_answer){ 0 };
	answer->status = http_run(api->http, &call, &api->body, &why);
	answer->why = arena_strdup(api->arena, why);
	if (answer->status != -1) {
		answer->json = api_read(api);
		answer->etag = api_header(api, "ETag");
	}
	buf_free(&url);
	buf_free(&headers);
	return answer->status / 100 == 2 &&
	       (answer->json != NULL || api->body.len == 0);
}

/* A token of a login may be over by now. */
bool
api_ask(struct api *api, const struct api_ask *ask, struct api_answer *answer)
{
	const struct login_how how = api_how(api);

	if (api_ask_once(api, ask, answer))
		return true;
	return answer->status == 401 &&
	       api_token_renew(&api->token, &how) == 0 &&
	       api_ask_once(api, ask, answer);
}

const char *
api_header(struct api *api, const char *name)
{
	return http_header(api->arena, &api->head, name);
}

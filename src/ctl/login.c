/* SPDX-License-Identifier: ISC */
/* Who is logged in where: tokens that errandctl keeps, and has renewed. */
#include "config.h"

#include "login.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <sys/file.h>

#include "base/clock.h"
#include "base/codec.h"
#include "base/str.h"
#include "state_file.h"
#include "text/json.h"
#include "text/json_write.h"
#include "text/member.h"
#include "who.h"

#define LOGIN_MAX  262144
#define ANSWER_MAX 262144
#define DEPTH      16
#define LOCK_TRIES 30 /* seconds */

/* The file of the login at an address, with an ending; the caller frees it. */
static char *
login_file(const char *url, const char *ending, bool make)
{
	uint8_t digest[CODEC_SHA256];
	char hex[2 * CODEC_SHA256 + 1], name[64];

	codec_sha256(url, strlen(url), digest);
	codec_hex(digest, sizeof(digest), hex);
	snprintf(name, sizeof(name), "login-%.16s%s", hex, ending);
	return state_file(name, make);
}

int
login_load(struct arena *a, const char *url, struct login *l)
{
	char *file = login_file(url, "", false), *text = NULL;
	struct json_fault fault = { 0 };
	struct json_object *v = NULL;
	size_t len;
	int rc = -1;

	*l = (struct login){ .url = url };
	if (file == NULL)
		return 0;
	if (str_read_file(file, LOGIN_MAX, &text, &len) == 0) {
		v = json_read(text, len, DEPTH, &fault);
		rc = member_is(v, "url", url) ? 1 : 0;
	} else if (errno == ENOENT) {
		rc = 0;
	} else {
		fprintf(stderr, API_WHO "%s: %s\n", file, strerror(errno));
	}
	if (v != NULL)
		arena_defer(a, json_release, v);
	l->issuer = member_string(v, "issuer");
	l->client = member_string(v, "client_id");
	l->token_endpoint = member_string(v, "token_endpoint");
	l->revocation_endpoint = member_string(v, "revocation_endpoint");
	l->access = member_string(v, "access_token");
	l->refresh = member_string(v, "refresh_token");
	if (member_integer(v, "expires_at", 0, INT64_MAX, &l->expires) == -1)
		l->expires = 0;
	if (rc == 1 && (l->access == NULL || l->client == NULL ||
			   l->token_endpoint == NULL))
		rc = 0;
	free(text);
	free(file);
	return rc;
}

/* A file that is whole at any moment, and that only its owner may read. */
static int
login_write(const char *file, const struct buf *b)
{
	struct buf part = { 0 };
	int fd, rc = -1;

	buf_printf(&part, "%s.XXXXXX", file);
	fd = mkostemp(part.data, O_CLOEXEC); /* mode 0600 */
	if (fd != -1) {
		if (write(fd, b->data, b->len) == (ssize_t)b->len &&
		    fsync(fd) == 0)
			rc = 0;
		if (close(fd) == -1)
			rc = -1;
		if (rc == 0)
			rc = rename(part.data, file);
		if (rc == -1)
			(void)unlink(part.data);
	}
	if (rc == -1)
		fprintf(stderr, API_WHO "%s: %s\n", file, strerror(errno));
	buf_free(&part);
	return rc;
}

int
login_save(const struct login *l)
{
	char *file = login_file(l->url, "", true),
	     *usual = state_file("login-url", true);
	struct buf b = { 0 };
	struct json_write w = json_write(&b);
	int rc = -1;

	json_open_object(&w, NULL);
	json_put_text(&w, "url", l->url);
	json_put_text(&w, "issuer", l->issuer);
	json_put_text(&w, "client_id", l->client);
	json_put_text(&w, "token_endpoint", l->token_endpoint);
	json_put_text(&w, "revocation_endpoint", l->revocation_endpoint);
	json_put_text(&w, "access_token", l->access);
	json_put_text(&w, "refresh_token", l->refresh);
	json_put_int(&w, "expires_at", l->expires);
	json_close_object(&w);
	json_write_end(&w);
	if (file != NULL && usual != NULL && login_write(file, &b) == 0) {
		buf_clear(&b);
		buf_printf(&b, "%s\n", l->url);
		rc = login_write(usual, &b);
	}
	buf_free(&b);
	free(file);
	free(usual);
	return rc;
}

const char *
login_url(struct arena *a)
{
	char *file = state_file("login-url", false), *text = NULL;
	const char *url = NULL;
	size_t len;

	if (file != NULL && str_read_file(file, LOGIN_MAX, &text, &len) == 0)
		url = arena_strdup(a, str_trim(text));
	free(text);
	free(file);
	return url == NULL || url[0] == '\0' ? NULL : url;
}

void
login_forget(const char *url)
{
	struct arena *a = arena_new();
	const char *usual = login_url(a);
	char *files[] = { login_file(url, "", false),
		login_file(url, ".lock", false),
		usual != NULL && str_eq(usual, url)
		    ? state_file("login-url", false)
		    : NULL };

	for (size_t i = 0; i < NELEM(files); i++) {
		if (files[i] != NULL)
			(void)unlink(files[i]);
		free(files[i]);
	}
	arena_free(a);
}

/* --- the issuer --- */

long
login_post(const struct login_how *how, const char *url, const char *form,
    struct json_object **json, const char **why)
{
	struct http_call call = { .url = url,
		.form = form,
		.timeout_ms = how->timeout_ms,
		.max = ANSWER_MAX,
		.ca_file = how->ca_file };
	struct json_fault fault = { 0 };
	struct buf body = { 0 };
	long status = http_run(how->http, &call, &body, why);

	*json = NULL;
	if (status != -1)
		*json = json_read(body.data, body.len, DEPTH, &fault);
	else
		*why = arena_strdup(how->arena, *why);
	if (*json != NULL)
		arena_defer(how->arena, json_release, *json);
	buf_free(&body);
	return status;
}

bool
login_take(struct login *l, struct arena *a, struct json_object *json)
{
	const char *access = member_string(json, "access_token");
	const char *refresh = member_string(json, "refresh_token");
	int64_t seconds;

	if (access == NULL)
		return false;
	l->access = arena_strdup(a, access);
	if (refresh != NULL)
		l->refresh = arena_strdup(a, refresh);
	l->expires = 0;
	if (member_integer(json, "expires_in", 1, INT32_MAX, &seconds) == 1)
		l->expires = clock_wall_s() + seconds;
	return true;
}

static int
login_renew_now(const struct login_how *how, struct login *l)
{
	struct json_object *json;
	const char *why = "", *error;
	struct buf form = { 0 };
	long status;

	buf_adds(&form, "grant_type=refresh_token&client_id=");
	http_add_value(&form, l->client, strlen(l->client));
	buf_adds(&form, "&refresh_token=");
	http_add_value(&form, l->refresh, strlen(l->refresh));
	status = login_post(how, l->token_endpoint, form.data, &json, &why);
	buf_free(&form);
	if (status == 200 && login_take(l, how->arena, json))
		return login_save(l);
	error = member_string(json, "error");
	if (status == -1)
		fprintf(stderr, API_WHO "%s: %s\n", l->token_endpoint, why);
	else
		fprintf(stderr,
		    API_WHO "the login is over (%s): errandctl tasks login\n",
		    error != NULL && str_eq(error, "invalid_grant")
			? "invalid_grant"
			: "the issuer refuses to renew it");
	return -1;
}

/* Of processes that find the same token too old, one has it renewed: a refresh
 * token may count only once. */
static int
login_lock(const char *url)
{
	char *file = login_file(url, ".lock", false);
	int fd =
	    file == NULL ? -1 : open(file, O_RDWR | O_CREAT | O_CLOEXEC, 0600);

	free(file);
	for (int i = 0; fd != -1 && i < LOCK_TRIES; i++) {
		if (flock(fd, LOCK_EX | LOCK_NB) == 0)
			break;
		sleep(1);
	}
	return fd;
}

int
login_renew(const struct login_how *how, struct login *l)
{
	int fd = login_lock(l->url), rc;
	struct login now;

	rc = login_load(how->arena, l->url, &now);
	if (rc == 1 && !str_eq(now.access, l->access)) {
		*l = now;
		rc = 0;
	} else if (l->refresh == NULL || rc != 1) {
		fputs(API_WHO "the login is over: errandctl tasks login\n",
		    stderr);
		rc = -1;
	} else {
		rc = login_renew_now(how, l);
	}
	if (fd != -1)
		close(fd);
	return rc;
}

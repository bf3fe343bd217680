/* SPDX-License-Identifier: ISC */
/* The token that goes along: from a file, the environment or a login. */
#include "config.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "api_token.h"
#include "base/clock.h"
#include "base/str.h"
#include "base/xalloc.h"
#include "cmd.h"
#include "who.h"

#define TOKEN_MAX 65536
#define SOON      10 /* seconds */

/* A token is sent as part of a header: it has nothing that would end it. */
static int
api_take_token(struct api_token *t, char *text, const char *from)
{
	const char *token = str_trim(text);

	for (const char *p = token; *p != '\0'; p++) {
		if (*p > ' ' && *p < 0x7f && *p != '"' && *p != '\\')
			continue;
		fprintf(stderr, API_WHO "what %s has is no token\n", from);
		return API_DENIED;
	}
	if (token[0] == '\0') {
		fprintf(stderr, API_WHO "%s is empty\n", from);
		return API_DENIED;
	}
	t->text = token;
	return CMD_OK;
}

static int
api_read_token(struct api_token *t, const char *file)
{
	size_t len;

	if (str_read_file(file, TOKEN_MAX, &t->own, &len) == -1) {
		fprintf(stderr, API_WHO "%s: %s\n", file, strerror(errno));
		return API_DENIED;
	}
	return api_take_token(t, t->own, file);
}

int
api_token_renew(struct api_token *t, const struct login_how *how)
{
	if (t->login.access == NULL || login_renew(how, &t->login) == -1)
		return -1;
	t->text = t->login.access;
	return 0;
}

/* One that is about to be refused is renewed before. */
static int
api_take_login(struct api_token *t, const struct login_how *how,
    const char *url)
{
	struct login *l = &t->login;
	int rc = login_load(how->arena, url, l);

	if (rc == 1) {
		t->text = l->access;
		if (l->expires != 0 && l->expires < clock_wall_s() + SOON &&
		    api_token_renew(t, how) == -1)
			return API_DENIED;
		return CMD_OK;
	}
	*l = (struct login){ 0 };
	if (rc == 0)
		fputs(API_WHO "there is no token: errandctl tasks login, say "
			      "--token-file, or set ERRAND_TOKEN\n",
		    stderr);
	return API_DENIED;
}

int
api_token_open(struct api_token *t, const struct login_how *how,
    const char *url, const char *file)
{
	const char *token = getenv("ERRAND_TOKEN");

	if (file != NULL)
		return api_read_token(t, file);
	if (token != NULL && token[0] != '\0') {
		t->own = xstrdup(token);
		return api_take_token(t, t->own, "ERRAND_TOKEN");
	}
	file = getenv("ERRAND_TOKEN_FILE");
	if (file != NULL && file[0] != '\0')
		return api_read_token(t, file);
	return api_take_login(t, how, url);
}

void
api_token_close(struct api_token *t)
{
	free(t->own);
}

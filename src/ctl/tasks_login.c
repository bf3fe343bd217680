/* SPDX-License-Identifier: ISC */
/* errandctl tasks login and logout. */
#include "config.h"

#include <stdio.h>
#include <string.h>

#include "cmd.h"
#include "login_device.h"
#include "tasks.h"
#include "term_print.h"

#define CLIENT "errand-cli"

static struct login_how
login_how(const struct tasks *t)
{
	return (struct login_how){ .http = t->api.http,
		.arena = arena_new(),
		.ca_file = t->api.where.ca_file,
		.timeout_ms = t->api.where.timeout_ms };
}

int
tasks_login(struct tasks *t)
{
	const struct login_how how = login_how(t);
	struct login l = { .url = t->api.url,
		.issuer = t->issuer,
		.client = t->client == NULL ? CLIENT : t->client };
	int rc = CMD_FAILED;

	if (login_discover(&how, &l) == 0 &&
	    login_device(&how, &l, t->scope, t->json) == 0 &&
	    login_save(&l) == 0) {
		if (!t->json)
			printf("logged in at %s\n", l.url);
		rc = CMD_OK;
	}
	arena_free(how.arena);
	return rc;
}

/* The issuer is told, so that nobody can use what was kept; but what is kept
 * goes whatever it says. */
int
tasks_logout(struct tasks *t)
{
	const struct login_how how = login_how(t);
	struct json_object *json;
	struct buf form = { 0 };
	struct login l;
	const char *why = "";
	int rc = login_load(how.arena, t->api.url, &l);
	long status = 200;

	if (rc == 1 && l.refresh != NULL && l.revocation_endpoint != NULL) {
		buf_adds(&form, "token_type_hint=refresh_token&client_id=");
		http_add_value(&form, l.client, strlen(l.client));
		buf_adds(&form, "&token=");
		http_add_value(&form, l.refresh, strlen(l.refresh));
		status = login_post(&how, l.revocation_endpoint, form.data,
		    &json, &why);
	}
	buf_free(&form);
	login_forget(t->api.url);
	if (status != 200)
		fprintf(stderr, API_WHO "the issuer was not told: %s\n",
		    status == -1 ? why : "it refuses");
	else if (!t->json)
		puts(rc == 1 ? "logged out" : "nobody was logged in");
	arena_free(how.arena);
	return status == 200 ? CMD_OK : API_AWAY;
}

/* SPDX-License-Identifier: ISC */
/* Tokens that errandctl keeps: where, for whom, and how they are renewed. */
#include "config.h"

#include "lib/harness.h"

#include <sys/stat.h>

#include "ctl/login.h"
#include "ctl/state_file.h"
#include "lib/loopback.h"

static struct arena *arena;
static char dir[HARNESS_DIR];

static void
set_up(void)
{
	arena = arena_new();
	harness_dir(dir);
	setenv("XDG_STATE_HOME", dir, 1);
}

static void
tear_down(void)
{
	char command[HARNESS_DIR + 16];

	snprintf(command, sizeof(command), "rm -rf '%s'", dir);
	ck_assert_int_eq(system(command), 0);
	arena_free(arena);
}

static const struct login sample = { .url = "https://tasks.example.org",
	.issuer = "https://sso.example.org",
	.client = "errand-cli",
	.token_endpoint = "https://sso.example.org/token",
	.access = "a.b.c",
	.refresh = "r \"1\"",
	.expires = 7 };

START_TEST(a_login_is_kept_for_its_address)
{
	struct login l;
	struct stat st;
	char *file;

	ck_assert_ptr_null(login_url(arena));
	ck_assert_int_eq(login_load(arena, sample.url, &l), 0);
	file = state_file("x", false);
	ck_assert_int_eq(login_save(&sample), 0);
	ck_assert_int_eq(login_load(arena, "https://other.example.org", &l), 0);
	ck_assert_int_eq(login_load(arena, sample.url, &l), 1);
	ck_assert_str_eq(l.issuer, sample.issuer);
	ck_assert_str_eq(l.client, sample.client);
	ck_assert_str_eq(l.access, sample.access);
	ck_assert_str_eq(l.refresh, sample.refresh);
	ck_assert_ptr_null(l.revocation_endpoint);
	ck_assert_int_eq(l.expires, 7);
	ck_assert_str_eq(login_url(arena), sample.url);
	*strrchr(file, '/') = '\0';
	ck_assert_int_eq(stat(file, &st), 0);
	ck_assert_uint_eq(st.st_mode & 0777, 0700);
	free(file);
	file = state_file("login-url", false);
	ck_assert_int_eq(stat(file, &st), 0);
	ck_assert_uint_eq(st.st_mode & 0777, 0600);
	free(file);
	login_forget(sample.url);
	ck_assert_int_eq(login_load(arena, sample.url, &l), 0);
	ck_assert_ptr_null(login_url(arena));
}
END_TEST

/* What the issuer answers, and what is kept then; NULL: it fails. */
static const struct {
	int status;
	const char *body, *access, *refresh;
} renewals[] = {
	{ 200, "{\"access_token\":\"n\",\"refresh_token\":\"s\"}", "n", "s" },
	{ 200, "{\"access_token\":\"n\",\"expires_in\":60}", "n", "r \"1\"" },
	{ 200, "{\"access_token\":7}", NULL, NULL },
	{ 200, "<html>", NULL, NULL },
	{ 400, "{\"error\":\"invalid_grant\"}", NULL, NULL },
	{ LOOPBACK_RUDE, "", NULL, NULL },
};

START_TEST(a_token_is_renewed)
{
	struct loopback *lb = loopback_start(false);
	const struct login_how how = {
		.http = http_new(), .arena = arena, .timeout_ms = 60000
	};
	struct login l = sample, kept;
	char *last;

	l.token_endpoint = arena_printf(arena, "%s/token", loopback_url(lb));
	loopback_set(lb, "/token", renewals[_i].status, renewals[_i].body,
	    strlen(renewals[_i].body));
	ck_assert_int_eq(login_save(&l), 0);
	ck_assert_int_eq(login_renew(&how, &l),
	    renewals[_i].access == NULL ? -1 : 0);
	last = loopback_last(lb, "/token");
	ck_assert_ptr_nonnull(strstr(last,
	    "\r\n\r\ngrant_type=refresh_token&client_id=errand-cli&"
	    "refresh_token=r+%221%22"));
	free(last);
	ck_assert_int_eq(login_load(arena, l.url, &kept), 1);
	ck_assert_str_eq(kept.access,
	    renewals[_i].access == NULL ? "a.b.c" : renewals[_i].access);
	if (renewals[_i].access != NULL)
		ck_assert_str_eq(kept.refresh, renewals[_i].refresh);
	http_free(how.http);
	loopback_stop(lb);
}
END_TEST

/* Another process was faster: its token is taken, and nobody asked. */
START_TEST(what_another_has_renewed_is_taken)
{
	const struct login_how how = {
		.http = http_new(), .arena = arena, .timeout_ms = 60000
	};
	struct login l = sample, other = sample;

	other.access = "other";
	ck_assert_int_eq(login_save(&other), 0);
	ck_assert_int_eq(login_renew(&how, &l), 0);
	ck_assert_str_eq(l.access, "other");
	login_forget(l.url);
	ck_assert_int_eq(login_renew(&how, &l), -1);
	http_free(how.http);
}
END_TEST

int
main(void)
{
	const struct harness_test tests[] = {
		{ a_login_is_kept_for_its_address, 0, 0 },
		{ a_token_is_renewed, NELEM(renewals), 0 },
		{ what_another_has_renewed_is_taken, 0, 0 },
	};

	return harness_run_in("login", set_up, tear_down, tests, NELEM(tests));
}

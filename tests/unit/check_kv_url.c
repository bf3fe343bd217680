/* SPDX-License-Identifier: ISC */
/* Addresses of Redis servers. */
#include "config.h"

#include "lib/harness.h"

#include "text/kv_url.h"

static const struct accepted {
	const char *text, *path, *host;
	int port;
	const char *username, *password, *db;
} accepted[] = {
	{ "redis://h", NULL, "h", 6379, NULL, NULL, "" },
	{ "redis://h/", NULL, "h", 6379, NULL, NULL, "" },
	{ "redis://10.0.0.1:7/3", NULL, "10.0.0.1", 7, NULL, NULL, "3" },
	{ "redis://:secret@h:1", NULL, "h", 1, NULL, "secret", "" },
	{ "redis://u:p%40%3A@h", NULL, "h", 6379, "u", "p@:", "" },
	{ "redis://u@h", NULL, "h", 6379, "u", NULL, "" },
	{ "redis://[::1]:99/0", NULL, "::1", 99, NULL, NULL, "0" },
	{ "redis://[::1]", NULL, "::1", 6379, NULL, NULL, "" },
	{ "unix:///run/r.sock", "/run/r.sock", NULL, 0, NULL, NULL, "" },
	{ "unix:///r?db=15", "/r", NULL, 0, NULL, NULL, "15" },
};

static void
same(const char *a, const char *b)
{
	if (a == NULL || b == NULL)
		ck_assert_ptr_eq(a, b);
	else
		ck_assert_str_eq(a, b);
}

START_TEST(address_is_read)
{
	const struct accepted *want = &accepted[_i];
	struct kv_url u;

	ck_assert_int_eq(kv_url_parse(want->text, &u), 0);
	same(u.path, want->path);
	same(u.host, want->host);
	same(u.username, want->username);
	same(u.password, want->password);
	ck_assert_int_eq(u.port, want->port);
	ck_assert_str_eq(u.db, want->db);
	kv_url_clear(&u);
}
END_TEST

static const char *const refused[] = {
	"",
	"redis:",
	"redis://",
	"redis:///3",
	"rediss://h",
	"http://h",
	"redis://h:",
	"redis://h:0",
	"redis://h:65536",
	"redis://h:6379x",
	"redis://h/x",
	"redis://h/-1",
	"redis://h/10000",
	"redis://[::1",
	"redis://[::1]x",
	"redis://u:%4@h",
	"redis://u:%00@h",
	"unix://",
	"unix://r",
	"unix:///",
	"unix:///r?x=1",
	"unix:///r?db=",
	"/run/r.sock",
};

START_TEST(other_text_is_refused)
{
	struct kv_url u;

	ck_assert_int_eq(kv_url_parse(refused[_i], &u), -1);
	ck_assert_ptr_null(u.path);
	ck_assert_ptr_null(u.host);
	ck_assert_ptr_null(u.password);
}
END_TEST

int
main(void)
{
	const struct harness_test tests[] = {
		{ address_is_read, NELEM(accepted), 0 },
		{ other_text_is_refused, NELEM(refused), 0 },
	};

	return harness_run("kv_url", tests, NELEM(tests));
}

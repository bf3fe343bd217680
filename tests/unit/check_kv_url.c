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
	{ "redis://h?db=4", NULL, "h", 6379, NULL, NULL, "4" },
	{ "rediss://u:p@h:7/3", NULL, "h", 7, "u", "p", "3" },
	{ "sentinel://h", NULL, "h", 26379, NULL, NULL, "" },
	{ "sentinel://:p@h:1/2;sentinel://i:2", NULL, "h", 1, NULL, "p", "2" },
	{ "sentinel://h;sentinel://u:p@i/5", NULL, "h", 26379, "u", "p", "5" },
	{ "redis+sentinel://h/m/9", NULL, "h", 26379, NULL, NULL, "9" },
};

static const struct {
	const char *text;
	bool tls, sentinel_tls;
	const char *sentinels, *master, *ca_file, *cert_file, *key_file;
	int verify; /* -1: it does not say */
} more[] = {
	{ "redis://h", false, false, "", NULL, NULL, NULL, NULL, -1 },
	{ "rediss://h", true, false, "", NULL, NULL, NULL, NULL, -1 },
	{ "rediss://h/0?ssl_cert_reqs=CERT_NONE", true, false, "", NULL, NULL,
	    NULL, NULL, TLS_VERIFY_NONE },
	{ "rediss://h?ssl_cert_reqs=required&ssl_ca_certs=%2Fa&"
	  "ssl_certfile=/b&ssl_keyfile=/c",
	    true, false, "", NULL, "/a", "/b", "/c", TLS_VERIFY_NAME },
	{ "rediss://h?ssl_cert_reqs=required&ssl_check_hostname=false", true,
	    false, "", NULL, NULL, NULL, NULL, TLS_VERIFY_CHAIN },
	{ "rediss://h?ssl_check_hostname=False&ssl_cert_reqs=required", true,
	    false, "", NULL, NULL, NULL, NULL, TLS_VERIFY_CHAIN },
	{ "rediss://h?ssl_check_hostname=false&ssl_cert_reqs=none", true, false,
	    "", NULL, NULL, NULL, NULL, TLS_VERIFY_NONE },
	{ "sentinel://h;sentinel://i:2", false, false, "h:26379 i:2 ", NULL,
	    NULL, NULL, NULL, -1 },
	{ "sentinel://:p@h:1/2;sentinel://:p@[::1]:3/2?master_name=m%20m",
	    false, false, "h:1 ::1:3 ", "m m", NULL, NULL, NULL, -1 },
	{ "redis+sentinel://:p@h:1,i,j:3/m/2", false, false, "h:1 i:26379 j:3 ",
	    "m", NULL, NULL, NULL, -1 },
	{ "redis+sentinel://h/m", false, false, "h:26379 ", "m", NULL, NULL,
	    NULL, -1 },
	{ "rediss+sentinel://h;rediss+sentinel://i", true, true,
	    "h:26379 i:26379 ", NULL, NULL, NULL, NULL, -1 },
	{ "sentinel://h?ssl_cert_reqs=required", true, false, "h:26379 ", NULL,
	    NULL, NULL, NULL, TLS_VERIFY_NAME },
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

START_TEST(tls_and_sentinels_are_read)
{
	char sentinels[128] = "";
	size_t len = 0;
	struct kv_url u;

	ck_assert_int_eq(kv_url_parse(more[_i].text, &u), 0);
	ck_assert_ptr_null(kv_url_judge(more[_i].text));
	ck_assert_int_eq(u.tls, more[_i].tls);
	ck_assert_int_eq(u.sentinel_tls, more[_i].sentinel_tls);
	for (size_t i = 0; i < u.nsentinels; i++)
		len +=
		    (size_t)snprintf(sentinels + len, sizeof(sentinels) - len,
			"%s:%d ", u.sentinels[i].name, u.sentinels[i].port);
	ck_assert_str_eq(sentinels, more[_i].sentinels);
	same(u.master, more[_i].master);
	same(u.ca_file, more[_i].ca_file);
	same(u.cert_file, more[_i].cert_file);
	same(u.key_file, more[_i].key_file);
	ck_assert_int_eq(u.has_verify ? (int)u.verify : -1, more[_i].verify);
	kv_url_clear(&u);
}
END_TEST

static const char *const refused[] = {
	"",
	"redis:",
	"redis://",
	"redis:///3",
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
	"unix:///r?db=1&ssl_cert_reqs=none",
	"redis://h?x=1",
	"redis://h?db",
	"redis://h?db=x",
	"redis://h?master_name=m",
	"redis://h?ssl_cert_reqs=none",
	"rediss://h?ssl_cert_reqs=never",
	"rediss://h?ssl_check_hostname=no",
	"sentinel://",
	"sentinel://h;",
	"sentinel://h;i",
	"sentinel://h;redis://i",
	"sentinel://h,",
	"sentinel://h/m/x",
	"redis+sentinel://h;sentinel://i",
};

START_TEST(other_text_is_refused)
{
	struct kv_url u;

	ck_assert_int_eq(kv_url_parse(refused[_i], &u), -1);
	ck_assert_ptr_nonnull(kv_url_judge(refused[_i]));
	ck_assert_ptr_null(u.sentinels);
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
		{ tls_and_sentinels_are_read, NELEM(more), 0 },
		{ other_text_is_refused, NELEM(refused), 0 },
	};

	return harness_run("kv_url", tests, NELEM(tests));
}

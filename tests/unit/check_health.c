/* SPDX-License-Identifier: ISC */
/* What the checks find without servers, and in key sets good and bad. */
#include "config.h"

#include "lib/harness.h"

#include "auth/auth.h"
#include "base/buf.h"
#include "base/clock.h"
#include "health/health.h"
#include "lib/loopback.h"
#include "lib/signer.h"
#include "metric/metric.h"
#include "setup/setup.h"

#define CERTS "/certs"

enum { OF_RSA, OF_EC, OF_WEAK, SIGNERS };

static struct signer signers[SIGNERS];
static struct loopback *issuer;
static struct buf served;
static struct health_sources from;
static struct kv *broker;

static void
on_fault(void *arg, const char *sentence)
{
	(void)arg;
	ck_abort_msg("%s", sentence);
}

/* Nothing answers but the issuer. */
static void
set_up(void)
{
	struct buf ini = { 0 };
	char *path;

	issuer = loopback_start(false);
	buf_printf(&ini,
	    "[database]\nconninfo = host=/nonexistent\n"
	    "[redis]\nurl = unix:///nonexistent/redis.sock\n"
	    "[broker]\nresult_url = unix:///nonexistent/results.sock\n"
	    "[metrics]\nfile =\n"
	    "[auth]\nissuer = %s\njwks_uri = %s" CERTS "\n"
	    "algorithms = RS256, ES256\n",
	    loopback_url(issuer), loopback_url(issuer));
	path = harness_file(ini.data, ini.len);
	ck_assert_uint_eq(setup_load(path, on_fault, NULL), 0);
	unlink(path);
	free(path);
	buf_free(&ini);
	from = (struct health_sources){
		.arena = arena_new(),
		.pg = pg_new(),
		.kv = kv_new_redis(),
	};
	broker = kv_new_broker();
	from.broker = queue_new(broker, NULL);
	from.within = HEALTH_WITHIN;
}

static void
tear_down(void)
{
	queue_free(from.broker);
	kv_free(broker);
	kv_free(from.kv);
	pg_free(from.pg);
	arena_free(from.arena);
	conf_free();
	loopback_stop(issuer);
	buf_free(&served);
}

/* The check of that name in a new report, or NULL. */
static const struct check *
find(const char *name)
{
	struct health_report report = health_run(&from);

	for (size_t i = 0; i < report.n; i++) {
		if (strcmp(report.checks[i].name, name) == 0)
			return &report.checks[i];
	}
	return NULL;
}

enum kind { GOOD_RSA, GOOD_EC, TOO_SHORT, NO_KID, ENCRYPTS, FOR_ENC };

static const struct {
	int signer;
	bool nameless; /* "kid" has another name */
	const char *extra;
} kinds[] = {
	[GOOD_RSA] = { OF_RSA, false, "" },
	[GOOD_EC] = { OF_EC, false,
	    ",\"use\":\"sig\",\"key_ops\":[\"verify\"]" },
	[TOO_SHORT] = { OF_WEAK, false, "" },
	[NO_KID] = { OF_RSA, true, "" },
	[ENCRYPTS] = { OF_RSA, false, ",\"key_ops\":[\"encrypt\"]" },
	[FOR_ENC] = { OF_EC, false, ",\"use\":\"enc\"" },
};

static const struct {
	int usable;
	size_t n;
	enum kind keys[6];
} sets[] = {
	{ 2, 2, { GOOD_RSA, GOOD_EC } },
	{ 1, 1, { GOOD_EC } },
	{ 0, 3, { TOO_SHORT, NO_KID, ENCRYPTS } },
	{ 0, 1, { TOO_SHORT } },
	{ 0, 1, { NO_KID } },
	{ 0, 1, { ENCRYPTS } },
	{ 0, 1, { FOR_ENC } },
	{ 2, 6, { TOO_SHORT, NO_KID, ENCRYPTS, FOR_ENC, GOOD_RSA, GOOD_EC } },
	{ 1, 2, { GOOD_RSA, GOOD_RSA } }, /* one kid, one key */
	{ 0, 0, { GOOD_RSA } },
};

static void
serve(const enum kind *keys, size_t n)
{
	buf_adds(&served, "{\"keys\":[");
	for (size_t i = 0; i < n; i++) {
		size_t start = served.len;

		if (i > 0)
			buf_addc(&served, ',');
		signer_add_jwk(&signers[kinds[keys[i]].signer],
		    kinds[keys[i]].extra, &served);
		if (kinds[keys[i]].nameless)
			memcpy(strstr(served.data + start, "\"kid\""),
			    "\"kin\"", strlen("\"kin\""));
	}
	buf_adds(&served, "]}");
	loopback_set(issuer, CERTS, 200, served.data, served.len);
}

/* A process that verifies tokens and one that fetches the keys now have to
 * agree. */
START_TEST(keys_count_that_the_service_uses)
{
	const int usable = sets[_i].usable;
	struct health_issuer known = { 0 };
	const struct check *now, *service;
	struct auth *auth;
	char words[40];
	int64_t age;

	serve(sets[_i].keys, sets[_i].n);
	auth = auth_new();
	known.usable = auth_ready(auth, &age, &known.keys, &known.fetch_us);
	ck_assert_int_eq(known.keys, usable);
	now = find("keyset");
	from.issuer = &known;
	service = find("keyset");
	ck_assert_int_eq(now->status, usable > 0 ? HEALTH_PASS : HEALTH_FAIL);
	ck_assert_int_eq(service->status, now->status);
	ck_assert_int_ge(now->us, 0);
	if (usable > 0) {
		snprintf(words, sizeof(words), "%d signing key%s", usable,
		    usable == 1 ? "" : "s");
		ck_assert_str_eq(now->words, words);
		ck_assert_str_eq(service->words, now->words);
		ck_assert_int_eq(service->us, known.fetch_us);
	} else {
		ck_assert_ptr_nonnull(strstr(now->words, "no usable key"));
		ck_assert_ptr_nonnull(strstr(now->words, CERTS ": "));
		ck_assert_int_eq(service->us, -1);
	}
	auth_free(auth);
}
END_TEST

START_TEST(an_issuer_that_does_not_answer_is_told)
{
	const struct check *k = find("keyset"); /* there is no document */

	ck_assert_int_eq(k->status, HEALTH_FAIL);
	ck_assert_ptr_nonnull(strstr(k->words, CERTS ": "));
	ck_assert_ptr_nonnull(strstr(k->words, "the status is 404"));
}
END_TEST

/* What is not known cannot be well; Redis and the broker are not needed for
 * serving. */
static const struct {
	const char *name;
	enum health want;
	bool timed;
	const char *words; /* part of them */
} without_servers[] = {
	{ "postgresql", HEALTH_FAIL, true, "cannot be reached" },
	{ "schema", HEALTH_FAIL, false, "not known without the database" },
	{ "rights", HEALTH_FAIL, false, "not known without the database" },
	{ "redis", HEALTH_WARN, true, "Redis cannot be reached" },
	{ "broker", HEALTH_WARN, true, "the broker cannot be reached" },
	{ "results", HEALTH_WARN, true,
	    "the server of [broker] result_url cannot be reached" },
	{ "relay", HEALTH_WARN, false, "not known without the broker" },
	{ "worker", HEALTH_WARN, false, "not known without the broker" },
	{ "queue", HEALTH_WARN, false, "not known without the database" },
	{ "readers", HEALTH_WARN, false, "not known without the database" },
	{ "dead", HEALTH_WARN, false, "not known without the broker" },
	{ "keyset", HEALTH_PASS, true, "2 signing keys" },
};

START_TEST(servers_that_are_not_there_are_told)
{
	struct health_report report;

	serve(sets[0].keys, sets[0].n);
	report = health_run(&from);
	ck_assert_int_eq(report.worst, HEALTH_FAIL);
	ck_assert_uint_eq(report.n, NELEM(without_servers));
	for (size_t i = 0; i < report.n; i++) {
		const struct check *k = &report.checks[i];

		ck_assert_str_eq(k->name, without_servers[i].name);
		ck_assert_int_eq(k->status, without_servers[i].want);
		ck_assert_int_eq(k->us >= 0, without_servers[i].timed);
		ck_assert_ptr_nonnull(strstr(k->words,
		    without_servers[i].words));
		/* Who reads what is wrong wants to know what to do. */
		ck_assert_int_eq(strstr(k->words, "; ") != NULL,
		    k->status != HEALTH_PASS);
	}
}
END_TEST

START_TEST(nobody_is_asked_when_the_time_is_over)
{
	struct health_issuer known = { .usable = false };
	struct health_report report;
	size_t passed_over = 0;

	from.within = 0; /* the first check takes longer */
	from.issuer = &known;
	report = health_run(&from);
	ck_assert_int_eq(report.worst, HEALTH_FAIL);
	for (size_t i = 0; i < report.n; i++) {
		const struct check *k = &report.checks[i];

		if (strstr(k->words, "not looked at") == NULL)
			continue;
		ck_assert_int_eq(k->status, HEALTH_WARN);
		ck_assert_int_eq(k->us, -1);
		passed_over++;
	}
	/* What needs no server is told all the same. */
	ck_assert_uint_eq(passed_over, report.n - 3);
	ck_assert_int_eq(find("keyset")->status, HEALTH_FAIL);
	ck_assert_int_eq(find("schema")->status, HEALTH_FAIL);
	ck_assert_int_eq(find("postgresql")->status, HEALTH_FAIL);
}
END_TEST

static struct {
	struct health_issuer known;
	bool there;
	enum health want;
} asked[] = {
	{ { .introspects = false, .introspection = HEALTH_FAIL }, false, 0 },
	{ { .introspects = true, .introspection = HEALTH_PASS }, true,
	    HEALTH_PASS },
	{ { .introspects = true, .introspection = HEALTH_WARN }, true,
	    HEALTH_WARN },
	{ { .introspects = true, .introspection = HEALTH_FAIL }, true,
	    HEALTH_FAIL },
};

START_TEST(introspection_is_told_where_it_is_on)
{
	const struct check *k;

	from.issuer = &asked[_i].known;
	k = find("introspection");
	ck_assert_int_eq(k != NULL, asked[_i].there);
	if (k == NULL)
		return;
	ck_assert_int_eq(k->status, asked[_i].want);
	ck_assert_int_eq(k->words != NULL, asked[_i].want != HEALTH_PASS);
	asked[_i].known.why = "no";
	k = find("introspection");
	if (asked[_i].want != HEALTH_PASS)
		ck_assert_ptr_nonnull(strstr(k->words, "no; see that"));
}
END_TEST

static const struct {
	int64_t ago; /* seconds, -1: never */
	enum health want;
} losses[] = {
	{ -1, HEALTH_PASS },
	{ 601, HEALTH_PASS },
	{ 590, HEALTH_WARN },
	{ 0, HEALTH_WARN },
};

START_TEST(lost_lines_of_the_log_are_told_for_a_while)
{
	char dir[HARNESS_DIR], path[HARNESS_DIR + 16];
	const struct check *k;

	harness_dir(dir);
	snprintf(path, sizeof(path), "%s/metrics", dir);
	settings.metrics_file = path;
	k = find("log"); /* nobody counts */
	ck_assert_ptr_nonnull(k);
	ck_assert_int_eq(k->status, HEALTH_WARN);
	ck_assert_int_eq(k->lines, -1);
	ck_assert_ptr_nonnull(strstr(k->words,
	    "[metrics] file cannot be read: it is not there"));
	ck_assert_int_eq(metric_open(path, METRIC_role_fcgi), 0);
	metric_add(METRIC_log_lost, METRIC_AT(METRIC_sink_gelf), 7);
	metric_add(METRIC_log_lost, METRIC_AT(METRIC_sink_file), 1);
	if (losses[_i].ago != -1)
		metric_set(METRIC_log_lost_at, METRIC_AT(METRIC_sink_gelf),
		    clock_wall_us() - losses[_i].ago * CLOCK_SECOND);
	k = find("log");
	ck_assert_ptr_nonnull(k);
	ck_assert_int_eq(k->status, losses[_i].want);
	ck_assert_int_eq(k->lines, 8);
	if (losses[_i].want != HEALTH_PASS)
		ck_assert_ptr_nonnull(strstr(k->words,
		    "ago (7 in all); see to"));
	metric_close();
	unlink(path);
	rmdir(dir);
}
END_TEST

int
main(void)
{
	const struct harness_test tests[] = {
		{ keys_count_that_the_service_uses, NELEM(sets), 0 },
		{ an_issuer_that_does_not_answer_is_told, 0, 0 },
		{ servers_that_are_not_there_are_told, 0, 0 },
		{ nobody_is_asked_when_the_time_is_over, 0, 0 },
		{ lost_lines_of_the_log_are_told_for_a_while, NELEM(losses),
		    0 },
		{ introspection_is_told_where_it_is_on, NELEM(asked), 0 },
	};
	int rc;

	signer_init(&signers[OF_RSA], ALG_RS256, "rsa", 0);
	signer_init(&signers[OF_EC], ALG_ES256, "ec", 0);
	signer_init(&signers[OF_WEAK], ALG_RS256, "weak", 1024);
	rc = harness_run_in("health", set_up, tear_down, tests, NELEM(tests));
	for (int i = 0; i < SIGNERS; i++)
		signer_clear(&signers[i]);
	return rc;
}

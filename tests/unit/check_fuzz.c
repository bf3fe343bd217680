/* SPDX-License-Identifier: ISC */
/* Whatever reads text from outside meets damaged text, the same each time. */
#include "config.h"

#include "lib/harness.h"

#include "base/arena.h"
#include "base/clock.h"
#include "base/codec.h"
#include "celery/celery.h"
#include "conf/conf.h"
#include "kinds/notify.h"
#include "oidc/alg.h"
#include "oidc/jwks.h"
#include "task/task_query.h"
#include "text/json.h"
#include "text/json_span.h"
#include "text/kv_url.h"
#include "text/mail_address.h"
#include "wire/etag.h"
#include "wire/request_path.h"

#define ROUNDS   3000
#define TEXT_MAX 1024

/* Each gets len bytes and a zero behind them, in an allocation of that size. */
static void
read_query(struct arena *a, const char *text, size_t len)
{
	struct faults *f = faults_new(a);
	struct task_query q;

	(void)len;
	task_query_parse(a, text, &q, f);
	if (f->n == 0)
		ck_assert_ptr_nonnull(page_canonical(a, &q.page));
}

/* The bytes themselves are the cursor, under a digest that fits. */
static void
read_cursor(struct arena *a, const char *text, size_t len)
{
	static const struct uuid none;
	struct faults *f = faults_new(a);
	struct task_query q;
	uint8_t bytes[2 * TEXT_MAX];
	const char *cursor;
	char *out;
	long n;

	task_query_parse(a, "sort=title", &q, f);
	cursor = page_cursor(a, &q.page, "", 0, &none);
	n = codec_b64url_decode(cursor, strlen(cursor), bytes);
	ck_assert_int_gt(n, 0);
	memcpy(bytes + n, text, len);
	out = arena_alloc(a, CODEC_B64_LEN((size_t)n + len) + 1);
	codec_b64url(bytes, (size_t)n + len, out);
	out = arena_printf(a, "sort=title&cursor=%s", out);
	read_query(a, out, strlen(out));
}

static void
read_tags(struct arena *a, const char *text, size_t len)
{
	const char **tags;
	bool any;

	(void)len;
	(void)etag_names(text, "7");
	(void)etag_versions(a, text, &tags, &any);
	(void)etag_match(a, text, "7-0123456789abcdef");
}

static void
read_json(struct arena *a, const char *text, size_t len)
{
	struct json_fault fault;
	struct json_span v;
	unsigned odd;

	arena_defer(a, json_release, json_read(text, len, 16, &fault));
	if (json_span_read(text, len, 16, &v, &odd) == NULL)
		(void)json_span_count(&v);
}

static void
read_keys(struct arena *a, const char *text, size_t len)
{
	const char *why;

	(void)a;
	jwks_free(jwks_parse(text, len, (1U << ALG__MAX) - 1, &why));
}

static void
read_message(struct arena *a, const char *text, size_t len)
{
	struct celery_message m;
	const char *why;

	ck_assert_int_lt(celery_decode(a, text, len, &m, &why), CELERY__MAX);
}

/* What a handler of ours makes of a message's arguments. */
static void
read_recipients(struct arena *a, const char *text, size_t len)
{
	static const char *to[] = { "a@x.org", "b@x.org" };
	struct job_run run = { .arena = a };
	struct notify n = { .run = &run };
	struct json_fault fault;

	settings.mail_to = (struct conf_list){ NELEM(to), to };
	settings.mail_to_creator = true;
	run.args = json_read(text, len, 16, &fault);
	if (run.args == NULL)
		return;
	arena_defer(a, json_release, run.args);
	if (!json_object_is_type(run.args, json_type_object))
		return;
	notify_recipients(&n, "b@x.org", 7);
	ck_assert_uint_eq(n.nwanted, 2);
	ck_assert_uint_eq(n.nsent + n.nleft, n.nwanted);
}

static void
read_path(struct arena *a, const char *text, size_t len)
{
	struct request req = { 0 };

	(void)len;
	settings.http_base_path = "";
	request_path(&req, a, text);
}

static void
read_words(struct arena *a, const char *text, size_t len)
{
	uint8_t *bytes = arena_alloc(a, len + 1);
	struct kv_url u;
	int64_t us;

	(void)mail_address_judge(text, len);
	(void)mail_domain_judge(text, len);
	ck_assert_int_le(clock_parse(text, &us), (long)len);
	ck_assert_int_le(celery_time_parse(text, &us), (long)len);
	ck_assert_int_le(codec_b64url_decode(text, len, bytes), (long)len);
	ck_assert_int_le(codec_b64_decode(text, len, bytes), (long)len);
	ck_assert_int_le(codec_percent_decode(text, len, (char *)bytes),
	    (long)len);
	if (kv_url_parse(text, &u) == 0)
		kv_url_clear(&u);
}

static const struct {
	void (*read)(struct arena *a, const char *text, size_t len);
	const char *text;
} decoders[] = {
	{ read_query,
	    "status=pending,completed&title=%C3%A9+b&created_from=2026-11-22T"
	    "11:05:00.5%2B02:00&sort=-title&limit=7&count=exact&cursor=AQAA" },
	{ read_cursor, "a title\xc3\xa9 of some length" },
	{ read_tags, "\"7\", W/\"7-0123456789abcdef-gzip\", \"x;gzip\" ,*" },
	{ read_json,
	    "{\"title\":\"\\ud83d\\udc22 \\n\xc3\xa9\",\"x\":[1,-2.5e3,"
	    "null,true,{\"y\":{}}]}" },
	{ read_keys,
	    "{\"keys\":[{\"kty\":\"EC\",\"kid\":\"a\",\"crv\":\"P-256\","
	    "\"x\":\"f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU\","
	    "\"y\":\"x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0\"}]}" },
	{ read_message,
	    "{\"body\":\"W1tdLHt9LHt9XQ==\",\"content-encoding\":\"utf-8\","
	    "\"content-type\":\"application/json\",\"headers\":{\"id\":\"1\","
	    "\"task\":\"k\",\"retries\":0,\"eta\":\"2026-11-22T11:05:00\"},"
	    "\"properties\":{\"body_encoding\":\"base64\",\"priority\":0}}" },
	{ read_recipients,
	    "{\"sent\":[\"a@x.org\",\"b@x.org\",\"A@X.org\",\"a@x.org\"]}" },
	{ read_path, "/tasks/%30%31/events?title=a#b" },
	{ read_words, "alice.b+c@mail.example.org" },
	{ read_words, "2026-11-22T11:05:00.123456+02:00" },
	{ read_words, "redis://user:pa%20ss@[::1]:6379/7" },
	{ read_words, "unix:///run/redis.sock?db=3" },
	{ read_words, "QUJDRA==%41%zz-_" },
};

/* A generator that gives the same numbers each time. */
static uint32_t
next_random(uint32_t *state)
{
	*state ^= *state << 13;
	*state ^= *state >> 17;
	*state ^= *state << 5;
	return *state;
}

/* Changes, doubles, inserts or cuts out some bytes. */
static size_t
mutate(char *text, size_t len, uint32_t *state)
{
	static const char odd[] = "\"\\{}[],:0n-.eN%&=;*/@ \x80\xff\xed\x01";
	int n = 1 + (int)(next_random(state) % 4);

	while (n-- > 0 && len > 2 && len < TEXT_MAX / 2) {
		size_t at = next_random(state) % len;
		size_t k = next_random(state) % (len - at);

		switch (next_random(state) % 4) {
		case 0:
			text[at] = (char)next_random(state);
			break;
		case 1: /* with the zero at its end */
			text[at] = odd[next_random(state) % sizeof(odd)];
			break;
		case 2:
			memmove(text + at, text + at + k, len - at - k);
			len -= k;
			break;
		default:
			memmove(text + at + k, text + at, len - at);
			len += k;
			break;
		}
	}
	return len;
}

START_TEST(damaged_text_does_no_harm)
{
	uint32_t state = 2463534242u + (uint32_t)_i * 77777;
	char text[TEXT_MAX];

	for (int round = 0; round < ROUNDS; round++) {
		struct arena *a = arena_new();
		size_t len = strlen(decoders[_i].text);
		char *exact;

		memcpy(text, decoders[_i].text, len);
		if (round > 0)
			len = mutate(text, len, &state);
		text[len] = '\0';
		exact = harness_exact(text, len + 1);
		decoders[_i].read(a, exact, len);
		free(exact);
		arena_free(a);
	}
}
END_TEST

int
main(void)
{
	const struct harness_test tests[] = {
		{ damaged_text_does_no_harm, NELEM(decoders), 0 },
	};

	return harness_run("fuzz", tests, NELEM(tests));
}

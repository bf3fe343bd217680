/* SPDX-License-Identifier: ISC */
/* Spans on their way out: gathered within a bound, sent, tried again. */
#include "config.h"

#include "lib/harness.h"

#include <sys/socket.h>
#include <sys/un.h>

#include "base/clock.h"
#include "base/str.h"
#include "conf/conf.h"
#include "export/batch.h"
#include "export/post.h"
#include "export/take.h"
#include "lib/loopback.h"

static const struct {
	const char *piece;
	bool taken;
	int64_t spans, lost;
} pieces[] = {
	{ "errand-spans 1 2 0\n{\"a\":1}", true, 2, 0 },
	{ "errand-spans 1 2 7\n{}", true, 2, 7 },
	{ "errand-spans 1 1 0\n {} \n", true, 1, 0 },
	{ "errand-spans 1 1 0\n", false, 0, 0 },
	{ "errand-spans 1 1 0\n[]", false, 0, 0 },
	{ "errand-spans 1 1 0\n{},{}", false, 0, 0 },
	{ "errand-spans 1 1 0\n{", false, 0, 0 },
	{ "errand-spans 1 1 0\n{\"a\":\"\xff\"}", false, 0, 0 },
	{ "errand-spans 1 1 0\n{\"a\":NaN}", false, 0, 0 },
	{ "errand-spans 1 1 0{}", false, 0, 0 },
	{ "errand-spans 1 -1 0\n{}", false, 0, 0 },
	{ "errand-spans 1  0\n{}", false, 0, 0 },
	{ "errand-spans 1 1\n{}", false, 0, 0 },
	{ "errand-spans 1 1 99999999999999999999\n{}", false, 0, 0 },
	{ "errand-spans 1 1 9999999999\n{}", false, 0, 0 },
	{ "errand-spans 2 1 0\n{}", false, 0, 0 },
	{ "{}", false, 0, 0 },
	{ "", false, 0, 0 },
};

START_TEST(pieces_are_judged)
{
	size_t len = strlen(pieces[_i].piece);
	char *piece = harness_exact(pieces[_i].piece, len);
	struct batch b = { 0 };

	ck_assert_int_eq(batch_add(&b, piece, len), pieces[_i].taken);
	ck_assert_int_eq(b.spans, pieces[_i].spans);
	ck_assert_int_eq(b.lost, pieces[_i].lost);
	batch_clear(&b);
	free(piece);
}
END_TEST

static void
add(struct batch *b, const char *json)
{
	char piece[256];
	int len =
	    snprintf(piece, sizeof(piece), "errand-spans 1 1 0\n%s", json);

	ck_assert(batch_add(b, piece, (size_t)len));
}

START_TEST(pieces_become_one_request)
{
	struct batch b = { 0 };
	struct buf body = { 0 };

	add(&b, "{\"a\":1}");
	add(&b, "{\"b\":2}");
	ck_assert_int_eq(batch_take(&b, &body), 2);
	ck_assert_str_eq(body.data,
	    "{\"resourceSpans\":[{\"a\":1},{\"b\":2}]}");
	ck_assert_int_eq(batch_take(&b, &body), 0);
	add(&b, "{}");
	ck_assert_int_eq(batch_take(&b, &body), 1);
	ck_assert_str_eq(body.data, "{\"resourceSpans\":[{}]}");
	buf_free(&body);
	batch_clear(&b);
}
END_TEST

START_TEST(what_waits_has_a_bound)
{
	struct batch b = { 0 };
	int64_t n = 0;

	while (b.lost < 10) {
		add(&b, "{\"a\":\"0123456789012345678901234567890123456789"
			"0123456789012345678901234567890123456789\"}");
		n++;
	}
	ck_assert_uint_le(b.pieces.len, BATCH_MOST);
	ck_assert_uint_ge(b.pieces.len, BATCH_MOST - 100);
	ck_assert_int_eq(b.spans + b.lost, n);
	batch_clear(&b);
}
END_TEST

#define SENDS 60 /* seconds */

static char url[LOOPBACK_URL + 8];

/* Sends what waits, and waits until that has ended in some way. */
static void
send_now(struct post *p, struct batch *b)
{
	int64_t until = clock_mono_us() + SENDS * CLOCK_SECOND;

	p->retry_at = 0;
	ck_assert(post_begin(p, b, clock_mono_us()));
	while (http_busy(p->http) && clock_mono_us() < until)
		post_go_on(p, -1, 100);
	ck_assert(!http_busy(p->http));
}

static struct loopback *
start(struct post *p)
{
	struct loopback *lb = loopback_start(false);

	snprintf(url, sizeof(url), "%s/t", loopback_url(lb));
	settings = (struct conf){ .trace_endpoint = url,
		.trace_headers = "X-A=b%20c,X-D=e",
		.trace_timeout = 60000,
		.trace_ca_file = "" };
	post_open(p);
	return lb;
}

START_TEST(a_request_is_whole)
{
	struct batch b = { 0 };
	struct post p;
	struct loopback *lb = start(&p);
	char *last;

	loopback_set(lb, "/t", 200, "{\"partialSuccess\":{}}", 21);
	add(&b, "{\"a\":1}");
	send_now(&p, &b);
	ck_assert_int_eq(p.spans, 0);
	ck_assert_int_eq(p.lost, 0);
	ck_assert(!post_begin(&p, &b, clock_mono_us()));
	last = loopback_last(lb, "/t");
	ck_assert_ptr_nonnull(last);
	ck_assert(str_starts(last, "POST /t HTTP/1.1\r\n"));
	ck_assert_ptr_nonnull(strstr(last,
	    "\r\nContent-Type: application/json\r\n"));
	ck_assert_ptr_nonnull(strstr(last, "\r\nX-A: b c\r\n"));
	ck_assert_ptr_nonnull(strstr(last, "\r\nX-D: e\r\n"));
	ck_assert_ptr_nonnull(strstr(last,
	    "\r\n\r\n{\"resourceSpans\":[{\"a\":1}]}"));
	free(last);
	batch_clear(&b);
	post_close(&p);
	loopback_stop(lb);
}
END_TEST

static const struct {
	int status;
	const char *answer;
	bool again;
	int64_t lost;
} answers[] = {
	{ 200, "", false, 0 },
	{ 200, "no json", false, 0 },
	{ 200, "[]", false, 0 },
	{ 200, "{\"partialSuccess\":7}", false, 0 },
	{ 202, "{}", false, 0 },
	{ 200, "{\"partialSuccess\":{\"rejectedSpans\":\"2\"}}", false, 2 },
	{ 200,
	    "{\"partialSuccess\":{\"rejectedSpans\":1,\"errorMessage\":\"x\"}}",
	    false, 1 },
	{ 200, "{\"partialSuccess\":{\"rejectedSpans\":-1}}", false, 0 },
	{ 400, "{}", false, 2 },
	{ 401, "{}", false, 2 },
	{ 404, "", false, 2 },
	{ 500, "", false, 2 },
	{ 429, "", true, 0 },
	{ 502, "", true, 0 },
	{ 503, "", true, 0 },
	{ 504, "", true, 0 },
	{ LOOPBACK_RUDE, NULL, true, 0 },
};

START_TEST(an_answer_decides)
{
	struct batch b = { 0 };
	struct post p;
	struct loopback *lb = start(&p);
	const char *text = answers[_i].answer;
	char *first, *second;

	loopback_set(lb, "/t", answers[_i].status, text,
	    text == NULL ? 0 : strlen(text));
	add(&b, "{\"a\":1}");
	add(&b, "{\"b\":1}");
	send_now(&p, &b);
	ck_assert_int_eq(p.spans, answers[_i].again ? 2 : 0);
	ck_assert_int_eq(p.lost, answers[_i].lost);
	if (answers[_i].again) {
		ck_assert_int_gt(p.pause, 0);
		ck_assert(!post_begin(&p, &b, p.retry_at - 1));
		first = loopback_last(lb, "/t");
		loopback_set(lb, "/t", 200, "{}", 2);
		add(&b, "{\"c\":1}");
		send_now(&p, &b);
		second = loopback_last(lb, "/t");
		ck_assert_str_eq(first, second);
		ck_assert_int_eq(p.pause, 0);
		send_now(&p, &b);
		free(first);
		free(second);
		second = loopback_last(lb, "/t");
		ck_assert_ptr_nonnull(strstr(second, "[{\"c\":1}]"));
		free(second);
	}
	batch_clear(&b);
	post_close(&p);
	loopback_stop(lb);
}
END_TEST

START_TEST(the_same_refusal_is_told_once)
{
	static const struct {
		int status;
		int64_t untold;
	} rounds[] = { { 400, 0 }, { 400, 1 }, { 400, 2 }, { 301, 0 },
		{ 301, 1 }, { 400, 0 } };
	struct batch b = { 0 };
	struct post p;
	struct loopback *lb = start(&p);

	for (size_t i = 0; i < NELEM(rounds); i++) {
		loopback_set(lb, "/t", rounds[i].status, "", 0);
		add(&b, "{}");
		send_now(&p, &b);
		ck_assert_int_eq(p.refused, rounds[i].untold);
		ck_assert_int_eq(p.lost, (int64_t)i + 1);
	}
	add(&b, "{}");
	send_now(&p, &b);
	ck_assert_int_eq(p.refused, 1);
	p.said_at -= 61 * CLOCK_SECOND;
	add(&b, "{}");
	send_now(&p, &b);
	ck_assert_int_eq(p.refused, 0);
	batch_clear(&b);
	post_close(&p);
	loopback_stop(lb);
}
END_TEST

/* What is under way goes with it. */
START_TEST(a_silent_receiver_is_left)
{
	struct batch b = { 0 };
	struct post p;
	struct loopback *lb = start(&p);

	loopback_set(lb, "/t", LOOPBACK_SILENT, NULL, 0);
	settings.trace_timeout = 300;
	add(&b, "{}");
	send_now(&p, &b);
	ck_assert_int_eq(p.spans, 1);
	ck_assert_int_gt(p.pause, 0);
	settings.trace_timeout = 60000;
	p.retry_at = 0;
	ck_assert(post_begin(&p, &b, clock_mono_us()));
	post_go_on(&p, -1, 1);
	ck_assert(http_busy(p.http));
	batch_clear(&b);
	post_close(&p);
	loopback_stop(lb);
}
END_TEST

/* Two pools on a host, of which one ends. */
START_TEST(one_has_the_socket)
{
	struct take a = { .lock = -1, .fd = -1 }, b = a;
	struct sockaddr_un to = { .sun_family = AF_UNIX };
	static const char piece[] = "errand-spans 1 3 0\n{}";
	char dir[HARNESS_DIR], path[HARNESS_DIR + 16], lock[HARNESS_DIR + 32];
	struct batch got = { 0 };
	int fd = socket(AF_UNIX, SOCK_DGRAM, 0);

	harness_dir(dir);
	snprintf(path, sizeof(path), "%s/trace", dir);
	snprintf(lock, sizeof(lock), "%s.lock", path);
	snprintf(to.sun_path, sizeof(to.sun_path), "%s/trace", dir);
	settings = (struct conf){ .trace_socket = path };
	ck_assert(take_open(&a));
	ck_assert(!take_open(&b));
	ck_assert_int_eq(sendto(fd, piece, strlen(piece), 0,
			     (struct sockaddr *)&to, sizeof(to)),
	    (ssize_t)strlen(piece));
	ck_assert_int_eq(sendto(fd, "junk", 4, 0, (struct sockaddr *)&to,
			     sizeof(to)),
	    4);
	take_all(&a, &got);
	ck_assert_int_eq(got.spans, 3);
	/* As if it had been killed: the file stays. */
	close(a.fd);
	close(a.lock);
	ck_assert(take_open(&b));
	ck_assert_int_eq(sendto(fd, piece, strlen(piece), 0,
			     (struct sockaddr *)&to, sizeof(to)),
	    (ssize_t)strlen(piece));
	take_all(&b, &got);
	ck_assert_int_eq(got.spans, 6);
	take_close(&b);
	ck_assert_int_eq(access(path, F_OK), -1);
	settings.trace_socket = "/no/such/folder/s";
	ck_assert(!take_open(&b));
	batch_clear(&got);
	close(fd);
	unlink(lock);
	rmdir(dir);
}
END_TEST

/* A folder of what lives as long as the host is cleaned, with the lock or
 * without it. */
START_TEST(a_removed_socket_comes_back)
{
	struct take a = { .lock = -1, .fd = -1 }, b = a;
	char dir[HARNESS_DIR], path[HARNESS_DIR + 16], lock[HARNESS_DIR + 32];

	harness_dir(dir);
	snprintf(path, sizeof(path), "%s/trace", dir);
	snprintf(lock, sizeof(lock), "%s.lock", path);
	settings = (struct conf){ .trace_socket = path };
	ck_assert(take_open(&a));
	ck_assert_int_eq(unlink(path), 0);
	ck_assert(take_open(&a));
	ck_assert_int_eq(access(path, F_OK), 0);
	ck_assert(!take_open(&b));
	/* Another pool is faster: it keeps what it has. */
	ck_assert_int_eq(unlink(path), 0);
	ck_assert_int_eq(unlink(lock), 0);
	ck_assert(take_open(&b));
	ck_assert(!take_open(&a));
	take_close(&a);
	ck_assert_int_eq(access(path, F_OK), 0);
	ck_assert(take_open(&b));
	take_close(&b);
	ck_assert_int_eq(access(path, F_OK), -1);
	unlink(lock);
	rmdir(dir);
}
END_TEST

int
main(void)
{
	const struct harness_test tests[] = {
		{ pieces_are_judged, NELEM(pieces), 0 },
		{ pieces_become_one_request, 0, 0 },
		{ what_waits_has_a_bound, 0, 0 },
		{ a_request_is_whole, 0, 0 },
		{ an_answer_decides, NELEM(answers), 0 },
		{ the_same_refusal_is_told_once, 0, 0 },
		{ a_silent_receiver_is_left, 0, 0 },
		{ one_has_the_socket, 0, 0 },
		{ a_removed_socket_comes_back, 0, 0 },
	};

	return harness_run("export", tests, NELEM(tests));
}

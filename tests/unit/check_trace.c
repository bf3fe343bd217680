/* SPDX-License-Identifier: ISC */
/* Traces: what calls, what is traced, and how it is handed over. */
#include "config.h"

#include "lib/harness.h"

#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>

#include "base/buf.h"
#include "base/clock.h"
#include "base/str.h"
#include "conf/conf.h"
#include "text/member.h"
#include "text/json.h"
#include "text/pairs.h"
#include "trace/trace.h"

#define ID    "0af7651916cd43dd8448eb211c80319c"
#define SPAN  "b7ad6b7169203331"
#define ZERO8 "00000000"

static const struct {
	const char *text;
	const char *out; /* as version 00; NULL: it does not count */
} parents[] = {
	{ "00-" ID "-" SPAN "-01", "00-" ID "-" SPAN "-01" },
	{ "00-" ID "-" SPAN "-00", "00-" ID "-" SPAN "-00" },
	{ "00-" ID "-" SPAN "-03", "00-" ID "-" SPAN "-03" },
	{ "00-" ID "-" SPAN "-ff", "00-" ID "-" SPAN "-03" },
	{ "00-" ZERO8 ZERO8 ZERO8 "00000001-" ZERO8 "00000001-08",
	    "00-" ZERO8 ZERO8 ZERO8 "00000001-" ZERO8 "00000001-00" },
	/* later versions */
	{ "01-" ID "-" SPAN "-01", "00-" ID "-" SPAN "-01" },
	{ "cc-" ID "-" SPAN "-03", "00-" ID "-" SPAN "-01" },
	{ "fe-" ID "-" SPAN "-01-what-comes-later", "00-" ID "-" SPAN "-01" },
	{ "01-" ID "-" SPAN "-01-", "00-" ID "-" SPAN "-01" },
	{ "01-" ID "-" SPAN "-01.x", NULL },
	{ "01-" ID "-" SPAN "-011", NULL },
	{ "ff-" ID "-" SPAN "-01", NULL },
	{ "00-" ID "-" SPAN "-01-x", NULL },
	{ "00-" ID "-" SPAN "-01-", NULL },
	{ "00-" ID "-" SPAN "-01 ", NULL },
	{ " 00-" ID "-" SPAN "-01", NULL },
	{ "00-" ID "-" SPAN "-1", NULL },
	{ "00-" ID "-" SPAN "-", NULL },
	{ "00-" ID "-" SPAN, NULL },
	{ "00-" ID "-" SPAN "-0G", NULL },
	{ "00-" ID "-" SPAN "-0F", NULL },
	{ "0-" ID "-" SPAN "-01", NULL },
	{ "000-" ID "-" SPAN "-01", NULL },
	{ "0x-" ID "-" SPAN "-01", NULL },
	{ "00-" ID "0-" SPAN "-01", NULL },
	{ "00-0af7651916cd43dd8448eb211c8031-" SPAN "-01", NULL },
	{ "00-" ID "-" SPAN "0-01", NULL },
	{ "00-0AF7651916CD43DD8448EB211C80319C-" SPAN "-01", NULL },
	{ "00-" ID "-B7AD6B7169203331-01", NULL },
	{ "00-" ZERO8 ZERO8 ZERO8 ZERO8 "-" SPAN "-01", NULL },
	{ "00-" ID "-" ZERO8 ZERO8 "-01", NULL },
	{ "01-" ID "-" ZERO8 ZERO8 "-01", NULL },
	{ "00_" ID "_" SPAN "_01", NULL },
	{ "00-" ID "-" SPAN "-01, 00-" ID "-" SPAN "-01", NULL },
	{ "", NULL },
	{ NULL, NULL },
};

START_TEST(traceparents_are_read_as_w3c_says)
{
	char text[TRACE_TEXT];
	struct traceparent p;

	if (parents[_i].out == NULL) {
		ck_assert_int_eq(traceparent_parse(parents[_i].text, &p), -1);
		return;
	}
	ck_assert_int_eq(traceparent_parse(parents[_i].text, &p), 0);
	ck_assert_str_eq(traceparent_format(&p, text), parents[_i].out);
}
END_TEST

#define LOW                                                                    \
	"ffffffffffffffffff"                                                   \
	"00000000000000"
#define HALF                                                                   \
	"ffffffffffffffffff"                                                   \
	"80000000000000"
#define HIGH                                                                   \
	"000000000000000000"                                                   \
	"ffffffffffffff"
#define YES "-" SPAN "-01"
#define NO  "-" SPAN "-00"

static const struct {
	enum conf_trace_sampler sampler;
	const char *ratio;
	const char *parent;
	bool traced;
} samples[] = {
	{ CONF_trace_sampler_parentbased_always_on, "1", NULL, true },
	{ CONF_trace_sampler_parentbased_always_on, "1", "00-" LOW NO, false },
	{ CONF_trace_sampler_parentbased_always_on, "0", "00-" LOW YES, true },
	{ CONF_trace_sampler_parentbased_always_on, "0", "00-" LOW "-x", true },
	{ CONF_trace_sampler_parentbased_always_off, "1", NULL, false },
	{ CONF_trace_sampler_parentbased_always_off, "1", "00-" LOW YES, true },
	{ CONF_trace_sampler_parentbased_traceidratio, "0", NULL, false },
	{ CONF_trace_sampler_parentbased_traceidratio, "1", NULL, true },
	{ CONF_trace_sampler_parentbased_traceidratio, "0", "00-" LOW YES,
	    true },
	{ CONF_trace_sampler_parentbased_traceidratio, "1", "00-" LOW NO,
	    false },
	{ CONF_trace_sampler_always_on, "0", "00-" LOW NO, true },
	{ CONF_trace_sampler_always_on, "0", NULL, true },
	{ CONF_trace_sampler_always_off, "1", "00-" LOW YES, false },
	{ CONF_trace_sampler_always_off, "1", NULL, false },
	{ CONF_trace_sampler_traceidratio, "0.5", "00-" HALF NO, true },
	{ CONF_trace_sampler_traceidratio, "0.49", "00-" HALF YES, false },
	{ CONF_trace_sampler_traceidratio, "0.000001", "00-" HIGH NO, true },
	{ CONF_trace_sampler_traceidratio, "0.999999", "00-" LOW YES, false },
	{ CONF_trace_sampler_traceidratio, "1.0", "00-" LOW NO, true },
	{ CONF_trace_sampler_traceidratio, "0", "00-" HIGH YES, false },
};

static void
set_up(void)
{
	settings = (struct conf){ .trace_enabled = true,
		.trace_endpoint = "http://127.0.0.1:1/",
		.trace_sampler = CONF_trace_sampler_parentbased_always_on,
		.trace_ratio = "1",
		.trace_service = "",
		.trace_resource = "",
		.trace_socket = "/no/such" };
}

static const struct log_field none[] = { { 0 } };

START_TEST(the_sampler_decides)
{
	const struct trace_end end = { TRACE_SERVER, TRACE_NOBODY, "x", NULL,
		none };
	struct trace_span s;

	set_up();
	settings.trace_sampler = samples[_i].sampler;
	settings.trace_ratio = samples[_i].ratio;
	ck_assert_int_eq(trace_begin(&s, samples[_i].parent, NULL, 0),
	    samples[_i].traced);
	ck_assert_int_eq(trace_now, samples[_i].traced);
	if (trace_now)
		trace_close(&s, &end);
	ck_assert(!trace_now);
	trace_reset();
}
END_TEST

START_TEST(without_an_endpoint_nothing_is_traced)
{
	struct trace_span s;

	set_up();
	settings.trace_sampler = CONF_trace_sampler_always_on;
	settings.trace_endpoint = "";
	ck_assert(!trace_begin(&s, "00-" LOW YES, NULL, 0) && !trace_now);
	settings.trace_endpoint = "http://127.0.0.1:1/";
	settings.trace_enabled = false;
	ck_assert(!trace_begin(&s, "00-" LOW YES, NULL, 0) && !trace_now);
}
END_TEST

static int
listen_at(char dir[HARNESS_DIR], char path[HARNESS_DIR + 8])
{
	struct sockaddr_un un = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_DGRAM, 0);

	harness_dir(dir);
	snprintf(path, HARNESS_DIR + 8, "%s/s", dir);
	snprintf(un.sun_path, sizeof(un.sun_path), "%s/s", dir);
	ck_assert_int_eq(bind(fd, (struct sockaddr *)&un, sizeof(un)), 0);
	settings.trace_socket = path;
	return fd;
}

/* The piece that has come, without its first line, which is to be that. */
static struct json_object *
take(int fd, const char *first)
{
	static char piece[65536];
	struct json_fault fault;
	struct json_object *o;
	ssize_t n = recv(fd, piece, sizeof(piece) - 1, MSG_DONTWAIT);
	char *json;

	ck_assert_int_gt(n, 0);
	piece[n] = '\0';
	json = strchr(piece, '\n');
	ck_assert_ptr_nonnull(json);
	*json++ = '\0';
	ck_assert_str_eq(piece, first);
	o = json_read(json, strlen(json), 32, &fault);
	ck_assert_ptr_nonnull(o);
	return o;
}

static struct json_object *
at(struct json_object *o, const char *name, size_t i)
{
	struct json_object *list = member_array(o, name);

	ck_assert_ptr_nonnull(list);
	return json_object_array_get_idx(list, i);
}

static const char *
text(struct json_object *o, const char *name)
{
	size_t len;

	return member_text(o, name, &len);
}

START_TEST(a_trace_is_one_piece_with_parents)
{
	const struct log_field fields[] = { LS("db.system.name", "redis"),
		LI("n", -7), { 0 } };
	const struct trace_end inner = { TRACE_CLIENT, TRACE_REDIS, "GET",
		"late", fields };
	const struct trace_end outer = { TRACE_SERVER, TRACE_NOBODY, "GET /x",
		NULL, none };
	char dir[HARNESS_DIR], path[HARNESS_DIR + 8], parent[TRACE_TEXT];
	struct trace_span a, b;
	struct json_object *o, *spans, *first, *second;
	int fd;

	set_up();
	fd = listen_at(dir, path);
	ck_assert(trace_begin(&a, "00-" ID "-" SPAN "-01", "k=v",
	    clock_mono_us()));
	ck_assert_str_eq(trace_id(), ID);
	ck_assert_str_eq(trace_state(), "k=v");
	snprintf(parent, sizeof(parent), "%s", trace_parent());
	trace_open(&b);
	ck_assert_str_ne(parent, trace_parent());
	trace_close(&b, &inner);
	ck_assert(trace_now);
	ck_assert_str_eq(parent, trace_parent());
	trace_close(&a, &outer);
	ck_assert(!trace_now);
	trace_send();
	o = take(fd, "errand-spans 1 2 0");
	spans = at(o, "scopeSpans", 0);
	first = at(spans, "spans", 0);
	second = at(spans, "spans", 1);
	ck_assert_str_eq(text(first, "traceId"), ID);
	ck_assert_str_eq(text(second, "traceId"), ID);
	ck_assert_str_eq(text(second, "parentSpanId"), SPAN);
	ck_assert_str_eq(text(second, "traceState"), "k=v");
	ck_assert_str_eq(text(first, "parentSpanId"), text(second, "spanId"));
	ck_assert(strncmp(parent + 36, text(second, "spanId"), 16) == 0);
	ck_assert_str_eq(text(at(first, "attributes", 0), "key"),
	    "db.system.name");
	ck_assert_str_eq(text(at(first, "attributes", 2), "key"), "error.type");
	json_object_put(o);
	trace_send();
	ck_assert_int_eq(recv(fd, dir, 1, MSG_DONTWAIT), -1);
	close(fd);
	unlink(path);
	rmdir(dir);
	trace_reset();
}
END_TEST

static void
one_trace(void)
{
	const struct trace_end end = { TRACE_SERVER, TRACE_NOBODY, "x", NULL,
		none };
	struct trace_span s;

	ck_assert(trace_begin(&s, NULL, NULL, clock_mono_us()));
	trace_close(&s, &end);
	trace_send();
}

START_TEST(what_nobody_takes_is_counted_and_told_later)
{
	char dir[HARNESS_DIR], path[HARNESS_DIR + 8], junk;
	char first[64];
	int fd, sent = 0;

	set_up();
	one_trace();
	one_trace();
	fd = listen_at(dir, path);
	one_trace();
	json_object_put(take(fd, "errand-spans 1 1 2"));
	for (int i = 0; i < 2000; i++)
		one_trace();
	while (recv(fd, &junk, 1, MSG_DONTWAIT) == 1)
		sent++;
	ck_assert_int_gt(sent, 0);
	ck_assert_int_lt(sent, 2000);
	one_trace();
	snprintf(first, sizeof(first), "errand-spans 1 1 %d", 2000 - sent);
	json_object_put(take(fd, first));
	close(fd);
	unlink(path);
	rmdir(dir);
	trace_reset();
}
END_TEST

START_TEST(a_trace_has_a_bound)
{
	const struct trace_end end = { TRACE_CLIENT, TRACE_REDIS, "x", NULL,
		none };
	char dir[HARNESS_DIR], path[HARNESS_DIR + 8], piece[65536];
	struct trace_span a, b;
	long long n, lost;
	ssize_t len;
	int fd;

	set_up();
	fd = listen_at(dir, path);
	ck_assert(trace_begin(&a, NULL, NULL, clock_mono_us()));
	for (int i = 0; i < 1000; i++) {
		trace_open(&b);
		trace_close(&b, &end);
	}
	trace_close(&a, &end);
	trace_send();
	len = recv(fd, piece, sizeof(piece) - 1, 0);
	ck_assert_int_gt(len, 0);
	piece[len] = '\0';
	ck_assert_int_eq(sscanf(piece, "errand-spans 1 %lld %lld", &n, &lost),
	    2);
	ck_assert_int_eq(n + lost, 1001);
	ck_assert_int_gt(lost, 0);
	close(fd);
	unlink(path);
	rmdir(dir);
	trace_reset();
}
END_TEST

static const struct {
	const char *text;
	int64_t millionths; /* -1: it is none */
} ratios[] = {
	{ "0", 0 },
	{ "1", 1000000 },
	{ "1.0", 1000000 },
	{ "0.5", 500000 },
	{ "0.000001", 1 },
	{ "0.0000019", 1 },
	{ "0.999999999999999999999", 999999 },
	{ "1.000001", -1 },
	{ "2", -1 },
	{ "10", -1 },
	{ "00", -1 },
	{ ".5", -1 },
	{ "1.", -1 },
	{ "0.", -1 },
	{ "-0", -1 },
	{ "0.5 ", -1 },
	{ " 0.5", -1 },
	{ "0,5", -1 },
	{ "1e-3", -1 },
	{ "nan", -1 },
	{ "", -1 },
};

START_TEST(ratios_are_read)
{
	int64_t n = -1;

	ck_assert_int_eq(str_to_ratio(ratios[_i].text, &n),
	    ratios[_i].millionths == -1 ? -1 : 0);
	ck_assert_int_eq(n, ratios[_i].millionths);
}
END_TEST

static const struct {
	const char *text;
	const char *out; /* what is read, up to a fault, which is ! */
} lists[] = {
	{ "", "" },
	{ " , ,", "" },
	{ "a=1", "a:1;" },
	{ "a=1,b=2", "a:1;b:2;" },
	{ " a = 1 , b=two words\t", "a:1;b:two words;" },
	{ "a=Basic%20YTpi%3d=", "a:Basic YTpi==;" },
	{ "a=", "a:;" },
	{ "a=%2c,b=", "a:,;b:;" },
	{ "a", "!" },
	{ "a=1,b", "a:1;!" },
	{ "=1", "!" },
	{ "a=%", "!" },
	{ "a=%0", "!" },
	{ "a=%00", "!" },
};

START_TEST(pairs_are_read)
{
	struct buf name = { 0 }, value = { 0 }, out = { 0 };
	const char *at = lists[_i].text;
	int more;

	buf_adds(&out, "");
	while ((more = pairs_next(&at, &name, &value)) == 1)
		buf_printf(&out, "%s:%s;", name.data, value.data);
	if (more == -1)
		buf_addc(&out, '!');
	ck_assert_str_eq(out.data, lists[_i].out);
	buf_free(&name);
	buf_free(&value);
	buf_free(&out);
}
END_TEST

#define STATES8 "a=1,b=1,c=1,d=1,e=1,f=1,g=1,h=1"

static const struct {
	const char *text;
	bool passed_on;
} states[] = {
	{ "k=v", true },
	{ "k=v,0t@s/_-*=a b!~", true },
	{ " k=v \t,, \tl=w ", true },
	{ STATES8 "," STATES8 "," STATES8 "," STATES8, true },
	{ STATES8 "," STATES8 "," STATES8 "," STATES8 ",", true },
	{ STATES8 "," STATES8 "," STATES8 "," STATES8 ",i=1", false },
	{ "", false },
	{ " ", false },
	{ ",, ,", false },
	{ "k", false },
	{ "k=", false },
	{ "k= ", false },
	{ "=v", false },
	{ "k=v=w", false },
	{ "k =v", false },
	{ "K=v", false },
	{ "@k=v", false },
	{ "k=v,l", false },
	{ "k=\x01", false },
	{ "k=a\tb", false },
	{ "k=\x7f", false },
	{ "k=\xff", false },
	{ "\xff=v", false },
};

START_TEST(a_tracestate_that_is_none_is_dropped)
{
	const struct trace_end end = { TRACE_SERVER, TRACE_NOBODY, "GET /x",
		NULL, none };
	struct trace_span a;

	set_up();
	ck_assert(trace_begin(&a, "00-" ID "-" SPAN "-01", states[_i].text,
	    clock_mono_us()));
	ck_assert_str_eq(trace_state(),
	    states[_i].passed_on ? states[_i].text : "");
	trace_close(&a, &end);
	trace_reset();
}
END_TEST

int
main(void)
{
	const struct harness_test tests[] = {
		{ traceparents_are_read_as_w3c_says, NELEM(parents), 0 },
		{ the_sampler_decides, NELEM(samples), 0 },
		{ without_an_endpoint_nothing_is_traced, 0, 0 },
		{ a_trace_is_one_piece_with_parents, 0, 0 },
		{ what_nobody_takes_is_counted_and_told_later, 0, 0 },
		{ a_trace_has_a_bound, 0, 0 },
		{ ratios_are_read, NELEM(ratios), 0 },
		{ a_tracestate_that_is_none_is_dropped, NELEM(states), 0 },
		{ pairs_are_read, NELEM(lists), 0 },
	};

	return harness_run("trace", tests, NELEM(tests));
}

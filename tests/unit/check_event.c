/* SPDX-License-Identifier: ISC */
/* Events on their way from a child to the parent, and as JSON. */
#include "config.h"

#include "lib/harness.h"

#include <sys/wait.h>

#include "crew/event.h"
#include "text/json.h"

static struct slot *
new_slot(void)
{
	struct slot *table = slot_table();

	ck_assert_ptr_nonnull(table);
	return table;
}

START_TEST(a_ring_keeps_order_and_length)
{
	struct slot *s = new_slot();
	char out[RING_MAX], record[RING_MAX];
	size_t round, len;

	ck_assert_uint_eq(ring_get(&s->events, out), 0);
	for (round = 1; round < 20000; round++) {
		len = round % RING_MAX + 1;
		memset(record, (int)(round & 0xff), len);
		ring_put(&s->events, record, len);
		ck_assert_uint_eq(ring_get(&s->events, out), len);
		ck_assert_mem_eq(out, record, len);
	}
	ck_assert_uint_eq(ring_get(&s->events, out), 0);
	ck_assert_uint_eq(s->events.lost, 0);
}
END_TEST

START_TEST(a_full_ring_loses_the_newest)
{
	struct slot *s = new_slot();
	char out[RING_MAX], record[100];
	unsigned put = 0, got = 0;

	while (s->events.lost == 0) {
		memset(record, (int)put, sizeof(record));
		ring_put(&s->events, record, sizeof(record));
		put++;
	}
	ck_assert_uint_eq(put, RING_SIZE / (sizeof(record) + 2) + 1);
	while (ring_get(&s->events, out) != 0) {
		ck_assert_int_eq((unsigned char)out[0], got & 0xff);
		got++;
	}
	ck_assert_uint_eq(got, put - 1);
	ring_put(&s->events, record, 0);
	ring_put(&s->events, record, RING_MAX + 1);
	ck_assert_uint_eq(s->events.lost, 3);
	ck_assert_uint_eq(ring_get(&s->events, out), 0);
}
END_TEST

/* A child that writes all over its memory harms nobody but itself. */
START_TEST(a_broken_ring_is_emptied)
{
	struct slot *s = new_slot();
	char out[RING_MAX];
	unsigned i;

	for (i = 0; i < 20000; i++) {
		memset(s->events.data, (int)i, RING_SIZE);
		s->events.head = i * 2654435761u;
		s->events.tail = i * 40503u;
		while (ring_get(&s->events, out) != 0)
			continue;
		ck_assert_uint_eq(s->events.head, s->events.tail);
	}
}
END_TEST

START_TEST(a_ring_goes_between_processes)
{
	struct slot *s = new_slot();
	char out[RING_MAX];
	uint32_t next = 0, n;
	int status;
	pid_t pid = fork();

	ck_assert_int_ge(pid, 0);
	if (pid == 0) {
		for (n = 0; n < 100000;) {
			uint32_t lost = s->events.lost;

			ring_put(&s->events, &n, sizeof(n));
			n += s->events.lost == lost;
		}
		_exit(0);
	}
	while (next < 100000) {
		if (ring_get(&s->events, out) == 0)
			continue;
		memcpy(&n, out, sizeof(n));
		ck_assert_uint_eq(n, next);
		next++;
	}
	ck_assert_int_eq(waitpid(pid, &status, 0), pid);
	ck_assert_int_eq(status, 0);
}
END_TEST

START_TEST(nothing_is_written_that_nobody_wants)
{
	struct slot *s = new_slot();
	char out[RING_MAX];
	struct event e;
	size_t len;

	slot_text(s->id, "id");
	slot_text(s->kind, "kind");
	slot_text(s->args, "[7]");
	slot_text(s->kwargs, "{}");
	event_tell(s, EVENT_STARTED, NULL);
	event_tell_of(s, EVENT_REVOKED, "id", NULL);
	ck_assert_uint_eq(ring_get(&s->events, out), 0);
	s->events.wanted = 1;
	s->retries = 3;
	event_tell(s, EVENT_RECEIVED, NULL);
	len = ring_get(&s->events, out);
	ck_assert_int_eq(event_unpack(out, len, &e), 0);
	ck_assert_int_eq(e.type, EVENT_RECEIVED);
	ck_assert_str_eq(e.id, "id");
	ck_assert_str_eq(e.kind, "kind");
	ck_assert_str_eq(e.args, "[7]");
	ck_assert_str_eq(e.kwargs, "{}");
	ck_assert_str_eq(e.text, "");
	ck_assert_int_eq(e.retries, 3);
	event_tell(s, EVENT_FAILED, "why");
	len = ring_get(&s->events, out);
	ck_assert_int_eq(event_unpack(out, len, &e), 0);
	ck_assert_str_eq(e.kind, "kind");
	ck_assert_str_eq(e.args, "");
	ck_assert_str_eq(e.text, "why");
}
END_TEST

/* Each part of a record is a record, or refused. */
START_TEST(parts_of_a_record_are_refused)
{
	const struct event e = { .type = EVENT_FAILED,
		.id = "id",
		.kind = "kind",
		.args = "[]",
		.text = "text" };
	char record[RING_MAX], *exact;
	size_t len = event_pack(&e, record), i;
	struct event got;

	for (i = 0; i < len; i++) {
		exact = harness_exact(record, i);
		ck_assert_int_eq(event_unpack(exact, i, &got), -1);
		free(exact);
	}
	record[len] = '\0';
	ck_assert_int_eq(event_unpack(record, len + 1, &got), -1);
	ck_assert_int_eq(event_unpack(record, len, &got), 0);
	memset(record, 0xff, len);
	ck_assert_int_eq(event_unpack(record, len, &got), -1);
}
END_TEST

START_TEST(long_texts_are_cut_between_characters)
{
	char record[RING_MAX], text[4001];
	struct event e = { .type = EVENT_RETRIED, .id = "id" };
	size_t i;

	for (i = 0; i < 4000; i += 2)
		memcpy(text + i, "\xc3\xa9", 2);
	text[4000] = '\0';
	e.kind = text + 1;
	e.args = e.kwargs = text;
	e.text = text;
	ck_assert_int_eq(event_unpack(record, event_pack(&e, record), &e), 0);
	ck_assert_uint_eq(strlen(e.args), 254);
	ck_assert_uint_eq(strlen(e.text), 1000);
}
END_TEST

static const struct {
	enum event_type type;
	const char *args, *kwargs, *text, *json;
} formats[] = {
	{ EVENT_RECEIVED, "", "{\"a\": 1}", "",
	    "\"task-received\",\"hostname\":\"errand@h\",\"utcoffset\":-2,"
	    "\"pid\":9,\"clock\":5,\"timestamp\":2.000003,"
	    "\"uuid\":\"id\",\"name\":\"kind\",\"args\":\"[]\","
	    "\"kwargs\":\"{\\\"a\\\": 1}\",\"root_id\":\"id\","
	    "\"parent_id\":null,\"retries\":1,\"eta\":null,"
	    "\"expires\":null}" },
	{ EVENT_RECEIVED, "[1]", "{\"a\": 1}", "",
	    "\"task-received\",\"hostname\":\"errand@h\",\"utcoffset\":-2,"
	    "\"pid\":9,\"clock\":5,\"timestamp\":2.000003,"
	    "\"uuid\":\"id\",\"name\":\"kind\",\"args\":\"[1]\","
	    "\"kwargs\":\"{\\\"a\\\": 1}\",\"root_id\":\"id\",\"parent_id\":null,"
	    "\"retries\":1,\"eta\":null,\"expires\":null}" },
	{ EVENT_STARTED, "", "", "",
	    "\"task-started\",\"hostname\":\"errand@h\",\"utcoffset\":-2,"
	    "\"pid\":9,\"clock\":5,\"timestamp\":2.000003,"
	    "\"uuid\":\"id\",\"name\":\"kind\"}" },
	{ EVENT_SUCCEEDED, "", "", "",
	    "\"task-succeeded\",\"hostname\":\"errand@h\","
	    "\"utcoffset\":-2,\"pid\":9,\"clock\":5,"
	    "\"timestamp\":2.000003,\"uuid\":\"id\","
	    "\"name\":\"kind\",\"result\":\"null\",\"runtime\":"
	    "0.250000}" },
	{ EVENT_FAILED, "", "", "a \"reason\"\n",
	    "\"task-failed\",\"hostname\":\"errand@h\",\"utcoffset\":-2,"
	    "\"pid\":9,\"clock\":5,\"timestamp\":2.000003,"
	    "\"uuid\":\"id\",\"name\":\"kind\",\"exception\":\"a "
	    "\\\"reason\\\"\\n\","
	    "\"traceback\":null}" },
	{ EVENT_RETRIED, "", "", "\xff",
	    "\"task-retried\",\"hostname\":\"errand@h\",\"utcoffset\":-2,"
	    "\"pid\":9,\"clock\":5,\"timestamp\":2.000003,"
	    "\"uuid\":\"id\",\"name\":\"kind\",\"exception\":"
	    "\"\xef\xbf\xbd\","
	    "\"traceback\":null}" },
	{ EVENT_REVOKED, "", "", "expired",
	    "\"task-revoked\",\"hostname\":\"errand@h\",\"utcoffset\":-2,"
	    "\"pid\":9,\"clock\":5,\"timestamp\":2.000003,"
	    "\"uuid\":\"id\",\"name\":\"kind\",\"terminated\":false,"
	    "\"signum\":null,"
	    "\"expired\":true}" },
	{ EVENT_REVOKED, "", "", "terminated",
	    "\"task-revoked\",\"hostname\":\"errand@h\",\"utcoffset\":-2,"
	    "\"pid\":9,\"clock\":5,\"timestamp\":2.000003,"
	    "\"uuid\":\"id\",\"name\":\"kind\",\"terminated\":true,"
	    "\"signum\":\"SIGTERM\","
	    "\"expired\":false}" },
	{ EVENT_REVOKED, "", "", "revoked",
	    "\"task-revoked\",\"hostname\":\"errand@h\",\"utcoffset\":-2,"
	    "\"pid\":9,\"clock\":5,\"timestamp\":2.000003,"
	    "\"uuid\":\"id\",\"name\":\"kind\",\"terminated\":false,"
	    "\"signum\":null,"
	    "\"expired\":false}" },
};

static const struct event_origin origin = {
	.node = "errand@h", .pid = 9, .clock = 5, .wall = 2000003, .west = -120
};

START_TEST(events_have_what_readers_need)
{
	const struct event e = { .type = formats[_i].type,
		.wall = 2000003,
		.runtime = 250000,
		.retries = 1,
		.id = "id",
		.kind = "kind",
		.args = formats[_i].args,
		.kwargs = formats[_i].kwargs,
		.text = formats[_i].text };
	struct json_object *tree;
	struct json_fault fault;
	struct buf b = { 0 };

	event_format(&b, &origin, &e);
	ck_assert_str_eq(b.data + strlen("{\"type\":"), formats[_i].json);
	tree = json_read(b.data, b.len, 4, &fault);
	ck_assert_ptr_nonnull(tree);
	json_object_put(tree);
	buf_free(&b);
}
END_TEST

/* Minutes west of UTC. */
static const struct {
	const char *tz;
	int64_t s;
	int west;
} zones[] = {
	{ "UTC0", 0, 0 },
	{ "CET-1CEST,M3.5.0,M10.5.0/3", 1795345500, -60 },
	{ "CET-1CEST,M3.5.0,M10.5.0/3", 1782864000, -120 },
	{ "EST5", 1795345500, 300 },
	{ "IST-5:30", 1795345500, -330 },
	{ "NST3:30", 1795345500, 210 },
};

START_TEST(times_are_those_of_readers_beside_us)
{
	setenv("TZ", zones[_i].tz, 1);
	ck_assert_int_eq(event_west(zones[_i].s * 1000000), zones[_i].west);
	unsetenv("TZ");
}
END_TEST

START_TEST(a_worker_tells_of_itself)
{
	const struct event_worker w = { .type = "worker-heartbeat",
		.active = 2,
		.processed = 12345678901,
		.loads = { 0.07, 1.5, 12.0 } };
	struct json_object *tree;
	struct json_fault fault;
	struct buf b = { 0 };

	event_format_worker(&b, &origin, &w);
	ck_assert_ptr_nonnull(strstr(b.data,
	    "\"freq\":2.0,\"active\":2,\"processed\":12345678901,"
	    "\"loadavg\":[0.07,1.50,12.00],\"sw_ident\":\"errand\""));
	tree = json_read(b.data, b.len, 4, &fault);
	ck_assert_ptr_nonnull(tree);
	json_object_put(tree);
	buf_free(&b);
}
END_TEST

int
main(void)
{
	const struct harness_test tests[] = {
		{ a_ring_keeps_order_and_length, 0, 0 },
		{ a_full_ring_loses_the_newest, 0, 0 },
		{ a_broken_ring_is_emptied, 0, 0 },
		{ a_ring_goes_between_processes, 0, 0 },
		{ nothing_is_written_that_nobody_wants, 0, 0 },
		{ parts_of_a_record_are_refused, 0, 0 },
		{ long_texts_are_cut_between_characters, 0, 0 },
		{ events_have_what_readers_need, NELEM(formats), 0 },
		{ times_are_those_of_readers_beside_us, NELEM(zones), 0 },
		{ a_worker_tells_of_itself, 0, 0 },
	};

	return harness_run("event", tests, NELEM(tests));
}

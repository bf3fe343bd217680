/* SPDX-License-Identifier: ISC */
/* Messages of others are taken, or refused with the right reason. */
#include "config.h"

#include "lib/celery_bed.h"

static const struct shape shapes[] = {
	{ .err = CELERY_OK },
	/* the envelope's members */
	{ .body = "", .err = CELERY_BROKEN, .id = "i" },
	{ .body = "null", .err = CELERY_BROKEN, .id = "i" },
	{ .body = "7", .err = CELERY_BROKEN, .id = "i" },
	{ .body = "[]", .err = CELERY_BROKEN, .id = "i" },
	{ .body = "\"\"", .err = CELERY_BROKEN, .id = "i" },
	{ .type = "", .err = CELERY_TYPE, .id = "i" },
	{ .type = "null", .err = CELERY_TYPE, .id = "i" },
	{ .type = "1", .err = CELERY_TYPE, .id = "i" },
	{ .type = "\"text/json\"", .err = CELERY_TYPE, .id = "i" },
	{ .type = "\"application/x-python-serialize\"",
	    .err = CELERY_TYPE,
	    .id = "i" },
	{ .type = "\"application/x-msgpack\"", .err = CELERY_TYPE, .id = "i" },
	{ .headers = "", .err = CELERY_NO_TASK },
	{ .headers = "null", .err = CELERY_NO_TASK },
	{ .headers = "[]", .err = CELERY_NO_TASK },
	{ .headers = "\"x\"", .err = CELERY_NO_TASK },
	{ .headers = "{}", .err = CELERY_NO_TASK },
	{ .properties = "", .err = CELERY_BROKEN, .id = "i" },
	{ .properties = "null", .err = CELERY_BROKEN, .id = "i" },
	{ .properties = "[]", .err = CELERY_BROKEN, .id = "i" },
	{ .properties = "{}", .err = CELERY_BROKEN, .id = "i" },
	/* headers */
	{ .headers = "{\"task\":\"t\"}", .err = CELERY_NO_TASK },
	{ .headers = "{\"id\":\"i\"}", .err = CELERY_NO_TASK, .id = "i" },
	{ .headers = "{\"task\":\"t\",\"id\":null}", .err = CELERY_NO_TASK },
	{ .headers = "{\"task\":\"t\",\"id\":7}", .err = CELERY_NO_TASK },
	{ .headers = "{\"task\":\"t\",\"id\":\"\"}", .err = CELERY_NO_TASK },
	{ .headers = "{\"task\":\"t\",\"id\":\"a\\u0000b\"}",
	    .err = CELERY_NO_TASK },
	{ .headers = "{\"task\":\"t\",\"id\":\"\\ud83d\"}",
	    .err = CELERY_NO_TASK },
	{ .headers = "{\"task\":null,\"id\":\"i\"}",
	    .err = CELERY_NO_TASK,
	    .id = "i" },
	{ .headers = "{\"task\":[1],\"id\":\"i\"}",
	    .err = CELERY_NO_TASK,
	    .id = "i" },
	{ .headers = "{\"id\":\"o\",\"task\":\"t\",\"id\":\"i\"}",
	    .err = CELERY_OK },
	{ .headers = "{\"task\":\"t\",\"\\u0069d\":\"i\"}", .err = CELERY_OK },
	{ .headers = "{" H ",\"eta\":\"soon\"}",
	    .err = CELERY_ARGS,
	    .id = "i" },
	{ .headers = "{" H ",\"eta\":17}", .err = CELERY_ARGS, .id = "i" },
	{ .headers = "{" H ",\"eta\":\"\"}", .err = CELERY_ARGS, .id = "i" },
	{ .headers = "{" H ",\"expires\":\"never\"}",
	    .err = CELERY_ARGS,
	    .id = "i" },
	{ .headers = "{" H ",\"expires\":1.5}", .err = CELERY_ARGS, .id = "i" },
	{ .headers = "{" H ",\"eta\":null,\"expires\":null}",
	    .err = CELERY_OK },
	{ .headers = "{" H ",\"retries\":null}", .err = CELERY_OK },
	{ .headers = "{" H ",\"retries\":\"0\"}", .err = CELERY_OK },
	{ .headers = "{" H ",\"retries\":-3}", .err = CELERY_OK },
	{ .headers = "{" H ",\"timelimit\":null}", .err = CELERY_OK },
	{ .headers = "{" H ",\"timelimit\":[]}", .err = CELERY_OK },
	{ .headers = "{" H ",\"timelimit\":[1]}", .err = CELERY_OK },
	{ .headers = "{" H ",\"timelimit\":[\"a\",{}]}", .err = CELERY_OK },
	{ .headers = "{" H ",\"timelimit\":7}", .err = CELERY_OK },
	{ .headers = "{" H ",\"group\":7,\"root_id\":{}}", .err = CELERY_OK },
	{ .headers = "{" H ",\"stamps\":{\"a\":[1]},\"x\":NaN}",
	    .err = CELERY_OK },
	{ .headers = "{" H ",\"x\":\"\\ud83d\",\"y\":1e999}",
	    .err = CELERY_OK },
	{ .headers = "{" H ",\"x\":123456789012345678901234567890}",
	    .err = CELERY_OK },
	{ .headers = "{" H ",\"request_id\":7,\"traceparent\":[]}",
	    .err = CELERY_OK },
	{ .headers = "{" H ",\"compression\":\"application/x-bz2\"}",
	    .err = CELERY_TYPE,
	    .id = "i" },
	{ .headers = "{" H ",\"compression\":7}",
	    .err = CELERY_TYPE,
	    .id = "i" },
	{ .headers = "{" H ",\"compression\":null}", .err = CELERY_OK },
	{ .headers = "{" H ",\"compression\":\"application/x-gzip\"}",
	    .err = CELERY_BROKEN,
	    .id = "i" },
	/* properties */
	{ .properties = "{" P64 "," TAG "}", .err = CELERY_BROKEN, .id = "i" },
	{ .properties = "{" P64 "," INFO "}", .err = CELERY_BROKEN, .id = "i" },
	{ .properties = "{" P64 "," INFO ",\"delivery_tag\":null}",
	    .err = CELERY_BROKEN,
	    .id = "i" },
	{ .properties = "{" P64 "," INFO ",\"delivery_tag\":7}",
	    .err = CELERY_OK },
	{ .properties = "{" P64 "," TAG ",\"delivery_info\":[]}",
	    .err = CELERY_BROKEN,
	    .id = "i" },
	{ .properties = "{" P64 "," TAG ",\"delivery_info\":{}}",
	    .err = CELERY_OK },
	{ .properties = "{" P64 "," TAG "," INFO ",\"priority\":99}",
	    .err = CELERY_OK },
	{ .properties = "{" P64 "," TAG "," INFO ",\"priority\":null}",
	    .err = CELERY_OK },
	{ .properties = "{" P64 "," TAG "," INFO ",\"priority\":-1}",
	    .err = CELERY_OK },
	{ .properties = "{" TAG "," INFO "}", .err = CELERY_BROKEN, .id = "i" },
	{ .properties = "{" TAG "," INFO ",\"body_encoding\":\"rot13\"}",
	    .err = CELERY_TYPE,
	    .id = "i" },
	{ .properties = "{" TAG "," INFO ",\"body_encoding\":7}",
	    .err = CELERY_TYPE,
	    .id = "i" },
	/* bodies as they stand */
	{ .body = "\"W1syLDNdLHt9LHt9XQ=\"", .err = CELERY_BROKEN, .id = "i" },
	{ .body = "\"W1syLDNdLHt9LHt9XQ=!\"", .err = CELERY_BROKEN, .id = "i" },
	{ .body = "\"====\"", .err = CELERY_BROKEN, .id = "i" },
	{ .body = "\"!!!!\"", .err = CELERY_BROKEN, .id = "i" },
	{ .body = "\"/////w==\"", .err = CELERY_BROKEN, .id = "i" },
	{ .body = "\"\\ud83d\"", .err = CELERY_BROKEN, .id = "i" },
	/* bodies within */
	{ .plain = "[[2,3],{},{}]", .err = CELERY_OK },
	{ .plain = "[[2,3],{},null]", .err = CELERY_OK },
	{ .plain = " [ [ ] , { } , { } ] ", .err = CELERY_OK },
	{ .plain = "", .err = CELERY_BROKEN, .id = "i" },
	{ .plain = "nope", .err = CELERY_BROKEN, .id = "i" },
	{ .plain = "null", .err = CELERY_BROKEN, .id = "i" },
	{ .plain = "7", .err = CELERY_BROKEN, .id = "i" },
	{ .plain = "\"x\"", .err = CELERY_BROKEN, .id = "i" },
	{ .plain = "[]", .err = CELERY_BROKEN, .id = "i" },
	{ .plain = "[[],{}]", .err = CELERY_BROKEN, .id = "i" },
	{ .plain = "[[],{},{},{}]", .err = CELERY_BROKEN, .id = "i" },
	{ .plain = "[[],{},{}] x", .err = CELERY_BROKEN, .id = "i" },
	{ .plain = "[[2,3],{},{}", .err = CELERY_BROKEN, .id = "i" },
	{ .plain = "[null,{},{}]", .err = CELERY_ARGS, .id = "i" },
	{ .plain = "[{},{},{}]", .err = CELERY_ARGS, .id = "i" },
	{ .plain = "[[],null,{}]", .err = CELERY_ARGS, .id = "i" },
	{ .plain = "[[],[],{}]", .err = CELERY_ARGS, .id = "i" },
	{ .plain = "[[],{},[]]", .err = CELERY_ARGS, .id = "i" },
	{ .plain = "[[],{},7]", .err = CELERY_ARGS, .id = "i" },
	{ .plain = "[[NaN],{},{}]", .err = CELERY_ARGS, .id = "i" },
	{ .plain = "[[],{\"a\":-Infinity},{}]", .err = CELERY_ARGS, .id = "i" },
	{ .plain = "[[\"\\\\ud83d\"],{},{}]", .err = CELERY_ARGS, .id = "i" },
	{ .plain = "[[\"\\\\ud83d\\\\ude00\"],{},{}]", .err = CELERY_OK },
	{ .plain = "[[\"\\\\u0000\"],{},{}]", .err = CELERY_ARGS, .id = "i" },
	{ .plain = "[[],{\"a\":1,\"a\":2},{}]", .err = CELERY_ARGS, .id = "i" },
	{ .plain = "[[1e999],{},{}]", .err = CELERY_ARGS, .id = "i" },
	{ .plain = "[[12345678901234567890123],{},{}]", .err = CELERY_OK },
	{ .plain = "[[],{},{\"callbacks\":[],\"chain\":[]}]",
	    .err = CELERY_OK },
	{ .plain = "[[],{},{\"callbacks\":[{\"task\":\"x\"}]}]",
	    .err = CELERY_OK },
	{ .plain = "[[],{},{\"errbacks\":{\"task\":\"x\"}}]",
	    .err = CELERY_OK },
	{ .plain = "[[],{},{\"chain\":[{\"task\":\"x\"}]}]", .err = CELERY_OK },
	{ .plain = "[[],{},{\"chord\":{\"task\":\"x\"}}]", .err = CELERY_OK },
	{ .plain = "[[],{},{\"callbacks\":[7]}]",
	    .err = CELERY_UNSUPPORTED,
	    .id = "i" },
	{ .plain = "[[],{},{\"errbacks\":[{\"task\":\"\"}]}]",
	    .err = CELERY_UNSUPPORTED,
	    .id = "i" },
	{ .plain = "[[],{},{\"chain\":\"x\"}]",
	    .err = CELERY_UNSUPPORTED,
	    .id = "i" },
	{ .plain = "[[],{},{\"chain\":[{\"task\":\"celery.chord\","
		   "\"subtask_type\":\"chord\",\"kwargs\":{}}]}]",
	    .err = CELERY_UNSUPPORTED,
	    .id = "i" },
	{ .plain = "[[],{},{\"chord\":7}]",
	    .err = CELERY_UNSUPPORTED,
	    .id = "i" },
	/* protocol 1 */
	{ .plain = "{}", .err = CELERY_NO_TASK },
	{ .plain = "{\"task\":\"t\"}", .err = CELERY_NO_TASK },
	{ .plain = "{\"task\":\"t\",\"id\":\"i\"}", .err = CELERY_OK },
	{ .plain = "{\"task\":\"t\",\"id\":\"i\",\"args\":[1],"
		   "\"kwargs\":{\"k\":1}}",
	    .headers = "{}",
	    .err = CELERY_OK },
	{ .plain = "{\"task\":\"t\",\"id\":\"i\",\"args\":7}",
	    .err = CELERY_ARGS,
	    .id = "i" },
	{ .plain = "{\"task\":\"t\",\"id\":\"i\",\"eta\":\"x\"}",
	    .err = CELERY_ARGS,
	    .id = "i" },
	{ .plain = "{\"task\":\"t\",\"id\":\"i\",\"chord\":{\"task\":\"x\"}}",
	    .err = CELERY_OK },
};

START_TEST(shapes_are_told_apart)
{
	const struct shape *s = &shapes[_i];
	struct celery_message m;
	struct buf b = { 0 };
	const char *why, *id;

	add_shape(&b, s);
	ck_assert_msg(decode(b.data, &m, &why) == s->err, "%s: %s", b.data,
	    why == NULL ? "accepted" : why);
	id = s->err == CELERY_OK ? "i" : s->id;
	if (id == NULL)
		ck_assert_ptr_null(m.id);
	else
		ck_assert_str_eq(m.id, id);
	if (s->err == CELERY_OK || s->err >= CELERY_UNSUPPORTED)
		ck_assert_str_eq(m.kind, "t");
	if (s->err == CELERY_OK)
		ck_assert(m.args != NULL && m.kwargs != NULL &&
			  m.priority >= 0 && m.priority <= 9 && m.retries >= 0);
	buf_free(&b);
}
END_TEST

static const char *const no_envelopes[] = {
	"",
	" ",
	"x",
	"null",
	"7",
	"\"x\"",
	"[]",
	"[{}]",
	"{}",
	"{",
	"{\"body\"",
	"{\"body\":",
	"{\"body\":}",
	"{,}",
	"{} {}",
	"\xef\xbb\xbf{}",
	"{\"a\":\"\xff\"}",
	"{\"a\":\"\xc3\"}",
	"{\"a\":\"\xed\xa0\xbd\"}",
	"{\"a\":\"\n\"}",
	"{\"a\":\"\\x\"}",
	"{\"a\":\"\\u12\"}",
	"{\"a\":01}",
	"{\"a\":-}",
	"{\"a\":1.}",
	"{\"a\":1e}",
	"{\"a\":nul}",
	"{'a':1}",
	"{\"a\":1,}",
	"[1,]",
	"\x80\x04\x95.",
};

START_TEST(other_elements_are_broken)
{
	struct celery_message m;
	const char *why;

	ck_assert_int_eq(decode(no_envelopes[_i], &m, &why), CELERY_BROKEN);
	ck_assert_ptr_null(m.id);
	ck_assert_ptr_null(m.kind);
}
END_TEST

int
main(void)
{
	const struct harness_test tests[] = {
		{ shapes_are_told_apart, NELEM(shapes), 0 },
		{ other_elements_are_broken, NELEM(no_envelopes), 0 },
	};

	return harness_run_in("celery_decode", set_up, tear_down, tests,
	    NELEM(tests));
}

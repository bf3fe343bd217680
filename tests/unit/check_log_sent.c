/* SPDX-License-Identifier: ISC */
/* Events as the journal and syslog servers take them: nothing in a field is
 * taken for another. */
#include "config.h"

#include "lib/harness.h"

#include "base/buf.h"
#include "base/str.h"
#include "base/xalloc.h"
#include "log/log.h"
#include "log/log_own.h"

static const struct {
	const char *key, *text, *journal, *param;
} fields[] = {
	{ "route", "/tasks/{id}", "ERRAND_ROUTE=/tasks/{id}\n",
	    "route=\"/tasks/{id}\"" },
	{ "duration_us", "", "ERRAND_DURATION_US=\n", "duration_us=\"\"" },
	{ "http.route", "a=b", "ERRAND_HTTP_ROUTE=a=b\n",
	    "http.route=\"a=b\"" },
	{ "a b]\"=\xff", "x", "ERRAND_A_B____=x\n", "a_b____=\"x\"" },
	{ "k", "q\"b\\s]e", "ERRAND_K=q\"b\\s]e\n", "k=\"q\\\"b\\\\s\\]e\"" },
	{ "k", "a\n<3>b", "ERRAND_K\n\6", "k=\"a\\\\n<3>b\"" },
	{ "k", "a\rb\x1b\x7f", "ERRAND_K=a\rb\x1b\x7f\n", "k=\"a?b??\"" },
	{ "k", "na\xc3\xafve", "ERRAND_K=na\xc3\xafve\n",
	    "k=\"na\xc3\xafve\"" },
	{ "k", "\xff\xe2\x80\xae", "ERRAND_K=\xff\xe2\x80\xae\n", "k=\"??\"" },
};

static void
field_event(struct log_event *e, const struct log_field *f)
{
	*e = (struct log_event){ .us = 1795401000123456,
		.level = LOGL_ERROR,
		.program = "errand.fcgi",
		.pid = 123,
		.msg = "it happened",
		.fields = f,
		.request_id = "r-1" };
}

START_TEST(the_journal_gets_fields)
{
	const struct log_field f[] = { LS(fields[_i].key, fields[_i].text),
		LI("n", -5), { 0 } };
	static const char end[] = "\nERRAND_N=-5\nREQUEST_ID=r-1\n";
	const char *wanted = fields[_i].journal;
	struct log_event e;
	struct buf b = { 0 };

	field_event(&e, f);
	log_journal_entry(&b, &e);
	ck_assert(str_starts(b.data, "MESSAGE=it happened "));
	ck_assert_ptr_eq(strchr(b.data, '\n'),
	    strstr(b.data, "\nPRIORITY=3\n"));
	ck_assert_ptr_nonnull(strstr(b.data,
	    "\nSYSLOG_FACILITY=3\nSYSLOG_PID=123\n"
	    "SYSLOG_IDENTIFIER=errand.fcgi\nERRAND_MSG=it happened\n"));
	ck_assert_msg(strstr(b.data, wanted) != NULL, "%s", b.data);
	/* A length has zeros in it. */
	ck_assert_ptr_nonnull(memmem(b.data, b.len, end, sizeof(end) - 1));
	buf_free(&b);
}
END_TEST

START_TEST(a_newline_comes_with_the_length)
{
	static const char wanted[] = "\nERRAND_K\n\6\0\0\0\0\0\0\0a\n<3>b\n";
	const struct log_field f[] = { LS("k", "a\n<3>b"), { 0 } };
	struct log_event e;
	struct buf b = { 0 };

	field_event(&e, f);
	log_journal_entry(&b, &e);
	ck_assert_ptr_nonnull(memmem(b.data, b.len, wanted,
	    sizeof(wanted) - 1));
	buf_free(&b);
}
END_TEST

START_TEST(syslog_gets_structured_data)
{
	const struct log_syslog_form form = { .host = "a host",
		.facility = 16 };
	const struct log_field f[] = { LS(fields[_i].key, fields[_i].text),
		LI("n", -5), { 0 } };
	struct log_event e;
	struct buf b = { 0 };
	char wanted[400];

	field_event(&e, f);
	log_syslog_message(&b, &e, &form);
	snprintf(wanted, sizeof(wanted),
	    "<131>1 2026-11-23T02:30:00.123456Z a_host errand.fcgi 123 - "
	    "[errand@32473 %s n=\"-5\" request_id=\"r-1\"] it happened ",
	    fields[_i].param);
	ck_assert_msg(str_starts(b.data, wanted), "%s", b.data);
	ck_assert_uint_eq(strcspn(b.data, "\n\r\x1b\x7f"), b.len);
	buf_free(&b);
}
END_TEST

static const struct {
	const char *host;
	bool counted;
	enum log_level level;
	const char *program, *wanted;
} forms[] = {
	{ NULL, false, LOGL_ERROR, "x", "<27>x[123]: it happened" },
	{ NULL, false, LOGL_WARNING, "a\nb", "<28>a_b[123]: it happened" },
	{ "h", false, LOGL_INFO, "x",
	    "<30>1 2026-11-23T02:30:00.123456Z h x 123 - - it happened" },
	{ "", false, LOGL_DEBUG, "",
	    "<31>1 2026-11-23T02:30:00.123456Z - - 123 - - it happened" },
	{ "h", true, LOGL_INFO, "x",
	    "57 <30>1 2026-11-23T02:30:00.123456Z h x 123 - - it happened" },
};

START_TEST(syslog_is_spoken_in_each_form)
{
	const struct log_field none[] = { { 0 } };
	const struct log_syslog_form form = { .host = forms[_i].host,
		.facility = 3,
		.counted = forms[_i].counted };
	struct log_event e;
	struct buf b = { 0 };

	field_event(&e, none);
	e.request_id = NULL;
	e.level = forms[_i].level;
	e.program = forms[_i].program;
	log_syslog_message(&b, &e, &form);
	ck_assert_str_eq(b.data, forms[_i].wanted);
	buf_free(&b);
}
END_TEST

START_TEST(a_message_for_syslog_fits_into_a_datagram)
{
	const struct log_syslog_form form = { .host = "h", .facility = 3 };
	char *text = xcalloc(1, 20001);
	const struct log_field f[] = { LS("a", text), LS("b", text),
		LS("c", text), LS("d", text), LS("e", text), LS("f", text),
		LS("g", text), LS("h", text), LS("i", text), LS("j", text),
		{ 0 } };
	struct log_event e;
	struct buf b = { 0 };

	memset(text, '"', 20000);
	field_event(&e, f);
	log_syslog_message(&b, &e, &form);
	ck_assert_uint_lt(b.len, 20000);
	ck_assert_ptr_nonnull(strstr(b.data, "request_id=\"r-1\"] it"));
	buf_free(&b);
	free(text);
}
END_TEST

int
main(void)
{
	const struct harness_test tests[] = {
		{ the_journal_gets_fields, NELEM(fields), 0 },
		{ a_newline_comes_with_the_length, 0, 0 },
		{ syslog_gets_structured_data, NELEM(fields), 0 },
		{ syslog_is_spoken_in_each_form, NELEM(forms), 0 },
		{ a_message_for_syslog_fits_into_a_datagram, 0, 0 },
	};

	return harness_run("log_sent", tests, NELEM(tests));
}

/* SPDX-License-Identifier: ISC */
/* Hands a text to each decoder that meets text from outside. */
#include "config.h"

#include "decoders.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "api/job_query.h"
#include "auth/auth_own.h"
#include "base/arena.h"
#include "base/clock.h"
#include "base/codec.h"
#include "base/str.h"
#include "base/xalloc.h"
#include "celery/canvas.h"
#include "conf/conf.h"
#include "control/control_request.h"
#include "export/batch.h"
#include "kinds/notify.h"
#include "log/gelf.h"
#include "oidc/alg.h"
#include "oidc/jwks.h"
#include "stream/record.h"
#include "task/task.h"
#include "task/task_query.h"
#include "text/json.h"
#include "text/json_span.h"
#include "text/kv_url.h"
#include "text/mail_address.h"
#include "text/pairs.h"
#include "text/rule.h"
#include "text/traceparent.h"
#include "text/trail.h"
#include "wire/etag.h"
#include "wire/fault.h"
#include "wire/request.h"
#include "wire/request_path.h"

#define ALL_ALGS ((1U << ALG__MAX) - 1)

static void
read_spans(struct arena *a, const char *text, size_t len)
{
	struct batch b = { 0 };

	(void)a;
	if (batch_add(&b, text, len))
		assert(b.spans >= 0 && b.lost >= 0);
	batch_clear(&b);
}

/* What is read of it is written as it was, unless it is of a later version. */
static void
read_trace(struct arena *a, const char *text, size_t len)
{
	struct buf name = { 0 }, value = { 0 };
	struct traceparent p, q;
	char out[TRACE_TEXT];

	(void)a, (void)len;
	if (traceparent_parse(text, &p) == 0) {
		assert(traceparent_parse(traceparent_format(&p, out), &q) == 0);
		assert(str_eq(p.trace, q.trace) && str_eq(p.span, q.span));
		assert(p.flags == q.flags && !q.later);
	}
	while (pairs_next(&text, &name, &value) == 1)
		assert(name.len > 0 && strlen(value.data) == value.len);
	buf_free(&name);
	buf_free(&value);
}

static const struct task_scope everybody = { .all = true };

static void
read_query(struct arena *a, const char *text, size_t len)
{
	struct faults *f = faults_new(a);
	struct task_changes changes;
	struct task_query q;

	(void)len;
	task_query_parse(a, text, &everybody, &q, f);
	if (f->n == 0)
		assert(page_canonical(a, &q.page) != NULL);
	f = faults_new(a);
	task_changes_parse(a, text, &changes, f);
	if (f->n == 0)
		assert(page_canonical(a, &changes.page) != NULL);
}

/* As a web server's records, and as the parameters in them. */
static void
read_records(struct arena *a, const char *text, size_t len)
{
	const char *at = text;
	struct record_pair pair;
	struct record r;
	size_t sum = 0;
	bool keep;

	(void)a;
	while (record_pair(&at, text + len, &pair) == 1)
		sum += pair.name_len + pair.value_len;
	assert(sum <= len);
	for (sum = 0; record_parse(text + sum, len - sum, &r) == 1;
	     sum += r.size) {
		struct buf b = { 0 };

		(void)record_begin(&r, &keep);
		record_add_about(&b, &r);
		buf_free(&b);
	}
	assert(sum <= len);
}

/* The bytes themselves are the cursor, under a digest that fits. */
static void
read_cursor(struct arena *a, const char *text, size_t len)
{
	static const struct uuid none;
	struct faults *f = faults_new(a);
	struct task_query q;
	uint8_t bytes[2 * DECODERS_TEXT];
	const char *cursor;
	char *out;
	long n;

	task_query_parse(a, "sort=title", &everybody, &q, f);
	cursor = page_cursor(a, &q.page, "", 0, &none);
	n = codec_b64url_decode(cursor, strlen(cursor), bytes);
	assert(n > 0);
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

	if (celery_decode(a, text, len, &m, &why) != CELERY_OK)
		return;
	why = celery_check_args(&m);
	assert(why == NULL || why[0] != '\0');
}

/* What follows a task, whatever its end is; twice it is the same. */
static void
read_canvas(struct arena *a, const char *text, size_t len)
{
	const char *json = arena_strndup(a, text, len);
	const struct celery_message m = { .id = "i",
		.group = "g",
		.callbacks = json,
		.errbacks = json,
		.chain = json,
		.chord = "{\"task\":\"e\"}" };
	const struct canvas_part part = {
		.group = "g", .id = "i", .chord = json
	};
	struct canvas_plan plan = { .arena = a, .seed = "s" };
	struct json_span v;
	unsigned odd;

	if (json_span_read(json, strlen(json), CELERY_DEPTH, &v, &odd) != NULL)
		return;
	canvas_chord(&plan, &part, &json, 1, NULL);
	if (canvas_check(a, &m) != NULL)
		return;
	for (int i = 0; i < CELERY_STATE__MAX; i++) {
		const struct canvas_end end = { .m = &m,
			.state = (enum celery_state)i,
			.value = "1",
			.seed = "s" };

		canvas_end(a, &end, &plan);
		assert(plan.nposts + plan.nresults + plan.nparts > 0);
	}
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
	assert(n.nwanted == 2);
	assert(n.nsent + n.nleft == n.nwanted);
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
	const char *address, *why;
	struct kv_url u;
	int64_t us;

	address = mail_address_ascii(a, text, len, &why);
	assert((address == NULL) == (why != NULL));
	if (address != NULL)
		assert(mail_address_judge(address, strlen(address)) == NULL);
	address = mail_domain_ascii(a, text, len, &why);
	assert((address == NULL) == (why != NULL));
	assert(clock_parse(text, &us) <= (long)len);
	assert(celery_time_parse(text, &us) <= (long)len);
	assert(codec_b64url_decode(text, len, bytes) <= (long)len);
	assert(codec_b64_decode(text, len, bytes) <= (long)len);
	assert(codec_percent_decode(text, len, (char *)bytes) <= (long)len);
	if (kv_url_parse(text, &u) == 0)
		kv_url_clear(&u);
}

static void
read_job_query(struct arena *a, const char *text, size_t len)
{
	struct faults *f = faults_new(a);
	struct job_query q;

	(void)len;
	job_query_parse(a, text, &q, f);
	if (f->n == 0)
		assert(page_canonical(a, &q.page) != NULL);
}

/* As a whole task, and as a change of one. */
static void
read_task(struct arena *a, const char *text, size_t len)
{
	struct json_fault fault;
	struct json_object *tree = json_read(text, len, 16, &fault);
	struct task_input in;

	if (tree == NULL)
		return;
	arena_defer(a, json_release, tree);
	for (int form = TASK_BODY_WHOLE; form <= TASK_BODY_PATCH; form++) {
		struct faults *f = faults_new(a);

		task_parse(tree, (enum task_body)form, &in, f);
		if (f->n == 0 && in.has_title)
			assert(in.title[0] != '\0');
	}
}

static void
judge_token(struct arena *a, const char *text, size_t len)
{
	static struct token_rules rules;
	static struct rules *rights;
	struct claims claims;
	struct token t;

	if (rights == NULL) {
		rights = rules_new("user", "admin");
		rules = (struct token_rules){ .owner = "sub",
			.issuer = "https://sso.example",
			.audience = "errand-api",
			.client = "errand-api",
			.rights = rights,
			.algs = ALL_ALGS,
			.limit = 8 * DECODERS_TEXT,
			.leeway = 30 };
	}
	if (token_open(text, len, &rules, a, &t) != REFUSAL_NONE)
		return;
	assert(t.kid_len > 0 && t.kid_len <= JWKS_KID_MAX);
	if (claims_read(&t, &rules, 1760317600, a, &claims) == REFUSAL_NONE)
		assert(claims.who.subject != NULL);
}

/* The bytes are the token as it stands in a header. */
static void
read_token(struct arena *a, const char *text, size_t len)
{
	judge_token(a, text, len);
}

/* The lines are the parts of a token, before they were encoded. */
static void
read_token_parts(struct arena *a, const char *text, size_t len)
{
	char *out = arena_alloc(a, 2 * len + 16), *at = out;

	for (const char *end = text + len; text <= end;) {
		const char *line = memchr(text, '\n', (size_t)(end - text));
		size_t n = (size_t)((line == NULL ? end : line) - text);

		if (at > out)
			*at++ = '.';
		codec_b64url(text, n, at);
		at += strlen(at);
		text += n + 1;
		if (at - out > (long)(2 * len) + 8)
			break;
	}
	judge_token(a, out, (size_t)(at - out));
}

static void
count_fault(void *n, const char *sentence)
{
	assert(sentence[0] != '\0');
	++*(unsigned *)n;
}

static void
read_settings(struct arena *a, const char *text, size_t len)
{
	static char path[64];
	static int fd = -1;
	struct conf_set *set;
	unsigned faults = 0;

	(void)a;
	if (fd == -1) {
		fd = memfd_create("settings", MFD_CLOEXEC);
		snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	}
	if (ftruncate(fd, 0) == -1 || pwrite(fd, text, len, 0) != (ssize_t)len)
		abort();
	set = conf_read(path, count_fault, &faults);
	assert(set->faults == faults);
	conf_set_free(set);
}

/* Each line is a parameter, as the web server hands it over. */
static void
read_parameters(struct arena *a, const char *text, size_t len)
{
	char *lines = arena_alloc(a, len + 1), *line, *end;
	char *env[DECODERS_TEXT / 2 + 2];
	FCGX_Request r = { .envp = env };
	struct request req;
	size_t n = 0;

	memcpy(lines, text, len + 1);
	for (line = lines; line < lines + len && n < NELEM(env) - 1;
	     line = end + 1) {
		end = line + strcspn(line, "\n");
		*end = '\0';
		env[n++] = line;
	}
	env[n] = NULL;
	settings.http_base_path = "";
	settings.http_body_limit = 65536;
	request_read(&req, &r, a);
	assert(req.id != NULL && strlen(req.id) <= TRAIL_ID_MAX);
	assert(req.body_announced <= settings.http_body_limit ||
	       req.body_state != REQUEST_BODY_UNREAD);
}

static void
read_control(struct arena *a, const char *text, size_t len)
{
	struct control_request r;
	const char *why, *texts[4];
	int64_t n = 0;

	if (control_request_read(a, text, len, &r, &why) == -1)
		return;
	(void)control_request_is_for(&r, "celery@host");
	(void)control_request_text(&r, "task_id");
	(void)control_request_flag(&r, "terminate");
	if (control_request_number(&r, "n", &n) == -1)
		n = 0;
	assert(control_request_texts(&r, "task_id", texts, 4) <= 4);
}

/* A text that other programs put into Redis as a result. */
static void
read_result(struct arena *a, const char *text, size_t len)
{
	char exc[64];
	bool final;

	(void)a;
	assert(celery_result_state(text, len, &final, exc, sizeof(exc)) <=
	       CELERY_STATE__MAX);
	assert(memchr(exc, '\0', sizeof(exc)) != NULL);
}

static void
read_rule(struct arena *a, const char *text, size_t len)
{
	struct buf why = { 0 };

	(void)a;
	(void)len;
	if (rule_judge(text, &why) == -1)
		assert(why.len > 0);
	buf_free(&why);
}

/* The text is in every place of an event that is not ours. */
static void
read_event(struct arena *a, const char *text, size_t len)
{
	const struct log_field fields[] = { LS(text, text), LI(text, 1),
		LS("key", text), { 0 } };
	const struct log_event e = { .program = text,
		.msg = text,
		.fields = fields,
		.request_id = text,
		.trace_id = text };
	struct buf b = { 0 };
	struct json_span v;
	unsigned odd;

	(void)a;
	(void)len;
	gelf_json(&b, &e, "host");
	assert(b.len <= GELF_MESSAGE_MAX && memchr(b.data, 0, b.len) == NULL);
	assert(str_utf8_count(b.data, b.len) >= 0);
	assert(json_span_read(b.data, b.len, 16, &v, &odd) == NULL);
	buf_free(&b);
}

static void
read_http_answer(struct arena *a, const char *text, size_t len)
{
	const struct buf in = { .data = (char *)(uintptr_t)text, .len = len };
	const char *why = NULL;
	size_t n = 0;
	enum log_net_answer answer;

	(void)a;
	if (len == 0)
		return;
	answer = gelf_http_answer(&in, &n, &why);
	assert(answer == LOG_NET_NONE || answer == LOG_NET_NOT_NOW ||
	       (n > 0 && n <= len));
	assert(answer != LOG_NET_NOT_NOW || why != NULL);
}

const struct decoder decoders[] = {
	{ "event", read_event, "2026-11-28 \xc3\xa9\x01 gl2_source" },
	{ "http answer", read_http_answer,
	    "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 202 Accepted\r\n"
	    "Transfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\nX: y\r\n\r\n" },
	{ "spans", read_spans,
	    "errand-spans 1 12 345\n{\"resource\":{},\"scopeSpans\":[]}" },
	{ "trace", read_trace,
	    "01-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01-x" },
	{ "trace", read_trace, "a=1 , Authorization=Basic%20YTpi,b=" },
	{ "query", read_query,
	    "status=pending,completed&title=%C3%A9+b&created_from=2026-11-22T"
	    "11:05:00.5%2B02:00&created_by=a&sort=-title&limit=7&count=exact&cursor=AQAA" },
	{ "cursor", read_cursor, "a title\xc3\xa9 of some length" },
	{ "records", read_records, "\4\5nameABCDE\1\1ab\1\2abc" },
	{ "tags", read_tags,
	    "\"7\", W/\"7-0123456789abcdef-gzip\", \"x;gzip\" ,*" },
	{ "json", read_json,
	    "{\"title\":\"\\ud83d\\udc22 \\n\xc3\xa9\",\"x\":[1,-2.5e3,"
	    "null,true,{\"y\":{}}]}" },
	{ "keys", read_keys,
	    "{\"keys\":[{\"kty\":\"EC\",\"kid\":\"a\",\"crv\":\"P-256\","
	    "\"x\":\"f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU\","
	    "\"y\":\"x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0\"}]}" },
	{ "message", read_message,
	    "{\"body\":\"W1tdLHt9LHt9XQ==\",\"content-encoding\":\"utf-8\","
	    "\"content-type\":\"application/json\",\"headers\":{\"id\":\"1\","
	    "\"task\":\"k\",\"retries\":0,\"eta\":\"2026-11-22T11:05:00\"},"
	    "\"properties\":{\"body_encoding\":\"base64\",\"priority\":0}}" },
	{ "recipients", read_recipients,
	    "{\"sent\":[\"a@x.org\",\"b@x.org\",\"A@X.org\",\"a@x.org\"]}" },
	{ "path", read_path, "/tasks/%30%31/events?title=a#b" },
	{ "words", read_words, "alice.b+c@mail.example.org" },
	{ "words", read_words,
	    "a@stra\xc3\x9f"
	    "e.mu\xcc\x88ller\xe3\x80\x82"
	    "\xe4\xbe\x8b" },
	{ "words", read_words, "2026-11-22T11:05:00.123456+02:00" },
	{ "words", read_words, "redis://user:pa%20ss@[::1]:6379/7" },
	{ "words", read_words, "unix:///run/redis.sock?db=3" },
	{ "words", read_words, "QUJDRA==%41%zz-_" },
	{ "job_query", read_job_query,
	    "state=queued,failed&kind=errand.send%5Fmail&limit=7&task_id="
	    "019ab3c4-0000-7000-8000-0123456789ab&cursor=AQAA" },
	{ "task", read_task,
	    "{\"title\":\"Buy \\u00fc\",\"description\":null,"
	    "\"status\":\"in-progress\"}" },
	{ "token", read_token,
	    "eyJhbGciOiJSUzI1NiIsImtpZCI6ImEifQ."
	    "eyJpc3MiOiJodHRwczovL3Nzby5leGFtcGxlIiwiZXhwIjoxNzYwMzE3ODAwLCJh"
	    "dWQiOiJlcnJhbmQtYXBpIiwic3ViIjoicyIsInR5cCI6IkJlYXJlciJ9.QUJD" },
	{ "token_parts", read_token_parts,
	    "{\"alg\":\"RS256\",\"typ\":\"JWT\",\"kid\":\"a\"}\n"
	    "{\"iss\":\"https://sso.example\",\"exp\":1760317800,"
	    "\"iat\":1760317500,\"nbf\":0,\"aud\":[\"errand-api\",\"account\"],"
	    "\"sub\":\"7a1b\",\"typ\":\"Bearer\",\"azp\":\"cli\",\"sid\":\"5\","
	    "\"realm_access\":{\"roles\":[\"user\"]},\"resource_access\":"
	    "{\"errand-api\":{\"roles\":[\"admin\"]}},\"scope\":\"a b\","
	    "\"email_verified\":true,\"email\":\"alice@example.org\","
	    "\"preferred_username\":\"alice\"}\nsignature" },
	{ "settings", read_settings,
	    "\xef\xbb\xbf; a comment\n[database]\nconninfo = host=/run\n"
	    "  dbname='x y' ; and more\npassword_file = /nonexistent\n"
	    "[auth]\nissuer = https://sso.example/realms/main\n"
	    "algorithms = RS256, ES256\n[rbac]\ncreate_task = user + scope:t\n"
	    "[http]\nbody_limit = 64k\n[mail]\nurl = smtp://mail.example\n"
	    "from = Errand <errand@example.org>\nto = a@x.org, b@x.org\n"
	    "[job:a.b]\ncommand = /bin/cat \"%h\" x\nsoft_limit = 5m\n" },
	{ "parameters", read_parameters,
	    "REQUEST_METHOD=PATCH\nREQUEST_URI=/tasks/%30?a=b\n"
	    "CONTENT_LENGTH=17\nCONTENT_TYPE=application/json; charset=utf-8\n"
	    "HTTP_AUTHORIZATION=Bearer a.b.c\nHTTP_IF_MATCH=\"7\"\n"
	    "HTTP_IF_MATCH=W/\"8\"\nHTTP_X_REQUEST_ID=a-1\nREMOTE_ADDR=::1\n"
	    "HTTP_TRACEPARENT=00-0af7651916cd43dd8448eb211c80319c-"
	    "b7ad6b7169203331-01\nHTTP_ORIGIN=https://app.example\n" },
	{ "canvas", read_canvas,
	    "[{\"task\":\"a\",\"args\":[1],\"kwargs\":{\"k\":2},\"options\":"
	    "{\"task_id\":\"x\",\"link\":[{\"task\":\"b\"}],\"expires\":5,"
	    "\"stamped_headers\":[\"s\"],\"s\":1,\"headers\":{\"h\":[]}},"
	    "\"subtask_type\":null,\"immutable\":true},{\"task\":"
	    "\"celery.chain\",\"kwargs\":{\"tasks\":[{\"task\":"
	    "\"celery.group\",\"kwargs\":{\"tasks\":[{\"task\":\"c\"}]},"
	    "\"options\":{},\"subtask_type\":\"group\"},{\"task\":\"d\"}]},"
	    "\"options\":{\"chord\":{\"task\":\"e\"},\"group_id\":\"h\"},"
	    "\"subtask_type\":\"chain\"},{\"task\":\"celery.chord\","
	    "\"kwargs\":{\"header\":[{\"task\":\"f\"}],\"body\":{\"task\":"
	    "\"g\"},\"kwargs\":{}},\"options\":{\"link_error\":{\"task\":"
	    "\"o\"}},\"subtask_type\":\"chord\"}]" },
	{ "control", read_control,
	    "{\"body\":\"eyJtZXRob2QiOiJyZXZva2UiLCJhcmd1bWVudHMiOnsidGFza19p"
	    "ZCI6WyJhIl0sInRlcm1pbmF0ZSI6dHJ1ZSwibiI6Mn0sInBhdHRlcm4iOiJjKltv"
	    "LXNdPyIsIm1hdGNoZXIiOiJnbG9iIn0=\",\"headers\":{\"clock\":3},"
	    "\"content-type\":\"application/json\",\"content-encoding\":"
	    "\"utf-8\",\"properties\":{\"body_encoding\":\"base64\"}}" },
	{ "control", read_control,
	    "{\"body\":\"{\\\"method\\\":\\\"ping\\\",\\\"destination\\\":"
	    "[\\\"celery@host\\\"],\\\"reply_to\\\":{\\\"exchange\\\":\\\"r\\\","
	    "\\\"routing_key\\\":\\\"k\\\"},\\\"ticket\\\":\\\"t\\\"}\","
	    "\"headers\":{},\"content-type\":\"application/json\","
	    "\"content-encoding\":\"utf-8\",\"properties\":{}}" },
	{ "result", read_result,
	    "{\"status\":\"FAILURE\",\"result\":{\"exc_type\":\"ValueError\","
	    "\"exc_message\":[\"no\",1],\"exc_module\":\"builtins\"},"
	    "\"task_id\":\"a\",\"children\":[]}" },
	{ "rule", read_rule, "user + scope:tasks.write, role:admin" },
	{ "words", read_words, "\"al ice\"@[192.0.2.1]" },
};

const size_t decoders_n = NELEM(decoders);

void
decoder_run(const struct decoder *d, const void *text, size_t len)
{
	struct arena *a = arena_new();
	/* Without a byte to spare, so that reading past its end is noticed. */
	char *exact = xcalloc(1, len + 1);

	if (len > 0)
		memcpy(exact, text, len);
	d->read(a, exact, len);
	free(exact);
	arena_free(a);
}

/* A generator that gives the same numbers each time. */
static uint32_t
next_random(uint32_t *state)
{
	*state ^= *state << 13;
	*state ^= *state >> 17;
	*state ^= *state << 5;
	return *state;
}

size_t
decoder_mutate(char *text, size_t len, uint32_t *state)
{
	static const char odd[] = "\"\\{}[],:0n-.eN%&=;*/@ \x80\xff\xed\x01";
	int n = 1 + (int)(next_random(state) % 4);

	while (n-- > 0 && len > 2 && len < DECODERS_TEXT / 2) {
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

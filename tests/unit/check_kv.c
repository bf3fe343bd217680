/* SPDX-License-Identifier: ISC */
/* Which answers of Redis open the circuit, from real servers in that state. */
#include "config.h"

#include "lib/redis_server.h"

#include "base/arena.h"
#include "redis/kv.h"

static struct redis_server server, master;
static struct kv *kv;
static struct arena *a;

static void
set_up(void)
{
	redis_server_new(&server, false);
	redis_server_new(&master, true);
	a = arena_new();
	kv = kv_new(&(struct kv_options){ .name = "redis",
	    .url = server.url,
	    .username = "",
	    .password = "",
	    .timeout = 5000,
	    .retry = 3600 * 1000 });
	ck_assert(kv_up(kv));
}

static void
tear_down(void)
{
	kv_free(kv);
	arena_free(a);
	redis_server_free(&server);
	redis_server_free(&master);
}

/* Says it to the server by another connection; the arena's. */
static const redisReply *
tell(const char *format, const char *word)
{
	redisContext *c = redisConnectUnix(server.path);
	redisReply *r;

	ck_assert_ptr_nonnull(c);
	ck_assert_int_eq(c->err, 0);
	r = redisCommand(c, format, word);
	ck_assert_ptr_nonnull(r);
	arena_defer(a, freeReplyObject, r);
	redisFree(c);
	return r;
}

static bool
told(const char *format, const char *word)
{
	return tell(format, word)->type != REDIS_REPLY_ERROR;
}

static const redisReply *
get(void)
{
	return kv_run(kv, a, 2, (struct kv_word[]){ KV("GET"), KV("k") });
}

static const redisReply *
set(void)
{
	return kv_run(kv, a, 3,
	    (struct kv_word[]){ KV("SET"), KV("k"), KV("new") });
}

static bool
has_new(void)
{
	const redisReply *r = tell("GET %s", "k");

	return r->type == REDIS_REPLY_STRING && strcmp(r->str, "new") == 0;
}

/* What the server is told, and how it answers then. */
static const struct {
	const char *first;
	const char *second;
	const char *command;
	const redisReply *(*run)(void); /* the same, over kv */
	const char *error;              /* the beginning of the answer */
	bool opens;
} states[] = {
	{ "REPLICAOF 127.0.0.1 %s", NULL, "SET k other", set, "READONLY ",
	    true },
	{ "CONFIG SET replica-serve-stale-data no", "REPLICAOF 127.0.0.1 1",
	    "GET k", get, "MASTERDOWN ", true },
	{ "CONFIG SET min-replicas-to-write 1", NULL, "SET k other", set,
	    "NOREPLICAS ", true },
	{ "CONFIG SET maxmemory 1", NULL, "SET k other", set, "OOM ", false },
	{ "ACL SETUSER default -set", NULL, "SET k other", set, "NOPERM ",
	    false },
};

START_TEST(a_server_that_is_of_no_use_is_left_alone)
{
	const redisReply *r;

	ck_assert(told(states[_i].first, master.port));
	if (states[_i].second != NULL)
		ck_assert(told(states[_i].second, ""));
	r = tell(states[_i].command, "");
	ck_assert_int_eq(r->type, REDIS_REPLY_ERROR);
	ck_assert_msg(strncmp(r->str, states[_i].error,
			  strlen(states[_i].error)) == 0,
	    "%s", r->str);
	ck_assert_ptr_null(states[_i].run());
	ck_assert(kv_up(kv) == !states[_i].opens);
	ck_assert_int_eq(kv_live(kv) == 0, states[_i].opens);
}
END_TEST

/* The replica answers reads, and may answer with what is old: after the first
 * refused write it is not even read from, until it is a master again. */
START_TEST(a_replica_is_not_read_from)
{
	ck_assert_ptr_nonnull(set());
	ck_assert(told("REPLICAOF 127.0.0.1 %s", master.port));
	ck_assert_ptr_nonnull(get());
	ck_assert_ptr_null(set());
	ck_assert_ptr_null(get());
	kv_retry(kv);
	ck_assert_ptr_nonnull(get());
	ck_assert_ptr_null(set());
	ck_assert(told("REPLICAOF NO %s", "ONE"));
	ck_assert_ptr_null(set());
	kv_retry(kv);
	ck_assert_ptr_nonnull(set());
	ck_assert(has_new());
	ck_assert_int_ne(kv_back_since(kv), 0);
}
END_TEST

START_TEST(what_goes_along_is_told_to_have_arrived)
{
	struct kv_word ping[] = { KV("PING") };
	struct kv_word put[] = { KV("SET"), KV("k"), KV("new") };

	ck_assert(!kv_also_sent(kv));
	kv_also(kv, NELEM(put), put);
	ck_assert(!has_new());
	ck_assert_ptr_nonnull(kv_run(kv, a, NELEM(ping), ping));
	ck_assert(has_new());
	ck_assert(kv_also_sent(kv));
	ck_assert(!kv_also_sent(kv));
	kv_also(kv, NELEM(put), put);
	ck_assert(!kv_also_sent(kv));
}
END_TEST

static const struct {
	const char *script; /* what Redis answers */
	const char *shape;
	bool fits;
} shapes[] = {
	{ "return {'filled'}", "s", true },
	{ "return {'leased', 'g'}", "ss", true },
	{ "return {'leased', 'g', 1}", "ss", true },
	{ "return {'leased'}", "ss", false },
	{ "return {'leased', 1}", "ss", false },
	{ "return {'leased', false}", "ss", false },
	{ "return {{}}", "s", false },
	{ "return {}", "s", false },
	{ "return 'leased'", "s", false },
	{ "return 1", "s", false },
	{ "return {1, 2, 'more'}", "ii", true },
	{ "return {1, 'two'}", "ii", false },
	{ "return {'0', {'a', 'b'}}", "sa", true },
	{ "return {'0', {}}", "sa", true },
	{ "return {'0', {'a', 1}}", "sa", false },
	{ "return {'0', 'a'}", "sa", false },
	{ "return {}", "*", true },
	{ "return {'a', 'b'}", "*", true },
	{ "return {'a', 1}", "*", false },
	{ "return {1, 'a'}", "i*", true },
	{ "return {1, 'a', 2}", "i*", false },
};

START_TEST(answers_have_a_form)
{
	const struct kv_word words[] = { KV("EVAL"), KV(shapes[_i].script),
		KV("0") };
	const redisReply *r = kv_run(kv, a, NELEM(words), words);

	ck_assert_ptr_nonnull(r);
	ck_assert(kv_fits(r, shapes[_i].shape, "test") == shapes[_i].fits);
	ck_assert(!kv_fits(NULL, shapes[_i].shape, "test"));
}
END_TEST

/* As many as somebody's bindings, or our batches, come to. */
START_TEST(a_command_has_any_number_of_words)
{
	struct kv_word words[5000] = { KV("DEL"), KV("k") };
	const redisReply *r;

	for (size_t i = 2; i < NELEM(words); i++)
		words[i] = KV("none");
	ck_assert_ptr_nonnull(set());
	r = kv_run(kv, a, NELEM(words), words);
	ck_assert_ptr_nonnull(r);
	ck_assert_int_eq(r->integer, 1);
}
END_TEST

int
main(void)
{
	const struct harness_test tests[] = {
		{ a_server_that_is_of_no_use_is_left_alone, NELEM(states), 0 },
		{ a_replica_is_not_read_from, 0, 0 },
		{ what_goes_along_is_told_to_have_arrived, 0, 0 },
		{ a_command_has_any_number_of_words, 0, 0 },
		{ answers_have_a_form, NELEM(shapes), 0 },
	};

	if (redis_server_missing())
		return 77;
	return harness_run_in("kv", set_up, tear_down, tests, NELEM(tests));
}

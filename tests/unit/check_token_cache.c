/* SPDX-License-Identifier: ISC */
/* What the cache of tokens remembers, and for how long. */
#include "config.h"

#include "lib/harness.h"

#include "auth/auth_own.h"

#define FROM  1000
#define UNTIL 2000

static const struct claims alice = {
	.from = FROM,
	.until = UNTIL,
	.who.subject = "1",
	.who.username = "alice",
	.who.email = "alice@example.org",
	.who.scopes = "openid tasks.read",
	.who.owner = "sub=1",
	.who.rights.bits[0] = 1 << ROLE_USER,
};
static const struct claims root = {
	.from = FROM,
	.until = UNTIL,
	.who.subject = "2",
	.who.username = "root",
	.who.rights.bits[0] = 1 << ROLE_USER | 1 << ROLE_ADMIN,
};

/* A digest of which only the first byte, which chooses the set, and the last
 * differ from zero. */
static const uint8_t *
digest(uint8_t first, uint8_t last)
{
	static uint8_t d[32];

	d[0] = first;
	d[31] = last;
	return d;
}

static bool
has(struct token_cache *c, uint8_t first, uint8_t last)
{
	return token_cache_get(c, digest(first, last), 1, 1500) != NULL;
}

static void
put(struct token_cache *c, uint8_t first, uint8_t last)
{
	token_cache_put(c, digest(first, last), 1, &alice);
}

START_TEST(bearers_come_back_whole)
{
	struct token_cache *c = token_cache_new(64);
	const struct principal *who;

	token_cache_put(c, digest(1, 1), 1, &alice);
	token_cache_put(c, digest(1, 2), 1, &root);
	who = token_cache_get(c, digest(1, 1), 1, 1500);
	ck_assert_ptr_nonnull(who);
	ck_assert_ptr_ne(who->username, alice.who.username);
	ck_assert_str_eq(who->subject, "1");
	ck_assert_str_eq(who->username, "alice");
	ck_assert_str_eq(who->email, "alice@example.org");
	ck_assert_str_eq(who->scopes, "openid tasks.read");
	ck_assert_str_eq(who->owner, "sub=1");
	ck_assert(rights_has(&who->rights, ROLE_USER));
	ck_assert(!rights_has(&who->rights, ROLE_ADMIN));
	who = token_cache_get(c, digest(1, 2), 1, 1500);
	ck_assert_str_eq(who->username, "root");
	ck_assert_ptr_null(who->email);
	ck_assert_ptr_null(who->scopes);
	ck_assert(rights_has(&who->rights, ROLE_ADMIN));
	ck_assert_ptr_null(token_cache_get(c, digest(1, 3), 1, 1500));
	token_cache_free(c);
}
END_TEST

static const struct {
	int64_t now;
	bool counts;
} times[] = {
	{ FROM - 1, false },
	{ FROM, true },
	{ UNTIL - 1, true },
	{ UNTIL, false },
	{ UNTIL + 1, false },
	{ 0, false },
	{ INT64_MAX, false },
};

START_TEST(time_is_looked_at_each_time)
{
	struct token_cache *c = token_cache_new(64);

	put(c, 1, 1);
	ck_assert(has(c, 1, 1));
	ck_assert_int_eq(token_cache_get(c, digest(1, 1), 1, times[_i].now) !=
			     NULL,
	    times[_i].counts);
	ck_assert_int_eq(has(c, 1, 1), times[_i].counts);
	token_cache_free(c);
}
END_TEST

/* The issuer's word goes with the entry, and not beyond its time. */
START_TEST(what_is_confirmed_is_remembered)
{
	struct token_cache *c = token_cache_new(64);

	token_cache_confirm(c, digest(1, 1), 500); /* nothing is there */
	put(c, 1, 1);
	ck_assert(!token_cache_confirmed(c, digest(1, 1), 1));
	token_cache_confirm(c, digest(1, 1), 500);
	put(c, 1, 2);
	ck_assert(token_cache_confirmed(c, digest(1, 1), 499));
	ck_assert(!token_cache_confirmed(c, digest(1, 1), 500));
	ck_assert(!token_cache_confirmed(c, digest(1, 2), 1));
	token_cache_confirm(c, digest(1, 1), 600);
	ck_assert(token_cache_confirmed(c, digest(1, 1), 599));
	put(c, 1, 1);
	ck_assert(!token_cache_confirmed(c, digest(1, 1), 1));
	token_cache_confirm(c, digest(1, 2), 500);
	ck_assert_ptr_null(token_cache_get(c, digest(9, 9), 2, 1500));
	ck_assert(!token_cache_confirmed(c, digest(1, 2), 1));
	token_cache_free(c);
}
END_TEST

START_TEST(new_keys_wipe_everything)
{
	struct token_cache *c = token_cache_new(64);

	put(c, 1, 1);
	put(c, 2, 2);
	ck_assert_ptr_null(token_cache_get(c, digest(1, 1), 2, 1500));
	ck_assert(!has(c, 1, 1));
	ck_assert(!has(c, 2, 2));
	put(c, 1, 1);
	token_cache_put(c, digest(2, 2), 2, &root);
	ck_assert(!has(c, 1, 1));
	token_cache_free(c);
}
END_TEST

START_TEST(least_recently_used_goes)
{
	struct token_cache *c = token_cache_new(64);
	uint8_t i;

	for (i = 1; i <= 4; i++)
		put(c, 0, i);
	put(c, 1, 9); /* another set */
	ck_assert(has(c, 0, 1));
	put(c, 0, 5);
	ck_assert(!has(c, 0, 2));
	ck_assert(has(c, 0, 1));
	ck_assert(has(c, 0, 3));
	ck_assert(has(c, 0, 4));
	ck_assert(has(c, 0, 5));
	ck_assert(has(c, 1, 9));
	put(c, 0, 5);
	ck_assert(has(c, 0, 1));
	token_cache_free(c);
}
END_TEST

static const size_t sizes[] = { 1, 2, 3, 4, 5, 7, 8, 2048 };

START_TEST(any_size_works)
{
	struct token_cache *c = token_cache_new(sizes[_i]);
	int i;

	for (i = 0; i < 3000; i++) {
		put(c, (uint8_t)i, (uint8_t)(i / 256));
		ck_assert(has(c, (uint8_t)i, (uint8_t)(i / 256)));
	}
	token_cache_free(c);
}
END_TEST

START_TEST(no_size_remembers_nothing)
{
	struct token_cache *c = token_cache_new(0);

	put(c, 1, 1);
	ck_assert(!has(c, 1, 1));
	token_cache_confirm(c, digest(1, 1), 500);
	ck_assert(!token_cache_confirmed(c, digest(1, 1), 1));
	token_cache_free(c);
	token_cache_free(NULL);
}
END_TEST

int
main(void)
{
	const struct harness_test tests[] = {
		{ bearers_come_back_whole, 0, 0 },
		{ time_is_looked_at_each_time, NELEM(times), 0 },
		{ what_is_confirmed_is_remembered, 0, 0 },
		{ new_keys_wipe_everything, 0, 0 },
		{ least_recently_used_goes, 0, 0 },
		{ any_size_works, NELEM(sizes), 0 },
		{ no_size_remembers_nothing, 0, 0 },
	};

	return harness_run("token_cache", tests, NELEM(tests));
}

/* SPDX-License-Identifier: ISC */
/* Keys of ours that somebody has made keys of another type: what can go on goes
 * on, and the key is named. */
#include "config.h"

#include "lib/queue_bed.h"
#include "queue/revoke_box.h"
#include "redis/kv_conn.h"

/* What still works; a bit each. */
enum {
	ODD_TAKE = 1,
	ODD_ACK = 2,
	ODD_DEAD = 4,
	ODD_REVOKE = 8,
	ODD_END = 16,
	ODD_CLOSE = 32,
	ODD_LOST = 64,
	ODD_NAME = 128,
	ODD_LIFE = 256,
	ODD_WAIT = 512,
	ODD_SERVE = 1024,
	ODD_RESTORE = 2048,
	ODD_ONCE = 4096,
	ODD_PARK = 8192,
	ODD_CHORD = 16384
};

static const struct {
	const char *key;
	bool text; /* what it should be */
	int broken;
	bool named; /* else it is overwritten, and all is well */
} odds[] = {
	{ "none", false, 0, false },
	{ "errand:revoke", false, ODD_REVOKE | ODD_END | ODD_CLOSE, true },
	{ "errand:revoked", false, ODD_REVOKE | ODD_END, true },
	{ "errand:terminate", false, ODD_END, true },
	{ "errand:dead", false, ODD_DEAD, true },
	{ "unacked", false,
	    ODD_TAKE | ODD_ACK | ODD_DEAD | ODD_WAIT | ODD_RESTORE | ODD_PARK,
	    true },
	{ "unacked_index", false,
	    ODD_TAKE | ODD_ACK | ODD_DEAD | ODD_WAIT | ODD_RESTORE | ODD_PARK,
	    true },
	{ "errand:waiting", false, ODD_SERVE, true },
	{ "errand:waiting:q:k", false, ODD_WAIT, true },
	{ "errand:broker", true, 0, false },
	{ "errand:name:me", true, 0, false },
	{ "errand:node:errand@one", true, 0, false },
	{ "errand:pool", true, 0, false },
	{ "errand:relayed", true, 0, false },
	{ "errand:refused", true, 0, false },
	{ "errand:odd", true, 0, false },
	{ "errand:health", true, 0, false },
	{ "errand:sent:s:0", true, 0, false },
	{ "celery-task-meta-1", true, 0, false },
	{ "_kombu.binding.e", false, ODD_RESTORE, true },
	/* It is put aside with the others. */
	{ "q.unregistered", false, ODD_PARK, true },
	{ "celery-taskset-meta-g.j", false, ODD_CHORD, true },
	{ "celery-taskset-meta-g.t", true, ODD_CHORD, true },
	{ "celery-taskset-meta-g.s", true, ODD_CHORD, true },
	{ "celery-taskset-meta-g.d", false, ODD_CHORD, true },
	{ "celery-taskset-meta-g.c", true, ODD_CHORD, true },
};

static int
bit(bool works, int which)
{
	return works ? 0 : which;
}

/* One message from end to end; 0, or what did not work. */
static int
odd_message(void)
{
	struct queue_item item;
	const char *found;
	bool up;

	push("q", "1");
	if (queue_take(one, &any, &item) != 1)
		return ODD_TAKE | ODD_ACK | ODD_WAIT;
	if (queue_ack(one, item.tag, "1", "{}") != 1)
		return ODD_ACK;
	found = queue_result_get(one, "1", &up);
	ck_assert(up);
	ck_assert_pstr_eq(found, "{}");
	push("q", "2");
	ck_assert_int_eq(queue_take(one, &any, &item), 1);
	if (queue_put(one, item.tag, "errand:waiting:q:k", false) == 1)
		return 0;
	/* It is still there. */
	ck_assert_int_eq(queue_put(one, item.tag, "r", false), 1);
	take(one, "2");
	return ODD_WAIT;
}

/* What is no message, in front of one that is. */
static int
odd_dead(int before)
{
	struct queue_item item;
	int rc = ODD_DEAD;

	redis("RPUSH r x");
	redis("LPUSH r %s", message("3", 0, "r").data);
	for (int i = 0; i < 3 && (before & ODD_TAKE) == 0; i++) {
		if (queue_take(two, &any, &item) == 1)
			break;
		ck_assert_int_lt(i, 2);
	}
	if (strcmp(redis("TYPE errand:dead")->str, "list") == 0)
		rc = 0;
	else if ((before & ODD_TAKE) == 0)
		ck_assert_int_eq(queue_take(two, &any, &item), -1);
	return rc;
}

static int
odd_revoke(void)
{
	const char *ids[] = { "9" }, *open[4];
	int rc = 0;

	rc |= bit(revoke_box_add(one_kv, a, ids, 1, false) == 0, ODD_REVOKE);
	/* All of it or nothing. */
	ck_assert_uint_eq(revoke_box_open(one_kv, a, open, NELEM(open)),
	    rc == 0);
	rc |= bit(revoke_box_add(one_kv, a, ids, 1, true) == 0, ODD_END);
	rc |= bit(revoke_box_close(one_kv, a, "9") == 0, ODD_CLOSE);
	(void)revoke_box_ends(one_kv, a, "9");
	ck_assert_int_eq(revoke_box_has(one_kv, a, "9"),
	    (rc & ODD_REVOKE) == 0);
	return rc;
}

static int
odd_rest(void)
{
	const struct queue_post post = { .queue = "s",
		.text = message("4", 0, "s") };
	const char *name = "errand:waiting:q:k", **stale;
	struct queue_life life;
	size_t n;
	int rc;

	rc = bit(queue_lost(one, "db") && queue_complete(one) == 0 &&
		     !queue_lost(one, "db"),
	    ODD_LOST);
	ck_assert_pstr_eq(queue_namesake(one, "me"), NULL);
	(void)queue_namesake(two, "me");
	rc |= bit(queue_namesake(one, "me") != NULL, ODD_NAME);
	queue_relayed(one);
	ck_assert_int_eq(queue_runs(one), 0);
	ck_assert_int_eq(queue_alive(one), 0);
	life = queue_life(one);
	rc |= bit(life.state == QUEUE_LIFE_OK && life.pool && life.relayed > 0,
	    ODD_LIFE);
	rc |=
	    bit(queue_waiting_serve(one, &name, 1, &stale, &n) == 0, ODD_SERVE);
	ck_assert_int_eq(queue_post_once(one, "s", &post, 1), 0);
	rc |= bit(count("LLEN", "s") == 1, ODD_ONCE);
	return rc;
}

/* Of an unknown kind. */
static int
odd_park(int before)
{
	if ((before & ODD_TAKE) != 0)
		return ODD_PARK;
	push("q", "6");
	ck_assert_int_eq(queue_park(one, take(one, "6").tag), 1);
	return bit(strcmp(redis("TYPE q.unregistered")->str, "list") == 0,
	    ODD_PARK);
}

/* That of a stock sender, which has said how many parts it has.  What cannot be
 * counted now is counted when it can, once. */
static int
odd_chord(const char *key)
{
	struct queue_part part = { .group = "g", .text = "1", .id = "a" };
	struct queue_chord chord;
	bool broken;

	if (strcmp(redis("TYPE celery-taskset-meta-g.s")->str, "none") == 0)
		redis("SET celery-taskset-meta-g.s 2");
	part.index = "0";
	broken = queue_chord_part(one, &part, &chord) == -1;
	if (broken) {
		redis("DEL %s", key);
		redis("SET celery-taskset-meta-g.s 2");
		ck_assert_int_eq(count("EXISTS", "celery-taskset-meta-g.j"), 0);
		ck_assert_int_eq(queue_chord_part(one, &part, &chord), 0);
	}
	ck_assert(!chord.complete);
	part.index = "1";
	part.id = "b";
	part.text = "2";
	ck_assert_int_eq(queue_chord_part(one, &part, &chord), 0);
	ck_assert(chord.complete && chord.n == 2);
	ck_assert_int_eq(queue_chord_done(one, "g", "b"), 0);
	return bit(!broken, ODD_CHORD);
}

static int
odd_restore(void)
{
	redis("HSET unacked t [%s,\"e\",\"k\"]", message("5", 0, "q").data);
	redis("ZADD unacked_index 1 t");
	return bit(queue_restore(one) == 1, ODD_RESTORE);
}

START_TEST(what_can_go_on_goes_on)
{
	const char *key = odds[_i].key, *first;
	int broken;

	redis("SADD _kombu.binding.e k" SEP SEP "q");
	redis(odds[_i].text ? "HSET %s a b" : "SET %s x", key);
	broken = odd_message();
	broken |= odd_dead(broken);
	broken |= odd_revoke() | odd_rest() | odd_park(broken);
	broken |= odd_chord(key);
	first = kv_odd_key(one_kv) != NULL ? kv_odd_key(one_kv)
					   : kv_odd_key(two_kv);
	if ((broken & ODD_TAKE) == 0)
		broken |= odd_restore();
	else
		broken |= ODD_RESTORE;
	if (first == NULL)
		first = kv_odd_key(one_kv);
	ck_assert_msg(broken == odds[_i].broken, "%s: %d", key, broken);
	ck_assert_pstr_eq(first, odds[_i].named ? key : NULL);
	if (!odds[_i].named)
		return;
	queue_tell_refused(kv_odd_key(one_kv) != NULL ? one : two);
	ck_assert_pstr_eq(queue_life(one).odd, key);
}
END_TEST

/* Without redis-server none runs. */
int
main(void)
{
	const struct harness_test tests[] = {
		{ what_can_go_on_goes_on, NELEM(odds), 0 },
	};

	if (redis_server_missing())
		return 77;
	return harness_run_in("queue_odd", set_up, tear_down, tests,
	    NELEM(tests));
}

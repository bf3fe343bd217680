#!/bin/bash
# SPDX-License-Identifier: ISC
# Redis is killed and comes back with what it held a while ago, so that what
# was dropped meanwhile is there again: nothing stale is read all the same.
. "${srcdir:-.}/tests/lib/lib.sh"
. "$TOP/tests/lib/chaos.sh"
PROCESSES=4
stack_up redis.retry_interval=100ms cache.settle=1s

step "Redis goes back in time while hot tasks are written and read"
load_begin coherence --no-errors
for _ in 1 2 3; do
	load_order hits
	rm -rf "$D/redis.old"
	cp -a "$D/redis" "$D/redis.old"
	load_order writes
	load_order hits
	crash redis
	load_order writes
	forget_redis_data
	mv "$D/redis.old" "$D/redis"
	begin redis
done
load_order hits
load_order writes

step "Redis is killed and keeps its data"
for _ in 1 2; do
	crash redis
	begin redis
	load_order writes
	load_order hits
done
load_end

step "what was dropped before the crash is back, and not believed"
cold_new 10
expect_soon 20 cold_cached new
rm -rf "$D/redis.old"
cp -a "$D/redis" "$D/redis.old"
cold_change changed
crash redis
forget_redis_data
mv "$D/redis.old" "$D/redis"
begin redis
expect_same "the entry" "$(redis_q GET "task:${COLD[7]}" | jq -r .title)" \
    "cold new"
expect_soon 20 cold_cached changed
expect records_fit

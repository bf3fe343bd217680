#!/bin/bash
# SPDX-License-Identifier: ISC
# Redis is killed and comes back with what it held a while ago, so that what
# was dropped meanwhile is there again: nothing stale is read all the same.
. "${srcdir:-.}/tests/lib.sh"
. "$TOP/tests/chaos.sh"
PROCESSES=4
stack_up redis.retry_interval=100ms cache.settle=1s

step "Redis goes back in time while hot tasks are written and read"
load_begin coherence --no-errors
for _ in 1 2 3 4; do
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
	expect [ "$(redis_q EXISTS tasks:generation)" -le 1 ]
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
expect records_fit

#!/bin/bash
# SPDX-License-Identifier: ISC
# Redis is killed and comes back empty, again and again, amid writes and reads:
# nothing stale is read, no request fails, and the cache is used again.
. "${srcdir:-.}/tests/lib/lib.sh"
. "$TOP/tests/lib/chaos.sh"
PROCESSES=4
stack_up redis.retry_interval=100ms cache.settle=1s

step "Redis loses its data while hot tasks are written and read"
load_begin coherence --no-errors
for _ in 1 2 3 4 5; do
	load_order hits
	load_order writes
	crash redis
	forget_redis_data
	load_order writes
	begin redis
done
load_order hits
load_order writes
load_end
expect records_fit

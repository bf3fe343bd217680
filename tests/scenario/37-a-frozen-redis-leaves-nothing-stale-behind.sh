#!/bin/bash
# SPDX-License-Identifier: ISC
# Redis stands still, so that writers cannot drop entries.  When it goes on,
# writers or the worker drop them; from then on nothing stale is read.
. "${srcdir:-.}/tests/lib/lib.sh"
. "$TOP/tests/lib/chaos.sh"
PROCESSES=4
stack_up redis.retry_interval=200ms redis.timeout=100ms cache.settle=1s
begin worker

# lines WHAT: how many the log has of them.
lines() {
	grep -cF -- "$1" "$D/log/errand.log" || true
}
all_back() {
	[ "$(lines "redis unreachable")" = "$(lines "redis reachable again")" ]
}

# made_up: the worker has dropped what had to be dropped until now, though writes
# go on.
made_up() {
	local last
	last=$(psql_q "SELECT max(id) FROM task_events")
	expect_soon 10 log_read cache "$last"
}

cold_new 10
load_begin coherence --no-errors
for _ in 1 2 3; do
	step "Redis stands still while hot tasks are written and read"
	load_order hits
	load_order lenient
	freeze redis
	load_order writes
	thaw redis
	step "the worker makes up for it"
	expect_soon 20 all_back
	made_up
	load_order strict
	load_order writes
	load_order hits
done
load_end

step "so it does for what is written only then"
expect_soon 20 cold_cached new
freeze redis
cold_change changed
thaw redis
made_up
expect_soon 20 cold_cached changed
expect records_fit

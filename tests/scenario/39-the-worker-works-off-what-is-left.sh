#!/bin/bash
# SPDX-License-Identifier: ISC
# The worker takes a change for told when its entries are dropped, and not
# before: after outages of Redis and of PostgreSQL, and beside a second worker.
# What requests wait for before they try again is no pause of the worker's.
. "${srcdir:-.}/tests/lib/lib.sh"
. "$TOP/tests/lib/chaos.sh"
stack_up worker.relay_batch=100 worker.relay_interval=50ms \
    redis.retry_interval=100ms database.retry_interval=100ms

json_type='Content-Type: application/json'
# change TITLE: by whoever is up.
change() {
	api POST /tasks -H "$json_type" -d "{\"title\": \"$1\"}"
	expect_status 201
}
# relays: prints the process ids of all relays that have begun.
relays() {
	sed -n 's/.* errand-worker\[\([0-9]*\)] relaying$/\1/p' "$D/log/errand.log"
}
# dropped: the entry, or the generation without which it is worth nothing: a
# worker that could not drop entries while Redis was away makes up with that.
dropped() {
	[ "$(redis_q EXISTS "$entry" task:generation)" -lt 2 ]
}
relaying() {
	[ -n "$(relays)" ]
}

step "a backlog of many batches waits for Redis"
change one
psql_q "INSERT INTO task_events (task_id, version, action, actor)
	SELECT gen_random_uuid(), 2, 'updated', 'x' FROM generate_series(1, 949)"
entry=task:$(json .id)
redis_q MSET "$entry" old task:generation old >/dev/null
end redis
set_ini redis.retry_interval=1m database.retry_interval=1m
begin worker
expect_soon 10 relaying
pid=$(relays)
expect_soon 10 in_log "errand-worker[$pid] redis unreachable"
expect not log_read cache

step "two workers work it off"
launch worker2 "$BUILD/errand-worker" -c "$D/errand.ini"
begin redis
expect_soon 20 log_read cache
expect dropped
change two
expect_soon 10 log_read cache
end worker2

step "it gets over restarts of Redis and PostgreSQL"
crash redis
change three
begin redis
expect_soon 10 log_read cache
end postgres
expect_soon 10 in_log "errand-worker[$pid] database unreachable"
begin postgres
expect_soon 10 api_is 200 GET /health/ready
change four
expect_soon 10 log_read cache
expect kill -0 "$pid"
expect alive worker

step "what a broker lost is sent again, batch by batch"
# done_but N: so many counts are not made, of jobs as the release before has
# written them.
done_but() {
	psql_is "SELECT count(*) FROM jobs WHERE kind = 'errand.record_analytics'
	    AND state <> 'succeeded'" "$1"
}
psql_q "INSERT INTO jobs (kind, args, task_id)
	SELECT 'errand.record_analytics', '{}', gen_random_uuid()
	FROM generate_series(1, 950)"
expect_soon 30 done_but 0
end worker
psql_q "UPDATE jobs SET state = 'published', published_at = now(),
    finished_at = NULL WHERE kind = 'errand.record_analytics'"
redis_q FLUSHALL >/dev/null
begin worker
expect_soon 30 done_but 0
end worker

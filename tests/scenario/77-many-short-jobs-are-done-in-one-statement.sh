#!/bin/bash
# SPDX-License-Identifier: ISC
# Jobs that one statement can do are taken by the dozen; whatever dies in
# between, each is counted once, and what else lies in the queue is run as ever.
. "${srcdir:-.}/tests/lib/lib.sh"
. "$TOP/tests/lib/lib-jobs.sh"
stack_up worker.children=3 database.retry_interval=100ms
job_kind t.ok command='cat >/dev/null'

# changes N: so many jobs that count the creation of a task.
changes() {
	psql_q "INSERT INTO jobs (kind, args, relayed_at)
	    SELECT 'errand.record_analytics',
	    '{\"action\": \"created\", \"to\": \"pending\"}', now()
	    FROM generate_series(1, $1)"
}

# counted N: all are done, once each, and nothing is left behind.  What could
# not be acknowledged is looked at again after a minute.
counted() {
	expect_soon 120 none_open
	expect_same "what was counted" \
	    "$(psql_q "SELECT sum(created) FROM stats_days")" "$1"
	expect_same "runs" "$(psql_q "SELECT sum(attempts) FROM jobs
	    WHERE kind = 'errand.record_analytics'")" "$1"
	expect_soon 120 nothing_held
	expect_soon 20 list_has errand 0
}

# logged N: each has its line in the log.
logged() {
	[ "$(grep -c ' job .*kind=errand.record_analytics' \
	    "$D/log/errand.log")" = "$1" ]
}

# told_success ID: whoever waits for that message has its result.
told_success() {
	[ "$(redis_q get "celery-task-meta-$1" | jq -r .status)" = SUCCESS ]
}

# kill_children: of the pool, all at once.
kill_children() {
	local each
	for each in $(children_of "$(pid_of worker)"); do
		kill -s KILL "$each"
	done
}

# sent: every row is a message now, and nobody runs it.
sent() {
	launch relay "$BUILD/errand-worker" -c "$D/errand.ini" --relay
	expect_soon 20 psql_is "SELECT count(*) FROM jobs
	    WHERE state = 'queued' AND run_at <= now()" 0
	end relay
}

step "many are done in one statement, others among them one by one"
psql_q "INSERT INTO jobs (kind, relayed_at)
    SELECT 't.ok', now() FROM generate_series(1, 3)"
changes 600
psql_q "INSERT INTO jobs (kind, relayed_at)
    SELECT 't.ok', now() FROM generate_series(1, 3)"
sent
begin worker
counted 600
expect psql_is "SELECT count(DISTINCT tag) < 100 FROM jobs
    WHERE kind = 'errand.record_analytics'" t
expect psql_is "SELECT count(DISTINCT tag) FROM jobs WHERE kind = 't.ok'" 6
expect psql_is "SELECT bool_and(worker IS NOT NULL AND started_at IS NOT NULL
    AND finished_at IS NOT NULL AND deaths = 0) FROM jobs
    WHERE kind <> 'errand.purge'" t
expect_soon 20 logged 600

step "a message that comes twice is one job"
end worker
changes 3
sent
redis_q lpush errand "$(redis_q lindex errand 1)" >/dev/null
begin worker
counted 603
expect_soon 20 logged 603

step "one that somebody waits for is run by itself, and tells its result"
end worker
changes 20
sent
message asked errand.record_analytics '{}' \
    "[[], {\"action\": \"created\", \"to\": \"pending\"}, $NO_MORE]"
changes 20
sent
begin worker
expect_soon 20 told_success asked
expect_soon 20 none_open

step "what is over is not counted, and what is to wait does"
end worker
psql_q "UPDATE stats_days SET created = 0; TRUNCATE jobs"
changes 10
sent
psql_q "UPDATE jobs SET state = 'cancelled', finished_at = now()
    WHERE id = (SELECT id FROM jobs WHERE state = 'published' LIMIT 1)"
psql_q "UPDATE jobs SET state = 'retrying', run_at = now() + interval '1 hour'
    WHERE id = (SELECT id FROM jobs WHERE state = 'published' LIMIT 1)"
begin worker
expect_soon 20 psql_is "SELECT sum(created) FROM stats_days" 8
expect_soon 20 nothing_held
expect list_has errand 0
psql_q "UPDATE stats_days SET created = 0; TRUNCATE jobs"

step "messages of what is over long since are dropped by the dozen, too"
changes 300
expect_soon 20 none_open
expect_soon 20 nothing_held
end worker
psql_q "UPDATE jobs SET state = 'queued', finished_at = NULL
    WHERE kind = 'errand.record_analytics'"
sent
psql_q "UPDATE jobs SET state = 'succeeded', finished_at = now()
    WHERE state = 'published'"
redis_q config resetstat >/dev/null
begin worker
expect_soon 20 list_has errand 0
expect_soon 20 nothing_held
expect_same "what was counted" \
    "$(psql_q "SELECT sum(created) FROM stats_days")" 300
expect test "$(redis_q info commandstats |
    sed -n 's/^cmdstat_rpush:calls=\([0-9]*\).*/\1/p')" = ''
psql_q "UPDATE stats_days SET created = 0; TRUNCATE jobs"

step "children, the broker and PostgreSQL are killed while they are done"
changes 3000
expect_soon 20 psql_is "SELECT count(*) > 0 FROM jobs
    WHERE state = 'succeeded'" t
kill_children
changes 3000
kill_children
crash redis
begin redis
changes 3000
crash postgres
begin postgres
expect_soon 30 psql_is "SELECT 1" 1
changes 1000
kill_children
counted 10000

step "the pool is told to stop while they are done"
changes 9000
expect_soon 20 psql_is "SELECT count(*) > 10000 FROM jobs
    WHERE state = 'succeeded' AND kind = 'errand.record_analytics'" t
end worker
expect nothing_held
begin worker
counted 19000
end worker

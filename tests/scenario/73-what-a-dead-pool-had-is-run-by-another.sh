#!/bin/bash
# SPDX-License-Identifier: ISC
# Two pools share the work; when one is killed, its processes go with it, and
# the other runs what it had, messages and rows.
. "${srcdir:-.}/tests/lib/lib.sh"
. "$TOP/tests/lib/lib-jobs.sh"
stack_up worker.children=2 worker.node=errand@one

job_script t.wait max_retries=9 <<'END'
echo $PPID >>runs
while [ ! -e go ]; do sleep .05; done
END
job_script t.deep max_retries=9 <<'END'
sh -c 'trap "" TERM HUP; echo $$ >>deep; while [ ! -e go ]; do sleep .05; done' &
wait
END
job_script t.nap <<'END'
sleep .05
END
second_worker 'errand@two'

runs() {
	[ -e "$D/runs" ] && [ "$(wc -l <"$D/runs")" = "$1" ]
}
is_gone() {
	! kill -0 "$1" 2>/dev/null
}
nodes() {
	psql_q "SELECT DISTINCT worker FROM jobs WHERE $1 ORDER BY 1" | tr '\n' ' '
}

step "two pools share the work, and no job is run twice"
begin worker
begin_second
psql_q "INSERT INTO jobs (kind, relayed_at) SELECT 't.nap', now()
    FROM generate_series(1, 200)"
expect_soon 60 none_open
expect_same nodes "$(nodes "kind = 't.nap'")" 'errand@one errand@two '
expect_same "runs that were one too many" "$(psql_q "SELECT count(*) FROM jobs
    WHERE attempts <> 1")" 0

step "the processes of a killed pool do not outlive it"
psql_q "INSERT INTO jobs (kind, relayed_at) SELECT 't.wait', now()
    FROM generate_series(1, 4)"
expect_soon 20 runs 4
KIDS=$(children_of "$(pid_of worker2)" | wc -l)
expect_same processes "$KIDS" 4
tell worker2 KILL
expect_soon 10 gone worker2

step "the other runs what it had"
expect_same "jobs there" "$(psql_q "SELECT count(*) FROM jobs
    WHERE state = 'running' AND worker = 'errand@two'")" 2
: >"$D/go"
expect_soon 120 none_open
expect_same nodes "$(nodes "kind = 't.wait'")" 'errand@one '
expect_same deaths "$(psql_q "SELECT sum(deaths) FROM jobs
    WHERE kind = 't.wait'")" 2
expect_soon 60 nothing_held
end worker

step "what a command has started does not outlive a killed pool"
rm "$D/go"
begin_second
new_job t.deep
expect_soon 20 test -s "$D/deep"
read -r DEEP <"$D/deep"
tell worker2 KILL
expect_soon 10 gone worker2
expect_soon 10 is_gone "$DEEP"
: >"$D/go"

step "a new relay waits for heartbeats before it takes runs for abandoned"
LOST=$(psql_q "INSERT INTO jobs (kind, state, attempts, worker, tag, started_at,
    heartbeat_at, relayed_at, published_at) VALUES ('t.nap', 'running', 1,
    'errand@three', 'errand@three.1', now() - interval '1 h',
    now() - interval '1 h', now(), now()) RETURNING id")
NOW=$(psql_q 'SELECT now()')
begin_second
expect_soon 60 none_open
expect_same deaths "$(job_get "$ID" deaths)" 1
expect_same deaths "$(job_get "$LOST" deaths)" 1
expect job_get "$LOST" "started_at > '$NOW'::timestamptz + interval '30 s'"
end worker2

step "errand-worker --relay and --jobs are the two halves of it"
launch worker "$BUILD/errand-worker" -c "$D/errand.ini" --relay
launch worker2 "$BUILD/errand-worker" -c "$D/errand2.ini" --jobs
new_job t.nap
expect_soon 20 job_is "$ID" succeeded
expect_same node "$(job_get "$ID" worker)" errand@two
expect_same "processes of the relay" \
    "$(children_of "$(pid_of worker)" | wc -l)" 2
end worker worker2

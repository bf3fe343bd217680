#!/bin/bash
# SPDX-License-Identifier: ISC
# The broker crashes, with and without its data, and PostgreSQL crashes, while
# tasks are made: each task's jobs come to their end, once.  A job that ends
# while PostgreSQL is away is not run again.
. "${srcdir:-.}/tests/lib/lib.sh"
. "$TOP/tests/lib/lib-jobs.sh"
stack_up worker.children=3 database.retry_interval=100ms

job_script errand.send_notification <<'END'
jq -r .task_id >>told
END
job_script t.wait max_retries=9 <<'END'
echo $PPID >>runs
while [ ! -e go ]; do sleep .05; done
END
begin worker

runs() {
	[ -e "$D/runs" ] && [ "$(wc -l <"$D/runs")" = "$1" ]
}
# make N: tasks; those that were answered are in the file made.
make() {
	local i
	for ((i = 0; i < $1; i++)); do
		send POST /tasks "{\"title\":\"task $i\"}"
		[ "$STATUS" != 201 ] || json .id >>"$D/made"
	done
}

step "the broker is killed and comes back with its data"
make 20
crash redis
make 20
begin redis
make 20
expect_soon 60 none_open

step "it is killed and its data are gone"
make 10
freeze worker
make 20
crash redis
forget_redis_data
begin redis
thaw worker
make 20
expect_soon 60 none_open

step "PostgreSQL is killed"
make 10
crash postgres
make 5
begin postgres
expect_soon 30 api_is 200 GET /health/ready
make 10
expect_soon 120 none_open

step "each task that was answered was told of, and no other"
expect_same "tasks that were not told of" "$(sort -u "$D/told" |
    comm -13 - <(sort "$D/made") | wc -l)" 0
psql_q "SELECT id FROM tasks ORDER BY 1" >"$D/tasks"
expect_same "tasks that are none" "$(sort -u "$D/told" |
    comm -23 - <(sort "$D/tasks") | wc -l)" 0
expect_same "kinds and states" "$(psql_q "SELECT DISTINCT kind, state FROM jobs
    WHERE task_id IS NOT NULL ORDER BY 1" | tr '\n' ' ')" \
    'errand.send_notification|succeeded '
expect_same "jobs that are missing" "$(psql_q "SELECT count(*) FROM tasks t
    WHERE (SELECT count(*) FROM jobs WHERE task_id = t.id) <> 1")" 0

step "a job ends while PostgreSQL is away: it is held, and not run again"
new_job t.wait
expect_soon 20 runs 1
crash postgres
: >"$D/go"
sleep 1
begin postgres
expect_soon 60 job_is "$ID" succeeded
expect_same attempts "$(job_get "$ID" attempts)" 1
expect runs 1
expect_soon 60 nothing_held
end worker

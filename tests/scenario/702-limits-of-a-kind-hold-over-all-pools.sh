#!/bin/bash
# SPDX-License-Identifier: ISC
# concurrency and rate of a kind hold over all pools: what is more waits in its
# place, holds up no other kind, and goes on whatever dies.
. "${srcdir:-.}/tests/lib/lib.sh"
. "$TOP/tests/lib/lib-jobs.sh"
stack_up worker.children=5 worker.node=one job:free.command=exit \
    job:paced.command=exit job:paced.rate=20/s job:late.command=exit \
    job:late.rate=1/h job:shut.queue=shut
# notes KIND: its runs note when they begin and end, and wait for a file.
notes() {
	job_script "$1" "${@:2}" <<-EOF
		id=\$(jq -r .id)
		echo "begins \$id" >>noted.$1
		while [ ! -e open ]; do sleep 0.1; done
		sleep 0.1
		echo "ends \$id" >>noted.$1
	EOF
}
notes three concurrency=3
notes one concurrency=1
second_worker two
ini_set "$D/errand2.ini" worker children 1

# at_once KIND: how many of its runs were there at most.
at_once() {
	awk '$1 == "begins" { on[$2] = 1 } $1 == "ends" { delete on[$2] }
	    length(on) > most { most = length(on) } END { print most + 0 }' \
	    "$D/noted.$1"
}
# waits KIND RUNNING HELD
waits() {
	psql_is "SELECT count(*) FILTER (WHERE state = 'running'),
	    count(*) FILTER (WHERE due_at < run_at) FROM jobs
	    WHERE kind = '$1'" "$2|$3"
}

step "as many run as may, whoever sends them; the others are held back"
begin worker
begin_second
for n in 1 2 3 4 5; do
	new_job three
done
expect_soon 20 waits three 3 2
message foreign three '{}' "[[],{},$NO_MORE]"
expect_soon 20 waits three 3 3
new_job one
expect_soon 20 waits one 1 0
new_job one '{}' "now() - interval '1 h'"
LATER=$ID
psql_q "UPDATE jobs SET priority = 5 WHERE id = '$ID'"
new_job one
SOONER=$ID
expect_soon 20 waits one 1 2

step "other kinds go past"
new_job free
expect_soon 20 job_is "$ID" succeeded
expect waits three 3 3

step "and it is told, but not as late"
as admin
api GET /jobs/summary
expect_status 200
expect_json '.oldest_due_at == null and ([.kinds[] | {(.kind): .held}] | add
    | .three == 3 and .one == 2)'
api GET "/jobs/$SOONER"
expect_json '.state == "queued" and .held and .run_at == .created_at'
"$BUILD/errandctl" -c "$D/errand.ini" jobs show "$SOONER" >"$D/out"
expect grep -qx 'held          by a limit of its kind' "$D/out"

step "when a run ends, the next one goes, by priority"
touch "$D/open"
expect_soon 40 psql_is "SELECT count(*) FROM jobs WHERE kind IN ('one', 'three')
    AND state = 'succeeded'" 9
expect_same "three" "$(at_once three)" 3
expect_same "one" "$(at_once one)" 1
expect_same "order" "$(psql_q "SELECT a.started_at < b.started_at
    FROM jobs AS a, jobs AS b WHERE a.id = '$SOONER' AND b.id = '$LATER'")" t
expect nothing_held

step "a pool that is killed loses none, and no more run"
psql_q "INSERT INTO jobs (kind, relayed_at) SELECT 'three', now()
    FROM generate_series(1, 12)"
expect_soon 20 psql_is "SELECT count(*) > 10 FROM jobs WHERE kind = 'three'
    AND state = 'succeeded'" t
crash worker2
# What it may have had counts until it is given up.
expect_soon 40 psql_is "SELECT count(*) >= 17 FROM jobs WHERE kind = 'three'
    AND state = 'succeeded'" t
expect_same "three" "$(at_once three)" 3
expect_same "once" "$(grep begins "$D/noted.three" | sort | uniq -d)" ""

step "as many begin in a time as may"
begin_second
psql_q "INSERT INTO jobs (kind, relayed_at) SELECT 'paced', now()
    FROM generate_series(1, 15)"
expect_soon 40 psql_is "SELECT count(*) FROM jobs WHERE kind = 'paced'
    AND state = 'succeeded'" 15
expect_same "too early" "$(psql_q "SELECT count(*) FROM (SELECT started_at,
    created_at, row_number() OVER (ORDER BY started_at) AS n FROM jobs
    WHERE kind = 'paced') AS begun WHERE started_at
    < created_at + (n - 1) * interval '50 ms'")" 0
new_job late
expect_soon 20 job_is "$ID" succeeded
new_job late
expect_soon 20 waits late 0 1
message expiring late "{\"expires\": \"$(date -u -d '3 sec' +%FT%TZ)\"}" \
    "[[],{},$NO_MORE]"
expect_soon 20 psql_is "SELECT state FROM jobs
    WHERE message_id = 'expiring'" cancelled

step "what a limit held that is there no more is due again"
end worker2
end worker
sed -i '/^rate *= *1\/h$/d' "$D/errand.ini"
begin worker
expect_soon 20 job_is "$ID" succeeded
new_job late
expect_soon 20 job_is "$ID" succeeded

step "also what is held later, and a gate that is gone is made again"
psql_q "DELETE FROM job_limits"
new_job one
HELD=$ID
psql_q "INSERT INTO jobs (kind, relayed_at, due_at, run_at)
    VALUES ('free', now(), now(), now() + interval '1 h')"
expect_soon 20 job_is "$HELD" succeeded
expect_soon 20 none_open

step "many jobs whose queue is refused hold up none"
redis_q set shut 1 >/dev/null
psql_q "INSERT INTO jobs (kind, relayed_at, run_at) SELECT 'shut', now(),
    now() - interval '1 min' FROM generate_series(1, 5001)"
expect_soon 20 grep -q 'refused to us.*shut' "$D/log/errand.log"
new_job one
expect_soon 20 job_is "$ID" succeeded
psql_q "DELETE FROM jobs WHERE kind = 'shut'"

step "what PostgreSQL refuses about limits is asked again, but not at once"
end worker
psql_q "ALTER TABLE job_limits RENAME TO away"
begin worker
new_job free
expect_soon 20 job_is "$ID" succeeded
psql_q "ALTER TABLE away RENAME TO job_limits"
new_job one
expect_soon 20 job_is "$ID" succeeded
[ "$(grep -c job_limits "$D/log/errand.log")" -lt 50 ] || fail "it was asked too often"

step "what is wrong with one is told with line, field and reason"
# wrong KIND KEY VALUE WORDS
wrong() {
	cp "$D/errand.ini" "$D/wrong.ini"
	ini_set "$D/wrong.ini" "job:$1" "$2" "$3"
	! "$BUILD/errandctl" -c "$D/wrong.ini" config check 2>"$D/out" ||
	    fail "taken: $2 = $3"
	expect grep -qE "wrong.ini:[0-9]+: \\[job:$1\\] $4" "$D/out"
}
wrong one rate 10/d 'rate: it must be a number'
wrong one concurrency 0 concurrency
wrong errand.record_analytics concurrency 1 'has a rate or a concurrency'

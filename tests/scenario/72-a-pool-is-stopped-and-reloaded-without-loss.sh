#!/bin/bash
# SPDX-License-Identifier: ISC
# SIGTERM lets running jobs end, a second one does not; SIGHUP takes new
# settings if they are right; whatever is cut short is run again.
. "${srcdir:-.}/tests/lib/lib.sh"
. "$TOP/tests/lib/lib-jobs.sh"
stack_up worker.children=2

job_script t.wait max_retries=9 <<'END'
echo $ERRAND_JOB_ID >>runs
while [ ! -e go ]; do sleep .05; done
END
job_kind t.ok command=true
begin worker

# runs ID N: the command of that job was started N times.
runs() {
	[ -e "$D/runs" ] && [ "$(grep -c "$1" "$D/runs")" = "$2" ]
}
log_says() {
	grep -qs -- "$1" "$D/log/errand.log"
}
# reloads N: settings were read again N times.
reloads() {
	[ "$(grep -c 'settings read again' "$D/log/errand.log")" = "$1" ]
}
log_says_twice() {
	[ "$(grep -c -- "$1" "$D/log/errand.log")" = 2 ]
}

step "SIGTERM: what runs ends, what waits is left alone"
new_job t.wait; FIRST=$ID
new_job t.wait; SECOND=$ID
expect_soon 20 runs "$FIRST" 1
expect_soon 20 runs "$SECOND" 1
new_job t.ok; THIRD=$ID
expect_soon 20 job_is "$THIRD" published
tell worker TERM
expect_soon 20 log_says ' stopping'
expect alive worker
expect job_is "$FIRST" running
: >"$D/go"
expect_soon 20 job_is "$FIRST" succeeded
expect_soon 20 job_is "$SECOND" succeeded
expect_soon 20 gone worker
expect job_is "$THIRD" published
expect_same "what is held" "$(redis_q hlen unacked)" 0
rm "$D/go"

step "a second SIGTERM cuts short; the job is due again, and not to blame"
begin worker
expect_soon 20 job_is "$THIRD" succeeded
new_job t.wait
expect_soon 20 runs "$ID" 1
tell worker TERM
expect_soon 20 log_says_twice ' stopping'
tell worker TERM
expect_soon 20 gone worker
expect job_get "$ID" "state IN ('retrying', 'published')"
expect_same deaths "$(job_get "$ID" deaths)" 0
expect_same "what is held" "$(redis_q hlen unacked)" 0

step "so does the time-out of the shutdown"
set_ini worker.shutdown_timeout=1s
begin worker
expect_soon 20 runs "$ID" 2
end worker
expect job_get "$ID" "state IN ('retrying', 'published')"
: >"$D/go"
begin worker
expect_soon 20 job_is "$ID" succeeded
rm "$D/go"

step "SIGHUP with wrong settings changes nothing"
job_kind t.new command=true hard_limit=soon
tell worker HUP
expect_soon 20 log_says 'the old ones stay in force'
expect_soon 20 log_says 'hard_limit.*is not a time'
new_job t.ok
expect_soon 20 job_is "$ID" succeeded

step "children have connections of their own, and none of the parent's"
# sockets PID: those that it has open.
sockets() {
	find "/proc/$1/fd" -type l -printf '%l\n' | grep '^socket:' | sort
}
# child_apart PID: it has connections, and shares none with its parent.
child_apart() {
	sockets "$1" >"$D/sockets" && [ -z "$(comm -12 "$D/sockets" \
	    <(sockets "$(pid_of worker)"))" ]
}
expect sockets "$(pid_of worker)"
for each in $(children_of "$(pid_of worker)"); do
	expect_soon 20 child_apart "$each"
done

step "SIGHUP with right settings takes them, and jobs go on meanwhile"
new_job t.wait; BUSY=$ID
expect_soon 20 runs "$BUSY" 1
job_kind t.new hard_limit=10s
tell worker HUP
expect_soon 20 log_says 'settings read again'
new_job t.new
expect_soon 20 job_is "$ID" succeeded
expect job_is "$BUSY" running
: >"$D/go"
expect_soon 20 job_is "$BUSY" succeeded
expect_same attempts "$(job_get "$BUSY" attempts)" 1

step "SIGHUP again and again loses nothing"
psql_q "INSERT INTO jobs (kind, relayed_at) SELECT 't.ok', now()
    FROM generate_series(1, 300)"
for n in 2 3 4 5 6; do
	tell worker HUP
	expect_soon 20 reloads "$n"
done
expect_soon 60 none_open
expect_same "runs that were one too many" "$(psql_q "SELECT count(*) FROM jobs
    WHERE kind = 't.ok' AND attempts <> 1")" 0

step "more and fewer children by SIGHUP"
kids() {
	[ "$(children_of "$(pid_of worker)" | wc -l)" = "$1" ]
}
expect_soon 20 kids 4
set_ini worker.children=5
tell worker HUP
expect_soon 20 kids 7
set_ini worker.children=1
tell worker HUP
expect_soon 20 kids 3
end worker

step "what waits for room of a kind that is gone is judged again"
rm -f "$D/go"
set_ini worker.children=2
job_kind t.wait children=1
begin worker
# told ID TEXT: its sender reads that in its result.
told() {
	redis_q get "celery-task-meta-$1" | grep -q "$2"
}
new_job t.wait; BUSY=$ID
expect_soon 20 runs "$BUSY" 1
message theirs t.wait '{}' "[[], {}, $NO_MORE]"
new_job t.wait
expect_soon 20 list_has errand:waiting:errand:t.wait 2
sed -i 's/^\[job:t\.wait\]/[job:t.was]/' "$D/errand.ini"
tell worker HUP
expect_soon 60 told theirs NotRegistered
expect_soon 20 list_has errand:waiting:errand:t.wait 0
expect job_get "$ID" "state IN ('queued', 'published')"
: >"$D/go"
expect_soon 20 job_is "$BUSY" succeeded
rm "$D/go"

step "so is what waits where the queue had another name"
end worker
sed -i 's/^\[job:t\.was\]/[job:t.wait]/' "$D/errand.ini"
begin worker
expect_soon 30 runs "$ID" 1
message theirs-too t.wait '{}' "[[], {}, $NO_MORE]"
expect_soon 20 list_has errand:waiting:errand:t.wait 1
set_ini broker.queue=errand2
: >"$D/go"
end worker
expect job_is "$ID" succeeded
begin worker
expect_soon 60 told theirs-too SUCCESS
expect_same waiting "$(redis_q exists errand:waiting:errand:t.wait)" 0
end worker

step "and what waits while the queue is empty, here and where no pool is left"
rm "$D/go"
set_ini broker.queue=errand
begin worker
new_job t.wait
expect_soon 20 runs "$ID" 1
message drained t.wait '{}' "[[], {}, $NO_MORE]"
expect_soon 20 list_has errand:waiting:errand:t.wait 1
expect list_has errand 0
: >"$D/go"
expect_soon 30 told drained SUCCESS
rm "$D/go"
new_job t.wait
expect_soon 20 runs "$ID" 1
message left t.wait '{}' "[[], {}, $NO_MORE]"
expect_soon 20 list_has errand:waiting:errand:t.wait 1
crash worker
# It serves another queue, and knows nothing of that kind.
second_worker other
ini_set "$D/errand2.ini" broker queue errand3
sed -i 's/^\[job:t\.wait\]/[job:t.was]/' "$D/errand2.ini"
begin_second
expect_soon 60 list_has errand:waiting:errand:t.wait 0
expect grep -q 'in a queue that this pool does not serve .*queue=errand ' \
    "$D/log/errand.log"
end worker2
: >"$D/go"
begin worker
expect_soon 60 told left SUCCESS
expect_soon 60 job_is "$ID" succeeded
end worker

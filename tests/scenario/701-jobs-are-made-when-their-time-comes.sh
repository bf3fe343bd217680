#!/bin/bash
# SPDX-License-Identifier: ISC
# A kind with a schedule gets a job for each time, once over all pools, whatever
# becomes of these; times that have passed are caught up with as it says.
. "${srcdir:-.}/tests/lib/lib.sh"
. "$TOP/tests/lib/lib-jobs.sh"
[ -e /usr/share/zoneinfo/Europe/Berlin ] || skip "there are no time zones"
stack_up worker.children=1 worker.node=one job:one.command=cat \
    job:one.schedule='30 4 * * *' job:one.schedule_zone=Europe/Berlin \
    job:one.schedule_kwargs='{"n": 1.50}' \
    job:all.command=exit job:all.schedule=@hourly job:all.catch_up=all \
    job:skip.command=exit job:skip.schedule=@hourly job:skip.catch_up=skip
set_ini job:one.command="cat >>$D/ran; echo >>$D/ran"
second_worker two
SOON="date_trunc('hour', now()) + interval '1 hour'"

# made KIND: so many jobs.
made() {
	psql_q "SELECT count(*) FROM jobs WHERE kind = '$1'"
}
# comes KIND EXPRESSION: its next time is that one, and a pool has seen it.
comes() {
	psql_q "UPDATE schedules SET next_at = $2, last_at = NULL
	    WHERE kind = '$1'"
	expect_soon 20 psql_is "SELECT next_at > now() AND last_at IS NOT NULL
	    FROM schedules WHERE kind = '$1'" t
}

step "the next times are noted"
begin worker
begin_second
expect_soon 20 psql_is "SELECT count(*) FROM schedules
    WHERE next_at > now() AND last_at IS NULL" 3
expect_same "hourly" "$(psql_q "SELECT next_at = $SOON OR seen_at >= next_at
    FROM schedules WHERE kind = 'all'")" t
expect_same "of the zone" "$(psql_q "SELECT (next_at
    AT TIME ZONE 'Europe/Berlin')::time FROM schedules
    WHERE kind = 'one'")" 04:30:00
expect_same "jobs" "$(psql_q "SELECT count(*) FROM jobs
    WHERE kind IN ('one', 'all', 'skip')")" 0

step "each time makes one job, of two pools"
for n in 1 2 3 4 5 6; do
	comes one "now()"
	expect_same "jobs" "$(made one)" "$n"
done
expect_soon 20 psql_is "SELECT count(*) FROM jobs WHERE kind = 'one'
    AND state = 'succeeded'" 6
expect_same "what they got" "$(grep -cF '"kwargs": {"n": 1.50}' "$D/ran")" 6
expect_same "what they are for" "$(psql_q "SELECT count(*) FROM jobs
    WHERE kind = 'one' AND run_at <= created_at")" 6

step "and if one of them is killed"
psql_q "UPDATE schedules SET next_at = now(), last_at = NULL WHERE kind = 'one'"
crash worker
expect_soon 20 psql_is "SELECT last_at IS NOT NULL FROM schedules
    WHERE kind = 'one'" t
expect_same "jobs" "$(made one)" 7
crash worker2

step "what has passed is caught up with as the kind says"
psql_q "DELETE FROM jobs WHERE kind <> 'one'; -- an hour may have begun
    UPDATE schedules SET last_at = NULL, next_at = CASE kind WHEN 'one'
    THEN now() - interval '9 days' ELSE $SOON - interval '5 hours' END"
begin worker
expect_soon 20 psql_is "SELECT count(*) FROM schedules
    WHERE next_at > now() AND last_at IS NOT NULL" 3
expect_same "one" "$(made one)" 8
# Five, or six if an hour has just begun.
expect_same "all" "$(psql_q "SELECT count(*) = count(DISTINCT run_at)
    AND count(*) BETWEEN 5 AND 6 AND bool_and(run_at =
    date_trunc('hour', run_at)) FROM jobs WHERE kind = 'all'")" t
expect psql_is "SELECT count(*) <= (extract(minute FROM now()) < 3)::int
    FROM jobs WHERE kind = 'skip'" t
expect_soon 10 grep -q ' scheduled times were missed kind=skip jobs=[01] missed=[4-6]$' \
    "$D/log/errand.log"

step "one that cannot be made holds up no other"
psql_q "ALTER TABLE jobs ADD CONSTRAINT no_all CHECK (kind <> 'all') NOT VALID;
    UPDATE schedules SET next_at = now() WHERE kind = 'all'"
expect_soon 20 grep -q ' schedule is held kind=all$' "$D/log/errand.log"
comes one "now()"
psql_q "UPDATE schedules SET next_at = now() - interval '1 min'
    WHERE kind = 'all'"
"$BUILD/errandctl" -c "$D/errand.ini" jobs schedule >"$D/out"
expect grep -qE '  all .* UTC \(overdue: see the log\)$' "$D/out"
expect_same "overdue" "$(grep -c overdue "$D/out")" 1
comes one "now()"
expect_same "told" "$(grep -c ' schedule is held ' "$D/log/errand.log")" 1
psql_q "ALTER TABLE jobs DROP CONSTRAINT no_all"
expect_soon 90 psql_is "SELECT next_at > now() FROM schedules
    WHERE kind = 'all'" t

step "another schedule takes over when the pools with the one before are gone"
set_ini job:all.schedule='15 * * * *'
second_worker two
begin_second
second_began() {
	[ "$(grep -c ' started .* node=two ' "$D/log/errand.log")" -ge 2 ]
}
expect_soon 20 second_began
psql_q "UPDATE schedules SET next_at = now(), last_at = NULL WHERE kind = 'all'"
expect_soon 20 psql_is "SELECT last_at IS NOT NULL AND spec = '@hourly UTC'
    FROM schedules WHERE kind = 'all'" t
end worker
psql_q "UPDATE schedules SET seen_at = seen_at - interval '15 s'"
expect_soon 20 psql_is "SELECT spec, extract(minute FROM next_at)
    FROM schedules WHERE kind = 'all'" '15 * * * * UTC|15'

step "errandctl shows them"
ctl() {
	"$BUILD/errandctl" -c "$D/errand.ini" "$@"
}
ctl jobs schedule >"$D/out"
expect grep -qE '^20[0-9T:-]+Z  20[0-9T:-]+Z  one +30 4 \* \* \* Europe/Berlin$' \
    "$D/out"
ctl jobs schedule --json | jq -e '.data | map(.kind) == ["all", "one", "skip"]
    or length == 3' >"$D/out" || fail "$(cat "$D/out")"

step "what is wrong with one is told with line, field and reason"
# wrong KEY VALUE WORDS
wrong() {
	cp "$D/errand.ini" "$D/wrong.ini"
	ini_set "$D/wrong.ini" job:one "$1" "$2"
	! "$BUILD/errandctl" -c "$D/wrong.ini" config check 2>"$D/out" ||
	    fail "taken: $1 = $2"
	expect grep -qF -- "] $1: $3" "$D/out"
	expect grep -qE 'wrong.ini:[0-9]+: \[job:one\]' "$D/out"
}
wrong schedule '30 24 * * *' 'hour: "24" is not within 0 to 23'
wrong schedule_zone Berlin 'there is no such time zone'
wrong schedule_kwargs '[1]' 'it must be an object of JSON'
wrong schedule_kwargs '{"a": "\u0000"}' 'it must not contain'
wrong catch_up none 'it must be one, all or skip'

#!/bin/bash
# SPDX-License-Identifier: ISC
# Readers of the log have each change once, in one order: whatever is killed, and
# however long a transaction stays open, of which health and errandctl tell.
. "${srcdir:-.}/tests/lib/lib.sh"
. "$TOP/tests/lib/lib-jobs.sh"
. "$TOP/tests/lib/chaos.sh"
[ -x "$BUILD/tests/lib/log_steps" ] || skip "built without check"
stack_up worker.relay_interval=50ms database.retry_interval=100ms
ctl() {
	"$BUILD/errandctl" -c "$D/errand.ini" "$@"
}

step "the steps, which log_steps tells itself"
ERRAND_CONFIG=$D/errand.ini "$BUILD/tests/lib/log_steps" ||
    fail "log_steps found faults"
psql_q "TRUNCATE task_events, stats_days"

step "a transaction that stays open holds up the statistics, and not the cache"
begin worker
mkfifo "$D/orders"
psql -XAtq -v ON_ERROR_STOP=1 -d "$PG" <"$D/orders" >"$D/log/open.log" 2>&1 &
exec {OPEN_FD}>"$D/orders"
printf 'BEGIN; SELECT pg_current_xact_id();\n' >&"$OPEN_FD"
expect_soon 20 grep -q '[0-9]' "$D/log/open.log"
new_task '{"title": "a"}'
expect_soon 20 log_read cache
expect not log_read statistics
waits() {
	ctl log --json >"$D/out" && jq -e '.data | map({(.name): .}) | add |
	    .cache.unread == 0 and (.cache.waits_for_transaction | not) and
	    .statistics.unread == 1 and .statistics.waits_for_transaction and
	    .statistics.oldest_unread_seconds > 0' "$D/out" >/dev/null
}
expect_soon 20 waits
expect grep -q 'a transaction is open that it waits for' <(ctl log)
psql_q "UPDATE log_readers SET moved_at = now()"
# aged N: the event is so many seconds older.
aged() {
	psql_q "ALTER TABLE task_events DISABLE TRIGGER task_events_refuse;
	    UPDATE task_events SET at = at - interval '$1 s';
	    ALTER TABLE task_events ENABLE TRIGGER task_events_refuse"
}
health_says() {
	ctl health >"$D/out" 2>&1 || true
	grep -q "$1" "$D/out"
}
api GET /health
expect_json '.checks["readers:lag"][0].status == "pass"'
aged 300
expect_soon 20 health_says \
    'transaction that stays open .*: statistics, 1 for 5 min; look for it in'
printf 'COMMIT;\n' >&"$OPEN_FD"
expect_soon 20 log_read statistics
expect not health_says 'stays open'
exec {OPEN_FD}>&-
end worker
new_task '{"title": "b"}'
aged 300
expect_soon 20 health_says 'wait for their reader: [a-z]*, 1 for'

step "a reader is set back by name and event"
begin worker
expect_soon 20 log_read statistics
end worker
stats_made() {
	psql_is "SELECT sum(created) FROM stats_days" "$1"
}
expect stats_made 2
! ctl log rewind statistic --to 1 2>"$D/out" || fail "unknown reader"
expect grep -q 'no reader "statistic"; there is cache, statistics' "$D/out"
! ctl log rewind cache --to 1 2>"$D/out" || fail "the cache has no place"
expect grep -q 'errandctl cache flush' "$D/out"
! ctl log rewind statistics --to yesterday 2>"$D/out" || fail "no time"
expect grep -q 'neither the number of an event nor a time' "$D/out"
event=$(psql_q "SELECT max(id) FROM task_events")
ctl log rewind statistics --to "$event" >"$D/out" || fail "not set back"
expect grep -q "goes on from the event $event" "$D/out"
expect not log_read statistics
begin worker
expect_soon 20 log_read statistics
expect stats_made 3

step "what writes and what reads is killed, at any moment"
psql_q "TRUNCATE task_events, stats_days, tasks"
load_begin creates "$D/created" 4
for _ in 1 2 3 4 5; do
	load_order more
	pid=$(fcgi_pids | shuf -n 1)
	kill -s KILL "$pid"
	# shellcheck disable=SC2046
	kill -s KILL $(children_of "$(pid_of worker)")
	expect_soon 20 replaced "$pid"
	crash worker
	begin worker
done
load_order more
load_end
expect_soon 60 log_read statistics
expect_same "tasks and counts" "$(psql_q "SELECT count(*) FROM tasks")" \
    "$(psql_q "SELECT sum(created) FROM stats_days")"
expect_same "pending" "$(psql_q "SELECT count(*) FROM tasks")" \
    "$(psql_q "SELECT sum(pending_more) FROM stats_days")"
end worker

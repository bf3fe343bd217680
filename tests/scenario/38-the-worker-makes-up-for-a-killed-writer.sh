#!/bin/bash
# SPDX-License-Identifier: ISC
# A writer is killed after its commit and before its entries were dropped:
# the worker drops them.  Redis is told to hold back all that writes.
. "${srcdir:-.}/tests/lib/lib.sh"
. "$TOP/tests/lib/chaos.sh"
PROCESSES=2
stack_up redis.timeout=10s

json_type='Content-Type: application/json'
api POST /tasks -H "$json_type" -d '{"title": "old"}'
expect_status 201
id=$(json .id)
cached() {
	api GET "/tasks/$id"
	expect_status 200
	[ "$(header X-Cache)" = hit ]
}
listed() {
	api GET /tasks
	expect_status 200
	[ "$(header X-Cache)" = hit ]
}
# shows STATUS: so say the task and the list.
shows() {
	api GET "/tasks/$id"
	expect_status 200
	json_is --arg s "$1" '.status == $s' || return 1
	api GET /tasks
	expect_status 200
	json_is --arg s "$1" '.data[0].status == $s'
}
# killed_between STATUS: changes the task to it and is killed before it could
# tell Redis.  The other process had no part in it, and goes on; what begins in
# the place of the killed one drops all entries, and may not begin yet.
killed_between() {
	local other
	{ read -r KILLED && read -r other; } < <(fcgi_pids)
	expect_soon 10 cached
	expect_soon 10 listed
	kill -s STOP "$(pid_of fcgi)" "$other"
	redis_q CLIENT PAUSE 60000 WRITE >/dev/null
	curl -qs -m 60 -o /dev/null -X PATCH -H "$json_type" \
	    -H "Authorization: Bearer $TOKEN" -d "{\"status\": \"$1\"}" \
	    "http://127.0.0.1:$PORT/tasks/$id" &
	expect_soon 10 psql_is "SELECT status FROM tasks" "$1"
	kill -s KILL "$KILLED"
	wait "$!" || true
	expect_soon 10 no_writer_waits
	redis_q CLIENT UNPAUSE >/dev/null
	kill -s CONT "$other"
}
# another_begins: in its place.
another_begins() {
	kill -s CONT "$(pid_of fcgi)"
	expect_soon 10 replaced "$KILLED"
}
no_writer_waits() {
	not grep -q flags=b <<<"$(redis_q CLIENT LIST)"
}

step "without the worker the entries stay"
killed_between completed
expect shows pending
expect not log_read cache

step "with it they go"
begin worker
expect_soon 10 shows completed
another_begins
freeze worker
killed_between in-progress
expect shows completed
thaw worker
expect_soon 10 shows in-progress
another_begins
expect_soon 10 log_read cache
expect records_fit

step "a broker and a relay that stand still hold nothing up"
end worker
launch broker redis-server --port 0 --unixsocket "$RUN/broker.sock" --save ''
broker_up() {
	redis-cli -s "$RUN/broker.sock" PING >>"$D/log/setup.log" 2>&1
}
expect_soon 10 broker_up
set_ini "broker.url=unix://$RUN/broker.sock" broker.timeout=10s
: >"$D/log/errand.log"
begin worker
# relay: prints the process id of the one that sends jobs.
relay() {
	sed -n 's/.* errand-worker\[\([0-9]*\)] relaying$/\1/p' "$D/log/errand.log" |
	    tail -n 1 | grep .
}
expect_soon 10 relay >>"$D/log/setup.log"
freeze broker
kill -s STOP "$(relay)"
killed_between completed
expect_soon 10 shows completed
another_begins
expect_soon 10 log_read cache

step "nor the end of the pool"
end worker
thaw broker
end broker

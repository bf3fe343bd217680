#!/bin/bash
# SPDX-License-Identifier: ISC
# Several hosts of PostgreSQL, of which the standby takes over after commits
# were lost: it is found, what was lost is not served, and the primary of before
# is never believed again.
. "${srcdir:-.}/tests/lib/lib.sh"
. "$TOP/tests/lib/chaos.sh"
. "$TOP/tests/lib/lib-standby.sh"
stack_up database.retry_interval=50ms
standby_new
# again HOSTS: errand.fcgi starts anew, with these.
again() {
	end fcgi
	set_ini "database.conninfo=$1"
	begin fcgi
}
# refused DETAIL METHOD PATH [ARGUMENT...]: 503, for that reason.
refused() {
	local detail=$1
	shift
	api "$@"
	expect_status 503
	expect_header Retry-After '[0-9]+'
	expect_json --arg d "$detail" '.detail | test($d)'
}
# health_tells WORDS
health_tells() {
	api_is 503 GET /health/ready && json_is --arg d "$1" \
	    '[.. | strings | select(test($d))] | length > 0'
}
# is_old: the state of the standby, as whoever answers sees it.
is_old() {
	local _
	for _ in 1 2 3 4; do
		api_is 200 GET "/tasks/$TASK" && json_is '.title == "old"' &&
		    api_is 404 GET "/tasks/$LOST" && api_is 200 GET /tasks &&
		    json_is '[.data[].title] == ["old"]' || return 1
	done
}
# writes N: all of them are where the standby was, and nowhere else.
writes() {
	local n before
	before=$(psql_at 5433 'SELECT count(*) FROM tasks')
	for ((n = 0; n < $1; n++)); do
		new_task '{"title": "after"}'
		send PATCH "/tasks/$ID" "{\"description\": \"$n\"}"
		expect_status 200
		api GET "/tasks/$ID"
		expect_json --arg n "$n" '.description == $n'
	done
	expect_same "the number of tasks" \
	    "$(psql_at 5433 'SELECT count(*) FROM tasks')" "$((before + $1))"
}
untouched() {
	expect_same "what the former primary has" \
	    "$(psql_at 5432 "SELECT count(*) FROM tasks WHERE title = 'after'")" 0
}

step "a standby that is named first is passed over"
again "$(hosts 5433 5432)"
begin worker
expect_soon 20 api_is 200 GET /health/ready
new_task '{"title": "old"}'
TASK=$ID
expect_soon 10 log_read cache
expect not in_log "database only reads"
expect "$BUILD/errandctl" -c "$D/errand.ini" jobs list >>"$D/log/setup.log"

step "the primary dies with what only it has"
expect_soon 20 replayed
standby_deaf
send PATCH "/tasks/$TASK" '{"title": "new"}'
expect_status 200
new_task '{"title": "lost"}'
LOST=$ID
expect_soon 10 hits "/tasks/$TASK"
expect_soon 10 hits "/tasks/$LOST"
expect_soon 10 hits /tasks
crash_postgres

step "its standby is not taken for the truth"
refused "only reads" POST /tasks --json '{"title": "x"}'
refused "only reads" GET "/tasks/$TASK/events"
health_tells "only reads" || fail "health does not tell of the standby"

step "it is promoted: nothing is served that it does not have"
standby_promote
expect_soon 20 is_old
writes 4
expect_soon 20 api_is 200 GET /health/ready
api DELETE "/tasks/$ID"
expect_status 403

step "the former primary is back, not fenced, and named first"
begin postgres
again "$(hosts 5432 5433)"
writes 4
end worker
begin worker
writes 2
kill -s KILL "$(fcgi_pids | head -n 1)"
writes 2
untouched

step "alone it is none, and health and the log say so"
again "$(hosts 5432)"
refused "former primary" POST /tasks --json '{"title": "after"}'
refused "former primary" GET "/tasks/$TASK/events"
health_tells "former primary" || fail "health does not tell of it"
expect_soon 10 in_log "errandctl cache flush"
"$BUILD/errandctl" -c "$D/errand.ini" health >"$D/told" || true
expect grep -q "former primary" "$D/told"
expect not "$BUILD/errandctl" -c "$D/errand.ini" jobs list 2>"$D/told"
expect grep -q "former primary" "$D/told"
untouched

step "unless somebody says that it was restored"
end worker fcgi
expect "$BUILD/errandctl" -c "$D/errand.ini" cache flush \
    >>"$D/log/setup.log" 2>&1
begin fcgi
api GET "/tasks/$LOST"
expect_status 200
send PATCH "/tasks/$LOST" '{"title": "found"}'
expect_status 200

#!/bin/bash
# SPDX-License-Identifier: ISC
# A process that is told to end while it has a request finishes that one, and
# takes no other.
. "${srcdir:-.}/tests/lib/lib.sh"
. "$TOP/tests/lib/chaos.sh"
PROCESSES=1
stack_up database.query_timeout=60s

json_type='Content-Type: application/json'
api POST /tasks -H "$json_type" -d '{"title": "one"}'
expect_status 201
id=$(json .id)
waits() {
	psql_is "SELECT count(*) FROM pg_stat_activity
	    WHERE application_name = 'errand' AND wait_event_type = 'Lock'" 1
}
exec {sql}> >(exec psql -XAtq -d "$PG" >>"$D/log/lock.log" 2>&1)
for signal in TERM USR1; do
	step "SIG$signal comes while the database is being waited for"
	pid=$(fcgi_pids)
	: >"$D/log/lock.log"
	printf 'BEGIN; SELECT id FROM tasks FOR UPDATE;\n' >&"$sql"
	expect_soon 10 test -s "$D/log/lock.log"
	curl -qs -m 60 -o "$D/late" -w '%{http_code}' -X PATCH \
	    -H "$json_type" -H "Authorization: Bearer $TOKEN" \
	    -d "{\"title\": \"$signal\"}" \
	    "http://127.0.0.1:$PORT/tasks/$id" >"$D/late.status" &
	curl=$!
	expect_soon 10 waits
	kill -s "$signal" "$pid"
	expect kill -0 "$pid"
	expect waits
	printf 'COMMIT;\n' >&"$sql"
	wait "$curl" || fail "no answer"
	expect_same "the status" "$(cat "$D/late.status")" 200
	expect_same "the title" "$(jq -r .title "$D/late")" "$signal"
	expect_soon 10 replaced "$pid"
	api GET "/tasks/$id"
	expect_json --arg t "$signal" '.title == $t'
done

step "an idle process ends as well"
pid=$(fcgi_pids)
kill -s TERM "$pid"
expect_soon 10 replaced "$pid"
expect_same "the processes that ended" "$(grep -c ' stopped$' \
    "$D/log/errand.log")" 3
expect records_fit

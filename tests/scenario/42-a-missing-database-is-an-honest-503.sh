#!/bin/bash
# SPDX-License-Identifier: ISC
# PostgreSQL is stopped, stands still, restarts or has no room: 503 with
# Retry-After, within bounds; then the same processes serve again.
. "${srcdir:-.}/tests/lib/lib.sh"
. "$TOP/tests/lib/chaos.sh"
# Of several, those that wait for a request may have no connection yet.
PROCESSES=1
stack_up database.query_timeout=300ms database.retry_interval=50ms cache.enabled=off

json_type='Content-Type: application/json'
pids=$(fcgi_pids)
api POST /tasks -H "$json_type" -d '{"title": "one"}'
expect_status 201
id=$(json .id)

# unavailable METHOD PATH [ARGUMENT...]
unavailable() {
	api "$@" -m 20
	expect_status 503
	expect_header Retry-After '[0-9]+'
	expect_header Content-Type 'application/problem\+json'
	expect_header Cache-Control no-store
	expect_json '.status == 503'
}
# all_unavailable: whatever needs the database; the rest goes on.
all_unavailable() {
	unavailable GET "/tasks/$id"
	unavailable GET /tasks
	unavailable GET "/tasks/$id/events"
	unavailable POST /tasks -H "$json_type" -d '{"title": "x"}'
	unavailable PATCH "/tasks/$id" -H "$json_type" -d '{"title": "x"}'
	unavailable PUT "/tasks/$id" -H "$json_type" -d '{"title": "x"}'
	as admin
	unavailable DELETE "/tasks/$id"
	as user
	api GET /health/ready -m 20
	expect_status 503
	expect_header Retry-After '[0-9]+'
	expect_json '.status == "fail" and
	    .checks["postgresql:responseTime"][0].status == "fail"'
	for path in /health/live /me /openapi.json; do
		api GET "$path"
		expect_status 200
	done
	api POST /tasks -H "$json_type" -d '{"titel": "x"}'
	expect_status 422
}
serves() {
	api_is 200 GET "/tasks/$id" && api_is 200 GET /health/ready
}

step "PostgreSQL is stopped"
end postgres
all_unavailable
expect in_log 'database unreachable'
begin postgres
expect_soon 10 serves
expect_soon 10 in_log 'database reachable again'

step "PostgreSQL stands still"
# What health asks for may have taken too long, which costs the connection.
expect_soon 10 api_is 200 GET "/tasks/$id"
freeze postgres
unavailable POST /tasks -H "$json_type" -d '{"title": "x"}'
expect_json '.detail | test("may have happened")'
unavailable POST /tasks -H "$json_type" -d '{"title": "x"}'
thaw postgres
expect_soon 10 serves

step "a statement takes too long"
exec {sql}> >(exec psql -XAtq -d "$PG" >>"$D/log/lock.log" 2>&1)
printf 'BEGIN; LOCK TABLE tasks; SELECT 1;\n' >&"$sql"
expect_soon 10 test -s "$D/log/lock.log"
unavailable GET "/tasks/$id"
unavailable PATCH "/tasks/$id" -H "$json_type" -d '{"title": "x"}'
exec {sql}>&-
expect_soon 10 serves

step "all connections are cut, and the next requests lose nothing"
for round in 1 2 3 4 5; do
	psql_q "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity
		WHERE application_name = 'errand'" >/dev/null
	expect_soon 10 psql_is "SELECT count(*) FROM pg_stat_activity
		WHERE application_name = 'errand'" 0
	api PATCH "/tasks/$id" -H "$json_type" -d "{\"title\": \"$round\"}"
	expect_status 200
	api POST /tasks -H "$json_type" -d '{"title": "two"}'
	expect_status 201
	api GET /tasks
	expect_status 200
done

step "PostgreSQL restarts, and the next requests lose nothing"
end postgres
begin postgres
for _ in 1 2 3 4; do
	api POST /tasks -H "$json_type" -d '{"title": "three"}'
	expect_status 201
done
crash_postgres
begin postgres
for _ in 1 2 3 4; do
	api POST /tasks -H "$json_type" -d '{"title": "four"}'
	expect_status 201
done

expect_same "the processes" "$(fcgi_pids)" "$pids"

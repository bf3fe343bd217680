#!/bin/bash
# SPDX-License-Identifier: ISC
# A cursor of the changes is good for as long as what comes behind it is kept,
# in the database that gave it.  Otherwise the answer is 410, and the list, even
# a cached one, names a cursor that is good.
. "${srcdir:-.}/tests/lib/lib.sh"
. "$TOP/tests/lib/lib-jobs.sh"
stack_up purge.events_age=365d purge.interval=30d

# place: prints the cursor behind all changes.
place() {
	api GET '/tasks/changes?since=now'
	json .next_cursor
}

# good CURSOR [COUNT]: it is, and so many changes are behind it.
good() {
	api GET "/tasks/changes?since=$1&limit=100"
	expect_status 200
	[ $# = 1 ] || expect_json --argjson n "$2" '.data | length == $n'
}

# late CURSOR WORDS: it is not, and the answer says why.
late() {
	api GET "/tasks/changes?since=$1"
	expect_problem 410
	expect_json --arg words "$2" '.detail |
	    contains($words) and contains("X-Changes-Cursor")'
}

# named: the list names a cursor, and it is good.
named() {
	api GET /tasks
	api_is 200 GET "/tasks/changes?since=$(header X-Changes-Cursor)"
}

# old: an event of long ago, as the log has it after 400 days.
old() {
	psql_q "INSERT INTO task_events (task_id, version, action, actor, at)
	    VALUES (gen_random_uuid(), 1, 'deleted', 'x',
	    now() - interval '400 days')"
}

step "who is behind what was purged"
new_task '{"title": "a"}'
BEFORE=$(place)
api GET /tasks
expect_header X-Changes-Cursor '.+'
old
AT=$(place)
new_task '{"title": "b"}'
LAST=$(place)
good "$BEFORE" 2
begin worker
expect_soon 30 psql_is "SELECT count(*) FROM task_events" 2
end worker
late "$BEFORE" 'were deleted'
good "$AT" 1
good "$LAST" 0
expect named

step "when nothing is kept at all"
psql_q "DELETE FROM task_events"
good "$LAST" 0
late "$AT" 'were deleted'
api GET /tasks/changes
expect_json '.data == []'
NEXT=$(json .next_cursor)
good "$NEXT" 0
new_task '{"title": "c"}'
good "$LAST" 1
good "$NEXT" 1
psql_q "TRUNCATE task_events"
late "$NEXT" 'were deleted'
late "$LAST" 'were deleted'
begin worker
expect_soon 30 named
new_task '{"title": "d"}'
end worker

# Numbers are given out again, and other changes get them.
step "a restore of the files"
end fcgi
begin fcgi
FIRST=$(place)
good "$FIRST" 0
end fcgi postgres
pg_run cp -a "$DATA" "$DATA.kept"
begin postgres
begin fcgi
new_task '{"title": "lost"}'
LOST=$(place)
good "$LOST" 0
end fcgi postgres
pg_run rm -r "$DATA"
pg_run mv "$DATA.kept" "$DATA"
begin postgres
begin fcgi
late "$LOST" 'another database'
new_task '{"title": "another"}'
new_task '{"title": "another"}'
late "$LOST" 'another database'
good "$FIRST" 2
expect named

step "a copy of the database on the same server"
LAST=$(place)
good "$LAST" 0
end fcgi postgres
pg_run "$PG_BIN/postgres" --single -D "$DATA" postgres >>"$D/log/setup.log" \
    2>&1 <<<"CREATE DATABASE copy TEMPLATE errand OWNER errand" ||
    fail "no copy"
printf 'local copy errand scram-sha-256\n' >>"$DATA/pg_hba.conf"
begin postgres
set_ini "database.conninfo=${PG/dbname=errand/dbname=copy}"
begin fcgi
late "$LAST" 'another database'
expect named
api GET '/tasks?sort=title'
NEXT=$(header X-Changes-Cursor)
new_task '{"title": "in the copy"}'
api GET "/tasks/changes?since=$NEXT"
expect_json --arg id "$ID" '.data[-1].task_id == $id'
end fcgi
set_ini "database.conninfo=$PG"
begin fcgi
late "$NEXT" 'another database'
good "$LAST" 0

step "a failover"
end fcgi postgres
pg_run touch "$DATA/standby.signal"
begin postgres
pg_run "$PG_BIN/pg_ctl" promote -D "$DATA" >>"$D/log/setup.log"
begin fcgi
expect_soon 20 ready
expect named
late "$LAST" 'another database'

#!/bin/bash
# SPDX-License-Identifier: ISC
# The connection to PostgreSQL breaks after a statement was carried out, before
# its answer is here: a read is asked again; a change is never sent a second
# time, is answered 503, and what the caches hold of it is served no more.
. "${srcdir:-.}/tests/lib/lib.sh"
. "$TOP/tests/lib/chaos.sh"
need python3
PROCESSES=1
stack_up

step "a proxy stands before PostgreSQL, and no worker makes up for anything"
end fcgi
mkdir "$RUN/cut"
launch pg-cut python3 -B "$TOP/tests/lib/pg-cut" "$RUN/cut/.s.PGSQL.5432" \
    "$RUN/pg/.s.PGSQL.5432" "$D/order" "$D/sent"
expect_soon 10 test -S "$RUN/cut/.s.PGSQL.5432"
set_ini "database.conninfo=${PG/host=$RUN\/pg/host=$RUN\/cut}"
expect grep -q "^conninfo *=.*host=$RUN/cut" "$D/errand.ini"
begin fcgi 1
expect_soon 20 ready
pid=$(fcgi_pids)

# lose NAME: the answer to the next statement of that name.
lose() {
	: >"$D/sent"
	printf '%s\n' "$1" >"$D/order.new"
	mv "$D/order.new" "$D/order"
}
# sent NAME N: it was lost, and was sent so often.
sent() {
	expect_soon 10 test ! -e "$D/order"
	expect_same "times that $1 was sent" \
	    "$(grep -cx "$1" "$D/sent" || true)" "$2"
}
# in_doubt NAME: that change was sent once, and nobody says what became of it.
in_doubt() {
	expect_problem 503
	expect_header Retry-After '[0-9]+'
	expect_json '.detail | test("may have happened or not")'
	sent "$1" 1
}
# cached PATH: what comes from there is in the cache.
cached() {
	expect_soon 10 hits "$1"
}

as admin
new_task '{"title": "first"}'
TASK=$ID

step "a read is asked again and answered"
redis_q del "task:$TASK" >/dev/null
lose TASK_GET
api GET "/tasks/$TASK"
expect_status 200
expect_json '.title == "first"'
sent TASK_GET 2

step "a task is created once, and lists show it"
cached /tasks
lose TASK_CREATE
send POST /tasks '{"title": "second"}'
in_doubt TASK_CREATE
api GET /tasks
expect_status 200
expect_json '[.data[].title] | sort == ["first", "second"]'
expect psql_is "SELECT count(*) FROM tasks WHERE title = 'second'" 1

step "a task is changed once, and no reader sees what it was"
for verb in PUT PATCH; do
	cached "/tasks/$TASK"
	cached /tasks
	lose TASK_UPDATE
	send "$verb" "/tasks/$TASK" "{\"title\": \"by $verb\"}"
	in_doubt TASK_UPDATE
	api GET "/tasks/$TASK"
	expect_status 200
	expect_json --arg title "by $verb" '.title == $title'
	api GET /tasks
	expect_json --arg title "by $verb" 'any(.data[]; .title == $title)'
done

step "a job is steered once"
JOB=$(psql_q "SELECT id FROM jobs WHERE kind = 'errand.send_notification'
    AND task_id = '$TASK'")
lose JOB_CANCEL
api POST "/jobs/$JOB/cancel" -d ""
in_doubt JOB_CANCEL
api GET "/jobs/$JOB"
expect_json '.state == "cancelled"'
lose JOB_RETRY
api POST "/jobs/$JOB/retry" -d ""
in_doubt JOB_RETRY
api GET "/jobs/$JOB"
expect_json '.state == "queued"'

step "a task is deleted once, and is gone for all readers"
cached "/tasks/$TASK"
cached /tasks
lose TASK_DELETE
api DELETE "/tasks/$TASK"
in_doubt TASK_DELETE
api GET "/tasks/$TASK"
expect_status 404
api GET /tasks
expect_json '[.data[].title] == ["second"]'

step "each change has its records, once"
expect records_fit
expect_same "the process" "$(fcgi_pids)" "$pid"

#!/bin/bash
# SPDX-License-Identifier: ISC
# What a newer release or an administrator has made of the schema ends no
# process: a word that this release does not know is shown as it is, and a
# change that a trigger suppresses is a 503 that the log explains.
. "${srcdir:-.}/tests/lib/lib.sh"
. "$TOP/tests/lib/lib-jobs.sh"
. "$TOP/tests/lib/chaos.sh"
stack_up cache.enabled=off worker.children=2
as admin
new_task '{"title": "kept"}'
KEPT=$ID
new_task '{"title": "widened", "description": "as it was"}'
TASK=$ID
JOB=$(psql_q "SELECT id FROM jobs
    WHERE kind = 'errand.send_notification' AND task_id = '$TASK'")
pids=$(fcgi_pids)

step "a newer release widens the types and uses the new words"
psql_q "ALTER TYPE task_status ADD VALUE 'archived'"
psql_q "ALTER TYPE job_state ADD VALUE 'paused'"
psql_q "UPDATE tasks SET status = 'archived' WHERE id = '$TASK'"
psql_q "UPDATE jobs SET state = 'paused' WHERE id = '$JOB'"

step "both kinds of rows are shown with them"
api GET "/tasks/$TASK"
expect_status 200
expect_json '.status == "archived" and .title == "widened"'
for query in '' '?sort=title&limit=1' '?sort=-status'; do
	api GET "/tasks$query"
	expect_status 200
	expect_json '.data[0].title == "kept" or
	    any(.data[]; .status == "archived")'
done
api GET "/jobs/$JOB"
expect_status 200
expect_json '.state == "paused"'
api GET /jobs
expect_status 200
expect_json '[.data[] | select(.state == "paused")] | length == 1'
"$BUILD/errandctl" -c "$D/errand.ini" jobs show "$JOB" >"$D/shown" ||
    fail "errandctl jobs show failed"
expect grep -q '^state  *paused$' "$D/shown"

step "such a task can be changed, such a job is refused by the word"
send PATCH "/tasks/$TASK" '{"title": "renamed"}'
expect_status 200
expect_json '.status == "archived" and .title == "renamed"'
for verb in retry cancel; do
	api POST "/jobs/$JOB/$verb" -d ""
	expect_problem 409
	expect_json '.detail | startswith("the job is paused;")'
done

step "the order by status goes on behind such a word"
api GET '/tasks?sort=-status&limit=1'
expect_json '.data[0].status == "archived"'
api GET "/tasks?sort=-status&limit=1&cursor=$(json .next_cursor)"
expect_json '.data[0].title == "kept" and .next_cursor == null'
new_task '{"title": "old"}'
OLD=$ID
psql_q "UPDATE tasks SET status = 'archived', created_at = '2000-01-01'
    WHERE id = '$OLD'"
api GET '/tasks?sort=status&limit=2'
expect_json '.data[1].title == "old"'
api GET "/tasks?sort=status&limit=2&cursor=$(json .next_cursor)"
expect_json '[.data[].title] == ["renamed"] and .next_cursor == null'
api DELETE "/tasks/$OLD"
expect_status 204

step "the log names column and word, once for each process"
for column in tasks.status=archived jobs.state=paused; do
	lines=$(grep -F "column=${column%=*}" "$D/log/errand.log" |
	    grep -F "word=${column#*=}" | grep -c errand.fcgi)
	expect [ "$lines" -ge 1 ]
	expect [ "$lines" -le 2 ]
done

# message ID: what the relay sends for an errand.purge of that id.
message() {
	jq -cn --arg id "$1" '{
	    body: ("[[], {}, {}]" | @base64), "content-encoding": "utf-8",
	    "content-type": "application/json",
	    headers: {task: "errand.purge", id: $id, ignore_result: true},
	    properties: {delivery_tag: $id, body_encoding: "base64",
		delivery_info: {exchange: "", routing_key: "errand"}}}'
}
none_else_open() {
	psql_is "SELECT count(*) FROM jobs WHERE state NOT IN
	    ('succeeded', 'failed', 'cancelled', 'paused')" 0
}
queue_is_empty() {
	[ "$(redis_q llen errand) $(redis_q hlen unacked)" = '0 0' ]
}
step "a worker leaves such a job alone and does the rest"
begin worker
expect_soon 20 none_else_open
expect_same "the job's state" "$(job_get "$JOB" state)" paused
# One that was sent before it got that state.
psql_q "INSERT INTO jobs (kind, state, relayed_at)
    VALUES ('errand.purge', 'paused', now()) RETURNING id" >"$D/sent"
redis_q lpush errand "$(message "$(cat "$D/sent")")" >/dev/null
expect_soon 20 queue_is_empty
expect_same "its state" "$(job_get "$(cat "$D/sent")" state)" paused
expect not in_log "child died"
end worker

step "a change that a trigger suppresses is a 503 that names it"
psql_q "CREATE FUNCTION suppress() RETURNS trigger LANGUAGE plpgsql AS
    'BEGIN RETURN NULL; END'"
# suppress TABLE EVENT
suppress() {
	psql_q "DROP TRIGGER IF EXISTS a_no ON tasks;
	    DROP TRIGGER IF EXISTS a_no ON jobs;
	    CREATE TRIGGER a_no BEFORE $2 ON $1
		FOR EACH ROW EXECUTE FUNCTION suppress()"
}
# suppressed STATEMENT: the answer, and what the log says.
suppressed() {
	expect_problem 503
	expect_header Retry-After '[0-9]+'
	expect_json '.detail | test("did not do what it was asked")'
	expect in_log "statement=$1"
}
suppress tasks DELETE
api DELETE "/tasks/$KEPT"
suppressed TASK_DELETE
suppress tasks UPDATE
send PATCH "/tasks/$KEPT" '{"title": "other"}'
suppressed TASK_UPDATE
send PATCH "/tasks/$KEPT" '{"title": "kept"}'
expect_status 200
send PATCH "/tasks/$KEPT" '{"title": "other"}' -H 'If-Match: "9"'
expect_status 412
suppress tasks INSERT
send POST /tasks '{"title": "none"}'
suppressed TASK_CREATE
psql_q "UPDATE jobs SET state = 'failed' WHERE id = '$JOB'"
suppress jobs UPDATE
api POST "/jobs/$JOB/retry" -d ""
suppressed JOB_RETRY
api GET "/tasks/$KEPT"
expect_status 200
expect_json '.title == "kept"'
api GET '/tasks?count=exact'
expect_json '.count == 2'

step "all of it was answered by the processes of the start"
expect_same "the processes" "$(fcgi_pids)" "$pids"

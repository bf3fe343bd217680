#!/bin/bash
# SPDX-License-Identifier: ISC
# Who reads a list and then the changes has what the tasks are, whatever is
# written meanwhile, and in which order it is committed.
. "${srcdir:-.}/tests/lib/lib.sh"
. "$TOP/tests/lib/chaos.sh"
stack_up tasks.extra=due:date

# changes QUERY [CURL ARGUMENT...]: reads a page.
changes() {
	api GET "/tasks/changes$1" "${@:2}"
	expect_status 200
}

# shows QUERY ID...: the page has changes of these tasks, in this order.
shows() {
	changes "$1"
	expect_json '[.data[].task_id] == $ARGS.positional' --args "${@:2}"
}

# long SQL: in a transaction that stays open over several of these.
long() {
	printf '%s;\n\\echo done\n' "$1" >&"${LONG[1]}"
	read -r -t 60 -u "${LONG[0]}" || fail "psql does not answer"
}

# long_change ID TITLE: what a program would do, and does not commit.
long_change() {
	long "BEGIN; WITH new AS (UPDATE tasks SET title = '$2' WHERE id = '$1'
	    RETURNING *) INSERT INTO task_events (task_id, version, action,
	    actor, changes) SELECT id, version, 'updated', 'long', '{}' FROM new"
}

step "nothing has changed yet"
changes ''
expect_json '.data == [] and (.next_cursor | length > 0)'
expect_no_header Link
FIRST=$(json .next_cursor)
changes "?since=$FIRST"
expect_json --arg at "$FIRST" '.data == [] and .next_cursor == $at'
api GET /tasks
expect_header X-Changes-Cursor "$FIRST"
expect_soon 5 hits /tasks
expect_header X-Changes-Cursor "$FIRST"
api GET /tasks -H "If-None-Match: $(header ETag)"
expect_status 304
expect_header X-Changes-Cursor "$FIRST"

step "each change, as the history has it, and what became of its task"
new_task '{"title": "a 🌿"}'
KEPT=$ID
send PATCH "/tasks/$ID" '{"status": "completed", "extra":
    {"due": "2026-12-01"}}' -H 'X-Request-ID: mine'
cp "$BODY" "$D/task"
new_task '{"title": "b"}'
as admin
api DELETE "/tasks/$ID"
as user
for since in '' "?since=$FIRST"; do
	changes "$since"
	expect_json --slurpfile task "$D/task" --arg kept "$KEPT" --arg id "$ID" '
	    [.data[] | [.task_id, .action, .version, .deleted]] ==
	    [[$kept, "created", 1, false], [$kept, "updated", 2, false],
	    [$id, "created", 1, true], [$id, "deleted", 2, true]] and
	    [.data[].task] == [$task[0], $task[0], null, null] and
	    .data[1].request_id == "mine"'
done
expect_no_header Link
LAST=$(json .next_cursor)
json '[.data[] | del(.task_id, .deleted, .task)]' >"$D/told"
api GET "/tasks/$KEPT/events"
expect_json --slurpfile told "$D/told" '(.data | reverse) == $told[0][:2]'

step "changes are no task"
as admin
for method in PUT PATCH DELETE; do
	send "$method" /tasks/changes '{"title": "x"}'
	expect_problem 405
	expect_header Allow 'GET, HEAD, OPTIONS'
done
as user

step "page by page"
shows "?since=$FIRST&limit=3" "$KEPT" "$KEPT" "$ID"
NEXT=$(json .next_cursor)
expect_header Link "</tasks/changes\\?limit=3&since=$NEXT>; rel=\"next\""
shows "?since=$NEXT&limit=3" "$ID"
expect_no_header Link
expect_same "the last cursor" "$(json .next_cursor)" "$LAST"
shows "?since=now"
expect_same "the last cursor" "$(json .next_cursor)" "$LAST"

step "the end is another one after each change, and the same before"
changes "?since=$LAST"
expect_header Cache-Control 'private, no-cache'
TAG=$(header ETag)
changes "?since=$LAST" -H 'Prefer: wait=5'
expect_no_header Preference-Applied
expect_header ETag "$TAG"
api GET "/tasks/changes?since=$LAST" -H "If-None-Match: $TAG"
expect_status 304
fcgi HEAD "/tasks/changes?since=$LAST"
expect_status 200
expect_header ETag "$TAG"
expect_empty_body
new_task '{"title": "c"}'
shows "?since=$LAST" "$ID"

step "nobody passes what is still to be committed, nor what never is"
coproc LONG { psql -XAtq -v ON_ERROR_STOP=1 -d "$PG"; }
changes '?since=now'
NOW=$(json .next_cursor)
long_change "$KEPT" "late"
new_task '{"title": "early"}'
shows "?since=$NOW"
api GET "/tasks?title=early"
expect_header X-Changes-Cursor "($NOW|$LAST|$FIRST)"
long COMMIT
shows "?since=$NOW" "$KEPT" "$ID"
expect_json '.data[0].task.title == "late"'
changes '?since=now'
NOW=$(json .next_cursor)
long_change "$KEPT" "never"
long ROLLBACK
new_task '{"title": "after"}'
shows "?since=$NOW" "$ID"
expect_json '.data[0].version == 1'

step "a list of which a page is cached, and older than the change of a task"
api GET '/tasks?sort=title&limit=1'
CURSOR=$(json .next_cursor)
SECOND="/tasks?sort=title&limit=9&cursor=$CURSOR"
end fcgi # which remembers for a while what it named last
begin fcgi
expect_soon 20 ready
expect_soon 5 hits "$SECOND"
expect_no_header X-Changes-Cursor
long_change "$ID" "missed"
long COMMIT
api GET '/tasks?sort=title&limit=1&count=exact'
SINCE=$(header X-Changes-Cursor)
expect hits "$SECOND"
expect_json '.data | all(.title != "missed")'
changes "?since=$SINCE"
expect_json '[.data[].task.title] | index("missed") != null'

step "replicas that are made under load"
load_begin replica "$D"
load_order more
load_order replica
load_order more
long_change "$KEPT" "long"
load_order replica
load_order more
begin worker
load_order replica
load_order more
long COMMIT
load_order replica
long_change "$KEPT" "longer"
load_order more
long COMMIT
load_order replica
load_order end
load_end
psql_q "SELECT id FROM task_events ORDER BY xid, id" >"$D/in-order"
expect cmp "$D/in-order" "$D/events"
api GET '/tasks?limit=1&count=exact'
jq -r '[.id, .title, .status] | @tsv' "$D/replica-0" | sort >"$D/replica"
psql -XAtq -F $'\t' -d "$PG" -c "SELECT id, title, status FROM tasks" |
    sort >"$D/tasks"
expect cmp "$D/tasks" "$D/replica"
for n in 1 2 3 4 5; do
	expect cmp "$D/replica-0" "$D/replica-$n"
done

#!/bin/bash
# SPDX-License-Identifier: ISC
# Who follows the stream is told of each change once, in its order, whatever is
# restarted meanwhile.
. "${srcdir:-.}/tests/lib/lib.sh"
. "$TOP/tests/lib/chaos.sh"
. "$TOP/tests/lib/lib-stream.sh"
need python3
stack_up "${STREAM[@]}"

step "without errand-stream nobody is told"
api GET /tasks/stream
expect_status 503
fcgi GET /tasks/stream
expect_problem 503
expect_header Retry-After '[0-9]+'
begin_stream

step "changes come as events, in their order"
api GET /tasks
SINCE=$(header X-Changes-Cursor)
listen one
expect grep -qi '^content-type: text/event-stream' "$D/one.head"
expect grep -qi '^cache-control: no-store' "$D/one.head"
expect grep -qi '^x-request-id: ' "$D/one.head"
BEGUN=$(last_id one)
new_task '{"title": "a 🌿\nb"}'
send PATCH "/tasks/$ID" '{"status": "completed"}'
as admin
api DELETE "/tasks/$ID"
as user
expect_soon 5 told one '1 2 3'
told one '"task.created" "task.updated" "task.deleted"' .type ||
    fail "types: $(data one .type)"
api GET "/tasks/changes?since=$BEGUN"
EVENT='del(.deleted, .task)'
expect test "$(json -c ".data[] | $EVENT")" = "$(data one ".data | $EVENT")"
expect test "$(json -c '.data[2]')" = "$(data one .data | tail -n 1)"
expect_same "the last id" "$(last_id one)" "$(json .next_cursor)"
data one . | jq -es --arg id "$ID" 'all(.specversion == "1.0" and
    .subject == $id and .source == "/tasks" and .time == .data.at and
    .id == (.data.id | tostring) and .datacontenttype == "application/json")' \
    >/dev/null || fail "no CloudEvents: $(data one .)"

step "a stream goes on behind the last id, or where a list was"
listen two -H "Last-Event-ID: $(sed -n 's/^id: //p' "$D/one" | sed -n 2p)"
expect_soon 5 told two '2 3'
QUERY="?since=$SINCE" listen three
expect_soon 5 told three '1 2 3'
QUERY="?since=$SINCE" listen four -H "Last-Event-ID: $(last_id one)"
QUERY="?since=now" listen five
send POST /tasks '{"title": "c"}'
expect_soon 5 told one '1 2 3 1'
expect_soon 5 told two '2 3 1'
expect_soon 5 told three '1 2 3 1'
expect_soon 5 told four 1
expect_soon 5 told five 1

step "what is asked wrongly is answered as everywhere"
api GET '/tasks/stream?since=x'
expect_problem 422
api GET '/tasks/stream?limit=5'
expect_problem 422
expect_json '.errors[0].parameter == "limit"'
api GET /tasks/stream -H 'Last-Event-ID: x'
expect_problem 422
send POST /tasks/stream '{}'
expect_problem 405
expect_header Allow 'GET, HEAD, OPTIONS'
TOKEN='' api GET /tasks/stream
expect_problem 401
api HEAD /tasks/stream
expect_status 200
expect_header Content-Type text/event-stream
STATUS=$("$TOP/tests/lib/fcgi-client" "$RUN/stream.sock" "$HEADERS" "$BODY" \
    GET /tasks --param "HTTP_AUTHORIZATION=Bearer $TOKEN")
expect_problem 404

step "nobody passes what is still to be committed"
listen six
coproc LONG { psql -XAtq -v ON_ERROR_STOP=1 -d "$PG"; }
printf "BEGIN; INSERT INTO tasks (id, title, created_by) VALUES
    (gen_random_uuid(), 'long', 'long'); INSERT INTO task_events (task_id,
    version, action, actor, changes) SELECT id, 7, 'created', 'long', '{}'
    FROM tasks WHERE title = 'long';\n\\\\echo done\n" >&"${LONG[1]}"
read -r -t 60 -u "${LONG[0]}" || fail "psql does not answer"
new_task '{"title": "early"}'
expect_soon 10 grep -q '^:' "$D/six"
expect told six ''
printf 'COMMIT;\n' >&"${LONG[1]}"
expect_soon 10 told six '7 1'
end one two three four five six

step "nothing is lost over restarts"
FIRST=$(psql_q "SELECT max(id) FROM task_events")
follower all
follower more
write() {
	local n
	for n in 1 2 3 4 5 6; do
		api_is 201 POST /tasks --json '{"title": "x"}' || true
	done
}
write
end stream
write
begin stream
write
crash stream
write
begin stream
end redis
write
begin redis
write
end postgres
begin postgres
expect_soon 20 ready
write
crash_postgres
begin postgres
expect_soon 20 ready
write
expect_soon 20 has_all all
expect_soon 20 has_all more
expect test "$(wc -l <"$D/all")" -ge 40
end all more

step "a place that is no more is refused"
psql_q "DELETE FROM task_events" >/dev/null
api GET /tasks/stream -H "Last-Event-ID: $BEGUN"
expect_problem 410

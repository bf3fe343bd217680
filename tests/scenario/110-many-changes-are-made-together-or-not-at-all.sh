#!/bin/bash
# SPDX-License-Identifier: ISC
# POST /tasks/bulk: all operations are made, each with its event and its mail, and
# seen at once; or none, and what does not fit is named by its index.
# The dollars in single quotes are jq's.
# shellcheck disable=SC2016
. "${srcdir:-.}/tests/lib/lib.sh"
. "$TOP/tests/lib/chaos.sh"
stack_up http.bulk_limit=200 database.query_timeout=60s tasks.extra='a:text, b:text'

# rows TABLE [CONDITION]
rows() {
	psql_q "SELECT count(*) FROM $1 WHERE ${2:-true}"
}

# refused STATUS JSON FILTER: so it is answered, and nothing has changed.
refused() {
	local before
	before=$(psql_q "SELECT md5(string_agg(tasks::text, '' ORDER BY id))
	    FROM tasks")
	send POST /tasks/bulk "$2"
	expect_problem "$1"
	expect_json "$3"
	expect_same "the tasks" "$(psql_q "SELECT md5(string_agg(tasks::text, ''
	    ORDER BY id)) FROM tasks")" "$before"
}

step "creations, changes and a deletion are one, in their order"
as admin
new_task '{"title": "a", "description": "d"}'
A=$ID TAG=$(header ETag)
new_task '{"title": "b"}'
B=$ID
for path in "/tasks/$A" "/tasks/$B" /tasks; do
	api GET "$path"
done
send POST /tasks/bulk "$(jq -n --arg a "$A" --arg b "$B" --arg tag "$TAG" '[
    {op: "create", task: {title: "c", status: "completed"}},
    {op: "change", id: $a, if_match: $tag, task: {status: "completed"}},
    {op: "change", id: $a, task: {description: null}},
    {op: "delete", id: $b}]')"
expect_status 200
expect_json --arg a "$A" --arg b "$B" '.data | length == 4 and
    .[0].op == "create" and .[0].task.title == "c" and
    .[0].id == .[0].task.id and (.[0].etag | startswith("\"1-")) and
    .[1].task.status == "completed" and .[1].task.description == "d" and
    .[2].task.description == null and (.[2].etag | startswith("\"3-")) and
    .[3] == {op: "delete", id: $b, etag: null, task: null}'
C=$(json -r '.data[0].id') ETAG=$(json -r '.data[2].etag')
for _ in 1 2 3 4; do
	api GET "/tasks/$A"
	expect_json '.description == null'
	expect_same ETag "$(header ETag)" "$ETAG"
	expect api_is 404 GET "/tasks/$B"
	expect api_is 200 GET "/tasks/$C"
	api GET /tasks
	expect_json --arg a "$A" --arg c "$C" \
	    '[.data[].id] | sort == ([$a, $c] | sort)'
done
expect records_fit
api GET '/tasks/changes?limit=100'
expect_json --arg a "$A" --arg b "$B" --arg c "$C" '[.data[].task_id] ==
    [$a, $b, $c, $a, $a, $b]'

step "what is wrong is told by index, and nothing is made"
refused 422 '[{"op": "create", "task": {"title": "x"}},
    {"op": "create", "task": {"title": "", "x/y": 1}}, 5,
    {"op": "change", "id": "x", "task": {"status": "done"}},
    {"op": "delete", "task": {}}, {"op": "remove"}, {}]' '[.errors[].pointer] ==
    ["/1/task/title", "/1/task/x~1y", "/2", "/3/id", "/3/task/status",
    "/4/id", "/4/task", "/5/op", "/6/op"] and
    .errors[0].loc == ["body", "1", "task", "title"] and
    .errors[2].loc == ["body", "2"]'
for body in '{}' '[]' '"x"' null "$(jq -nc '[range(201) |
    {op: "create", task: {title: "x"}}]')"; do
	refused 422 "$body" '.errors | length == 1 and .[0].pointer == ""'
done
refused 422 '[{"op": "delete", "id": "'"$A"'", "if_match": "1"}]' \
    '.errors[0].pointer == "/0/if_match"'

step "what does not fit the tasks is told by index, and nothing is made"
refused 412 "$(jq -n --arg a "$A" --arg b "$B" '[
    {op: "create", task: {title: "x"}},
    {op: "change", id: $b, task: {title: "x"}},
    {op: "change", id: $a, if_match: "\"1\"", task: {title: "x"}},
    {op: "delete", id: $a}, {op: "delete", id: $a}]')" '[.errors[] |
    .pointer + " " + .type] == ["/1/id task_absent", "/2/if_match task_changed",
    "/4/id task_absent"]'
expect records_fit

LONG=$(printf '%5000s' '')
refused 422 "$(jq -n --arg a "$A" --arg long "$LONG" '[
    {op: "change", id: $a, task: {extra: {a: $long}}},
    {op: "change", id: $a, task: {extra: {b: $long}}}]')" \
    '[.errors[] | [.pointer, .type]] == [["/1/task/extra", "too_long"]]'
refused 422 '[{"op": "create", "task": {"title": "x", "extra": {"a": 1}}}]' \
    '[.errors[] | [.pointer, .type]] == [["/0/task/extra/a", "string_type"]]'

step "who may not do one of them does none"
as user
refused 403 '[{"op": "create", "task": {"title": "x"}},
    {"op": "delete", "id": "'"$A"'"}]' '.detail | test("admin")'
send POST /tasks/bulk '[{"op": "create", "task": {"title": "by a user"}}]'
expect_status 200
expect_json '.data[0].task.created_by == "alice"'

step "with a key it is made once"
before=$(rows tasks)
many=$(jq -nc '[range(200) | {op: "create", task: {title: "many \(.)"}}]')
send POST /tasks/bulk "$many" -H 'Idempotency-Key: many'
expect_status 200
expect_json '.data | length == 200'
cp "$BODY" "$D/first"
send POST /tasks/bulk "$many" -H 'Idempotency-Key: many'
expect_header Idempotency-Replayed true
expect cmp -s "$D/first" "$BODY"
expect_same tasks "$(rows tasks)" $((before + 200))
refused 412 '[{"op": "change", "id": "'"$B"'", "task": {}}]' \
    '.errors[0].pointer == "/0/id"'
send POST /tasks/bulk '[{"op": "change", "id": "'"$B"'", "task": {}}]' \
    -H 'Idempotency-Key: gone'
expect_problem 412
expect_same "keys that are kept" "$(rows request_keys)" 1
expect records_fit

step "those who change the same tasks in any order come all to an end"
same=$(psql_q "SELECT json_agg(json_build_object('op', 'change', 'id', id,
    'task', json_build_object('description', 'D')) ORDER BY id)
    FROM (SELECT id FROM tasks ORDER BY id LIMIT 100) AS t")
back=$(jq -c 'reverse' <<<"$same")
# many TEXT JSON: one after another.
many() {
	for ((i = 0; i < 8; i++)); do
		curl -qsS -m 100 -o "$D/$1" -w '%{http_code}\n' \
		    -H "Authorization: Bearer $TOKEN" --json "${2//\"D\"/\"$1 $i\"}" \
		    "http://127.0.0.1:$PORT/tasks/bulk" || return
	done
}
many there "$same" >"$D/there.all" &
there=$!
many back "$back" >"$D/back.all"
wait "$there"
expect_same "answers" "$(sort "$D/there.all" "$D/back.all" | uniq -c |
    tr -s ' ')" ' 16 200'

step "a process that dies within it has changed nothing"
psql_q "CREATE FUNCTION slow() RETURNS trigger LANGUAGE plpgsql AS
    'BEGIN IF NEW.title = ''last'' THEN PERFORM pg_sleep(600); END IF;
    RETURN NULL; END'"
psql_q "CREATE TRIGGER slow AFTER INSERT ON tasks FOR EACH ROW
    EXECUTE FUNCTION slow()"
before=$(rows tasks)
curl -qsS -m 60 -o "$D/none" -H "Authorization: Bearer $TOKEN" \
    --json '[{"op": "create", "task": {"title": "first"}},
    {"op": "create", "task": {"title": "last"}}]' \
    "http://127.0.0.1:$PORT/tasks/bulk" 2>>"$D/curl.log" &
slow=$!
expect_soon 10 psql_is "SELECT count(*) FROM pg_stat_activity
    WHERE wait_event = 'PgSleep'" 1
for pid in $(fcgi_pids); do
	kill -s KILL "$pid"
done
wait "$slow" || true
psql_q "SELECT pg_terminate_backend(pid) FROM pg_stat_activity
    WHERE wait_event = 'PgSleep'" >>"$D/curl.log"
expect_same tasks "$(rows tasks)" "$before"
expect records_fit

#!/bin/bash
# SPDX-License-Identifier: ISC
# POST /mcp: agents call operations as tools, by any version of the protocol.
. "${srcdir:-.}/tests/lib/lib.sh"
BASE=/api
stack_up http.base_path=/api http.public_url=https://tasks.example/api \
    http.cors_origins=https://app.example rbac.get_stats=user+scope:numbers \
    tasks.extra='Team:text, due:date'

MODERN=2026-07-28
META='"_meta": {"io.modelcontextprotocol/protocolVersion": "'$MODERN'",
    "io.modelcontextprotocol/clientCapabilities": {}}'

# rpc METHOD [MEMBERS [CURL ARGUMENT...]]: a request of the newest version.
rpc() {
	send POST /mcp '{"jsonrpc": "2.0", "id": 7, "method": "'"$1"'",
	    "params": {'"${2:+$2, }$META"'}}' -H "MCP-Protocol-Version: $MODERN" \
	    -H "Mcp-Method: $1" "${@:3}"
}
# call TOOL ARGUMENTS: as an agent does.
call() {
	rpc tools/call '"name": "'"$1"'", "arguments": '"$2" -H "Mcp-Name: $1"
	expect_status 200
	expect_json '.id == 7 and .result.resultType == "complete" and
	    (.result.content[0].text | fromjson) == .result.structuredContent and
	    .result.isError == (.result.structuredContent.status >= 400)'
	json .result.structuredContent >"$BODY.told"
	mv "$BODY.told" "$BODY"
}
# refused STATUS CODE: by an error of JSON-RPC.
refused() {
	expect_status "$1"
	expect_header Content-Type application/json
	expect_json ".error.code == $2 and (.error.message | length) > 10"
}

step "what there is, in the newest version"
rpc server/discover
expect_status 200
expect_json '.result | .resultType == "complete" and .cacheScope == "public" and
    (.supportedVersions | index("'$MODERN'")) == 0 and
    .capabilities == {"tools": {}}'
rpc tools/list
expect_json '.result | .ttlMs > 0 and .cacheScope == "private" and
    (.tools | length) == 9'
# What a role lacks for is not told; a scope can be asked for.
expect_json '[.result.tools[].name] | index("create_task") and
    index("statistics") and all(. != "delete_task" and . != "get_job")'
as admin
rpc tools/list
expect_json '[.result.tools[].name] | length == 14 and index("get_job")'
as user
expect_json '.result.tools[] | select(.name == "change_task") |
    .inputSchema.required == ["id"] and .annotations.destructiveHint and
    (.inputSchema.properties | has("if_match") and has("title")) and
    (.inputSchema | tostring | test("\\$ref") | not)'

step "a task is made, changed and read"
call create_task '{"title": "by an agent", "idempotency_key": "one"}'
expect_json '.status == 201 and .body.created_by == "alice" and .etag'
ID=$(json .body.id) TAG=$(json .etag)
call create_task '{"title": "by an agent", "idempotency_key": "one"}'
expect_json --arg id "$ID" '.body.id == $id and .idempotency_replayed == "true"'
call create_task '{"title": "of two", "description": "d", "idempotency_key": "two"}'
ANOTHER=$(json .body.id)
call create_task '{"description": "d", "idempotency_key": "two", "title": "of two"}'
expect_json --arg id "$ANOTHER" '.body.id == $id and .idempotency_replayed == "true"'
call create_task '{"title": "another", "idempotency_key": "one"}'
expect_json '.status == 422 and .body.errors[0].parameter == "Idempotency-Key"'
api GET "/tasks/$ID"
expect_json '.title == "by an agent"'
call change_task "$(jq -nc --arg id "$ID" --arg tag "$TAG" \
    '{id: $id, if_match: $tag, status: "completed"}')"
expect_json '.status == 200 and .body.status == "completed"'
call change_task "$(jq -nc --arg id "$ID" --arg tag "$TAG" \
    '{id: $id, if_match: $tag, status: "pending"}')"
expect_json '.status == 412'
# A tag without its quotes will do.
call get_task "{\"id\": \"$ID\"}"
TAG=$(json '.etag | .[1:-1]')
call change_task '{"id": "'"$ID"'", "if_match": "'"$TAG"'", "description": null}'
expect_json '.status == 200'
call list_tasks '{"status": ["completed", "pending"], "title": "an agent",
    "limit": 5, "cursor": null}'
expect_json --arg id "$ID" '.body.data | length == 1 and .[0].id == $id'
call task_history "{\"id\": \"$ID\"}"
expect_json '[.body.data[].action] == ["updated", "created"]'
call bulk_tasks '{"operations": [{"op": "create", "task": {"title": "x"}}]}'
expect_json '.status == 200 and .body.data[0].task.title == "x"'
call create_task '{"title": "of a team", "extra": {"Team": "A", "due": "2026-12-01"}}'
call list_tasks '{"extra.Team": "A", "extra.due.from": "2026-12-01"}'
expect_json '.status == 200 and [.body.data[].title] == ["of a team"]'
call list_tasks '{"extra.team": "A"}'
expect_json '.body.errors[0].pointer == "/extra.team"'

step "what is wrong is told as the answer to a call"
call create_task '{"title": ""}'
expect_json '.status == 422 and .body.errors[0].pointer == "/title"'
call create_task '{"name": "x"}'
expect_json '.status == 422 and .body.errors[0].pointer == "/name"'
call get_task '{"id": "../me"}'
expect_json '.status == 404'
# Names that are no ids lead to no other operation than that of the tool.
for id in changes stream; do
	call get_task "{\"id\": \"$id\"}"
	expect_json '.status == 404 and (.body | has("data") | not)'
done
call get_task '{"id": "x", "b": 1, "a": {}}'
expect_json '[.body.errors[].pointer] == ["/b", "/a"]'
call get_task '{"id": {}}'
expect_json '.body.errors[0] | .pointer == "/id" and .type == "string_type"'
call change_task '{}'
expect_json '.body.errors[0] | .pointer == "/id" and .type == "missing"'
call list_tasks '{"limit": 0, "status": [[]]}'
expect_json '.body.errors[0].pointer == "/status"'
call list_tasks '{"status": []}'
expect_json '.body.errors[0] | .pointer == "/status" and .type == "too_short"'
call list_tasks '{"limit": 1.0}'
expect_json '.status == 200 and (.body.data | length) == 1'
# What the whole body is takes nothing in, whatever it is.
for whole in '[]' '"text"' 7 true '{}'; do
	call bulk_tasks '{"operations": '"$whole"', "more": 1}'
	expect_json '[.body.errors[].pointer] == ["/more"]'
done
call bulk_tasks '{"operations": null}'
expect_json '.body.errors[0] | .pointer == "/operations" and .type == "missing"'
call change_task '{"id": "'"$ID"'", "if_match": "a\r\nb: c"}'
expect_json '.body.errors[0].pointer == "/if_match"'
call list_tasks '{"title": "&limit=0 %\u0000"}'
expect_json '.status == 422 and .body.errors[0].parameter == "title"'

step "rights are those of the operation"
call delete_task "{\"id\": \"$ID\"}"
expect_json '.status == 403 and (.body.detail | test("role admin"))'
expect_soon 10 grep -q 'request method=DELETE route=/tasks/{id} .*status=403 ' \
    "$D/log/errand.log"
rpc tools/call '"name": "statistics"' -H 'Mcp-Name: statistics'
expect_problem 403
expect_header WWW-Authenticate '.*scope="numbers".*'
as admin
call delete_task "{\"id\": \"$ID\"}"
expect_json '. == {"status": 204}'
call get_job '{"id": "summary"}'
expect_json '.status == 404'
call list_jobs '{"limit": 1}'
expect_json '.status == 200 and (.body.data | length) == 1'
as nobody
rpc tools/list
expect_problem 401
expect_header WWW-Authenticate '.*resource_metadata="https://tasks.example/api/.*'
as user

step "where tokens come from, at each place where clients look"
for path in /.well-known/oauth-protected-resource/api/mcp \
    /api/.well-known/oauth-protected-resource/mcp; do
	BASE='' api GET "$path"
	expect_status 200
	expect_json '.resource == "https://tasks.example/api/mcp" and
	    (.authorization_servers | length) == 1'
done
for path in /.well-known/oauth-protected-resource/api \
    /api/.well-known/oauth-protected-resource; do
	BASE='' api GET "$path"
	expect_json '.resource == "https://tasks.example/api"'
done
for path in /.well-known/oauth-protected-resource/apis/mcp \
    /.well-known/oauth-protected-resource/api/tasks; do
	BASE='' api GET "$path"
	expect_problem 404
done

step "headers have to say what the message says"
rpc tools/list '' -H 'Mcp-Method: tools/call'
refused 400 -32020
rpc tools/call '"name": "get_task"'
refused 400 -32020
rpc tools/call '"name": "get_task"' -H 'Mcp-Name: create_task'
refused 400 -32020
rpc tools/call '"name": "who_am_i"' -H 'Mcp-Name: =?base64?d2hvX2FtX2k=?='
expect_json '.result.structuredContent.body.username == "alice"'
MODERN=1900-01-01 rpc tools/list
refused 400 -32020
META=${META//2026/1900} MODERN=1900-07-28 rpc tools/list
refused 400 -32022
expect_json '.error.data.requested == "1900-07-28"'

step "an older client says once what it speaks"
send POST /mcp '{"jsonrpc": "2.0", "id": "a", "method": "initialize", "params":
    {"protocolVersion": "2025-06-18", "capabilities": {}, "clientInfo":
    {"name": "x", "version": "1"}}}'
expect_json '.id == "a" and (.result | .protocolVersion == "2025-06-18" and
    .serverInfo.name == "errand" and .capabilities.tools)'
expect_no_header Mcp-Session-Id
send POST /mcp '{"jsonrpc": "2.0", "method": "notifications/initialized"}'
expect_status 202
expect_empty_body
send POST /mcp '{"jsonrpc": "2.0", "id": 1, "method": "tools/call", "params":
    {"name": "who_am_i"}}' -H 'MCP-Protocol-Version: 2025-06-18'
expect_json '.result | .isError == false and (has("resultType") | not)'

step "what is no message"
for body in '[]' '7' '{}' '{"jsonrpc": "2.0", "id": null, "method": "ping"}' \
    '{"jsonrpc": "2.0", "id": 1.5, "method": "ping"}' \
    '{"jsonrpc": "2.0", "id": 1, "result": {}}' \
    '{"jsonrpc": "2.0", "id": 1, "method": "ping\u0000"}' \
    '{"jsonrpc": "2.0", "id": 1, "method": "ping", "params": []}'; do
	send POST /mcp "$body"
	refused 400 -32600
done
send POST /mcp '{"jsonrpc"'
refused 400 -32700
rpc tools/call '"name": "drop_tables"' -H 'Mcp-Name: drop_tables'
refused 400 -32602
rpc tools/call '"name": "who_am_i\u0000"' -H 'Mcp-Name: who_am_i'
refused 400 -32602
rpc tools/lists
refused 404 -32601
rpc tools/list '' -H 'Idempotency-Key: k'
expect_problem 400
for method in GET DELETE; do
	api "$method" /mcp
	expect_problem 405
	expect_header Allow 'POST, OPTIONS'
done

step "pages of others are not served"
rpc tools/list '' -H 'Origin: https://evil.example'
expect_problem 403
for origin in https://app.example https://tasks.example; do
	rpc tools/list '' -H "Origin: $origin"
	expect_status 200
done
rpc tools/list '' -H 'Origin: https://tasks'
expect_problem 403

step "it can be left out"
set_ini http.mcp=off
end fcgi
begin fcgi
expect_soon 20 ready
rpc tools/list
expect_problem 404

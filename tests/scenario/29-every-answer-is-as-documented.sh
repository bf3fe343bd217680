#!/bin/bash
# SPDX-License-Identifier: ISC
# Each operation gives each answer that /openapi.json documents, and each of
# these answers has the headers and the body that it documents.
. "${srcdir:-.}/tests/lib/lib.sh"
/usr/bin/python3 -c 'import jsonschema' 2>/dev/null ||
    skip "python3-jsonschema is not installed"
stack_up metrics.allow=127.0.0.0/8 auth.leeway=0 stream.clients_per_user=1 \
    tasks.extra="due:date, size:number, urgent:boolean"
begin stream
expect_soon 10 api_is 200 HEAD /tasks/stream
SEEN=$D/seen
mkdir "$SEEN"
N=0
api GET /openapi.json
expect_status 200
cp "$BODY" "$D/openapi.json"
new_task '{"title": "a 🌿", "description": "d"}'
send PATCH "/tasks/$ID" '{"status": "completed", "extra": {"size": 1.5}}'
new_task '{"title": "b", "extra": {"due": "2026-12-01"}}'
expect jq -e '(.components.schemas.Extra | .properties.size.type[0] == "number" and
    .additionalProperties == false) and (.paths["/tasks"].get.parameters |
    any(.name == "extra.due" and .schema.format == "date") and
    any(.name == "extra.size.to") and all(.name != "extra.urgent.to"))' \
    "$D/openapi.json"
JOB=$(psql_q "SELECT id FROM jobs ORDER BY id LIMIT 1")
HOOK=$JOB DELIVERY=$JOB
NO_ROLE=$(token --role none)

# seen METHOD TEMPLATE: keeps the last answer, which was to that operation.
seen() {
	N=$((N + 1))
	printf '%s %s %s %s\n' "$1" "$2" "$STATUS" "$N" >>"$SEEN/log"
	cp "$HEADERS" "$SEEN/$N.headers"
	cp "$BODY" "$SEEN/$N.body"
}

# made_now KEY: from now on a request of the administrator with that key is being
# made, for as long as KEY_FD is open; then the key is free again.
made_now() {
	exec {KEY_FD}> >(exec psql -XAtq -d "$PG" >"$D/log/key.log" 2>&1)
	printf "BEGIN; SELECT pg_advisory_xact_lock(('x' || left(encode(sha256(
	    convert_to(E'%s\\n%s', 'UTF8')), 'hex'), 16))::bit(64)::bigint);
	    SELECT 'held';\n" "$SUBJECT" "$1" >&"$KEY_FD"
	expect_soon 10 grep -q held "$D/log/key.log"
}

# filled TEMPLATE: prints it with the id of a task or of a job in it.
filled() {
	case $1 in
	/jobs*) printf '%s\n' "${1/\{id\}/$JOB}" ;;
	/webhooks*)
		local path=${1/\{id\}/$HOOK}
		printf '%s\n' "${path/\{delivery\}/$DELIVERY}"
		;;
	*) printf '%s\n' "${1/\{id\}/$ID}" ;;
	esac
}

# ask STATUS METHOD TEMPLATE [QUERY [CURL ARGUMENT...]]
ask() {
	api "$2" "$(filled "$3")${4:-}" "${@:5}"
	[ "$STATUS" = "$1" ] || fail "$2 $3 is $STATUS instead of $1"
	seen "$2" "$3"
}

# ask_by_hand STATUS METHOD TEMPLATE [ARGUMENT...]
ask_by_hand() {
	fcgi "$2" "$(filled "$3")" "${@:4}"
	[ "$STATUS" = "$1" ] || fail "$2 $3 is $STATUS instead of $1"
	seen "$2" "${3%%\?*}"
}

rows() {
	jq -r '.paths | to_entries[] | .key as $path | .value | to_entries[] |
	    select(.key != "parameters") | "\(.key | ascii_upcase) \($path) \(
	    .value | if .security == [] then "public" else "token" end) \(
	    if .value.requestBody then "body" else "none" end)"' \
	    "$D/openapi.json"
}

# refusals METHOD TEMPLATE public|token body|none: what the router says.
refusals() {
	local -a plain=('')
	[ "$1" != POST ] || plain=('' -d '')
	[ "$4" = none ] || plain=('' --json '{"title": "a"}')
	ask_by_hand 400 "$1" "$2" --announce 7x
	ask_by_hand 413 "$1" "$2" --announce 140000
	ask_by_hand 414 "$1" "$2?$(printf '%09000d' 0)"
	[ "$1 $2" = 'POST /mcp' ] || [ "$1" != POST ] || refused_keys "$2" "$4"
	[ "$3" = token ] || return 0
	TOKEN=$NO_ROLE
	ask 403 "$1" "$2" "${plain[@]}"
	as nobody
	ask 401 "$1" "$2" "${plain[@]}"
	TOKEN=x.y.z
	ask 401 "$1" "$2" "${plain[@]}"
	TOKEN='x y'
	ask 400 "$1" "$2" "${plain[@]}"
	as admin
	[ "$4" = body ] || return 0
	ask 400 "$1" "$2" '' --json '{"title": "a", "title": "b"}'
	ask 415 "$1" "$2" '' -H 'Content-Type: text/plain' -d x
	[ "$2" != /mcp ] || return 0
	ask 422 "$1" "$2" '' --json '{"title": "", "x/y": 1}'
	ask 422 "$1" "$2" '' --json '[]'
}

# refused_keys TEMPLATE body|none: what is said of the key of a POST.
refused_keys() {
	local -a plain=(-d '')
	[ "$2" = none ] || plain=(--json '{"title": "a"}')
	as admin
	ask 400 POST "$1" '' "${plain[@]}" -H 'Idempotency-Key: a, b'
	ask 409 POST "$1" '' "${plain[@]}" -H 'Idempotency-Key: held'
	ask 422 POST "$1" '' "${plain[@]}" -H 'Idempotency-Key: used'
}

step "what the router refuses"
as admin
api GET /me
SUBJECT=$(json -r .subject)
send POST /tasks '{"title": "used"}' -H 'Idempotency-Key: used'
expect_status 201
made_now held
while read -r -a row; do
	refusals "${row[@]}"
done < <(rows)

exec {KEY_FD}>&-

step "what is read"
for path in /health /health/live /health/ready /openapi.json /me \
    /.well-known/oauth-protected-resource \
    /.well-known/oauth-protected-resource/mcp /metrics; do
	ask 200 GET "$path"
	ask_by_hand 200 HEAD "$path"
done
ask 200 GET /metrics '' -H 'Accept: application/openmetrics-text'
ask_by_hand 403 GET /metrics --param REMOTE_ADDR=203.0.113.9
ask_by_hand 403 GET /metrics --param REMOTE_ADDR=
for method in GET HEAD; do
	for path in /tasks /tasks/changes '/tasks/{id}' '/tasks/{id}/events'; do
		ask 200 "$method" "$path"
		ask 200 "$method" "$path"
		ask 304 "$method" "$path" '' -H 'If-None-Match: *'
	done
	ask 200 "$method" /tasks '?limit=1&count=exact'
	ask 200 "$method" /tasks '?offset=100'
	ask 200 "$method" /tasks '' -H 'Accept: application/x-ndjson'
	ask 200 "$method" /tasks '?limit=1' -H 'Accept: text/csv'
	ask 422 "$method" /tasks '?limit=0&x=1'
	ask 422 "$method" /tasks '?extra.due=x&extra.size=x&extra.urgent=x'
	ask 422 "$method" '/tasks/{id}/events' '?limit=0&cursor=x'
	ask 200 "$method" /tasks/changes '?limit=1'
	ask 422 "$method" /tasks/changes '?limit=0&since=x'
	ask 422 "$method" /tasks/stream '?limit=1&since=x'
	ask 200 "$method" /stats
	ask 200 "$method" /jobs
	ask 200 "$method" /jobs '?limit=1'
	ask 422 "$method" /jobs '?limit=0&state=x'
	ask 200 "$method" '/jobs/{id}'
	ask 200 "$method" /jobs/summary
	ask 200 "$method" /jobs/aside
	ask 200 "$method" /workers
done

step "what goes on"
ask 200 HEAD /tasks/stream
launch held curl -qsN -o /dev/null -D "$D/held" \
    -H "Authorization: Bearer $TOKEN" "http://127.0.0.1:$PORT/tasks/stream"
expect_soon 10 test -s "$D/held"
ask 429 GET /tasks/stream
end held
expect_soon 10 api_is 200 HEAD /tasks/stream
brief() {
	TOKEN=$(token --role admin --user brief --ttl 2s)
	api_is 200 GET /tasks/stream
}
expect_soon 20 brief
seen GET /tasks/stream
as admin

step "what is changed"
ask 201 POST /tasks '' --json '{"title": "c", "description": "", "status": "completed"}'
ask 201 POST /tasks '' --json '{"title": "used"}' -H 'Idempotency-Key: used'
ask 200 POST /tasks/bulk '' --json '[{"op": "create", "task": {"title": "x"}}]'
NEW=$(json -r '.data[0].id')
ask 200 POST /tasks/bulk '' --json '[{"op": "delete", "id": "'"$NEW"'"}]'
ask 412 POST /tasks/bulk '' --json '[{"op": "delete", "id": "'"$NEW"'"}]'
ask 422 POST /tasks/bulk '' --json '[{"op": "delete", "task": {}}]'
ask 422 POST /tasks/bulk '' --json '[{"op": "create", "task": {"title": "a",
    "extra": {"due": 1, "size": "x", "urgent": 0, "x": 1}}},
    {"op": "create", "task": {"title": "a", "extra": []}}]'
ask 200 PUT '/tasks/{id}' '' --json '{"title": "d"}'
ask 200 PATCH '/tasks/{id}' '' --json '{"description": "e"}'
ask 200 GET '/tasks/{id}/events'
for method in PUT PATCH DELETE; do
	ask 412 "$method" '/tasks/{id}' '' --json '{"title": "a"}' \
	    -H 'If-Match: "77"'
	ask 400 "$method" '/tasks/{id}' '' --json '{"title": "a"}' \
	    -H 'If-Match: 77'
done
for path in /tasks /tasks/changes '/tasks/{id}' '/tasks/{id}/events'; do
	ask 412 GET "$path" '' -H 'If-Match: "77"'
done
set_ini job:made.command=exit job:made.create=yes
end fcgi
begin fcgi 2
ask 201 POST /jobs '' --json '{"kind": "made", "unique_key": "a"}'
ask 200 POST /jobs '' --json '{"kind": "made", "unique_key": "a"}'
ask 422 POST /jobs '' --json '{"kind": "errand.purge"}'
ask 409 POST '/jobs/{id}/retry' '' -d ''
ask 202 POST '/jobs/{id}/cancel' '' -d ''
ask 409 POST '/jobs/{id}/cancel' '' --json '{"terminate": true}'
ask 422 POST '/jobs/{id}/cancel' '' --json '{"title": "a"}'
ask 200 GET '/jobs/{id}'
ask 202 POST '/jobs/{id}/retry' '' -d ''
ask 200 POST /jobs/redrive '' -d ''
ask 200 POST /jobs/redrive '' --json '{"kind": "a", "id": "b"}'
ask 422 POST /jobs/redrive '' --json '{"title": "a"}'
ask 201 POST /webhooks '' --json '{"url": "https://example.org/a"}'
ask 201 POST /webhooks '' --json '{"url": "https://example.org/b", "description": "b"}'
HOOK=$(json .id)
psql_q "INSERT INTO webhooks (id, url, events, secret, created_by)
    SELECT gen_random_uuid(), 'https://example.org/', '{task.created}', 'x', 'x'
    FROM generate_series(1, 98)"
ask 409 POST /webhooks '' --json '{"url": "https://example.org/c"}'
for method in GET HEAD; do
	ask 200 "$method" /webhooks '?limit=1'
	ask 422 "$method" /webhooks '?limit=0'
	ask 200 "$method" '/webhooks/{id}'
done
ask 200 PATCH '/webhooks/{id}' '' --json '{"enabled": false}'
for method in PATCH DELETE; do
	ask 412 "$method" '/webhooks/{id}' '' --json '{"enabled": true}' \
	    -H 'If-Match: "77"'
	ask 400 "$method" '/webhooks/{id}' '' --json '{"enabled": true}' \
	    -H 'If-Match: 77'
done
ask 200 POST '/webhooks/{id}/secret' '' -d ''
ask 200 POST '/webhooks/{id}/secret' '' --json '{"overlap": 60}'
ask 202 POST '/webhooks/{id}/test' '' -d ''
DELIVERY=$(json .id)
ask 202 POST '/webhooks/{id}/test' '' -d ''
ask 409 POST '/webhooks/{id}/deliveries/{delivery}/replay' '' -d ''
psql_q "UPDATE webhook_deliveries SET state = 'delivered', status = 200,
    attempts = 1, answer = 'a', tried_at = now(), finished_at = now()
    WHERE id = '$DELIVERY'"
for method in GET HEAD; do
	ask 200 "$method" '/webhooks/{id}/deliveries' '?limit=1'
	ask 200 "$method" '/webhooks/{id}/deliveries'
	ask 422 "$method" '/webhooks/{id}/deliveries' '?limit=0'
done
ask 202 POST '/webhooks/{id}/deliveries/{delivery}/replay' '' -d ''
ask 204 DELETE '/webhooks/{id}'
for method in GET HEAD DELETE; do
	ask 404 "$method" '/webhooks/{id}'
done
ask 404 PATCH '/webhooks/{id}' '' --json '{"enabled": true}'
ask 404 GET '/webhooks/{id}/deliveries'
for path in secret test 'deliveries/{delivery}/replay'; do
	ask 404 POST "/webhooks/{id}/$path" '' -d ''
done
ask 204 DELETE '/tasks/{id}'
ask 200 GET '/tasks/{id}/events'
ask 200 GET /tasks/changes '?limit=2'
SINCE=$(json .next_cursor)
ask 200 GET /tasks/changes
psql_q "DELETE FROM task_events"
ask 410 GET /tasks/changes "?since=$SINCE"
ask 410 GET /tasks/stream "?since=$SINCE"
ID=01234567-89ab-7def-8123-456789abcdef
for method in PUT PATCH DELETE; do
	ask 404 "$method" '/tasks/{id}' '' --json '{"title": "a"}'
done
ask 404 GET '/tasks/{id}'
ask 404 GET '/tasks/{id}/events'
JOB=$ID
ask 404 GET '/jobs/{id}'
ask 404 POST '/jobs/{id}/retry' '' -d ''
ask 404 POST '/jobs/{id}/cancel' '' -d ''

step "what agents ask"
rpc() {
	ask "$1" POST /mcp '' --json '{"jsonrpc": "2.0", "method": "'"$2"'"'"$3"'}' \
	    "${@:4}"
}
rpc 200 tools/list ', "id": 1'
rpc 202 notifications/initialized ''
rpc 404 tools/lists ', "id": 1, "params": {"_meta": {
    "io.modelcontextprotocol/protocolVersion": "2026-07-28",
    "io.modelcontextprotocol/clientCapabilities": {}}}' \
    -H 'MCP-Protocol-Version: 2026-07-28' -H 'Mcp-Method: tools/lists'

step "without the servers behind"
end redis
expect_soon 20 api_is 200 GET /health
ask 200 GET /health
ask 200 GET /health/ready
end postgres
ask 503 GET /health
ask 503 GET /health/ready
rm "$D/www/realms/errand/protocol/openid-connect/certs"
mapfile -t ROWS < <(rows | grep ' token ' | grep -v ' /m[ec]p* ')
for row in "${ROWS[@]}"; do
	read -r method path _ <<<"$row"
	case "$method $path" in
	GET\ * | DELETE\ *) ask 503 "$method" "$path" ;;
	POST\ /jobs/* | POST\ /webhooks/*) ask 503 "$method" "$path" '' -d '' ;;
	*\ /tasks/bulk)
		ask 503 "$method" "$path" '' \
		    --json '[{"op": "create", "task": {"title": "a"}}]'
		;;
	POST\ /jobs) ask 503 "$method" "$path" '' --json '{"kind": "made"}' ;;
	*\ /webhooks*)
		ask 503 "$method" "$path" '' --json '{"url": "https://a.example/"}'
		;;
	*) ask 503 "$method" "$path" '' --json '{"title": "a"}' ;;
	esac
done
end fcgi
begin fcgi
ask 503 GET /me
ask 503 POST /mcp '' --json '{}'

step "all of it is as documented"
expect "$TOP/tests/lib/openapi-conforms" "$D/openapi.json" "$SEEN" 500

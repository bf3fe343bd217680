#!/bin/bash
# SPDX-License-Identifier: ISC
# One line a request, as text and as JSON, with its id and trace; tokens and
# raw control characters from outside are never in it.
. "${srcdir:-.}/tests/lib/lib.sh"
stack_up log.flush=0s
LOG=$D/log/errand.log
TRACE=00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01

# id_is WANTED SENT: what comes back for an X-Request-ID.
id_is() {
	api GET /health/live -H "X-Request-ID: $2"
	expect_header X-Request-ID "$1"
}

step "the id of a request is the client's own, if it is sane"
for id in a 0 "$(printf '%064d' 0)" 01a20660-1327-78f5 A.b_c-d:e; do
	id_is "$id" "$id"
done
NEW='[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[0-9a-f]{4}-[0-9a-f]{12}'
for id in '' "$(printf '%065d' 0)" 'a b' 'a"b' 'a;b' 'a,b' 'ä' '<x>' '%0a' \
    '${jndi:x}'; do
	id_is "$NEW" "$id"
done
api GET /health/live
expect_header X-Request-ID "$NEW"

# strange: requests that would like to write lines of their own.
strange() {
	fcgi GET $'/a\nforged\r\x1b[31m' --param $'HTTP_X_REQUEST_ID=x\nforged'
	fcgi $'X\nforged line' /tasks --param $'REMOTE_ADDR=1\nforged'
	fcgi GET $'/\xff\xc2\x85\xe2\x80\xaeforged'
	fcgi GET $'/tasks?title=a\nforged' --param $'HTTP_TRACEPARENT=a\nforged'
	fcgi GET /me --param $'HTTP_AUTHORIZATION=Bearer a\nforged'
	TOKEN=$(token --user $'eve\nforged') || fail "no token"
	api GET /me
	TOKEN=$(token --header kid='"x\u000aforged"')
	api GET /me
	as user
}

# loud: tokens where they can be sent.
loud() {
	api GET "/me?access_token=$TOKEN"
	api GET /me -H "Cookie: token=$TOKEN" -H "traceparent: $TOKEN"
	TOKEN=${TOKEN}x
	api GET /tasks
	TOKEN="$TOKEN $TOKEN"
	api GET /tasks
	as user
}

# traced: a request with all that a line tells.
traced() {
	send PATCH "/tasks/$ID?x=y" '{"title": "b"}' -H "traceparent: $TRACE" \
	    -H "X-Request-ID: $1"
	expect_status 200
	expect_soon 10 grep -q "$1" "$LOG"
}

step "as text"
new_task '{"title": "a"}'
traced text-1
grep 'text-1' "$LOG" >"$D/line"
expect grep -qxE "[0-9T:.Z-]+ info errand.fcgi\[[0-9]+\] request method=PATCH \
route=/tasks/\{id\} path=/tasks/$ID status=200 duration_us=[0-9]+ \
remote=127.0.0.1 .*user=alice .*" "$D/line"
expect grep -q " traceparent=$TRACE " "$D/line"
strange
expect not grep -a '^forged' "$LOG"
expect not grep -aP '[\x00-\x09\x0b-\x1f\x7f]' "$LOG"
expect not grep -avP '^[0-9T:.Z-]{27} [a-z]+ errand.fcgi\[[0-9]+\] [a-z]' "$LOG"

step "as JSON"
end fcgi
set_ini log.format=json
cp "$LOG" "$D/text.log"
: >"$LOG"
begin fcgi
traced json-1
strange
loud
api GET /health/live -H 'X-Request-ID: last'
expect_soon 10 grep -q last "$LOG"
expect jq -es --arg path "/tasks/$ID" --arg trace "$TRACE" 'map(select(
    .request_id == "json-1" and .msg == "request")) | length == 1 and
    (.[0] | .method == "PATCH" and .route == "/tasks/{id}" and
    .path == $path and .status == 200 and .user == "alice" and
    .level == "info" and .program == "errand.fcgi" and
    .remote == "127.0.0.1" and .traceparent == $trace and
    (.duration_us | type == "number") and (.pid | type == "number") and
    (.ts | test("^[0-9-]{10}T[0-9:.]{15}Z$")))' "$LOG" >"$D/jq.out"
expect_same "lines that are no object" \
    "$(jq -R 'fromjson? | objects | 1' "$LOG" | wc -l)" "$(wc -l <"$LOG")"
expect not grep -aP '[\x00-\x09\x0b-\x1f\x7f]' "$LOG"

step "no token is in it, whole or in part, wherever it was sent"
for part in "${TOKEN%%.*}" "${TOKEN##*.}" "$(cut -d. -f2 <<<"$TOKEN")"; do
	expect not grep -aqF -- "${part:0:40}" "$LOG" "$D"/log/fcgi.log
done
expect not grep -aq eyJ "$LOG" "$D/text.log" "$D/log/fcgi.log"
expect not grep -aqF "$PASSWORD@" "$LOG"

step "variables that change nothing are named, without traces as well"
launch worker env OTEL_EXPORTER_OTLP_PROTOCOL=grpc \
    "$BUILD/errand-worker" -c "$D/errand.ini"
expect_soon 20 grep -q OTEL_EXPORTER_OTLP_PROTOCOL "$LOG"
end worker

step "lines of requests can be left out"
end fcgi
set_ini log.requests=off
begin fcgi
api GET /health/live -H 'X-Request-ID: silent'
end fcgi
expect not grep -q silent "$LOG"

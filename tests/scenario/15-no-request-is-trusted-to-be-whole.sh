#!/bin/bash
# SPDX-License-Identifier: ISC
# What no web server lets through, sent to the socket by hand: each gets an
# answer of the right status or a closed connection, never a wrong effect.
. "${srcdir:-.}/tests/lib/lib.sh"
PROCESSES=1 stack_up
AUTH="HTTP_AUTHORIZATION=Bearer $TOKEN"
TASK='{"title": "by hand"}'

# last_header LINE: behind Location, or HAProxy answers with a redirection.
last_header() {
	[ "$(tail -n 1 "$HEADERS")" = "$1"$'\r' ]
}

step "the plain request, also a byte at a time"
fcgi POST /tasks --stdin "$TASK"
expect_status 201
fcgi POST /tasks --stdin "$TASK" --split
expect_status 201
fcgi GET "/tasks/$(json .id)" --split
expect_status 200
fcgi GET http://example.org/tasks?limit=1
expect_status 200
expect_json '.data | length == 1'
fcgi OPTIONS '*'
expect_status 204

step "bodies without a length, or with a wrong one"
fcgi POST /tasks --stdin "$TASK" --without CONTENT_LENGTH
expect_status 201
for length in '' -1; do
	fcgi POST /tasks --stdin "$TASK" --announce "$length"
	expect_status 201
	expect last_header 'Status: 201 Created'
done
for length in 19 21 0 64000 - 1x ' 20' 0x14; do
	fcgi POST /tasks --stdin "$TASK" --announce "$length"
	expect_problem 400
done
for length in 131073 9223372036854775807 9223372036854775808; do
	fcgi POST /tasks --stdin "$TASK" --announce "$length"
	expect_problem 413
done
fcgi POST /tasks --stdin "$TASK" --spaces 140000 --without CONTENT_LENGTH
expect_problem 413
fcgi POST /tasks --stdin '' --announce 20 --param CONTENT_TYPE=application/json
expect_problem 400
fcgi POST /tasks --stdin "$TASK" --without CONTENT_TYPE
expect_problem 415
fcgi GET /me --stdin "$TASK" --announce 7x
expect_problem 400
fcgi GET /me --stdin "$TASK" --announce 7
expect_status 200
fcgi GET /me --stdin " " --spaces 3000000 --without CONTENT_LENGTH
expect_status 200

step "addresses as no client may write them"
for uri in '/tasks/%zz' '/tasks/%' '/%00' '/tasks%0a' /tasks/../me /./tasks \
    /tasks/%2e%2e/me $'/a\x01b' $'/a\x7f'; do
	fcgi GET "$uri"
	expect_problem 400
done
for uri in '' tasks '?' '#' '/%2ftasks' '/tasks%2f1' $'/\xff\xfe' \
    '/tasks;x=1' 'http://example.org' '/"<>'; do
	fcgi GET "$uri"
	expect_problem 404
done
fcgi GET '/%74%61sks?limit=1#x'
expect_status 200
fcgi GET "/$(printf '%09000d' 0)"
expect_problem 414
fcgi GET / --without REQUEST_URI
expect_problem 404
for method in '' get TRACE CONNECT FOO "$(printf '%0300d' 0)" $'G\nET'; do
	fcgi "$method" /tasks
	expect_problem 405
done
fcgi GET /tasks --without REQUEST_METHOD
expect_problem 405

step "several Authorization headers, and odd ones"
fcgi GET /me --param "$AUTH"
expect_problem 400
expect_header WWW-Authenticate '.*error="invalid_request".*'
as nobody
for value in "$AUTH, Bearer x" "${AUTH/Bearer /Bearer	}" "${AUTH}é" "$AUTH x" \
    HTTP_AUTHORIZATION=Bearer 'HTTP_AUTHORIZATION=Bearer =' "$AUTH," \
    "${AUTH/Bearer /Bearer:}"; do
	fcgi GET /me --param "$value"
	expect_problem 400
	expect_header WWW-Authenticate '.*error="invalid_request".*'
done
for value in HTTP_AUTHORIZATION= "${AUTH/Bearer/Basic}" "${AUTH/Bearer /}" \
    HTTP_AUTHORIZATION=Bearerx "HTTP_COOKIE=$AUTH"; do
	fcgi GET "/me?access_token=${AUTH#*Bearer }" --param "$value"
	expect_problem 401
	expect_header WWW-Authenticate 'Bearer realm="errand"'
done
for value in "${AUTH/Bearer /bEARER   }" "${AUTH/Bearer/ Bearer}  " \
    "REDIRECT_$AUTH"; do
	fcgi GET /me --param "$value"
	expect_status 200
done
as user

step "headers that would forge others are refused or replaced"
fcgi GET /me --param $'HTTP_X_REQUEST_ID=a\r\nX-Evil: 1'
expect_status 200
expect_no_header X-Evil
fcgi GET /me --param HTTP_X_REQUEST_ID=a --param HTTP_X_REQUEST_ID=b
expect_header X-Request-ID '[0-9a-f-]{36}'
fcgi GET /tasks --param $'HTTP_IF_NONE_MATCH="\r\n'
expect_status 200

step "requests that end in the middle have no effect"
TASKS=$(psql_q 'SELECT count(*) FROM tasks')
for first in 0 1 7 8 12 16 20 24 60 300; do
	fcgi GET /me --first "$first" --hang-up
	expect test "$STATUS" != 200
done
for first in -1 -8 -10 -16 -40; do
	fcgi POST /tasks --stdin "$TASK" --first "$first" --hang-up
	expect test "$STATUS" != 201
done
new_task "$TASK"
as admin
for first in -8 -16 -34; do # the last leaves If-Match out, and no more
	fcgi DELETE "/tasks/$ID" --param 'HTTP_IF_MATCH="9"' \
	    --first "$first" --hang-up
	expect test "$STATUS" != 204
done
expect_same "tasks" "$(psql_q 'SELECT count(*) FROM tasks')" $((TASKS + 1))

step "records of another kind"
fcgi GET /me --role 77
expect_same "the answer to another role" "$STATUS" 000
fcgi GET /me
expect_status 200

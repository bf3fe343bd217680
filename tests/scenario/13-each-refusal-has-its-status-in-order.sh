#!/bin/bash
# SPDX-License-Identifier: ISC
# Which refusal comes first when there are several to choose from, and what
# each says: 401, 404, 405, 403, 413, 415, then the body's own.
. "${srcdir:-.}/tests/lib/lib.sh"
stack_up http.body_limit=2k
new_task '{"title": "a"}'
ID_PATH=/tasks/$ID
NO_ROLE=$(token --user eve --role nobody)

# refused STATUS METHOD PATH [CURL ARGUMENT...]: by a whole problem document.
refused() {
	local -a more=("${@:4}")
	case $2-$# in
	POST-3 | PUT-3 | PATCH-3) more=(-d '') ;; # or lighttpd says 411
	esac
	api "$2" "$3" -H 'X-Request-ID: here' "${more[@]}"
	expect_problem "$1"
	expect_header X-Request-ID here
	expect_header X-Content-Type-Options nosniff
	[ "$1" = 401 ] || [ "$1" = 403 ] || expect_no_header WWW-Authenticate
}

JSON='Content-Type: application/json'
head -c 3000 /dev/zero | tr '\0' ' ' >"$D/large"

step "without a token there is nothing to learn"
as nobody
for path in /tasks "$ID_PATH" "$ID_PATH/events" /me /nothing / /tasks/ \
    /TASKS /tasks/1/2/3 //tasks /health/ /health/x /openapi; do
	for method in GET POST DELETE; do
		refused 401 "$method" "$path"
		expect_header WWW-Authenticate 'Bearer realm="errand"'
	done
done
refused 401 POST /tasks -H 'Content-Type: text/plain' -d x
refused 401 POST /tasks -H "$JSON" --data-binary "@$D/large"

step "with one there are 404 and 405"
as user
for path in /nothing / /tasks/ /TASKS /tasks/1/2/3 //tasks /health/ /openapi; do
	refused 404 GET "$path"
done
for path in /nothing / /TASKS //tasks /tasks/ /tasks//events; do
	refused 404 DELETE "$path"
	refused 404 POST "$path"
done
refused 405 PUT /tasks -H 'Content-Type: text/plain' -d x
expect_header Allow 'POST, GET, HEAD, OPTIONS'
refused 405 POST "$ID_PATH" -H "$JSON" --data-binary "@$D/large"
expect_header Allow 'GET, HEAD, PUT, PATCH, DELETE, OPTIONS'
refused 405 PATCH "$ID_PATH/events"
expect_json --arg path "$ID_PATH/events" '.instance == $path'
expect_header Allow 'GET, HEAD, OPTIONS'
as nobody
refused 405 POST /health
expect_header Allow 'GET, HEAD, OPTIONS'

step "403 comes before what the body is"
TOKEN=$NO_ROLE
refused 405 PUT /tasks
refused 404 GET /nothing
for how in "GET /tasks" "POST /tasks" "GET $ID_PATH" "PUT $ID_PATH" \
    "PATCH $ID_PATH" "GET $ID_PATH/events" "GET /me" "DELETE /tasks/1"; do
	refused 403 "${how% *}" "${how#* }"
	expect_header WWW-Authenticate \
	    'Bearer realm="errand", error="insufficient_scope"'
done
refused 403 POST /tasks -H 'Content-Type: text/plain' -d x
refused 403 POST /tasks -H "$JSON" --data-binary "@$D/large"
as user
refused 403 DELETE "$ID_PATH"
expect_json '.detail == "the role admin is needed"'

step "413 comes before 415, and that before the body's faults"
refused 413 POST /tasks -H 'Content-Type: text/plain' --data-binary "@$D/large"
expect_json '.detail | test("2048 bytes")'
refused 413 PATCH "$ID_PATH" -H "$JSON" --data-binary "@$D/large"
for type in text/plain application/x-www-form-urlencoded '' application/jsonx \
    'application/json; charset=latin1' application/merge-patch+json \
    'application/json; v=1; charset=latin1' 'application/json; charset="latin1"' \
    'application/json; Charset = utf-8' 'application/json; charset' \
    'application/json; charset=utf-8; charset=latin1' \
    'application/json; charset="utf-8' 'application/json charset=utf-8'; do
	refused 415 POST /tasks -H "Content-Type:$type" -d '{'
	expect_header Accept application/json
	refused 415 PUT "$ID_PATH" -H "Content-Type:$type" -d '{'
done
refused 415 POST /tasks -H 'Content-Type: application/json' \
    -H 'Content-Encoding: gzip' -d '{'
refused 415 PATCH "$ID_PATH" -H 'Content-Type: application/json-patch+json' \
    -d '[]'
expect_header Accept-Patch 'application/merge-patch\+json, application/json'
for type in application/json 'Application/JSON' 'application/json ;charset=UTF-8' \
    'application/json; charset="utf-8"' 'application/json;CHARSET="UTF-8" ' \
    'application/json; v="a;charset=x\"; b"; charset=Utf-8' \
    'application/json;' 'application/json; charset=utf-8; v=1'; do
	refused 400 POST /tasks -H "Content-Type: $type" -d '{'
done
refused 404 PUT /tasks/1 -H "$JSON" -H 'If-Match: 7' -d '{'
refused 400 PUT "$ID_PATH" -H "$JSON" -H 'If-Match: 7' -d '[]'
expect_json '.detail | test("If-Match")'

step "a body that fits to the byte is taken"
printf '{"title": "a"%2034s}' '' >"$D/fits"
expect_same "its size" "$(wc -c <"$D/fits")" 2048
send POST /tasks "@$D/fits"
expect_status 201
printf '{"title": "a"%2035s}' '' >"$D/fits"
refused 413 POST /tasks -H "$JSON" --data-binary "@$D/fits"

#!/bin/bash
# SPDX-License-Identifier: ISC
# OPTIONS tells what an address allows, without a token; pages of configured
# origins, and no others, may read the answers.
. "${srcdir:-.}/tests/lib/lib.sh"
APP=https://app.example
stack_up "http.cors_origins=$APP, http://localhost:3000" http.cors_max_age=5m
new_task '{"title": "a"}'
as nobody

step "OPTIONS anywhere"
for row in "/tasks=POST, GET, HEAD, OPTIONS" \
    "/tasks/$ID=GET, HEAD, PUT, PATCH, DELETE, OPTIONS" \
    "/tasks/changes=GET, HEAD, OPTIONS" \
    "/tasks/x/events=GET, HEAD, OPTIONS" "/me=GET, HEAD, OPTIONS" \
    "/health=GET, HEAD, OPTIONS" "/nothing=OPTIONS"; do
	api OPTIONS "${row%%=*}"
	expect_status 204
	expect_header Allow "${row#*=}"
	expect_empty_body
	expect_no_header Content-Type
	expect_no_header Access-Control-Allow-Origin
done
api OPTIONS "/tasks/$ID"
expect_header Accept-Patch 'application/merge-patch\+json, application/json'

step "a preflight of a known origin"
for origin in "$APP" http://localhost:3000; do
	api OPTIONS "/tasks/$ID" -H "Origin: $origin" \
	    -H 'Access-Control-Request-Method: PATCH' \
	    -H 'Access-Control-Request-Headers: authorization,if-match'
	expect_status 204
	expect_header Access-Control-Allow-Origin "$origin"
	expect_header Access-Control-Allow-Methods '.*PATCH.*'
	expect_header Access-Control-Allow-Headers '.*Authorization.*Idempotency-Key.*If-Match.*'
	expect_header Access-Control-Max-Age 300
	expect_header Vary Origin
	expect_no_header Access-Control-Allow-Credentials
done

step "one of an unknown origin"
for origin in https://evil.example "$APP.evil.example" "${APP^^}" null \
    "$APP/" "$APP, https://evil.example" "http${APP#https}" '*'; do
	api OPTIONS "/tasks/$ID" -H "Origin: $origin" \
	    -H 'Access-Control-Request-Method: PATCH'
	expect_status 204
	for name in Origin Methods Headers; do
		expect_no_header "Access-Control-Allow-$name"
	done
	expect_header Vary Origin
done

step "answers and refusals alike can be read by the page"
as user
for row in "200 GET /tasks" "404 GET /nothing" "422 GET /tasks?x=1" \
    "405 DELETE /tasks" "403 DELETE /tasks/$ID" "200 GET /health"; do
	read -r status method path <<<"$row"
	api "$method" "$path" -H "Origin: $APP"
	expect_status "$status"
	expect_header Access-Control-Allow-Origin "$APP"
	expect_header Access-Control-Expose-Headers '.*ETag.*X-Changes-Cursor.*X-Request-ID.*'
	expect_header Vary Origin
done
as nobody
api GET /tasks -H "Origin: $APP"
expect_status 401
expect_header Access-Control-Allow-Origin "$APP"
as user
api GET /tasks -H 'Origin: https://evil.example'
expect_status 200
expect_no_header Access-Control-Allow-Origin
api GET /tasks
expect_header Vary Origin

step "any origin, if so configured; none by default"
end fcgi
set_ini 'http.cors_origins=*'
begin fcgi
api GET /tasks -H 'Origin: https://anybody.example'
expect_header Access-Control-Allow-Origin '\*'
end fcgi
set_ini 'http.cors_origins='
begin fcgi
api GET /me -H "Origin: $APP"
expect_status 200
expect_no_header Access-Control-Allow-Origin
expect_no_header Vary

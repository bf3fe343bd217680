#!/bin/bash
# SPDX-License-Identifier: ISC
# With [http] base_path all routes lie below it, and nothing lies elsewhere;
# what points to them carries it.
. "${srcdir:-.}/tests/lib/lib.sh"
BASE=/api/v1
stack_up http.base_path=/api/v1

step "routes, Location, Link, instance"
new_task '{"title": "a"}'
expect_header Location "/api/v1/tasks/$ID"
BASE='' api GET "$(header Location)"
expect_status 200
new_task '{"title": "b"}'
api GET '/tasks?limit=1'
expect_header Link '</api/v1/tasks\?[^>]*>; rel="next"'
BASE='' api GET "$(header Link | sed 's/^<\(.*\)>.*/\1/')"
expect_status 200
expect_json '.data[0].title == "a"'
send PATCH "/tasks/$ID" '{"title": "c"}'
expect_status 200
api GET "/tasks/$ID/events?limit=1"
expect_header Link "</api/v1/tasks/$ID/events\?[^>]*>; rel=\"next\""
api GET /tasks/1
expect_problem 404
expect_json '.instance == "/api/v1/tasks/1"'
api PUT /me -d ''
expect_status 405
api GET /health
expect_status 200
api GET /openapi.json
expect_json '.servers == [{"url": "/api/v1"}] and .paths["/tasks"] != null'

step "nothing elsewhere"
BASE=
for path in /tasks /health /openapi.json /api /api/v1 /api/v1/ /api/v1x/tasks \
    /api/v2/tasks /API/v1/tasks /api/v1/api/v1/tasks //api/v1/tasks; do
	as user
	api GET "$path"
	expect_problem 404
	expect_json --arg path "$path" '.instance == $path'
	as nobody
	api GET "$path"
	expect_problem 401
done

step "without the setting they are at the root"
end fcgi
set_ini http.base_path=
begin fcgi
as user
api GET "/tasks/$ID"
expect_status 200
api GET /openapi.json
expect_json '.servers == [{"url": "/"}]'

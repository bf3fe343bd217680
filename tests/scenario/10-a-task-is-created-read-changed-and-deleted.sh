#!/bin/bash
# SPDX-License-Identifier: ISC
# The way of a task: what it looks like, which members are the server's, and
# what PUT, PATCH and DELETE make of it.
. "${srcdir:-.}/tests/lib/lib.sh"
. "$TOP/tests/lib/chaos.sh"
stack_up redis.timeout=5s tasks.extra='due:date, priority:number, team:text,
    urgent:boolean'

TIME='^[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}\.[0-9]{6}Z$'
UUID='^[0-9a-f]{8}-([0-9a-f]{4}-){3}[0-9a-f]{12}$'

step "a task is created with defaults"
send POST /tasks '{"title": "Fern \"zwei\" 🌿"}'
expect_status 201
expect_header Content-Type application/json
expect_header ETag '"1-[0-9a-f]{16}"'
expect_json --arg time "$TIME" --arg uuid "$UUID" '
    keys_unsorted == ["id", "title", "description", "status", "created_at",
	"updated_at", "created_by"] and
    .title == "Fern \"zwei\" 🌿" and .description == null and
    .status == "pending" and .created_by == "alice" and
    (.id | test($uuid)) and (.created_at | test($time)) and
    .updated_at == .created_at'
ID=$(json .id)
CREATED=$(json .created_at)
expect_header Location "/tasks/$ID"
expect_same "rows" "$(psql_q "SELECT title, status, created_by, version
    FROM tasks WHERE id = '$ID'")" 'Fern "zwei" 🌿|pending|alice|1'
FIRST=$(cat "$BODY")

step "it is read as it was answered, by any process, cached or not"
for want in miss 'hit|miss' 'hit|miss' hit hit; do
	# A process that has just begun may still void what is there.
	[ "$want" != hit ] || expect_soon 10 hits "/tasks/$ID"
	api GET "/tasks/$ID"
	expect_status 200
	expect_header X-Cache "$want"
	expect_header Cache-Control 'private, no-cache'
	expect_header ETag '"1-[0-9a-f]{16}"'
	expect_same "the body" "$(cat "$BODY")" "$FIRST"
done
api GET "/tasks/${ID^^}"
expect_status 200

step "HEAD has the headers of GET and no body"
cp "$HEADERS" "$D/of-get"
api HEAD "/tasks/$ID"
expect_status 200
expect_same "the headers" \
    "$(grep -viE '^(date|x-request-id|server|vary):' "$HEADERS" | sort)" \
    "$(grep -viE '^(date|x-request-id|server|vary):' "$D/of-get" | sort)"
fcgi HEAD "/tasks/$ID"
expect_status 200
expect_header ETag '"1-[0-9a-f]{16}"'
expect_empty_body
fcgi HEAD "/tasks/no-id"
expect_status 404
expect_empty_body

step "PATCH changes what it names; null takes the description away"
send PATCH "/tasks/$ID" '{"status": "in-progress", "description": "x"}'
expect_status 200
expect_header ETag '"2-[0-9a-f]{16}"'
expect_json --arg created "$CREATED" '.status == "in-progress" and
    .description == "x" and .title == "Fern \"zwei\" 🌿" and
    .created_at == $created and .updated_at > $created'
api PATCH "/tasks/$ID" -H 'Content-Type: application/merge-patch+json' \
    -d '{"description": null}'
expect_status 200
expect_header ETag '"3-[0-9a-f]{16}"'
expect_json '.description == null and .status == "in-progress"'
api GET "/tasks/$ID"
expect_header ETag '"3-[0-9a-f]{16}"'

step "a change that changes nothing keeps version and time"
CHANGED=$(json .updated_at)
for body in '{}' '{"status": "in-progress"}' '{"description": null}'; do
	send PATCH "/tasks/$ID" "$body"
	expect_status 200
	expect_header ETag '"3-[0-9a-f]{16}"'
	expect_json --arg at "$CHANGED" '.updated_at == $at'
done

step "PUT replaces the whole: what is left out gets its default"
send PUT "/tasks/$ID" '{"title": "b", "description": "", "status": "completed"}'
expect_status 200
expect_json '.title == "b" and .description == "" and .status == "completed"'
send PUT "/tasks/$ID" '{"title": "c"}'
expect_status 200
expect_header ETag '"5-[0-9a-f]{16}"'
expect_json --arg id "$ID" --arg created "$CREATED" '.title == "c" and
    .description == null and .status == "pending" and .id == $id and
    .created_at == $created and .created_by == "alice"'

step "additional data is merged, and not there where there is none"
send POST /tasks '{"title": "more", "extra": {"priority": 1e2, "team": null,
    "due": "2026-12-01"}}'
expect_status 201
expect_json '(keys_unsorted | last) == "extra" and
    .extra == {"due": "2026-12-01", "priority": 100}'
MORE=$(json .id)
for _ in 1 2 3; do
	api GET "/tasks/$MORE"
	expect_json '.extra == {"due": "2026-12-01", "priority": 100}'
done
api GET "/tasks?created_by=alice"
expect_json --arg id "$MORE" '[.data[] | select(has("extra")) | .id] == [$id]'
send PATCH "/tasks/$MORE" '{"extra": {"due": null, "team": "a \\\" b"}}'
expect_json '.extra == {"team": "a \\\" b", "priority": 100}'
expect_header ETag '"2-[0-9a-f]{16}"'
for body in '{"extra": {"priority": 100.0}}' '{"extra": {}}'; do
	send PATCH "/tasks/$MORE" "$body"
	expect_header ETag '"2-[0-9a-f]{16}"'
done
send PATCH "/tasks/$MORE" '{"status": "completed"}'
expect_json '.extra.priority == 100'
# The release before, which shows none of it, gives that version this tag.
TOLD="SELECT version || '-' || encode(timestamptz_send(updated_at), 'hex')
    FROM tasks WHERE id = '$MORE'"
told=$(psql_q "$TOLD")
api GET "/tasks/$MORE" -H "If-None-Match: \"$told\""
expect_status 200
tag=$(header ETag)
send PUT "/tasks/$MORE" '{"title": "old"}' -H "If-Match: \"$told\""
expect_status 412
send PATCH "/tasks/$MORE" '{"title": "new"}' -H "If-Match: $tag"
expect_status 200
# As a process of the release before changes it.
psql_q "UPDATE tasks SET title = 'old', description = NULL, status = 'pending'
    WHERE id = '$MORE'"
send PUT "/tasks/$MORE" '{"title": "old", "extra": {"priority": 0.10}}'
expect_json '.extra == {"priority": 0.1}'
expect_same "what is stored" "$(psql_q "SELECT extra FROM tasks
    WHERE id = '$MORE'")" '{"priority": 0.10}'
for body in '{"title": "old"}' '{"title": "old", "extra": null}' \
    '{"title": "old", "extra": {"priority": null}}'; do
	send PUT "/tasks/$MORE" "$body"
	expect_json 'has("extra") | not'
	send PATCH "/tasks/$MORE" '{"extra": {"team": "b"}}'
	expect_json '.extra == {"team": "b"}'
done
for urgent in true false; do
	send PATCH "/tasks/$MORE" '{"extra": {"urgent": '"$urgent"'}}'
	expect_json ".extra.urgent == $urgent"
done
send PATCH "/tasks/$MORE" '{"extra": null}'
expect_json 'has("extra") | not'
expect_header ETag "\"$(psql_q "$TOLD")\""
send PATCH "/tasks/$MORE" '{"title": "old"}' -H "If-Match: $(header ETag)"
expect_status 200

step "only an administrator deletes, and then it is gone for all"
api DELETE "/tasks/$ID"
expect_status 403
as admin
api DELETE "/tasks/$ID"
expect_status 204
expect_empty_body
expect_no_header Content-Type
as user
for id in "$ID" 01234567-89ab-7def-8123-456789abcdef 1 "{$ID}" "${ID//-/}"; do
	api GET "/tasks/$id" -g
	expect_problem 404
	for method in PUT PATCH; do
		send "$method" "/tasks/$id" '{"title": "x"}' -g
		expect_status 404
	done
	as admin
	api DELETE "/tasks/$id" -g
	expect_status 404
	as user
done

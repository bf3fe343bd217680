#!/bin/bash
# SPDX-License-Identifier: ISC
# Who changed what and when: one event a real change, newest first, in pages,
# also after the task is gone; its jobs carry the request's id and trace.
. "${srcdir:-.}/tests/lib/lib.sh"
stack_up tasks.extra_other=pass
TRACE=00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01
new_task '{"title": "a", "description": "d"}'
T=/tasks/$ID

step "each change has its event; what is no change has none"
send PATCH "$T" '{"status": "in-progress", "title": "a"}' \
    -H 'X-Request-ID: second' -H "traceparent: $TRACE"
send PATCH "$T" '{"title": "a"}' -H 'X-Request-ID: nothing'
send PATCH "$T" '{"title": ""}' -H 'X-Request-ID: wrong'
send PATCH "$T" '{"title": "x"}' -H 'If-Match: "1"'
as admin
send PUT "$T" '{"title": "b"}'
AT=$(json .updated_at)
as user
api GET "$T/events"
expect_status 200
expect_header X-Cache bypass
expect_header Cache-Control 'private, no-cache'
expect_no_header Link
expect_json --arg at "$AT" '.next_cursor == null and (.data |
    map([.version, .action, .actor, .changes]) == [
	[3, "updated", "root", {"title": {"from": "a", "to": "b"},
	    "description": {"from": "d", "to": null},
	    "status": {"from": "in-progress", "to": "pending"}}],
	[2, "updated", "alice",
	    {"status": {"from": "pending", "to": "in-progress"}}],
	[1, "created", "alice",
	    {"title": "a", "description": "d", "status": "pending"}]] and
    .[1].request_id == "second" and .[0].at == $at and
    .[0].id > .[1].id and .[1].id > .[2].id)'

step "the log has what readers need of it, and nothing of what was no change"
expect_same "the event" "$(psql_q "SELECT traceparent, status_was, status_now,
    version, xid IS NOT NULL FROM task_events WHERE request_id = 'second'")" \
    "$TRACE|pending|in-progress|2|t"
expect_same "of what was no change" "$(psql_q "SELECT count(*) FROM task_events
    WHERE request_id IN ('nothing', 'wrong')")" 0
expect_same "the notification" "$(psql_q "SELECT args->>'title',
    args->>'email' FROM jobs WHERE kind = 'errand.send_notification'")" \
    'a|alice@example.org'

step "additional data is told as it was, and only where there is some"
(
	new_task '{"title": "more", "extra": {"a": {"b": [1, null]}}}'
	send PATCH "/tasks/$ID" '{"extra": {"a": {"c": 2}}}'
	send PATCH "/tasks/$ID" '{"extra": null}'
	api GET "/tasks/$ID/events"
	expect_json '[.data[].changes] == [
	    {"extra": {"from": {"a": {"b": [1, null], "c": 2}}, "to": null}},
	    {"extra": {"from": {"a": {"b": [1, null]}},
		"to": {"a": {"b": [1, null], "c": 2}}}},
	    {"title": "more", "description": null, "status": "pending",
		"extra": {"a": {"b": [1, null]}}}]'
)

step "it comes in pages"
path="$T/events?limit=1"
for version in 3 2 1; do
	api GET "$path"
	expect_status 200
	expect_json --argjson v "$version" '[.data[].version] == [$v]'
	path=$(header Link | sed 's/^<\(.*\)>; rel="next"$/\1/')
done
expect_same "the last page's link" "$path" ''
api GET "$T/events?limit=2"
expect_json '.next_cursor | length > 0'
api GET "$T/events?limit=2&cursor=$(json .next_cursor)"
expect_json '[.data[].version] == [1] and .next_cursor == null'
api GET "$T/events?offset=1&limit=0&sort=at"
expect_problem 422
expect_json '[.errors[].parameter] | sort == ["limit", "offset", "sort"]'

step "it outlives the task"
as admin
api DELETE "$T" -H 'X-Request-ID: end'
expect_status 204
as user
api GET "$T"
expect_status 404
api GET "$T/events"
expect_status 200
expect_json '(.data | length) == 4 and (.data[0] | .version == 4 and
    .action == "deleted" and .actor == "root" and .request_id == "end" and
    .changes == null)'
for id in 01234567-89ab-7def-8123-456789abcdef nothing; do
	api GET "/tasks/$id/events"
	expect_problem 404
done

#!/bin/bash
# SPDX-License-Identifier: ISC
# Following next_cursor or the Link header meets each row exactly once, in
# every order, while others add rows in front, behind and in between.
. "${srcdir:-.}/tests/lib/lib.sh"
stack_up
psql_q "INSERT INTO tasks (id, title, status, created_at, updated_at,
	created_by)
    SELECT gen_random_uuid(), 'old ' || n % 7,
	(ARRAY['pending', 'in-progress', 'completed'])[1 + n % 3]::task_status,
	timestamptz '2026-03-01Z' + n / 4 * interval '1 hour',
	timestamptz '2026-05-01Z' - n / 5 * interval '1 hour', 'x'
    FROM generate_series(0, 49) AS n"

# add: rows that sort before, between and after the old ones.
add() {
	psql_q "INSERT INTO tasks (id, title, status, created_at, updated_at,
		created_by)
	    SELECT gen_random_uuid(), t, s::task_status, at, at, 'x'
	    FROM (VALUES ('a', 'pending', timestamptz '2026-02-01Z'),
		('old 3 too', 'in-progress', '2026-03-01 02:00Z'),
		('z', 'completed', '2026-06-01Z')) AS new (t, s, at)"
}

# walk QUERY LIMIT: prints the ids of old tasks that it meets; rows are added
# after each page.
walk() {
	local path="/tasks?$1&limit=$2"
	psql_q "DELETE FROM tasks WHERE title NOT LIKE 'old _'"
	while [ -n "$path" ]; do
		api GET "$path"
		expect_status 200
		path=$(header Link | sed 's/^<\(.*\)>; rel="next"$/\1/')
		json --arg path "$path" '(.data[] |
		    select(.title | test("^old .$")) | .id),
		    (.next_cursor as $next |
		    if $next == null then $path == ""
		    else $path | contains("cursor=" + $next) end |
		    if . then empty else "Link and next_cursor differ" end)'
		add
	done
}

OLD=$(psql_q "SELECT id FROM tasks ORDER BY id")
# each_once QUERY LIMIT [IDS]: none is missing, none comes twice.
each_once() {
	walk "$1" "$2" >"$D/met"
	expect_same "what $1 meets" \
	    "$(sort "$D/met")" "${3:-$OLD}"
}

for sort in created_at -updated_at title -title status -status; do
	step "by $sort"
	each_once "sort=$sort" 17
done

step "by default, one after the other, filtered"
each_once 'title=OLD+5' 1 \
    "$(psql_q "SELECT id FROM tasks WHERE title = 'old 5' ORDER BY id")"
each_once 'status=completed&created_to=2026-04-01&count=exact' 7 \
    "$(psql_q "SELECT id FROM tasks WHERE status = 'completed' AND
	title LIKE 'old%' ORDER BY id")"

step "a cursor stays valid when its row is gone"
api GET '/tasks?limit=2&sort=title'
CURSOR=$(json .next_cursor)
LAST=$(json '.data[1].id')
api GET "/tasks?limit=2&sort=title&cursor=$CURSOR"
NEXT=$(json '.data[0].id')
as admin
api DELETE "/tasks/$LAST"
expect_status 204
as user
api GET "/tasks?limit=2&sort=title&cursor=$CURSOR"
expect_json --arg id "$NEXT" '.data[0].id == $id'

step "a cursor of another query is refused, one that is made up as well"
for query in '' sort=-title sort=created_at 'sort=title&status=pending' \
    'sort=title&title=a' 'sort=title&created_from=2026-01-01'; do
	api GET "/tasks?$query&cursor=$CURSOR"
	expect_problem 422
	expect_json '[.errors[].parameter] == ["cursor"]'
done
for cursor in '' x "${CURSOR}A" "B${CURSOR#?}" AAAA \
    "$(printf '%02000d' 0)" "$CURSOR%3D"; do
	api GET "/tasks?sort=title&cursor=$cursor"
	expect_problem 422
done
api GET "/tasks?sort=title&limit=1&cursor=$CURSOR&count=exact"
expect_status 200
api GET "/tasks?sort=title&offset=1&cursor=$CURSOR"
expect_problem 422
api GET "$(printf '/tasks/%s/events?cursor=%s' "$LAST" "$CURSOR")"
expect_problem 422

step "times that no clock of ours can tell are walked as well"
psql_q "DELETE FROM tasks"
psql_q "INSERT INTO tasks (id, title, created_at, updated_at, created_by)
    SELECT gen_random_uuid(), 'far', at, at, 'x' FROM unnest('{infinity,
	infinity,-infinity,-infinity,294276-12-31,294250-01-01,10000-01-01,
	2026-03-01,0001-01-01 BC,4713-01-01 BC}'::timestamptz[]) AS at"
for sort in created_at -created_at updated_at -updated_at status -status; do
	path="/tasks?sort=$sort&limit=1"
	for _ in {1..10}; do
		api GET "$path"
		expect_status 200
		json '.data[].id'
		expect_json '.data[0].created_at |
		    test("^(0000|2026|9999)-[0-9T:.-]*Z$")'
		path="/tasks?sort=$sort&limit=1&cursor=$(json .next_cursor)"
	done >"$D/met"
	expect_json '.next_cursor == null'
	by=${sort#-} down=
	[ "$by" != status ] || by=created_at
	[ "$sort" = "${sort#-}" ] || down=DESC
	expect_same "what $sort meets" "$(cat "$D/met")" \
	    "$(psql_q "SELECT id FROM tasks ORDER BY $by $down, id $down")"
done
psql_q "SELECT id FROM tasks WHERE updated_at = 'infinity'" | while read -r id; do
	api GET "/tasks/$id"
	expect_json '.updated_at == "9999-12-31T23:59:59.999999Z"'
	send PATCH "/tasks/$id" '{"title": "near"}' -H "If-Match: $(header ETag)"
	expect_status 200
done

step "an address that headers have no room for is left out of Link"
long=$(printf '%%F0%%9F%%90%%A2%.0s' {1..255})
title=$(printf '🐢%.0s' {1..255})
new_task "{\"title\": \"$title\"}"
new_task "{\"title\": \"$title\"}"
api GET "/tasks?limit=1&sort=title&title=$long"
expect_no_header Link
CURSOR=$(json .next_cursor)
FIRST=$(json '.data[0].id')
api GET "/tasks?limit=1&sort=title&title=$long&cursor=$CURSOR"
expect_json --arg first "$FIRST" '.next_cursor == null and
    (.data | length) == 1 and .data[0].id != $first'

#!/bin/bash
# SPDX-License-Identifier: ISC
# Where tasks are not shared, each route keeps to those of the caller, by the
# table of routes: what is not his is as if it were not there.
. "${srcdir:-.}/tests/lib/lib.sh"
. "$TOP/tests/lib/chaos.sh"
. "$TOP/tests/lib/lib-stream.sh"

rows=$(sed -nE 's/^ROUTE\(([A-Z]+), "([^"]+)", (PUBLIC|RULE\(([a-z_]+)\)), ([A-Z]+), .*/\1 \2 \5 \4/p' \
    "$TOP/src/app/api/routes.def")
# Everything is the user's, so that nothing but the owner stands in the way.
open=()
while read -r _ _ _ key; do
	[ -z "$key" ] || open+=("rbac.$key=user")
done <<<"$rows"
stack_up "${STREAM[@]}" "${open[@]}" rbac.tasks=own
begin_stream

NONE=00000000-0000-4000-8000-000000000000
ALICE=$(token --role user --user alice --claim 'team="red"')
ALSO=$(token --role user --user alice2 --claim 'team="red"')
BOB=$(token --role user --user bob --claim 'team="blue"')
ROOT=$(token --role admin --user root)
# by NAME: whose token goes along.
by() {
	TOKEN=$1
}
# hidden: nothing of what is ALICE's is in the answer, but the address that was
# asked for.
hidden() {
	! jq -c 'if type == "object" then del(.instance) else . end' \
	    "$BODY" 2>/dev/null |
	    grep -qF -e "$MINE" -e "$GONE" -e "$JOB" -e 'of alice' ||
	    fail "it is told: $(cat "$BODY")"
}
filled() {
	local path=${1/\{delivery\}/$NONE} id=$MINE
	case $path in
	/jobs/*) id=$JOB ;;
	/webhooks/*) id=$HOOK ;;
	esac
	printf '%s\n' "${path/\{id\}/$id}"
}
body_of() {
	case $1 in
	/tasks/bulk)
		printf '[{"op": "create", "task": {"title": "x"}},
		    {"op": "delete", "id": "%s"}]' "$MINE" ;;
	/webhooks*) printf '{}' ;;
	*/cancel) printf '{"terminate": true}' ;;
	*) printf '{"title": "of bob", "status": "completed"}' ;;
	esac
}
state() {
	psql_q "SELECT (SELECT string_agg(t::text, ' ' ORDER BY id)
	    FROM tasks AS t WHERE title LIKE '%of alice'),
	    (SELECT count(*) FROM task_events WHERE owner <> $1),
	    (SELECT string_agg(state || attempts::text, ' ' ORDER BY id)
	    FROM jobs WHERE task_id IN ('$MINE', '$GONE')),
	    (SELECT count(*) FROM webhooks)"
}
# tries METHOD PATTERN WHOSE: of BOB, who owns nothing of ALICE's.
tries() {
	local method=$1 path
	path=$(filled "$2")
	by "$BOB"
	case $3:$method:$2 in
	TASKS:GET:/tasks/stream)
		return ;; # below
	TASKS:GET:*\{id\}*)
		api HEAD "$path"
		expect_status 404
		api GET "$path" -H 'If-None-Match: *'
		expect_problem 404
		if [[ $2 != /jobs/* ]]; then
			api GET "${path/$MINE/$GONE}"
			expect_problem 404
		fi ;;
	TASKS:*:*\{id\}*)
		send "$method" "$path" "$(body_of "$2")"
		expect_problem 404
		send "$method" "$path" "$(body_of "$2")" -H 'If-Match: *'
		expect_problem 404
		send "$method" "$path" "$(body_of "$2")" -H "If-Match: $TAG"
		expect_problem 404 ;;
	TASKS:POST:/tasks/bulk)
		send POST "$path" "$(body_of "$2")"
		expect_problem 412
		expect_json '[.errors[].type] == ["task_absent"]'
		return ;; # it names what was asked for
	TASKS:POST:/tasks)
		send POST "$path" "$(body_of "$2")"
		expect_status 201
		api DELETE "/tasks/$(json .id)"
		expect_status 204
		return ;;
	TASKS:GET:*)
		api GET "$path"
		expect_status 200 ;;
	ALL:*)
		if [ "$method" = GET ]; then
			api GET "$path"
		else
			send "$method" "$path" "$(body_of "$2")"
		fi
		expect_problem 403
		expect_json '.detail | test("role admin")' ;;
	NOBODY:POST:/mcp)
		tools
		return ;;
	NOBODY:GET:*)
		api GET "$path" ;;
	*) fail "whose is $method $2? This scenario does not know" ;;
	esac
	hidden
}

# tools: each of them, with the id of what is ALICE's.
tools() {
	local name args
	send POST /mcp '{"jsonrpc": "2.0", "id": 1, "method": "tools/list"}'
	expect_json '.result.tools | length > 10'
	while read -r name args; do
		send POST /mcp "$(jq -nc --arg name "$name" --argjson args "$args" \
		    '{jsonrpc: "2.0", id: 1, method: "tools/call",
		    params: {name: $name, arguments: $args}}')"
		expect_json --argjson args "$args" '.result |
		    .isError or ($args == {})'
		json '.result.structuredContent.body' >"$BODY.told"
		mv "$BODY.told" "$BODY"
		hidden
	done < <(json --arg mine "$MINE" --arg job "$JOB" '.result.tools[] |
	    "\(.name) \(if .inputSchema.required | index("id") | not then {}
	    elif .name | test("job") then {id: $job} else {id: $mine} end | tostring)"')
}

# mode SETTING OWNER: with it, the tasks of ALICE have that owner.
mode() {
	step "$1: it is so"
	set_ini "rbac.tasks=$1"
	end fcgi stream
	begin fcgi 2
	begin_stream
	by "$ALICE"
	api GET /openapi.json
	expect_json '.paths["/webhooks"].post.security == [{"bearer": ["user", "admin"]}]
	    and .paths["/tasks"].post.security == [{"bearer": ["user"]}]'
	api GET /tasks
	SINCE=$(header X-Changes-Cursor)
	new_task '{"title": "gone of alice"}'
	GONE=$ID
	api DELETE "/tasks/$GONE"
	expect_status 204
	new_task '{"title": "of alice"}'
	MINE=$ID
	expect_same "the owner" "$(psql_q "SELECT owner = $2 FROM tasks
	    WHERE id = '$MINE'")" t
	JOB=$(psql_q "SELECT id FROM jobs WHERE task_id = '$MINE'")
	api GET "/tasks/$MINE"
	TAG=$(header ETag)
	api GET "/tasks/$MINE"
	expect_status 200
	by "$ROOT"
	send POST /webhooks '{"url": "https://example.org/of-alice"}'
	expect_status 201
	HOOK=$(json .id)

	step "$1: a stranger at every route"
	by "$BOB"
	QUERY="?since=$SINCE" listen bob
	by "$ROOT"
	QUERY="?since=$SINCE" listen root
	before=$(state "$2")
	while read -r method pattern whose _; do
		tries "$method" "$pattern" "$whose"
	done <<<"$rows"
	expect_same "what is stored" "$(state "$2" | sed 's/|[0-9]*|/|/')" \
	    "$(printf '%s\n' "$before" | sed 's/|[0-9]*|/|/')"

	step "$1: who comes to what the cache has"
	by "$ALICE"
	api GET "/tasks/$MINE"
	expect_status 200
	by "$BOB"
	api GET "/tasks/$MINE"
	expect_problem 404
	hidden
	by "$ALICE"
	api GET "/tasks/$MINE"
	expect_status 200
	[ "$(header X-Cache)" != bypass ] || fail "it is not cached"

	step "$1: lists, counts, statistics, cursors"
	new_task '{"title": "second of alice"}'
	psql_q "UPDATE tasks SET created_at = created_at - interval '2 h'
	    WHERE id = '$ID'"
	send PATCH "/tasks/$ID" '{"status": "completed"}'
	for sort in created_at -updated_at title -status; do
		by "$ALICE"
		api GET "/tasks?sort=$sort&limit=1&count=exact"
		expect_json '.count == 2 and (.data | length) == 1'
		CURSOR=$(json .next_cursor)
		api GET "/tasks?sort=$sort&limit=1&cursor=$CURSOR"
		expect_json '(.data | length) == 1 and .next_cursor == null'
		by "$BOB"
		api GET "/tasks?sort=$sort&limit=1&cursor=$CURSOR"
		expect_problem 422
		api GET "/tasks?sort=$sort&count=exact&title=alice"
		expect_json '.count == 0 and .data == []'
	done
	api GET "/tasks?created_by=alice"
	expect_json '.data == []'
	by "$ALICE"
	api GET /stats
	expect_json '.by_status == {"pending": 1, "in-progress": 0,
	    "completed": 1} and .per_day[0].created == 3 and
	    .per_day[0].deleted == 1 and .per_day[0].completed == 1 and
	    (.per_day[0].seconds_to_completion | .median >= 7200 and
	    .p90 == .median)'

	step "$1: the log of changes"
	api GET "/tasks/changes?since=$SINCE"
	expect_json '[.data[].action] ==
	    ["created", "deleted", "created", "created", "updated"]'
	by "$ROOT"
	api GET "/tasks/changes?since=$SINCE"
	ALL=$(json '.data | length')
	expect [ "$ALL" -gt 4 ]
	LAST=$(json .next_cursor)
	by "$BOB"
	api GET "/tasks/changes?since=$SINCE"
	expect_same "where BOB is" "$(json .next_cursor)" "$LAST"
	send POST /tasks '{"title": "last of bob"}'
	expect_status 201
	last='"last of bob"'
	expect_soon 10 has_last bob
	expect_soon 10 has_last root
	! grep -qF 'of alice' "$D/bob" || fail "the stream tells of others"
	grep -qF 'of alice' "$D/root" || fail "the stream of all lacks some"
	expect [ "$(data root .subject | wc -l)" -gt "$ALL" ]
	api DELETE "/tasks/$(json .id)"

	step "$1: administrators see all"
	by "$ROOT"
	for path in "/tasks/$MINE" "/tasks/$GONE/events" "/jobs/$JOB"; do
		api GET "$path"
		expect_status 200
	done
	send PATCH "/tasks/$MINE" '{"title": "of alice, still"}'
	expect_status 200
	by "$ALICE"
	api GET "/tasks/$MINE"
	expect_json '.title == "of alice, still"'
	api GET "/tasks/$MINE/events"
	expect_json '.data[0].actor == "root"'
	by "$ROOT"
	api DELETE "/webhooks/$HOOK"
}
has_last() {
	data "$1" .data.task.title | grep -qxF "$last"
}

# keyed: a task, always with the same key.
keyed() {
	send POST /tasks '{"title": "of erin"}' -H 'Idempotency-Key: once'
	expect_status 201
}
ERIN=$(token --role user --user erin)
by "$ERIN"
keyed
api GET /me
ERIN_ADMIN=$(token --claim "sub=\"$(json .subject)\"" --role admin)

mode own "'sub=' || '$(by "$ALICE"; api GET /me; json .subject)'"
by "$ALSO"
api GET "/tasks/$MINE"
expect_problem 404

step "own: a key that was used before the mode, or another role, makes nothing"
for each in "$ERIN" "$ERIN_ADMIN"; do
	by "$each"
	keyed
	expect_header Idempotency-Replayed true
done
psql_q "DELETE FROM tasks"
redis_q FLUSHALL >/dev/null
mode claim:team "'team=red'"

step "claim: who bears the same"
by "$ALSO"
api GET "/tasks/$MINE"
expect_status 200
send PATCH "/tasks/$MINE" '{"title": "of the team"}'
expect_status 200
by "$ALICE"
api GET "/tasks/$MINE"
expect_json '.title == "of the team"'

step "claim: who bears none is told which"
for claim in other='""' team='""' team='["red"]' team=7 team='{}'; do
	TOKEN=$(token --role user --user carol --claim "$claim")
	for path in /tasks "/tasks/$MINE" /stats /tasks/changes /tasks/stream; do
		api GET "$path"
		expect_problem 403
		expect_json '.detail | test("claim team")'
		expect_header WWW-Authenticate '.*error="insufficient_scope".*'
	done
	send POST /tasks '{"title": "of nobody"}'
	expect_problem 403
	api GET /me
	expect_status 200
done

step "claim:email: an address that nobody has looked at is nobody's"
set_ini rbac.tasks=claim:email
end fcgi
begin fcgi 2
expect_soon 20 ready
by "$(token --role user --user frank --email f@example.org \
    --claim email_verified=true)"
new_task '{"title": "of frank"}'
by "$(token --role user --user grace --email f@example.org \
    --claim email_verified=false)"
api GET "/tasks/$ID"
expect_problem 403
set_ini rbac.tasks=claim:team
end fcgi
begin fcgi 2
expect_soon 20 ready

step "claim: a key of the same user for another team is another key"
TOKEN=$(token --role user --user dora --claim 'team="red"')
SUB=$(api GET /me; json .subject)
OTHER=$(token --claim "sub=\"$SUB\"" --role user --claim 'team="blue"')
send POST /tasks '{"title": "once"}' -H 'Idempotency-Key: k'
expect_status 201
first=$(json .id)
TOKEN=$OTHER
send POST /tasks '{"title": "once"}' -H 'Idempotency-Key: k'
expect_status 201
expect_no_header Idempotency-Replayed
expect [ "$(json .id)" != "$first" ]

step "what is nobody's is seen by those who see all"
psql_q "UPDATE tasks SET owner = NULL WHERE id = '$MINE'"
redis_q FLUSHALL >/dev/null
by "$ALICE"
api GET "/tasks/$MINE"
expect_problem 404
by "$ROOT"
api GET "/tasks/$MINE"
expect_status 200

#!/bin/bash
# SPDX-License-Identifier: ISC
# Of many changes at once that name the same version exactly one is made;
# without a version all are, one after the other, and the history has each.
. "${srcdir:-.}/tests/lib/lib.sh"
PROCESSES=4 stack_up
N=20

# at_once METHOD PATH FORMAT [CURL ARGUMENT...]: N requests in parallel, the
# format's %s being their numbers; prints how often each status came.
at_once() {
	local method=$1 path=$2 body=$3 i
	shift 3
	for ((i = 0; i < N; i++)); do
		# shellcheck disable=SC2059
		[ "$i" = 0 ] || printf -- '--next\n'
		printf 'url = "http://127.0.0.1:%s%s"\nrequest = %s\n' \
		    "$PORT" "$path" "$method"
		printf 'header = "Authorization: Bearer %s"\n' "$TOKEN"
		printf 'header = "Content-Type: application/json"\n'
		# shellcheck disable=SC2059
		printf 'data = "%s"\n' "$(printf "$body" "$i" | sed 's/"/\\"/g')"
		for each; do
			printf 'header = "%s"\n' "${each//\"/\\\"}"
		done
		printf 'write-out = "%%{http_code}\\n"\nsilent\noutput = %s\n' \
		    "$D/parallel.$i"
	done >"$D/parallel"
	curl -q --parallel --parallel-immediate --parallel-max "$N" \
	    -K "$D/parallel" | sort | uniq -c | awk '{ print $2 "x" $1 }' |
	    paste -sd ' '
}

step "$N creations at once are $N tasks"
expect_same "answers" "$(at_once POST /tasks '{"title": "new %s"}')" "201x$N"
expect_same "tasks" "$(psql_q 'SELECT count(DISTINCT title) FROM tasks')" "$N"

step "with If-Match one wins, each time"
new_task '{"title": "a"}'
T=/tasks/$ID
for round in 1 2 3; do
	expect_same "answers" "$(at_once PATCH "$T" '{"title": "r'"$round"' %s"}' \
	    "If-Match: \"$round\"")" "200x1 412x$((N - 1))"
	winner=$(grep -lF '"title":' "$D"/parallel.* | xargs jq -r \
	    'select(.status | type == "string") | .title')
	api GET "$T"
	expect_header ETag "\"$((round + 1))-.*\""
	expect_json --arg title "$winner" '.title == $title'
done

step "without it none is lost: versions count up, the history is whole"
expect_same "answers" "$(at_once PATCH "$T" '{"title": "free %s"}')" "200x$N"
last=$((4 + N))
api GET "$T"
expect_header ETag "\"$last-.*\""
TITLE=$(json .title)
api GET "$T/events?limit=100"
expect_json --argjson last "$last" --arg title "$TITLE" '
    [.data[].version] == [range($last; 0; -1)] and
    .data[0].changes.title.to == $title and
    ([.data[:-1][] | .changes.title] | . as $c |
    [range(0; length - 1)] | all($c[.].from == $c[. + 1].to))'
expect_same "events that tell the statistics" "$(psql_q "SELECT count(*)
    FROM task_events WHERE task_id = '$ID' AND status_now IS NOT NULL")" "$last"

step "changes of different members do not undo each other"
at_once PATCH "$T" '{"description": "d%s"}' >/dev/null &
other=$!
(
	D=$D/other
	mkdir "$D"
	at_once PATCH "$T" '{"title": "t%s"}' >/dev/null
)
wait "$other"
api GET "$T"
expect_json '(.title | test("^t")) and (.description | test("^d"))'
expect_header ETag "\"$((last + 2 * N))-.*\""

step "of many deletions one is made"
as admin
expect_same "answers" "$(at_once DELETE "$T" '')" "204x1 404x$((N - 1))"

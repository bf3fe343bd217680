#!/bin/bash
# SPDX-License-Identifier: ISC
# errandctl tasks watch prints each change, goes on after an outage, and after
# it was ended itself, where it was.
. "${srcdir:-.}/tests/lib/lib.sh"
stack_up
unset ERRAND_CONFIG
export ERRAND_URL=http://127.0.0.1:$PORT$BASE ERRAND_TOKEN=$TOKEN

# watch FILE ARGUMENT...: errandctl tasks watch, from now on; its id is in WATCH.
watch() {
	local out=$1
	shift
	"$BUILD/errandctl" tasks watch "$@" >"$out" 2>"$out.err" &
	WATCH=$!
}

# watched: it ends by itself, and well, when it is told to.
watched() {
	kill -s TERM "$WATCH"
	wait "$WATCH" || fail "it ended with $?: $(cat "$D"/*.err)"
}

# seen FILE REGEX: a line has it.
seen() {
	grep -qE -e "$2" "$1"
}

step "what happens is seen, by people and by programs"
watch "$D/all" --json --since oldest --cursor-file "$D/cursor"
PROGRAM=$WATCH
new_task '{"title": "first \u001b[31m"}'
FIRST=$ID
expect_soon 20 seen "$D/all" "\"task_id\":\"$FIRST\""
watch "$D/now"
PEOPLE=$WATCH
# It begins with what comes after its first question.
seen_now() {
	new_task '{"title": "second"}'
	seen "$D/now" 'created +[0-9a-f-]{36}  alice +second$'
}
expect_soon 20 seen_now
not seen "$D/now" first || fail "it tells what was before"
send PATCH "/tasks/$FIRST" '{"status": "completed"}'
expect_soon 20 seen "$D/now" \
    "^20.{17}Z  updated  $FIRST  alice +first  \[31m: status completed\$"
expect_soon 20 seen "$D/all" '"action":"updated"'

step "an outage is waited for"
end fcgi
expect_soon 20 seen "$D/now.err" 'waiting for the service: '
begin fcgi
expect_soon 20 ready
new_task '{"title": "after the outage"}'
expect_soon 40 seen "$D/now" 'after the outage'
expect_soon 40 seen "$D/all" 'after the outage'
seen "$D/now.err" 'the service is back' || fail "it does not say so"
WATCH=$PEOPLE watched
WATCH=$PROGRAM watched

step "it goes on where it was"
new_task '{"title": "while nobody watched"}'
watch "$D/more" --json --cursor-file "$D/cursor"
expect_soon 20 seen "$D/more" 'while nobody watched'
as admin
api DELETE "/tasks/$FIRST"
expect_status 204
expect_soon 20 seen "$D/more" "\"task_id\":\"$FIRST\".*\"action\":\"deleted\""
watched
cat "$D/all" "$D/more" | jq -c '[.task_id, .version]' | sort >"$D/told"
[ -z "$(uniq -d "$D/told")" ] || fail "told twice: $(uniq -d "$D/told")"
expect_same "changes" "$(wc -l <"$D/told")" \
    "$(psql_q "SELECT count(*) FROM task_events")"

step "so many, and what cannot be followed"
"$BUILD/errandctl" tasks watch --since oldest -n 2 >"$D/two"
expect_same "lines" "$(wc -l <"$D/two")" 2
rm "$D/cursor"
"$BUILD/errandctl" tasks watch --json --since oldest -n 2 \
    --cursor-file "$D/cursor" >"$D/two"
timeout 100 "$BUILD/errandctl" tasks watch --json -n 1 \
    --cursor-file "$D/cursor" >>"$D/two" || fail "the third is left out"
expect_same "what is told" "$(jq -c '[.task_id, .version]' "$D/two")" \
    "$(head -3 "$D/all" | jq -c '[.task_id, .version]')"
printf 'nonsense\n' >"$D/cursor"
STATUS=0
"$BUILD/errandctl" tasks watch --cursor-file "$D/cursor" >"$D/odd" \
    2>"$D/odd.err" || STATUS=$?
expect_same "the exit status" "$STATUS" 1
seen "$D/odd.err" '  since: ' || fail "$(cat "$D/odd.err")"

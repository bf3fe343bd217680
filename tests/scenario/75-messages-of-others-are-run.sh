#!/bin/bash
# SPDX-License-Identifier: ISC
# Messages as Celery's send_task makes them are run and answered; what cannot
# be run is kept aside with its reason; kinds that others run are sent to them.
. "${srcdir:-.}/tests/lib/lib.sh"
. "$TOP/tests/lib/lib-jobs.sh"
. "$TOP/tests/lib/chaos.sh"
stack_up worker.children=2

job_script t.show max_retries=1 backoff=200ms <<'END'
cat >>shown
[ ! -e fail ] || exit 75
END
job_script t.waits <<'END'
echo $PPID >>begun
while [ ! -e go ]; do sleep .05; done
END
job_kind t.json command='echo "{\"n\": [1.50]}"' stdout_result=on
job_kind t.text command='printf "a \377\n"' stdout_result=on
job_kind t.long command='head -c 300000 /dev/zero' stdout_result=on
job_kind t.sleepy command='exec sleep 60' max_retries=3
job_kind t.brief command='exec sleep 60' soft_limit=1s max_retries=0
job_kind theirs.add queue=celery
job_kind theirs.large queue=large
job_kind t.sleeps command='exec sleep 60' max_retries=0
begin worker

# result ID FILTER: what AsyncResult would find.
result() {
	redis_q get "celery-task-meta-$1" | jq -r "$2"
}
has_result() {
	[ "$(result "$1" .status)" = "$2" ]
}

ready() {
	api_is 200 GET /health/ready
}

step "a message of others is run and answered"
ONE=11111111-1111-4111-8111-111111111111
TRACE=4bf92f3577b34da6a3ce929d0e0e4736
message $ONE t.show "{\"request_id\": \"theirs-1\",
    \"traceparent\": \"00-$TRACE-00f067aa0ba902b7-01\"}" "[[1, 12345678901234567890], {\"a\": \"\u00fc\"}, $NO_MORE]"
expect_soon 20 has_result $ONE SUCCESS
expect_same id "$(result $ONE .task_id)" $ONE
expect_soon 20 job_is $ONE succeeded
expect_same args "$(jq -c '.args | .args[0], .kwargs' <"$D/shown" |
    tr '\n' ' ')" '1 {"a":"ü"} '
expect grep -q '[^0-9]12345678901234567890[^0-9]' "$D/shown"
expect_soon 20 nothing_held
expect_same "what leads to its cause" "$(psql_q "SELECT request_id,
    traceparent FROM jobs WHERE id = '$ONE'")" \
    "theirs-1|00-$TRACE-00f067aa0ba902b7-01"
expect_soon 10 grep -q " job job=$ONE .* request_id=theirs-1 trace_id=$TRACE\$" \
    "$D/log/errand.log"

step "what a command prints is its result, if its kind says so"
expect_same result "$(result $ONE .result)" null
for each in json text long; do
	message "prints $each" t.$each '{}' "[[], {}, $NO_MORE]"
done
for each in json text long; do
	expect_soon 20 has_result "prints $each" SUCCESS
done
expect_same json "$(result 'prints json' '.result.n[0] * 2')" 3
expect_same text "$(result 'prints text' .result)" 'a ?'
expect_same long "$(result 'prints long' .result)" null

step "its id need not be a UUID, and a second copy is not run"
message 'any id: / ü' t.show '{}' "[[], {}, $NO_MORE]"
expect_soon 20 has_result 'any id: / ü' SUCCESS
expect_soon 20 row_of 'any id: / ü'
redis_q del 'celery-task-meta-any id: / ü' >/dev/null
message 'any id: / ü' t.show '{}' "[[], {}, $NO_MORE]"
expect_soon 20 has_result 'any id: / ü' SUCCESS
expect_same attempts "$(job_get "$ID" attempts)" 1

step "a failure that is sent anew is run anew, and nothing of another job is"
: >"$D/fail"
message twice t.show '{}' "[[1], {}, $NO_MORE]"
expect_soon 20 has_result twice FAILURE
rm "$D/fail"
TAG=another message twice t.show '{}' "[[2], {}, $NO_MORE]"
expect_soon 20 has_result twice SUCCESS
expect_same "its args" "$(tail -n 1 "$D/shown" | jq -c .args)" \
    '{"args":[2],"kwargs":{}}'
TAG=third message twice t.sleeps '{}' "[[3], {}, $NO_MORE]"
expect_soon 20 list_has errand:dead 1
expect has_result twice SUCCESS
redis_q del errand:dead >/dev/null

step "a retry is told, and then the end"
: >"$D/fail"
message again t.show '{}' "[[7], {}, $NO_MORE]"
expect_soon 20 has_result again FAILURE
expect_same type "$(result again .result.exc_type)" RuntimeError
expect row_of again
expect_same attempts "$(job_get "$ID" attempts)" 2
expect_same "last args" "$(tail -n 1 "$D/shown" | jq -c .args)" \
    '{"args":[7],"kwargs":{}}'
rm "$D/fail"

step "the sender's own time limits end it for good, and widen none"
message soft t.sleepy '{"timelimit": [null, 1]}' "[[], {}, $NO_MORE]"
message hard t.sleepy '{"timelimit": [1, null]}' "[[], {}, $NO_MORE]"
message wide t.brief '{"timelimit": [3600, 3000]}' "[[], {}, $NO_MORE]"
expect_soon 20 has_result soft FAILURE
expect_soon 20 has_result hard FAILURE
expect_soon 20 has_result wide FAILURE
expect_same soft "$(result soft '.result | .exc_module + " " + .exc_type')" \
    'billiard.exceptions SoftTimeLimitExceeded'
expect_same hard "$(result hard '.result | .exc_module + " " + .exc_type')" \
    'billiard.exceptions TimeLimitExceeded'
expect_same wide "$(result wide .result.exc_type)" RuntimeError
for each in soft hard wide; do
	expect row_of $each
	expect_same attempts "$(job_get "$ID" attempts)" 1
done

step "an eta is kept in the row, and what has expired is not run"
message soon t.show "{\"eta\": \"$(date -u -d '+3 seconds' +%FT%T.123456+00:00)\"}" \
    "[[], {}, $NO_MORE]"
message late t.show '{"expires": "2020-01-01T00:00:00+00:00"}' \
    "[[], {}, $NO_MORE]"
expect_soon 20 has_result late REVOKED
expect_soon 20 row_of soon
expect_same state "$(job_get "$ID" state)" queued
expect_soon 20 nothing_held
expect_soon 20 has_result soon SUCCESS
expect job_get "$ID" 'started_at >= run_at'

step "whoever ends it while it waits in its row: its sender is told"
message never t.show "{\"eta\": \"$(date -u -d '+1 hour' +%FT%T.123456+00:00)\"}" \
    "[[], {}, $NO_MORE]"
expect_soon 20 row_of never
as admin
api POST "/jobs/$ID/cancel" -d ''
expect_status 202
expect_soon 20 has_result never REVOKED
expect_soon 20 psql_is "SELECT count(*) FROM job_tells" 0

step "what else its sender wanted holds after that"
SOON=$(date -u -d '+3 seconds' +%FT%T.123456+00:00)
message brief t.show "{\"eta\": \"$SOON\", \"expires\": \"$SOON\"}" \
    "[[], {}, $NO_MORE]"
message short t.sleeps "{\"eta\": \"$SOON\", \"timelimit\": [null, 0.5]}" \
    "[[], {}, $NO_MORE]"
expect_soon 20 has_result brief REVOKED
expect row_of brief
expect_same state "$(job_get "$ID" state)" cancelled
expect_same error "$(job_get "$ID" last_error)" 'it expired before it was run'
as admin
api POST "/jobs/$ID/retry" -d ''
expect_status 202
expect_soon 20 job_is "$ID" succeeded
expect_soon 20 has_result short FAILURE
expect row_of short
expect_same error "$(job_get "$ID" last_error)" 'soft time limit'
expect_soon 20 nothing_held

step "what cannot be run is put aside, and ends nobody"
redis_q lpush errand 'no message' '{}' '{"body": 1}' >/dev/null
message chain t.show '{}' '[[], {}, {"chain": [{"task": 7}]}]'
message odd t.show '{}' '[[], 7, {}]'
message nobody t.nobody '{}' "[[], {}, $NO_MORE]"
expect_soon 20 list_has errand:dead 5
expect_soon 20 list_has errand.unregistered 1
expect has_result chain FAILURE
expect has_result nobody FAILURE
expect_same type "$(result nobody .result.exc_type)" NotRegistered
expect_soon 20 nothing_held
expect_same "the queue" "$(redis_q llen errand)" 0

step "what was put aside is shown, and sent once more when it can be run"
ctl_jobs() {
	"$BUILD/errandctl" -c "$D/errand.ini" jobs "$@"
}
ctl_jobs dead --json >"$D/dead.json" || fail "errandctl jobs dead"
expect_same "ids" "$(jq -c '[.data[].id] | sort' "$D/dead.json")" \
    '[null,null,null,"chain","nobody","odd"]'
expect_same why "$(jq -r '.data[] | select(.id == "nobody") | .reason' \
    "$D/dead.json")" 'no pool knew its kind'
ctl_jobs dead --kind t.nobody >"$D/dead.txt" || fail "errandctl jobs dead"
expect_same "one of that kind" "$(tail -n +2 "$D/dead.txt" | wc -l)" 1
expect not ctl_jobs redrive odder 2>"$D/dead.txt"
expect grep -q 'nothing with the id odder was put aside' "$D/dead.txt"
ctl_jobs redrive --kind t.nobody >"$D/dead.txt" || fail "it is not redriven"
expect_same "what it says" "$(cat "$D/dead.txt")" '1 messages sent once more'
expect_soon 20 has_result nobody FAILURE
job_kind t.nobody command='true'
kill -s HUP "$(pid_of worker)"
# Children of before may take it first.
goes() {
	ctl_jobs redrive --kind t.nobody >>"$D/log/setup.log" &&
	    has_result nobody SUCCESS
}
expect_soon 20 goes
expect_same "left" "$(redis_q llen errand.unregistered)" 0

step "it goes back to its queue, whatever its routing key is"
jq -nc '{body: ("[[], {}, {}]" | @base64), "content-type": "application/json",
    "content-encoding": "utf-8", headers: {id: "routed", task: "t.nowhere"},
    properties: {body_encoding: "base64", delivery_tag: "routed",
	delivery_info: {exchange: "media", routing_key: "tasks.video"}}}' |
    redis_q -x lpush errand >/dev/null
expect_soon 20 list_has errand.unregistered 1
ctl_jobs redrive --kind t.nowhere >"$D/dead.txt" || fail "it is not redriven"
expect_same "messages elsewhere" "$(redis_q llen tasks.video)" 0
expect_soon 20 list_has errand.unregistered 1
redis_q del errand.unregistered >/dev/null

step "and whoever can be told is told"
LONG=$(printf 'x%.0s' {1..1000})
message "$LONG" t.show '{}' "[[], {}, $NO_MORE]"
expect_soon 20 has_result "$LONG" FAILURE
expect_same why "$(result "$LONG" '.result.exc_message[0]')" \
    'there is no usable id'
redis_q del errand:dead >/dev/null
for each in large quiet; do
	jq -nc --arg id "too $each" --argjson quiet "$(
	    [ $each = quiet ] && echo true || echo false)" '
	    {body: ("a" * 3000000), "content-type": "application/json",
	     headers: {id: $id, task: "t.show", ignore_result: $quiet},
	     properties: {delivery_info: {}, delivery_tag: "x"}}' |
	    redis_q -x lpush errand >/dev/null
done
expect_soon 20 list_has errand:dead 2
expect_soon 20 has_result 'too large' FAILURE
expect_same type "$(result 'too large' .result.exc_type)" ContentDisallowed
expect_same "the other's result" \
    "$(redis_q exists 'celery-task-meta-too quiet')" 0
for each in 0 1; do
	expect [ "$(redis_q lindex errand:dead $each | wc -c)" -lt 1050000 ]
done

step "its end is told though the broker has lost the message meanwhile"
begun() {
	[ -e "$D/begun" ] && [ "$(wc -l <"$D/begun")" = "$1" ]
}
message lost t.waits '{}' "[[], {}, $NO_MORE]"
expect_soon 20 begun 1
redis_q flushall >/dev/null
touch "$D/go"
expect_soon 20 has_result lost SUCCESS

step "and though the child died when the row said so, and nobody else"
rm "$D/go"
message untold t.waits '{}' "[[], {}, $NO_MORE]"
expect_soon 20 begun 2
expect row_of untold
freeze redis
touch "$D/go"
expect_soon 20 job_is "$ID" succeeded
kill -9 "$(tail -n 1 "$D/begun")"
thaw redis
expect_soon 60 has_result untold SUCCESS
expect begun 2
expect_soon 20 nothing_held

step "what PostgreSQL refuses for reasons of its own waits; a message to blame does not"
# refuses WHEN [SQLSTATE]: a trigger that is not ours.
refuses() {
	psql_q "CREATE OR REPLACE FUNCTION refuse() RETURNS trigger LANGUAGE
	    plpgsql AS 'BEGIN IF $1 THEN RAISE SQLSTATE ''${2:-P0001}''; END IF;
	    RETURN NEW; END';
	    CREATE OR REPLACE TRIGGER refuse BEFORE INSERT OR UPDATE ON jobs
	    FOR EACH ROW EXECUTE FUNCTION refuse()" 2>/dev/null
}
held() {
	grep -q "message is held.*job=\"*$1" "$D/log/errand.log"
}
new_job t.show '{"name": "row"}' "now() + interval '1 hour'"; ROW=$ID
for each in P0001 22012 23514 54000; do
	refuses true $each
	message "all $each" t.show '{}' "[[], {}, $NO_MORE]"
	expect_soon 30 held "all $each"
done
refuses "NEW.id = ''$ROW'' AND NEW.state = ''running''"
for each in P0001 22012 23514 54000; do
	expect_soon 30 has_result "all $each" SUCCESS
done
psql_q "UPDATE jobs SET run_at = now() WHERE id = '$ROW'"
expect_soon 30 held "$ROW"
refuses "NEW.id = ''$ROW'' AND NEW.state = ''running''
    OR NEW.args->>''args'' LIKE ''%poison%''"
message poison t.show '{}' "[[\"poison\"], {}, $NO_MORE]"
expect_soon 30 has_result poison FAILURE
psql_q "DROP FUNCTION refuse() CASCADE" 2>/dev/null
expect_soon 30 job_is "$ROW" succeeded

step "a kind that others run is sent to them, and their result is noted"
new_job theirs.add '{"x": 2}'; GOOD=$ID
new_job theirs.add '{"x": 3}'; BAD=$ID
expect_soon 20 list_has celery 2
expect_same ids "$(redis_q lrange celery 0 -1 | jq -r .headers.id | sort |
    tr '\n' ' ')" "$(printf '%s\n' "$GOOD" "$BAD" | sort | tr '\n' ' ')"
expect_same kwargs "$(redis_q lrange celery -1 -1 | jq -r .body | base64 -d |
    jq -c '.[1]')" '{"x":2}'
redis_q set "celery-task-meta-$GOOD" "{\"status\":\"SUCCESS\",\"result\":5,\"traceback\":null,\"children\":[],\"task_id\":\"$GOOD\"}" >/dev/null
redis_q set "celery-task-meta-$BAD" "{\"status\":\"FAILURE\",\"result\":{\"exc_type\":\"ValueError\",\"exc_message\":[\"bad\",42],\"exc_module\":\"builtins\"},\"traceback\":null,\"children\":[],\"task_id\":\"$BAD\"}" >/dev/null
expect_soon 20 job_is "$GOOD" succeeded
expect_soon 20 job_is "$BAD" failed
expect_same error "$(job_get "$BAD" last_error)" 'ValueError: bad'

step "one that is sent again by hand is not what it was before"
as admin
api POST "/jobs/$BAD/retry" -d ''
expect_status 202
expect_soon 20 list_has celery 3
expect job_is "$BAD" published
expect_same "old results" "$(redis_q exists "celery-task-meta-$BAD")" 0
redis_q set "celery-task-meta-$BAD" "{\"status\":\"SUCCESS\",\"result\":5,\"traceback\":null,\"children\":[],\"task_id\":\"$BAD\"}" >/dev/null
expect_soon 20 job_is "$BAD" succeeded

step "one that is cancelled is taken back from them"
end fcgi # which does not know the kinds yet
begin fcgi
expect_soon 20 ready
new_job theirs.add; GOOD=$ID
new_job theirs.add; BAD=$ID
expect_soon 20 job_is "$BAD" published
before=$(redis_q llen celery)
api POST "/jobs/$GOOD/cancel" -d ''
expect_status 202
"$BUILD/errandctl" -c "$D/errand.ini" jobs cancel "$BAD" >"$D/log/cancel.log" ||
    fail "it was not cancelled"
expect_same "messages left" "$(redis_q llen celery)" $((before - 2))
new_job theirs.add
expect_soon 20 job_is "$ID" published
redis_q del celery >/dev/null
launch ear redis-cli -s "$RUN/redis.sock" subscribe /0.celery.pidbox
expect_soon 20 grep -q subscribe "$D/log/ear.log"
"$BUILD/errandctl" -c "$D/errand.ini" jobs cancel "$ID" >"$D/log/cancel.log" ||
    fail "it was not cancelled"
# revoked: what was told to all workers.
revoked() {
	grep '^{' "$D/log/ear.log" | jq -e --arg id "$ID" '.body | @base64d |
	    fromjson | .method == "revoke" and .arguments.task_id == [$id]' \
	    >/dev/null
}
expect_soon 20 revoked
crash ear

step "many that are large go out in portions, each of them once"
sent() {
	psql_is "SELECT count(*) FROM jobs WHERE kind = 'theirs.large'
	    AND state = 'published'" 60
}
# The relay fetches 50 rows at a time.
psql_q "INSERT INTO jobs (kind, args, relayed_at)
    SELECT 'theirs.large', jsonb_build_object('x', repeat('a', 700000)), now()
    FROM generate_series(1, 60)"
expect_soon 60 sent
expect list_has large 60
redis_q del large >/dev/null
end worker

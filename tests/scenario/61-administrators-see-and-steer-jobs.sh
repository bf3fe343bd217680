#!/bin/bash
# SPDX-License-Identifier: ISC
# GET /jobs shows what a change has caused, to administrators only; retry and
# cancel do what the state of the job allows, through the API and errandctl.
# POST /jobs makes those that the settings allow.
. "${srcdir:-.}/tests/lib/lib.sh"
. "$TOP/tests/lib/lib-jobs.sh"
stack_up job:made.command=cat job:made.create=yes \
    job:made.stdout_result=yes job:closed.command=exit

ctl() {
	"$BUILD/errandctl" -c "$D/errand.ini" jobs "$@"
}

# set_state ID STATE: as if a worker had done it.
set_state() {
	psql_q "UPDATE jobs SET state = '$2', finished_at = CASE WHEN '$2' IN
	    ('succeeded', 'failed', 'cancelled') THEN now() END
	    WHERE id = '$1'"
}

step "a task has two jobs"
as user
new_task '{"title": "first"}'
TASK=$ID
for path in /jobs "/jobs/$TASK"; do
	api GET "$path"
	expect_status 403
done
for path in retry cancel; do
	api POST "/jobs/$TASK/$path" -d ""
	expect_status 403
done
as admin
api GET /jobs
expect_status 200
expect_header Cache-Control no-store
expect_json --arg task "$TASK" '
    (keys == ["data", "next_cursor"]) and .next_cursor == null and
    [.data[].kind] == ["errand.send_notification"] and
    all(.data[]; .state == "queued" and .task_id == $task and
	.attempts == 0 and .deaths == 0 and .last_error == null and
	.worker == null and .started_at == null and .finished_at == null and
	.args.task_id == $task and (.request_id | length > 0) and
	.run_at == .created_at)'
JOB=$(json '.data[] | select(.kind == "errand.send_notification").id')

step "one job"
api GET "/jobs/$JOB"
expect_status 200
expect_json --arg id "$JOB" '.id == $id and (keys | length) == 19'
api GET "/jobs/$TASK"
expect_status 404
api GET /jobs/7
expect_status 404

step "filters"
as user
new_task '{"title": "second"}'
as admin
# count QUERY N: so many jobs are found.
count() {
	api GET "/jobs?$1"
	expect_status 200
	expect_json --argjson n "$2" '.data | length == $n'
}
set_state "$JOB" failed
count "" 2
count "task_id=$TASK" 1
count "kind=errand.send_notification" 2
count "kind=errand.send" 0
for state in published running retrying succeeded cancelled; do
	count "state=$state" 0
done
count state=failed 1
count state=queued 1
count state=failed,queued 2
count "state=failed&state=cancelled" 1
count "state=queued&kind=errand.send_notification&task_id=$ID" 1
count "state=queued&kind=errand.send_notification&task_id=$TASK" 0
for query in state=asleep state= kind= task_id=7 limit=0 offset=1 \
    status=failed "kind=a&kind=b" cursor=x; do
	api GET "/jobs?$query"
	expect_status 422
done

# walk QUERY: the ids that a list meets, page by page.
walk() {
	local path="/jobs?$1"
	while [ -n "$path" ]; do
		api GET "$path"
		expect_status 200
		json '.data[].id'
		path=$(header Link | sed 's/^<\(.*\)>; rel="next"$/\1/')
	done
}

step "a cursor meets each job once, newest first, for each filter"
psql_q "INSERT INTO jobs (kind, state, created_at)
    SELECT 'k' || n % 2, (enum_range(NULL::job_state))[1 + n / 2 % 7],
	timestamptz '2026-03-01Z' + n / 4 * interval '1 hour'
    FROM generate_series(0, 55) AS n"
for state in '' queued published running retrying succeeded failed cancelled \
    failed,running; do
	expect_same "what $state meets" \
	    "$(walk "limit=3${state:+&state=$state}&kind=k1")" \
	    "$(psql_q "SELECT id FROM jobs WHERE kind = 'k1' AND ('$state' = ''
		OR state = ANY(regexp_split_to_array('$state', ',')::job_state[]))
		ORDER BY created_at DESC, id DESC")"
done
api GET "/jobs?limit=3&state=failed"
CURSOR=$(json .next_cursor)
api GET "/jobs?limit=3&state=running&cursor=$CURSOR"
expect_status 422
psql_q "DELETE FROM jobs WHERE kind LIKE 'k_'"

# steer WHAT STATE STATUS NEW: what becomes of a job in that state.
steer() {
	set_state "$JOB" "$2"
	api POST "/jobs/$JOB/$1" -d ""
	expect_status "$3"
	expect_same "state" \
	    "$(psql_q "SELECT state FROM jobs WHERE id = '$JOB'")" "$4"
}

step "cancel"
for state in queued published retrying; do
	steer cancel "$state" 202 cancelled
	expect_json '.state == "cancelled" and .finished_at != null and
	    .last_error == "cancelled by root"'
done
expect_soon 10 grep -q " job cancelled job=$JOB kind=" "$D/log/errand.log"
for state in running succeeded failed cancelled; do
	steer cancel "$state" 409 "$state"
	expect_json --arg state "$state" '.detail | contains($state)'
done

step "cancel with a body"
for body in '{"terminate": false}' '{}'; do
	set_state "$JOB" queued
	api POST "/jobs/$JOB/cancel" --json "$body"
	expect_status 202
	set_state "$JOB" running
	api POST "/jobs/$JOB/cancel" --json "$body"
	expect_status 409
done
for body in '[]' null '{"terminate": 1}' '{"terminate": "true"}' \
    '{"terminate": null}' '{"force": true}'; do
	api POST "/jobs/$JOB/cancel" --json "$body"
	expect_status 422
done
api POST "/jobs/$JOB/cancel" --json '{'
expect_status 400
api POST "/jobs/$JOB/cancel" -d terminate=true
expect_status 415
for state in succeeded failed cancelled; do
	set_state "$JOB" "$state"
	api POST "/jobs/$JOB/cancel" --json '{"terminate": true}'
	expect_status 409
done

step "retry"
for state in failed cancelled; do
	psql_q "UPDATE jobs SET attempts = 4, deaths = 3, tag = 'old'"
	steer retry "$state" 202 queued
	expect_json '.state == "queued" and .attempts == 0 and
	    .deaths == 0 and .finished_at == null'
done
expect_soon 10 grep -q " job queued again job=$JOB kind=" "$D/log/errand.log"
for state in queued published running retrying succeeded; do
	steer retry "$state" 409 "$state"
done

step "a job that ends at the same moment is retried"
set_state "$JOB" running
psql_q "BEGIN; UPDATE jobs SET state = 'failed' WHERE id = '$JOB'; DO \$\$ BEGIN
    WHILE NOT EXISTS (SELECT FROM pg_locks WHERE NOT granted) LOOP
	PERFORM pg_sleep(0.05);
    END LOOP; END \$\$; COMMIT" &
ENDING=$!
expect_soon 10 psql_is "SELECT count(*) FROM pg_locks AS l
    JOIN pg_class AS c ON c.oid = l.relation WHERE c.relname = 'jobs'
    AND l.mode = 'RowExclusiveLock' AND l.pid <> pg_backend_pid()" 1
api POST "/jobs/$JOB/retry" -d ""
expect_status 202
wait "$ENDING"

step "of what is no job there is nothing to steer"
for what in retry cancel; do
	api POST "/jobs/$TASK/$what" -d ""
	expect_status 404
	api POST "/jobs/nothing/$what" -d ""
	expect_status 404
	api GET "/jobs/$JOB/$what"
	expect_status 405
done

step "errandctl lists and shows"
set_state "$JOB" failed
psql_q "UPDATE jobs SET last_error = E'no\\n\\u001b[31m\\u202e' WHERE id = '$JOB'"
expect_same "rows" "$(ctl list | wc -l)" 3
expect_same "rows" "$(ctl list -n 1 | wc -l)" 2
ctl list --state failed,running >"$D/out"
grep -q "^$JOB  failed .*send_notification: no  \[31m \$" "$D/out" ||
    fail "not as expected: $(cat "$D/out")"
ctl list --json --task "$TASK" | jq -e '.data | length == 1' >"$D/out"
ctl list --json --kind none | jq -e '.data == []' >"$D/out"
ctl show "$JOB" >"$D/out"
grep -qx 'state         failed' "$D/out" || fail "$(cat "$D/out")"
ctl show -j "$JOB" | jq -e '.state == "failed"' >"$D/out"

step "nothing that a terminal obeys is printed"
# A CSI of one character, a mark that turns the direction, DEL, and U+00A0.
ODD=$'\u009b31m\u202e\u2066\u061c\x7f\u00a0'
psql_q "UPDATE jobs SET last_error = '$ODD' WHERE id = '$JOB'"
for how in "show -j $JOB" "list --json"; do
	# shellcheck disable=SC2086 # words
	ctl $how >"$D/out"
	expect_same "$how" "$(grep -o 'u009b.*u007f' "$D/out")" \
	    'u009b31m\u202e\u2066\u061c\u007f'
	jq -e --arg odd "$ODD" '(.data[]?, .) | select(.last_error? == $odd)' \
	    <"$D/out" >/dev/null || fail "$how is not what the row has"
done
expect_same "kind" "$(ctl list --kind '' 2>&1 >/dev/null | head -n 1)" \
    'errandctl jobs: --kind needs the name of a kind'
! ctl show "$TASK" 2>"$D/out" || fail "shows what there is not"

step "errandctl retries, cancels and purges"
ctl retry "$JOB" | grep -q queued || fail "not retried"
! ctl retry "$JOB" 2>"$D/out" || fail "retried what is queued"
ctl cancel --json "$JOB" | jq -e '.last_error == "cancelled by errandctl"' \
    >"$D/out"
psql_q "INSERT INTO jobs (kind) VALUES ('k'), ('k')"
psql_q "UPDATE jobs SET state = 'failed', finished_at = now()"
ctl retry --all --kind errand.send_notification >"$D/out"
expect_same "queued" \
    "$(psql_q "SELECT count(*) FROM jobs WHERE state = 'queued'")" 2
expect_same "purged" "$(ctl purge)" "0 jobs deleted"
expect_same "purged" "$(ctl purge --json --before 2999-01-01)" '{"purged":2}'
expect_same "left" "$(psql_q "SELECT count(*) FROM jobs")" 2

step "errandctl cancels all that have not begun, or those of a kind"
psql_q "INSERT INTO jobs (kind, state, relayed_at) SELECT kind, state, now()
    FROM unnest(enum_range(NULL::job_state)) AS state,
        unnest(ARRAY['k1', 'k2']) AS kind"
ctl cancel --kind k1 >"$D/out"
expect_same "said" "$(grep -c 'is cancelled' "$D/out")" 3
expect_same "of k1" "$(psql_q "SELECT count(*) FROM jobs
    WHERE kind = 'k1' AND last_error = 'cancelled by errandctl'")" 3
expect_same "of others" "$(psql_q "SELECT count(*) FROM jobs
    WHERE kind = 'k2' AND last_error = 'cancelled by errandctl'")" 0
ctl cancel --all >"$D/out"
expect_same "not begun" "$(psql_q "SELECT count(*) FROM jobs
    WHERE state IN ('queued', 'published', 'retrying')")" 0
! ctl cancel --all "$JOB" 2>"$D/out" || fail "both all and one"

step "errandctl steers many of them in few statements"
# few STATE: all of k3 are in it, and came there a page at a time.
few() {
	expect psql_is "SELECT count(*), count(DISTINCT xmin::text) < 10
	    FROM jobs WHERE kind = 'k3' AND state = '$1'" '1000|t'
}
psql_q "INSERT INTO jobs (kind, relayed_at) SELECT 'k3', now()
    FROM generate_series(1, 1000)"
ctl cancel --kind k3 >"$D/out"
expect_same "said" "$(grep -c 'is cancelled' "$D/out")" 1000
few cancelled
psql_q "UPDATE jobs SET state = 'failed' WHERE kind = 'k3'"
ctl retry --kind k3 >"$D/out"
expect_same "said" "$(grep -c 'is queued' "$D/out")" 1000
few queued

step "POST /jobs: of kinds that are open, with arguments as they are"
psql_q "DELETE FROM jobs"
as user
send POST /jobs '{"kind": "made"}'
expect_status 403
as admin
# made STATUS BODY [ARGUMENT...]
made() {
	local status=$1 body=$2
	shift 2
	send POST /jobs "$body" "$@"
	expect_status "$status"
}
made 201 '{"kind": "made", "args": [1, 12345678901234567890],
    "kwargs": {"n": 0.10, "s": "\u00fc"}, "run_at": "2999-01-01T00:00:00+01:00",
    "unique_key": "a", "priority": 3}'
expect_json '.kind == "made" and .state == "queued" and .task_id == null and
    .args.kwargs.s == "ü" and .run_at == "2998-12-31T23:00:00.000000Z" and
    .request_id != null and .unique_key == "a" and .priority == 3 and
    .held == false'
expect_header Location "/jobs/$(json .id)"
MADE=$(json .id)
expect_same "digits" "$(psql_q "SELECT args #>> '{args,1}',
    args #>> '{kwargs,n}' FROM jobs")" '12345678901234567890|0.10'
expect_soon 10 grep -q " job created job=$MADE kind=made user=root" \
    "$D/log/errand.log"
# wrong MEMBER TYPE BODY: it is refused for that.
wrong() {
	made 422 "$3"
	expect_json --arg at "$1" --arg type "$2" \
	    '[.errors[] | .pointer, .type] == [$at, $type]'
}
wrong /kind missing '{}'
wrong /kind enum '{"kind": "closed"}'
expect_json '.errors[0].msg | endswith("only of made")'
for kind in errand.send_notification errand.purge none; do
	wrong /kind enum "{\"kind\": \"$kind\"}"
done
wrong /kind string_type '{"kind": 1}'
wrong /args list_type '{"kind": "made", "args": {}}'
wrong /args value_error '{"kind": "made", "args": ["\u0000"]}'
wrong /kwargs dict_type '{"kind": "made", "kwargs": null}'
wrong /kwargs value_error '{"kind": "made", "kwargs": {"a": {"b": "\u0000"}}}'
wrong /run_at datetime_parsing '{"kind": "made", "run_at": "2026-11-22"}'
wrong /unique_key string_too_short '{"kind": "made", "unique_key": ""}'
wrong /priority value_error '{"kind": "made", "priority": 10}'
wrong /priority value_error '{"kind": "made", "priority": 1.5}'
wrong /state extra_forbidden '{"kind": "made", "state": "queued"}'
made 400 '{"kind": "made", "kwargs": {"a": 1, "a": 2}}'
made 400 '{"kind": "made", "args": [1e999]}'
expect_same "rows" "$(psql_q "SELECT count(*) FROM jobs")" 1

step "while a job has a key, the same is not made again"
made 200 '{"kind": "made", "unique_key": "a"}'
expect_json --arg id "$MADE" '.id == $id and .args.args[0] == 1'
expect_header Location "/jobs/$MADE"
for state in published running retrying; do
	set_state "$MADE" "$state"
	made 200 '{"kind": "made", "unique_key": "a"}'
done
for n in 1 2 3 4 5 6; do
	curl -s "http://127.0.0.1:$PORT/jobs" -H "Authorization: Bearer $TOKEN" \
	    --json '{"kind": "made", "unique_key": "b"}' -o "$D/race.$n" &
	PIDS[n]=$!
done
wait "${PIDS[@]}"
expect_same "of one key" "$(jq -r .id "$D"/race.? | sort -u | wc -l)" 1
set_state "$MADE" failed
made 201 '{"kind": "made", "unique_key": "a"}'
NEXT=$(json .id)
api POST "/jobs/$MADE/retry" -d ''
expect_status 409
expect_json '.detail | endswith("has its unique key")'
! ctl retry "$MADE" 2>"$D/out" || fail "retried what another has the key of"
expect grep -q 'has the unique key of job' "$D/out"

step "also if it was made the same moment"
# meanwhile COMMAND...: another job takes the key; it commits when the command
# waits for that.
meanwhile() {
	set_state "$NEXT" cancelled
	coproc OTHER { psql -XAtq -d "$PG"; }
	printf "BEGIN; UPDATE jobs SET state = 'queued' WHERE id = '%s';
	    SELECT 1;\n" "$NEXT" >&"${OTHER[1]}"
	read -r _ <&"${OTHER[0]}"
	"$@" >"$D/out" 2>&1 &
	expect_soon 10 psql_is "SELECT count(*) > 0 FROM pg_stat_activity
	    WHERE wait_event_type = 'Lock'" t
	echo 'COMMIT; SELECT 1; \q' >&"${OTHER[1]}"
	read -r _ <&"${OTHER[0]}"
	wait "$!"
}
meanwhile curl -s "http://127.0.0.1:$PORT/jobs/$MADE/retry" -d '' \
    -H "Authorization: Bearer $TOKEN" || fail "no answer"
expect jq -e '.status == 409' "$D/out"
set_state "$NEXT" cancelled
ctl retry --kind made >"$D/out"
made 200 '{"kind": "made", "unique_key": "a"}'
expect_json --arg id "$MADE" '.id == $id and .unique_key == "a"'
api POST "/jobs/$NEXT/retry" -d ''
expect_status 409
made 201 '{"kind": "made"}' -H 'Idempotency-Key: j'
FIRST=$(json .id)
made 201 '{"kind": "made"}' -H 'Idempotency-Key: j'
expect_json --arg id "$FIRST" '.id == $id'
expect_header Idempotency-Replayed true

step "errandctl creates the same"
ctl create --args '[1]' --kwargs '{"n": 0.10}' --at 2999-01-01T00:00:00Z \
    --key c -p 2 made >"$D/out"
expect grep -qE '^job [0-9a-f-]{36} is queued$' "$D/out"
ctl create --json --key c made >"$D/out"
jq -e '.unique_key == "c" and .priority == 2 and .args.args == [1] and
    .run_at == "2999-01-01T00:00:00.000000Z"' "$D/out" >"$D/jq" ||
    fail "$(cat "$D/out")"
for odd in '--args {}' '--kwargs []' '--args [NaN]' '--priority 10' '--at now' \
    '--key='; do
	# shellcheck disable=SC2086 # words
	! ctl create $odd made 2>"$D/out" || fail "taken: $odd"
done
! ctl create closed 2>"$D/out" || fail "created what is closed"
expect grep -q 'no job of "closed" is created' "$D/out"

step "it is sent with its priority, and run"
psql_q "DELETE FROM jobs"
launch worker "$BUILD/errand-worker" -c "$D/errand.ini" --relay
made 201 '{"kind": "made", "priority": 9}'
expect_soon 20 list_has $'errand\x06\x169' 1
end worker
begin worker
expect_soon 20 psql_is "SELECT state FROM jobs WHERE id = '$(json .id)'" \
    succeeded

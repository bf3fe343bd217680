#!/bin/bash
# SPDX-License-Identifier: ISC
# A sampled request, its calls, its jobs and its mail are one trace by OTLP; a
# receiver that is away or slow delays nobody, and what is lost is counted.
# The dollars in single quotes are jq's.
# shellcheck disable=SC2016,SC2119
. "${srcdir:-.}/tests/lib/lib.sh"
. "$TOP/tests/lib/lib-jobs.sh"
. "$TOP/tests/lib/lib-mail.sh"
. "$TOP/tests/lib/lib-otlp.sh"
stack_servers
otlp_start --want 'X-Scope-OrgID=two words'
mail_server
set_ini mail.from=errand@example.org mail.to=boss@example.org \
    mail.to_creator=off \
    "trace.endpoint=$OTLP" "trace.socket=$RUN/trace.sock" \
    trace.headers=X-Scope-OrgID=two%20words \
    trace.resource=deployment.environment.name=test,service.name=not-this \
    trace.service=errand-test trace.sampler=parentbased_always_off
stack_go
begin worker
expect_soon 20 test -S "$RUN/trace.sock"

CALLER=00f067aa0ba902b7
# trace: sets TRACE to an id that nobody has had yet.
trace() {
	TRACE=$(printf '%08x%024x' "$RANDOM" $((++TRACES)))
}
TRACES=0
# traced METHOD PATH [ARGUMENT...]: a sampled request of a trace of its own.
traced() {
	trace
	api "$@" -H "traceparent: 00-$TRACE-$CALLER-01" -H 'tracestate: a=1,b=2'
}

step "the request is a span, with its calls within"
traced POST /tasks --json '{"title": "Secret title"}'
expect_status 201
expect_header X-Trace-ID "$TRACE"
ID=$(json .id)
notice_of "$ID"
expect_soon 30 job_is "$NOTICE" succeeded
expect_soon 30 spans_are "$TRACE" \
    'map(select(.name | startswith("process "))) | length == 1'
expect_json --arg trace "$TRACE" --arg caller "$CALLER" '
    map(select(.kind == 2)) | length == 1 and (.[0] |
    .name == "POST /tasks" and .parent == $caller and .state == "a=1,b=2" and
    .scope == "errand.fcgi" and (.error | not) and
    .at["http.request.method"] == "POST" and .at["http.route"] == "/tasks" and
    .at["http.response.status_code"] == 201 and .at["url.path"] == "/tasks" and
    .resource["service.name"] == "errand-test" and
    .resource["deployment.environment.name"] == "test")'
SERVER=$(json '.[] | select(.kind == 2) | .id')
expect_json --arg server "$SERVER" 'map(select(.name == "TASK_CREATE")) |
    length == 1 and (.[0] | .parent == $server and .kind == 3 and
    .at["db.system.name"] == "postgresql")'
expect_json --arg server "$SERVER" 'map(select(.name == "DEL")) |
    length == 1 and (.[0] | .parent == $server and .kind == 3 and
    .at["db.system.name"] == "redis")'

step "so are its jobs, caused by it, with the mail within"
expect_json --arg server "$SERVER" --arg id "$NOTICE" '
    map(select(.name == "process errand.send_notification")) |
    length == 1 and (.[0] | .parent == $server and .kind == 5 and
    .scope == "errand-worker" and
    .at["errand.job.state"] == "succeeded" and
    .at["messaging.message.id"] == $id)'
RUN_SPAN=$(json '.[] | select(.name == "process errand.send_notification") | .id')
expect_json --arg run "$RUN_SPAN" 'map(select(.name == "send mail")) |
    length == 1 and (.[0] | .parent == $run and .kind == 3 and
    .at["errand.mail.result"] == "accepted")'
expect_json 'map(.id) | length == (unique | length)'
not grep -qiE 'secret|alice|boss@|Bearer' "$D"/otlp/*.json ||
    fail "a span tells what is nobody's business"
expect_soon 10 grep -q "\] job .*trace_id=$TRACE" "$D/log/errand.log"

step "a statement that PostgreSQL refuses says so"
psql_q "CREATE FUNCTION no() RETURNS trigger LANGUAGE plpgsql
    AS 'BEGIN RAISE EXCEPTION ''no''; END';
    CREATE TRIGGER no BEFORE INSERT ON tasks EXECUTE FUNCTION no()"
traced POST /tasks --json '{"title": "Refused"}'
expect_status 500
psql_q 'DROP TRIGGER no ON tasks; DROP FUNCTION no()'
expect_soon 30 spans_are "$TRACE" 'map(select(.name == "TASK_CREATE")) |
    length == 1 and .[0].error and .[0].at["error.type"] == "refused"'

step "a failed run is an error, and the next one is in the trace as well"
rules 'RCPT * 451 later'
traced POST /tasks --json '{"title": "x"}'
ID=$(json .id)
notice_of "$ID"
expect_soon 30 spans_are "$TRACE" 'any(.[]; .error and
    .at["errand.job.state"] == "retrying" and .at["error.type"] == "retrying")'
expect_json 'any(.[]; .error and .at["errand.mail.result"] == "deferred")'
rules
# The second one, or a later one if that was too quick for us.
expect_soon 60 spans_are "$TRACE" 'any(.[]; .at["errand.job.attempt"] >= 2 and
    .at["errand.job.state"] == "succeeded")'

step "so is a run whose process died, and a command knows its trace"
job_script t.dies max_deaths=1 <<'END'
echo "$TRACEPARENT" >parent
kill -s KILL "$PPID"
END
end worker
begin worker
trace
ID=$(psql_q "INSERT INTO jobs (kind, args, relayed_at, traceparent)
    VALUES ('t.dies', '{}', now(), '00-$TRACE-$CALLER-01') RETURNING id")
expect_soon 30 job_is "$ID" failed
expect_soon 30 spans_are "$TRACE" 'length == 1 and (.[0] | .error and
    .name == "process t.dies" and .at["error.type"] == "died" and
    .at["errand.job.state"] == "failed")'
expect grep -Eq "^00-$TRACE-[0-9a-f]{16}-01$" "$D/parent"

step "what is not sampled is not traced, and passes its parent on"
trace
send POST /tasks '{"title": "y"}' -H "traceparent: 00-$TRACE-$CALLER-00"
expect_same traceparent "$(psql_q "SELECT DISTINCT traceparent FROM jobs
    WHERE task_id = '$(json .id)'")" "00-$TRACE-$CALLER-00"
expect_header X-Trace-ID "$TRACE"
UNSAMPLED=$TRACE
api GET /me
expect_no_header X-Trace-ID
traced GET /tasks/nothing
expect_status 404
SEEN=$TRACE
traced GET /me
expect_soon 30 spans_are "$TRACE" 'length == 1'
expect spans_are "$SEEN" '.[0] | .at["http.response.status_code"] == 404 and
    (.error | not) and .name == "GET /tasks/{id}"'
expect spans_are "$UNSAMPLED" 'length == 0'

step "a request that fails is an error, and so is the call"
end postgres
traced GET /stats
expect_status 503
begin postgres
expect_soon 30 spans_are "$TRACE" 'any(.[]; .kind == 2 and .error and
    .at["error.type"] == "503") and any(.[]; .kind == 3 and .error)'

step "a receiver that hangs, refuses or is away delays nobody"
expect_soon 20 api_is 200 GET /tasks
otlp_rule hang
traced GET /me
expect_status 200
traced GET /me
HUNG=$TRACE
expect_status 200
expect_soon 30 grep -q 'spans cannot be sent' "$D/log/errand.log"
otlp_rule 503 1
expect_soon 30 eval 'traced GET /me && [ "$STATUS" = 200 ]'
otlp_rule
expect_soon 60 spans_are "$HUNG" 'length == 1'
expect_soon 30 grep -q 'spans are sent again' "$D/log/errand.log"
otlp_rule 400
traced GET /me
expect_soon 30 grep -q 'spans were refused .*status is 400' "$D/log/errand.log"
otlp_rule
traced GET /me
expect_soon 30 spans_are "$TRACE" 'length == 1'

step "administrators are told where the time has gone, if that is wanted"
as admin
api GET /tasks
expect_no_header Server-Timing
stop fcgi
set_ini trace.server_timing=on
begin fcgi
expect_soon 20 ready
DUR='[0-9]+\.[0-9]{3}'
send POST /tasks '{"title": "z"}'
expect_header Server-Timing "total;dur=$DUR, postgresql;dur=$DUR;desc=\"calls: [1-9]\", redis;dur=$DUR;desc=\"calls: [1-9]\""
api GET /me
expect_header Server-Timing "total;dur=$DUR(, issuer;dur=$DUR;desc=\"calls: [1-9]\")?"
as user
api GET /tasks
expect_no_header Server-Timing
as nobody
api GET /tasks
expect_no_header Server-Timing
as user

step "without the worker spans are lost, said and counted, and jobs wait"
end worker
for _ in 1 2 3; do
	traced GET /me
	expect_status 200
done
expect_soon 10 grep -q 'spans are lost, since errand-worker' "$D/log/errand.log"
begin worker
expect_soon 20 test -S "$RUN/trace.sock"
# Each process tells what it has lost with the next that it hands over.
told() {
	traced GET /me
	grep -q 'spans were lost' "$D/log/errand.log"
}
expect_soon 90 told

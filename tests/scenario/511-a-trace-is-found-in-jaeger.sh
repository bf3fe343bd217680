#!/bin/bash
# SPDX-License-Identifier: ISC
# A real Jaeger keeps a request, its jobs and its calls as one trace: to answer
# 200 it need not.  contrib/jaeger builds it.  The dollars in single quotes are
# jq's.
# shellcheck disable=SC2016,SC2119
. "${srcdir:-.}/tests/lib/lib.sh"
. "$TOP/tests/lib/lib-jobs.sh"
. "$TOP/tests/lib/lib-mail.sh"
# jaeger_find: sets JAEGER to the one that contrib/jaeger has built for root or
# us.
jaeger_find() {
	local uid
	for uid in "$(id -u)" 0; do
		JAEGER=/var/tmp/errand-jaeger-$uid/jaeger
		[ ! -x "$JAEGER" ] ||
		    [ "$(stat -c %u "$JAEGER")" != "$uid" ] || return 0
	done
	skip "Jaeger is not here: contrib/jaeger builds it"
}
jaeger_find
stack_servers
mail_server

# Its ports are those that are free now.
jaeger_ready() {
	curl -qsf -o /dev/null "http://127.0.0.1:$QUERY/api/services"
}
jaeger_start() {
	local at=127.0.0.1 grpc
	OTLP=$FREE QUERY=$((FREE + 1)) grpc=$((FREE + 2))
	launch jaeger "$JAEGER" --collector.otlp.http.host-port="$at:$OTLP" \
	    --collector.otlp.grpc.host-port="$at:$grpc" \
	    --query.http-server.host-port="$at:$QUERY" \
	    --query.grpc-server.host-port="$at:$((FREE + 3))" \
	    --admin.http.host-port="$at:$((FREE + 4))" \
	    --collector.grpc-server.host-port="$at:$((FREE + 5))" \
	    --collector.http-server.host-port="$at:$((FREE + 6))" || return 1
	await jaeger 60 jaeger_ready
}
on_a_port jaeger_start >>"$D/log/setup.log" 2>&1
set_ini mail.from=errand@example.org mail.to=boss@example.org \
    mail.to_creator=off trace.socket="$RUN/trace.sock"
stack_go trace.endpoint="http://127.0.0.1:$OTLP/v1/traces" \
    trace.service=errand-api
# The worker has it from the environment.
set_ini trace.endpoint= trace.service=
launch worker env OTEL_EXPORTER_OTLP_ENDPOINT="http://127.0.0.1:$OTLP" \
    OTEL_SERVICE_NAME=errand-jobs \
    "$BUILD/errand-worker" -c "$D/errand.ini"
expect_soon 20 test -S "$RUN/trace.sock"

TRACE=4bf92f3577b34da6a3ce929d0e0e4736
send POST /tasks '{"title": "x"}' \
    -H "traceparent: 00-$TRACE-00f067aa0ba902b7-01"
expect_status 201
# found JQ-FILTER: what Jaeger has of the trace.
found() {
	curl -qsf -o "$BODY" "http://127.0.0.1:$QUERY/api/traces/$TRACE" &&
	    json_is "$1"
}

step "the trace is there, with all that it is made of"
expect_soon 30 found '.data | length == 1 and
    ([.[0].spans[].operationName] | contains(["POST /tasks", "TASK_CREATE",
    "DEL", "process errand.send_notification", "send mail"]))'
expect_json '.data[0] | [.processes[].serviceName] | unique ==
    ["errand-api", "errand-jobs"]'

step "each span has its parent"
expect_json '.data[0].spans | map({(.operationName): .}) | add as $by |
    def parent: .references[0].spanID;
    ($by["POST /tasks"] | parent) == "00f067aa0ba902b7" and
    ($by["TASK_CREATE"] | parent) == $by["POST /tasks"].spanID and
    ($by["process errand.send_notification"] | parent) ==
        $by["POST /tasks"].spanID and
    ($by["send mail"] | parent) ==
        $by["process errand.send_notification"].spanID'

step "it is found by each of its services, too"
for service in errand-api errand-jobs; do
	expect curl -qsf -o "$BODY" \
	    "http://127.0.0.1:$QUERY/api/traces?service=$service"
	expect_json --arg trace "$TRACE" 'any(.data[]; .traceID == $trace)'
done

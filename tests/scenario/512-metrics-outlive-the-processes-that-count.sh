#!/bin/bash
# SPDX-License-Identifier: ISC
# What all processes count together is read at errand-metrics: whatever dies or
# stands still, counters only rise and monitors are answered.
. "${srcdir:-.}/tests/lib/lib.sh"
. "$TOP/tests/lib/chaos.sh"
/usr/bin/python3 -c 'import prometheus_client.openmetrics.parser' 2>/dev/null ||
    skip "python3-prometheus-client is not installed"
PROCESSES=4
BATCH=50
stack_up database.query_timeout=2m worker.relay_batch=$BATCH
begin worker

# ask PATH [CURL ARGUMENT...]: of errand-metrics, into BODY and HEADERS.
ask() {
	curl -qfsS --noproxy '*' -m 60 -o "$BODY" -D "$HEADERS" "${@:2}" \
	    "http://127.0.0.1:$METRICS_PORT$1"
}
# metric SERIES: prints its value.
metric() {
	ask /metrics
	awk -v series="$1" '$1 == series { print $2 }' "$BODY"
}
# metric_is SERIES VALUE, metric_has SERIES LEAST: as questions.
metric_is() {
	[ "$(metric "$1")" = "$2" ]
}
metric_has() {
	local value
	value=$(metric "$1")
	[ "${value:-0}" -ge "$2" ]
}

step "there are metrics before there is a request"
metrics_start_from $((PORT + 1)) >>"$D/log/setup.log" 2>&1 ||
    fail "errand-metrics did not start"
expect ask /metrics
expect_header Content-Type 'text/plain; version=0.0.4; charset=utf-8'
if command -v promtool >/dev/null; then
	expect promtool check metrics <"$BODY"
fi
expect metric_is errand_metrics_shared 1
expect metric_is 'errand_processes{role="fcgi",state="idle"}' 4
expect_soon 20 metric_has 'errand_processes{role="child",state="idle"}' 1
expect_soon 20 metric_is errand_outbox_due_jobs 0
expect_soon 20 metric_is 'errand_queue_messages{queue="errand"}' 0

step "counters only rise while processes are killed and replaced"
mkfifo "$D/watch"
"$TOP/tests/lib/metrics-watch" "http://127.0.0.1:$METRICS_PORT/metrics" \
    <"$D/watch" >"$D/log/watch.log" 2>&1 &
watch=$!
exec {WATCH_FD}>"$D/watch"
watching() {
	grep -q . "$D/log/watch.log"
}
expect_soon 20 watching
load_begin creates "$D/created" 4
for _ in 1 2 3 4 5 6; do
	load_order more
	pid=$(fcgi_pids | shuf -n 1)
	kill -s KILL "$pid"
	expect_soon 20 replaced "$pid"
	# A child of the pool, or its relay or keeper.
	kill -s KILL "$(children_of "$(pid_of worker)" | shuf -n 1)"
done
for pid in $(fcgi_pids); do
	load_order more
	kill -s TERM "$pid"
	expect_soon 20 replaced "$pid"
done
end worker
begin worker
load_order more
load_end
exec {WATCH_FD}>&-
wait "$watch" || fail "$(tail -n 3 "$D/log/watch.log")"
say "  $(tail -n 1 "$D/log/watch.log")"

step "they have counted what was done"
created=$(wc -l <"$D/created")
# Who is killed between an answer and its count leaves one out.
expect metric_has 'http_server_request_duration_seconds_count{http_request_method="POST",http_route="/tasks",http_response_status_code="201"}' \
    $((created - 6))
expect metric_has 'errand_child_exits_total{cause="crashed"}' 6
expect metric_has 'errand_process_starts_total{role="fcgi"}' 14
expect metric_is 'errand_processes{role="pool",state="idle"}' 1
all=$(psql_q "SELECT count(*) FROM jobs")
# Nor has a relay that is killed behind its statement.
expect_soon 60 metric_has errand_relay_published_jobs_total $((all - 6 * BATCH))
done_jobs() {
	[ "$(psql_q "SELECT count(*) FROM jobs WHERE state IN
	    ('succeeded', 'cancelled') AND kind = 'errand.send_notification'")" -ge "$created" ]
}
expect_soon 60 done_jobs
# A child that is killed behind a statement has not counted its jobs, of which
# there are up to 64.
expect_soon 20 metric_has 'errand_job_wait_seconds_count{kind="errand.send_notification"}' \
    $((created - 6 * 64))

step "monitors are answered while all wait for a PostgreSQL that stands still"
freeze postgres
waiting=()
for n in 1 2 3 4 5 6; do
	curl -qs --noproxy '*' -m 300 -o "$D/slow.$n" --json '{"title": "x"}' \
	    -H "Authorization: Bearer $TOKEN" "http://127.0.0.1:$PORT/tasks" &
	waiting+=("$!")
done
expect_soon 20 metric_is 'errand_processes{role="fcgi",state="busy"}' 4
expect_soon 20 metric_has errand_listen_queue_connections 1
expect ask /health/live
expect_header Content-Type 'application/health\+json'
expect_json '.status == "pass"'
expect ask /metrics -H 'Accept: application/openmetrics-text;version=1.0.0'
expect_header Content-Type 'application/openmetrics-text; version=1.0.0; .*'
for pid in "${waiting[@]}"; do
	kill -0 "$pid" || fail "a request did not wait: the test is void"
done
thaw postgres
for pid in "${waiting[@]}"; do
	wait "$pid" || true
done
expect_soon 20 metric_is 'errand_processes{role="fcgi",state="busy"}' 0

step "who removes the file begins anew"
rm "$D/metrics"
begun_anew() {
	ask /metrics && ! grep -q 'http_route="/tasks"' "$BODY"
}
expect_soon 20 begun_anew
expect_soon 20 metric_is 'errand_processes{role="fcgi",state="idle"}' 4
expect_soon 20 metric_is 'errand_processes{role="relay",state="idle"}' 1
expect_soon 20 metric_is 'errand_worker_children_configured' 4
api GET /tasks
# It is counted when it has been answered.
expect_soon 20 metric_has 'http_server_request_duration_seconds_count{http_request_method="GET",http_route="/tasks",http_response_status_code="200"}' 1

step "errandctl top shows the same numbers"
top() {
	"$BUILD/errandctl" -c "$D/errand.ini" top "$@" >"$D/top" 2>&1
}
# top_has REGEX: a line of the table.
top_has() {
	top --once && grep -Eqx -- "$1" "$D/top"
}
expect top_has 'TOTALS since the file of metrics was made.*'
expect top_has 'GET +/tasks +1 .*'
# Without a terminal it is the same.
expect top
grep -q '^TOTALS' "$D/top" || fail "no table without a terminal"
expect_soon 20 top_has 'Busy +fcgi 0/4 .* relay 0/1 .*'
expect_soon 20 top_has 'Outbox +due 0 .*'
cp "$D/metrics" "$D/spoilt"
printf '\2' | dd of="$D/spoilt" bs=1 seek=8 conv=notrunc status=none
for file in "$D/spoilt" "$D/nowhere" ""; do
	status=0
	ERRAND_METRICS_FILE=$file top || status=$?
	[ "$status" -eq 1 ] || fail "top with the file \"$file\" is $status"
	cat "$D/top" >>"$D/top.complaints"
done
[ ! -e "$D/nowhere" ] || fail "errandctl top has made a file"
printf 'errandctl top: %s\n' \
    "$D/spoilt: it is of another release: use its errandctl" \
    "$D/nowhere: it is not there: no process of Errand counts in it" \
    "[metrics] file is empty: each process counts for itself" |
    diff - "$D/top.complaints" || fail "the complaints are others"

step "errandctl top gives the terminal back as it was"
# live STEP...: see terminal.py.
live() {
	"$TOP/tests/lib/terminal.py" "$@" \
	    -- "$BUILD/errandctl" -c "$D/errand.ini" top
}
expect live see '^Requests +all [0-9]' see '^PER SECOND' \
    see '^Busy .* relay 0/1 ' size 8x30 see '^Requests' key q exit 0
expect live see '^Requests' key ^C exit 0
expect live see '^Requests' key ^Z stopped resume see '^Requests' \
    signal TERM exit -15
# Whose output stands still can be ended all the same.
expect live see '^Requests' key ^S signal HUP exit -1

step "connections without a request, and heads that never end, keep nobody out"
# crowd [HEAD]: 70 of them, more than there may be of one address.
crowd() {
	exec {DRIP_FD}> >(exec /usr/bin/python3 -u "$TOP/tests/lib/drip.py" \
	    "$METRICS_PORT" 70 "$@" >"$D/log/drip.log" 2>&1)
	expect_soon 20 grep -q dripping "$D/log/drip.log"
	for _ in 1 2 3 4; do
		expect ask /health/live
		expect ask /metrics
	done
	exec {DRIP_FD}>&-
}
crowd
crowd $'GET /metrics HTTP/1.1\r\nHost: x\r\nX: '

step "a target may be a whole address"
for target in http://x/health/live HTTPS://x:1/health/live?x; do
	expect ask / --request-target "$target"
	expect_json '.status == "pass"'
done
for target in http://x http:///nowhere x/health/live ftp://x/health/live \
    /health/live%00; do
	expect not ask / --request-target "$target" 2>>"$D/log/setup.log"
done
expect not ask /health/live -H Host: 2>>"$D/log/setup.log"

step "it ends by itself"
end metrics

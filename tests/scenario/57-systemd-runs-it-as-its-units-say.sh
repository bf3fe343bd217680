#!/bin/bash
# SPDX-License-Identifier: ISC
# The units under a real systemd: start, stop, reload, a crash, and a wrong
# setting, which is no reason to start again and again.
. "${srcdir:-.}/tests/lib/lib.sh"
. "$TOP/tests/lib/chaos.sh"
. "$TOP/tests/lib/lib-machine.sh"
machine_ready

all=(errand.socket errand-stream.socket errand@{1,2,3,4}.service
    errand-worker.service errand-metrics.service errand-stream.service)
# are STATE: each of our units is.
are() {
	[ "$(inside systemctl is-active "${all[@]}" | sort -u)" = "$1" ]
}

step "a machine with Errand boots"
machine_boot </dev/null
inside systemctl start broker errand-worker errand-metrics errand-stream
expect_soon 20 are active
expect_same "the owner of /run/errand" "$(inside stat -c %U /run/errand)" errand
expect_soon 20 asks /health/live

step "what they count, they count together"
counted() {
	inside curl -qfs http://127.0.0.1:9464/metrics >"$D/metrics" &&
	    grep -qx 'errand_metrics_shared 1' "$D/metrics" &&
	    grep -q '^errand_processes{role="fcgi",state="idle"} 4$' "$D/metrics" &&
	    grep -q '^errand_processes{role="pool",state="idle"} 1$' "$D/metrics" &&
	    grep -q '^errand_listen_queue_connections 0$' "$D/metrics"
}
expect_soon 20 counted

step "what is stopped is stopped, and the socket with it"
inside systemctl stop errand.target errand-worker errand-metrics \
    errand-stream.socket errand-stream
expect are inactive
expect inside test ! -e /run/errand/errand.sock
expect inside test ! -e /run/errand/stream.sock
inside systemctl start errand.target errand-worker errand-metrics errand-stream
expect_soon 20 are active
expect_soon 20 asks /health/live
expect_soon 20 counted

step "the journal has each line, with its fields, and knows errors"
# entries JQ-FILTER [ARGUMENT...]: the filter is true of what journalctl finds.
entries() {
	inside journalctl --no-pager -o json "${@:2}" >"$D/entries" 2>/dev/null &&
	    jq -es "length > 0 and all(.[]; $1)" "$D/entries" >/dev/null
}
expect_soon 20 entries '._TRANSPORT == "journal" and .PRIORITY == "6" and
    .SYSLOG_IDENTIFIER == "errand.fcgi" and .ERRAND_STATUS == "200" and
    (.REQUEST_ID | length > 0) and (.MESSAGE | startswith("request method=")) and
    (._SYSTEMD_UNIT | startswith("errand@"))' ERRAND_PATH=/health/live
asks /health/ready || true
expect_soon 20 entries '(.PRIORITY | tonumber) <= 3 and
    .SYSLOG_IDENTIFIER == "errand-worker" and ._TRANSPORT == "journal"' \
    -p err -u errand-worker
expect not entries true _TRANSPORT=stdout -u errand-worker -u 'errand@*'
for each in errand@1 errand-worker; do
	expect_same "rate limit of $each" \
	    "$(value "$each" LogRateLimitIntervalUSec)" 0
done

step "processes that die, again and again, are replaced"
pids() {
	local each
	for each in "${all[@]:2:4}"; do
		value "$each" MainPID
	done
}
for _ in {1..4}; do
	# shellcheck disable=SC2046
	inside kill -s KILL $(pids | grep -v '^0$') || true
	expect_soon 20 are active
	expect_soon 20 asks /health/live
done

step "a reload gives the pool its new settings"
first=$(value errand-worker MainPID)
# children -ge|-lt N: the pool has so many processes.
children() {
	test "$(inside pgrep -c -P "$first")" "$1" "$2"
}
expect_soon 20 children -ge 6
setting worker children 2
setting trace endpoint http://127.0.0.1:1/v1/traces
inside systemctl reload errand-worker
expect_soon 20 children -lt 6
expect_soon 20 inside test -S /run/errand/trace.sock
expect_same "the parent" "$(value errand-worker MainPID)" "$first"

step "a wrong setting is an error in the journal, and ends it"
setting auth leeway long
inside systemctl restart 'errand@*' errand-worker errand-metrics errand-stream \
    2>>"$D/log/ctl.log" || true
services=("${all[@]:2}")
failed() {
	[ "$(inside systemctl is-failed "${services[@]}" | sort -u)" = failed ]
}
expect_soon 20 failed
for each in "${services[@]}"; do
	expect_same "status of $each" "$(value "$each" ExecMainStatus)" 78
	expect_same "restarts of $each" "$(value "$each" NRestarts)" 0
	inside journalctl -p err -u "$each" >"$D/log/journal.log"
	expect grep -q 'leeway: "long"' "$D/log/journal.log"
done

step "a request waits then, and starts nothing in vain"
first=$(value errand@1 ExecMainPID)
asks /health/live &
waiting=$!
listens() {
	[ "$(value errand-start.service ActiveState)" = active ] &&
	    [ "$(value errand.socket ActiveState)" = active ]
}
expect_soon 20 listens
expect failed
expect_same "who was started last" "$(value errand@1 ExecMainPID)" "$first"

step "when that is mended it starts again"
setting auth leeway 10s
inside systemctl start errand.target errand-worker errand-metrics errand-stream
expect_soon 20 are active
expect_soon 20 asks /health/live
wait "$waiting" || fail "the request that waited is not answered"

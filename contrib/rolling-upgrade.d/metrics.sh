# SPDX-License-Identifier: ISC
# shellcheck shell=bash
# What the processes of each host count, while they, and errand-metrics which
# tells it, come to another release; on top of hosts.sh.
# shellcheck disable=SC2154 # processes

declare -A METRICS_PORT=() WATCH_PID=()

# metrics_told HOST
metrics_told() {
	curl -qfsS --noproxy '*' -m 20 -o "$D/$1.told" \
	    "http://127.0.0.1:${METRICS_PORT[$1]}/metrics"
}
# metrics_start HOST RELEASE
metrics_start() {
	launch "metrics_$1" "$2/errand-metrics" -c "$D/$1.ini" &&
	    await "metrics_$1" 20 metrics_told "$1" &&
	    runs "metrics_$1" "$2/errand-metrics"
}
# metrics_try HOST RELEASE: on port FREE.
metrics_try() {
	METRICS_PORT[$1]=$FREE
	ini_set "$D/$1.ini" metrics listen "127.0.0.1:$FREE" &&
	    metrics_start "$@"
}

# metrics_become HOST RELEASE: the processes of that host have it already.
metrics_become() {
	[ -n "${METRICS_PORT[$1]:-}" ] || return 0
	end "metrics_$1"
	metrics_start "$1" "$2" || fail "errand-metrics does not start"
	metrics_say "$1"
}
# metrics_say HOST: how many processes live there, of whichever release.
metrics_say() {
	[ -z "${METRICS_PORT[$1]:-}" ] || expect_soon 20 processes_told "$1"
}
processes_told() {
	metrics_told "$1" && awk -v n="$processes" '
	    /^errand_metrics_shared / { shared = $2 }
	    /^errand_processes\{role="fcgi"/ { sum += $2 }
	    END { exit !shared || sum != n }' "$D/$1.told"
}

# metrics_watch: from now on, whether counters only rise.
metrics_watch() {
	local host
	mkfifo "$D/watch"
	for host in "${!METRICS_PORT[@]}"; do
		"$TOP/tests/lib/metrics-watch" --releases \
		    "http://127.0.0.1:${METRICS_PORT[$host]}/metrics" \
		    <"$D/watch" >"$D/log/watch_$host.log" 2>&1 &
		WATCH_PID[$host]=$!
	done
	exec {WATCH_FD}>"$D/watch"
	for host in "${!METRICS_PORT[@]}"; do
		expect_soon 20 grep -qs watching "$D/log/watch_$host.log"
	done
}
# metrics_end: what else has begun since then, which holds WATCH_FD, has ended.
metrics_end() {
	local host
	exec {WATCH_FD}>&-
	for host in "${!WATCH_PID[@]}"; do
		wait "${WATCH_PID[$host]}" ||
		    fail "$(tail -n 3 "$D/log/watch_$host.log")"
		say "  host $host told its metrics:" \
		    "$(tail -n 1 "$D/log/watch_$host.log")"
	done
}

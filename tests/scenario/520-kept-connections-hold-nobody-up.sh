#!/bin/bash
# SPDX-License-Identifier: ISC
# Behind web servers that keep connections to Errand: they are used again; who
# waits for PostgreSQL or for the rest of a request holds up no request on its
# other connections; and none fails while processes are replaced under load.
. "${srcdir:-.}/tests/lib/lib.sh"
. "$TOP/tests/lib/chaos.sh"
[ -r /proc/net/unix ] || skip "there is no /proc/net/unix"
front_some nginx haproxy
PROCESSES=2
ERRAND_SERVER='' stack_up database.query_timeout=60s http.io_timeout=5m \
    metrics.allow=127.0.0.1
new_task '{"title": "one"}'
N=8

# connections: how many there are to Errand, besides the socket that listens.
connections() {
	awk -v path="$RUN/fcgi.sock" '$8 == path { n++ } END { print n - 1 }' \
	    /proc/net/unix
}
connected() {
	[ "$(connections)" -ge "$1" ]
}
# handed N: at least so many were handed over.
handed() {
	api GET /metrics
	awk -v n="$1" '$1 == "errand_handed_connections_total" && $2 >= n { ok = 1 }
	    END { exit !ok }' "$BODY"
}
# at_once: N requests at the same time, each of which must be answered.
at_once() {
	local each pids=()
	rm -f "$D"/answer-*
	for ((each = 0; each < N; each++)); do
		curl -qs -m 120 -o /dev/null -w '%{http_code}\n' \
		    -H "Authorization: Bearer $TOKEN" \
		    "http://127.0.0.1:$PORT/tasks/$ID" >"$D/answer-$each" &
		pids+=("$!")
	done
	ASKING=("${pids[@]}")
}
all_answered() {
	wait "${ASKING[@]}" || true
	expect_same "the answers" "$(sort "$D"/answer-* | uniq -c | xargs)" \
	    "$N 200"
}
# gather: FIRST has kept N connections, and OTHER none.
gather() {
	end fcgi
	begin fcgi 2
	expect_soon 20 not connected 1
	# shellcheck disable=SC2046
	set -- $(fcgi_pids)
	FIRST=$1 OTHER=$2
	kill -s STOP "$FIRST" "$OTHER"
	at_once
	expect_soon 20 connected "$N"
	kill -s CONT "$FIRST"
	all_answered
}

for server in "${SERVERS[@]}"; do
	step "behind $server, a connection is used again"
	front_start "$server"
	PORT=$FRONT_PORT
	for ((i = 0; i < 20; i++)); do
		api GET "/tasks/$ID"
		expect_status 200
	done
	expect connected 1
	expect not connected 15

	step "behind $server, a process waits for PostgreSQL"
	gather
	change_waits "$D/late"
	kill -s CONT "$OTHER"
	at_once
	all_answered
	expect not test -s "$D/late"
	change_goes
	expect_same "the status" "$(cat "$D/late")" 200
	expect_soon 10 handed $((N - 1))

	step "behind $server, a process waits for the rest of a request"
	gather
	fcgi GET "/tasks/$ID" --first 20 &
	stalled=$!
	expect_soon 10 connected $((N + 1))
	kill -s CONT "$OTHER"
	at_once
	all_answered
	expect kill -0 "$stalled"
	kill "$stalled"
	wait "$stalled" 2>/dev/null || true

	step "behind $server, processes are replaced"
	load_begin coherence --no-errors
	for i in 1 2; do
		for pid in $(fcgi_pids); do
			load_order hits
			kill -s TERM "$pid"
			expect_soon 20 replaced "$pid"
		done
	done
	load_order writes
	load_end
	expect records_fit

	step "$server ends, and its connections with it"
	end front
	expect_soon 10 not connected 1
done

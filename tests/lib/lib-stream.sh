# SPDX-License-Identifier: ISC
# shellcheck shell=bash
# Words for those who follow the stream of changes, on top of lib.sh.

STREAM=(stream.retry=100ms stream.heartbeat=1s auth.leeway=0)

# listen NAME [CURL ARGUMENT...]: begins a stream, into the file NAME.
listen() {
	local name=$1
	shift
	rm -f "$D/$name" "$D/$name.head"
	launch "$name" curl -qsSN -m 120 -D "$D/$name.head" -o "$D/$name" \
	    -H "Authorization: Bearer $TOKEN" \
	    "${ORIGIN:-http://127.0.0.1:$PORT}$BASE/tasks/stream${QUERY:-}" "$@"
	expect_soon 10 grep -qs '^retry: ' "$D/$name"
}

# wait_for NAME SECONDS [CURL ARGUMENT...]: asks for what comes behind HERE, or
# SINCE, and would wait, into the file NAME.
wait_for() {
	local name=$1 seconds=$2
	shift 2
	rm -f "$D/$name" "$D/$name.head"
	launch "$name" curl -qsS -m 120 -D "$D/$name.head" -o "$D/$name" \
	    -H "Authorization: Bearer $TOKEN" -H "Prefer: wait=$seconds" \
	    "${ORIGIN:-http://127.0.0.1:$PORT}$BASE/tasks/changes?since=${SINCE:-$HERE}" "$@"
}

# begin_stream: it is there, and the web server has noticed.
begin_stream() {
	begin stream
	expect_soon 10 api_is 200 HEAD /tasks/stream
}

# data NAME JQ: what its events have.
data() {
	sed -n 's/^data: //p' "$D/$1" 2>/dev/null | jq -c "$2" 2>/dev/null
}

# told NAME VALUE [JQ]: its events are these, by default the numbers of versions.
told() {
	[ "$(data "$1" "${3:-.data.version}" | paste -sd' ')" = "$2" ]
}

last_id() {
	sed -n 's/^id: //p' "$D/$1" | tail -n 1
}

# follower NAME [ID]: follows on and on, into the file NAME.
follower() {
	rm -f "$D/$1"
	launch "$1" python3 -B "$TOP/tests/lib/stream-follow" \
	    "http://127.0.0.1:$PORT" "$TOKEN" "$D/$1" ${2:+"$2"}
	expect_soon 10 grep -qs begins "$D/log/$1.log"
}

# has_all NAME: each event behind number FIRST once, in the order of the log.
has_all() {
	cut -d' ' -f1 "$D/$1" >"$D/$1.got"
	psql_q "SELECT id FROM task_events WHERE id > $FIRST
	    ORDER BY xid, id" | cmp -s - "$D/$1.got"
}

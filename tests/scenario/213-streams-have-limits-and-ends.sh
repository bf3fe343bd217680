#!/bin/bash
# SPDX-License-Identifier: ISC
# A stream ends with its token, and when errand-stream does; who takes too little
# of it is cut off, and who wants too many of them gets no more.
. "${srcdir:-.}/tests/lib/lib.sh"
. "$TOP/tests/lib/chaos.sh"
. "$TOP/tests/lib/lib-stream.sh"
stack_up "${STREAM[@]}" stream.buffer=256k

# counts LINE...: the metrics have these.
counts() {
	local line
	api GET /metrics
	for line; do
		grep -qxE "$line" "$BODY" || return 1
	done
}

step "who takes nothing is cut off, and comes back by its id"
begin_stream
new_task '{"title": "a"}'
listen slow
FIRST=$(psql_q "SELECT max(id) FROM task_events")
follower quick
freeze slow
for each in 🌿 🌱; do
	printf '{"description": "%s"}' "$(printf "$each%.0s" {1..9990})" \
	    >"$D/large-$each"
done
large() {
	local each
	for each in 🌿 🌱; do
		api PATCH "/tasks/$ID" -H 'Content-Type: application/json' \
		    --data-binary "@$D/large-$each"
		expect_status 200
	done
	grep -q 'connection cut off.*too far behind' "$D/log/errand.log"
}
expect_soon 60 large
thaw slow
expect_soon 20 gone slow
expect_soon 20 has_all quick
expect_soon 10 counts 'errand_streams 1' \
    'errand_stream_ends_total\{cause="slow"\} [1-9]' \
    'errand_stream_events_read_total [1-9][0-9]*' \
    'errand_stream_events_told_total [1-9][0-9]*' \
    'errand_stream_told_bytes_total [1-9][0-9]*' \
    'errand_stream_event_age_seconds_count [1-9][0-9]*' \
    'errand_stream_last_read_timestamp_seconds [1-9][0-9.e+]*'
end quick
expect_soon 10 counts 'errand_streams 0' \
    'errand_stream_ends_total\{cause="client"\} [1-9]'

step "the token's end is the stream's"
brief() {
	curl -qsN -m 20 -o "$D/brief" -H "Authorization: Bearer $(
	    token --role user --user brief --ttl 2s)" \
	    "http://127.0.0.1:$PORT/tasks/stream" &&
	    grep -q '^: the token has ended$' "$D/brief"
}
expect_soon 20 brief
expect_soon 10 counts 'errand_stream_ends_total\{cause="token"\} [1-9]'

step "who sends a body gets the answer, and not a connection that is reset"
PROGRAM=stream fcgi HEAD /tasks/stream --times 20
expect_status 200
TOKEN='' PROGRAM=stream fcgi GET /tasks/stream --times 20 --stdin ' ' \
    --spaces 3000000
expect_status 401

step "limits of one user, and of all"
end stream
set_ini stream.clients_per_user=2 stream.clients=3
begin_stream
listen one
listen two
api GET /tasks/stream
expect_problem 429
expect_header Retry-After '[0-9]+'
as admin
listen three
api GET /tasks/stream
expect_problem 503
as user
expect_soon 10 counts 'errand_streams_refused_total\{reason="all"\} [1-9]' \
    'errand_streams_refused_total\{reason="user"\} [1-9]'
end two
opens() {
	[ "$(curl -qsS -m 1 -o /dev/null -w '%{http_code}' \
	    -H "Authorization: Bearer $TOKEN" \
	    "http://127.0.0.1:$PORT/tasks/stream" 2>/dev/null)" = 200 ]
}
expect_soon 10 opens
end one

step "streams are told of the end"
expect_soon 5 grep -q '^:$' "$D/three"
end stream
expect_soon 5 gone three
expect grep -q '^: errand-stream ends$' "$D/three"
expect_soon 10 counts 'errand_stream_ends_total\{cause="stopped"\} [1-9]'

#!/bin/bash
# SPDX-License-Identifier: ISC
# Behind each web server, with the file that is installed for it, changes are told
# as they happen: at the root, and below a prefix over TLS and HTTP/2.  Who goes
# away is noticed.
. "${srcdir:-.}/tests/lib/lib.sh"
. "$TOP/tests/lib/lib-stream.sh"
need openssl
AT=${ERRAND_SERVER:-}
ERRAND_SERVER='' stack_up "${STREAM[@]}" stream.clients_per_user=1
if [ -n "$AT" ]; then
	front_some "$AT"
else
	front_some "${WEB_SERVERS[@]}"
fi

# tells [CURL ARGUMENT...]: a stream through FRONT is told of a change, and of
# nothing for a while; then its client goes away, and another has its place.
tells() {
	expect_soon 20 api_is 200 HEAD /tasks/stream "$@"
	expect_header Content-Type text/event-stream
	listen one "$@"
	api GET /tasks/stream "$@"
	expect_problem 429
	new_task_at "$@"
	expect_soon 5 told one 1
	expect_soon 5 grep -q '^:$' "$D/one"
	end one
	expect_soon 20 api_is 200 HEAD /tasks/stream "$@"
	waits "$@"
}

# answered: the one that waits has been told of a change.
answered() {
	jq -e '.data | length == 1' "$D/waits" >/dev/null 2>&1
}

# waits [CURL ARGUMENT...]: a request through FRONT waits for a change; one that
# errand-stream was too slow to take was answered at once, and asks again.
waits() {
	expect_soon 10 follows 0
	api GET '/tasks/changes?since=now' "$@"
	HERE=$(json .next_cursor)
	wait_for waits 20 "$@"
	expect_soon 20 waiting "$@"
	new_task_at "$@"
	expect_soon 10 answered
	expect_soon 5 grep -qis '^preference-applied: wait=20' "$D/waits.head"
	HERE=$(jq -r .next_cursor "$D/waits")
	expect_soon 20 applied "$@"
	expect_status 200
	wait_for waits 20 "$@"
	end waits
	expect_soon 20 follows 0
}

waiting() {
	[ ! -s "$D/waits" ] || wait_for waits 20 "$@"
	follows 1
}

applied() {
	api GET "/tasks/changes?since=$HERE" -H 'Prefer: wait=1' "$@"
	[ "$(header Preference-Applied)" = wait=1 ]
}

# follows N: so many wait, or have a stream.
follows() {
	fcgi GET "$BASE/metrics"
	grep -qx "errand_streams $1" "$BODY"
}

new_task_at() {
	send POST /tasks '{"title": "a"}' "$@"
	expect_status 201
}

step "at the root"
begin stream
for server in "${SERVERS[@]}"; do
	step "$server at the root"
	front_start "$server"
	PORT=$FRONT_PORT
	tells
	listen one --compressed
	end stream
	expect_soon 10 gone one
	expect grep -q '^: errand-stream ends$' "$D/one"
	api GET /tasks/stream
	case $server in
	nginx | caddy) expect_status 502 ;;
	*) expect_status 503 ;;
	esac
	begin stream
	expect_soon 20 api_is 200 HEAD /tasks/stream
	end front
done

step "below a prefix, over TLS and HTTP/2"
end fcgi stream
set_ini http.base_path=/api
begin fcgi
begin stream
for server in "${SERVERS[@]}"; do
	step "$server below a prefix, over TLS and HTTP/2"
	front_start "$server" below tls
	ORIGIN=https://errand.example:$FRONT_PORT BASE=/api
	TLS=(--http2 --cacert "$RUN/tls.crt"
	    --resolve "errand.example:$FRONT_PORT:127.0.0.1")
	tells "${TLS[@]}" --compressed
	expect grep -q '^HTTP/2 200' "$D/one.head"
	ORIGIN='' BASE=''
	end front
done

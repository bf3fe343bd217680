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

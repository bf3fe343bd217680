#!/bin/bash
# SPDX-License-Identifier: ISC
# Behind each web server, with the file that is installed for it: what is asked
# and answered passes unchanged, at the root and below a prefix, over TLS and
# HTTP/2; what the server answers itself is a problem document; and it ends
# without cutting a request off.
. "${srcdir:-.}/tests/lib/lib.sh"
. "$TOP/tests/lib/chaos.sh"
need openssl
ISSUER_AT=${ERRAND_SERVER:-}
ERRAND_SERVER='' stack_up database.query_timeout=60s
JSON='Content-Type: application/json'
printf '{"title": "%0200d", "description": "%09000d"}' 1 2 >"$D/large"
head -c 200000 /dev/zero | tr '\0' ' ' >"$D/too-large"
head -c 3000000 /dev/zero | tr '\0' ' ' >"$D/huge"

# own_error STATUS: the web server says so, as Errand would.
own_error() {
	expect_status "$1"
	expect_header Content-Type 'application/problem\+json'
	expect_no_header X-Request-ID
	expect_json --argjson status "$1" '.status == $status and .title != ""'
}

passes_on() {
	api POST /tasks -H "$JSON" --data-binary "@$D/large"
	expect_status 201
	ID=$(json .id)
	expect_header Location "$BASE/tasks/$ID"
	api POST /tasks -H "$JSON" -H 'Transfer-Encoding: chunked' \
	    --data-binary "@$D/large"
	expect_status 201
	api HEAD "/tasks/$ID"
	expect_status 200
	expect_header Content-Length '[1-9][0-9]+'
	api GET /tasks/a%2Fb+c
	expect_problem 404
	expect_json --arg i "$BASE/tasks/a%2Fb+c" '.instance == $i'
	api DELETE "/tasks/$ID"
	expect_problem 403
	TOKEN='' api GET /me
	expect_problem 401
	expect_header WWW-Authenticate 'Bearer .*'
	api GET /me -H 'X-Request-ID: one' \
	    -H 'X-Forwarded-For: 203.0.113.1, 192.0.2.7'
	expect_status 200
	expect_header X-Request-ID one
	api GET /me --interface 127.0.0.2 -H 'X-Forwarded-For: 203.0.113.2'
	expect_status 200
}

# too_much FILE [CURL ARGUMENT...]: is refused.  A server that answers before it
# has the whole body and then closes resets the connection, and curl may see
# that first; so it asks until it has seen the answer.
too_much() {
	local body=$1
	shift
	expect_soon 10 api_is 413 POST /tasks -H "$JSON" -H 'Expect:' \
	    --data-binary "@$body" "$@"
}

limits() {
	too_much "$D/too-large"
	expect_problem 413
	TOKEN=$(printf '%030000d' 1) api GET /me
	case $server in
	apache) own_error 400 ;;
	*) expect_problem 401 ;;
	esac
	api GET "/tasks?title=$(printf '%09000d' 1)"
	expect_problem 414
	too_much "$D/huge"
	own_error 413
}

# tags: that compression has changed are as good as before.
tags() {
	api GET "/tasks/$ID" --compressed
	expect_status 200
	[ "$server" = fcgid ] ||
	    expect_header Content-Encoding gzip
	api GET "/tasks/$ID" --compressed -H "If-None-Match: $(header ETag)"
	expect_status 304
	api GET "/tasks/$ID" --compressed
	send PATCH "/tasks/$ID" '{"title": "b"}' -H "If-Match: $(header ETag)"
	expect_status 200
	send PATCH "/tasks/$ID" '{"title": "c"}' -H 'If-Match: "1"'
	expect_problem 412
}

# ends: a request in hand is answered though the server is told to end.  The
# answer is one of those that come in one piece: see etc/nginx for others.
ends() {
	new_task '{"title": "in hand"}'
	change_waits "$D/late"
	tell front "$(front_graceful)"
	expect_soon 10 not port_taken "$PORT"
	change_goes
	expect_same "the status" "$(cat "$D/late")" 200
	finish front 20 || fail "it does not end"
}

if [ -n "$ISSUER_AT" ]; then
	front_some "$ISSUER_AT"
else
	front_some "${WEB_SERVERS[@]}" fcgid
fi
for server in "${SERVERS[@]}"; do
	step "$server at the root"
	front_start "$server" proxied
	PORT=$FRONT_PORT
	passes_on
	expect_soon 5 grep -q 'remote=192\.0\.2\.7 ' "$D/log/errand.log"
	expect_soon 5 grep -q 'remote=127\.0\.0\.2 ' "$D/log/errand.log"
	expect not grep -q 'remote=203' "$D/log/errand.log"
	limits
	tags
	[ "$server" = fcgid ] || ends
	[ "$server" != fcgid ] || end front
	: >"$D/log/errand.log"
done

step "below a prefix, over TLS and HTTP/2"
end fcgi
set_ini http.base_path=/api
begin fcgi
for server in "${SERVERS[@]}"; do
	step "$server below a prefix, over TLS and HTTP/2"
	front_start "$server" below tls
	ORIGIN=https://errand.example:$FRONT_PORT BASE=/api
	TLS=(--http2 --cacert "$RUN/tls.crt"
	    --resolve "errand.example:$FRONT_PORT:127.0.0.1")
	expect_soon 20 api_is 200 GET /me "${TLS[@]}"
	expect grep -q '^HTTP/2 200' "$HEADERS"
	api POST /tasks -H "$JSON" --data-binary "@$D/large" "${TLS[@]}"
	expect_status 201
	expect_header Location "/api/tasks/$(json .id)"
	api POST /tasks -H "$JSON" -H 'Transfer-Encoding: chunked' \
	    --data-binary "@$D/large" "${TLS[@]}" --http1.1
	expect_status 201
	too_much "$D/too-large" "${TLS[@]}"
	expect_problem 413
	BASE='' api GET /apix "${TLS[@]}"
	expect test -z "$(header X-Request-ID)"
	BASE='' api GET /api "${TLS[@]}"
	expect_problem 404
	BASE='' api GET /.well-known/oauth-protected-resource/api/mcp "${TLS[@]}"
	expect_status 200
	ORIGIN='' BASE=''
	end front
done

step "nobody is there, and then somebody is"
end fcgi
set_ini http.base_path=
for server in "${SERVERS[@]}"; do
	[ "$server" != fcgid ] || continue
	front_start "$server"
	PORT=$FRONT_PORT
	api GET /me
	case $server in
	nginx | caddy) own_error 502 ;;
	*) own_error 503 ;;
	esac
	[ "$server" = lighttpd ] || expect_header Retry-After 1
	begin fcgi
	expect_soon 10 api_is 200 GET /me
	end front fcgi
done

#!/bin/bash
# SPDX-License-Identifier: ISC
# With a length, in chunks, after a "100 Continue", byte by byte, streamed or
# collected by the web server: a body is the same body.
. "${srcdir:-.}/tests/lib/lib.sh"
stack_up
JSON='Content-Type: application/json'

# raw TEXT...: sends lines to the web server by hand, and sets STATUS.
raw() {
	exec 3<>"/dev/tcp/127.0.0.1/$PORT"
	printf '%s\r\n' "POST /tasks HTTP/1.1" "Host: x" "Connection: close" \
	    "Authorization: Bearer $TOKEN" "$JSON" "$@" >&3
	: >"$BODY"
	sed '1,/^\r$/w /dev/stdout' <&3 >"$D/answer"
	exec 3>&-
	STATUS=$(sed -n '1s,^HTTP/1.. \([0-9]*\).*,\1,p' "$D/answer")
}

# framings [HEADER...]: of a small body and of one that takes many records,
# with each of these headers.
framings() {
	local file how
	printf '{"title": "small"}' >"$D/small"
	printf '{"title": "large", "description": "%09999d"%40000s}' 1 '' \
	    >"$D/large"
	for file in small large; do
		for how in 'X: plain' "$@"; do
			api POST /tasks -H "$JSON" -H "$how" \
			    --data-binary "@$D/$file"
			expect_status 201
			expect_json --slurpfile sent "$D/$file" '
			    .title == $sent[0].title and
			    .description == $sent[0].description'
		done
		api POST /tasks -H "$JSON" --http1.0 --data-binary "@$D/$file"
		expect_status 201
	done
	raw 'Content-Length: 0' ''
	expect_status 400
}

# too_large [HEADER...]: whether the answer comes early or late.
too_large() {
	local how
	head -c 200000 /dev/zero | tr '\0' ' ' >"$D/too-large"
	for how in 'X: plain' "$@"; do
		api POST /tasks -H "$JSON" -H "$how" \
		    --data-binary "@$D/too-large"
		expect_problem 413
	done
}

step "collected by the web server"
framings 'Expect: 100-continue' 'Transfer-Encoding: chunked'
if [ "${ERRAND_SERVER:-}" = haproxy ]; then # it wants to see all chunks at once
	too_large 'Expect: 100-continue'
else
	too_large 'Expect: 100-continue' 'Transfer-Encoding: chunked'
fi
raw 'Transfer-Encoding: chunked' '' 5 '{"tit' 7 'le": "x' 2 '"}' 0 ''
expect_status 201

if [ "${ERRAND_SERVER:-lighttpd}" = lighttpd ]; then
	step "streamed through lighttpd, which then wants a length"
	end lighttpd
	eval "whole_$(declare -f lighttpd_conf)"
	lighttpd_conf() {
		whole_lighttpd_conf
		say 'server.stream-request-body = 2'
		say 'server.stream-response-body = 2'
	}
	begin lighttpd
	framings 'Expect: 100-continue'
	too_large 'Expect: 100-continue'
fi

step "past the web server, on TCP: who sends on is not cut off"
spawn_tcp() {
	launch tcp spawn-fcgi -n -a 127.0.0.1 -p "$FREE" -- \
	    "$BUILD/errand.fcgi" -c "$D/errand.ini" &&
	    await tcp 20 port_taken "$FREE"
}
on_a_port spawn_tcp
# What is too large is not read to its end before the answer.  If the connection
# were closed then, it would be reset, and the answer could be lost.
STATUS=$("$TOP/tests/lib/fcgi-client" "127.0.0.1:$FREE" "$HEADERS" "$BODY" \
    POST /tasks --param "HTTP_AUTHORIZATION=Bearer $TOKEN" \
    --spaces 200000 --times 300 2>"$D/log/client.log") ||
    fail "fcgi-client failed"
expect_problem 413

step "a client that goes away in the middle harms nobody"
for _ in 1 2 3 4 5 6; do
	exec 3<>"/dev/tcp/127.0.0.1/$PORT"
	printf '%s\r\n' "POST /tasks HTTP/1.1" "Host: x" "$JSON" \
	    "Authorization: Bearer $TOKEN" "Content-Length: 500" "" \
	    '{"title": "cut off' >&3
	exec 3>&-
done
api GET '/tasks?title=cut'
expect_status 200
expect_json '.data == []'

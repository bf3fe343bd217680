#!/bin/bash
# SPDX-License-Identifier: ISC
# Behind each web server, with the file that is installed for it, requests that
# are odd, too large or malformed get a status that says what is wrong and a
# problem document, over HTTP/1 and HTTP/2.  Nothing crashes, and nobody passes
# for another address.
. "${srcdir:-.}/tests/lib/lib.sh"
need openssl
ISSUER_AT=${ERRAND_SERVER:-}
ERRAND_SERVER='' stack_up
export PATIENCE

# oddly [tls]: all odd requests to the server.
oddly() {
	local -a over=()
	step "$server, ${1:-plain}"
	# One that is told to end has nobody to answer any more.
	: >"$D/log/front.log"
	front_start "$server" "$@"
	[ -z "${1:-}" ] || over=("$RUN/tls.crt")
	expect "$TOP/tests/lib/ask-oddly" "$server" "$FRONT_PORT" "$TOKEN" \
	    "$ID" "${over[@]}"
	[ "$server" = fcgid ] || expect_same "who serves" "$(fcgi_pids)" "$serving"
	expect alive front
	expect not grep -qE 'exit(ed on)? signal' "$D/log/front.log"
	expect not grep -qE 'remote="?203|level=fatal' "$D/log/errand.log"
	end front
}

serving=$(fcgi_pids)
if [ -n "$ISSUER_AT" ]; then
	front_some "$ISSUER_AT"
else
	front_some "${WEB_SERVERS[@]}" fcgid
fi
for server in "${SERVERS[@]}"; do
	new_task '{"title": "odd"}'
	oddly
	oddly tls
done

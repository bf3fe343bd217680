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
SERVERS=("${WEB_SERVERS[@]}" fcgid)
[ -z "$ISSUER_AT" ] || SERVERS=("$ISSUER_AT")
MISSING=()
for server in "${SERVERS[@]}"; do
	if ! front_has "$server"; then
		MISSING+=("$server")
		continue
	fi
	new_task '{"title": "odd"}'
	oddly
	oddly tls
done

[ "${#MISSING[@]}" = 0 ] || say "not installed, or not for us: ${MISSING[*]}"

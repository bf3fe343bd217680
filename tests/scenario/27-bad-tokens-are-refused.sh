#!/bin/bash
# SPDX-License-Identifier: ISC
# Whatever can be wrong with a token or its header, one thing at a time: each
# is answered with its status and a challenge that tells no more than it must.
. "${srcdir:-.}/tests/lib/lib.sh"
. "$TOP/tests/lib/chaos.sh"
[ -x "$BUILD/tests/lib/token_factory" ] || skip "built without check"

# lighttpd writes down what it is asked for.
eval "whole_$(declare -f lighttpd_conf)"
lighttpd_conf() {
	whole_lighttpd_conf
	printf '%s\n' 'server.modules += ( "mod_accesslog" )' \
	    "accesslog.filename = \"$D/log/access.log\""
}
PROCESSES=1 stack_up auth.azp=errandctl,web auth.max_lifetime=1h auth.token_limit=8k \
    auth.algorithms=RS256,PS256,ES256,ES384,EdDSA \
    auth.key_ttl=1h auth.key_cooldown=1s
CERTS=$D/www/realms/errand/protocol/openid-connect/certs
TABLE=$D/cases

# sent ARGUMENT...: all answers are right; REFUSED is how many were refusals.
sent() {
	local out
	out=$("$TOP/tests/lib/token-cases" "$TABLE" "$D/log/errand.log" "$@") ||
	    fail "$out"
	say "  ${out##*$'\n'}"
	REFUSED=${out##*$'\n'} REFUSED=${REFUSED%% *}
}

# fetches: prints how often the key set was asked for.
fetches() {
	awk '/ \/realms\/errand\/protocol\/openid-connect\/certs / { n++ }
	    END { print n + 0 }' "$D/log/access.log"
}

# noted MARK: what was asked for up to now is in the log of lighttpd, which
# writes it late.
noted() {
	curl -qfs -m 5 -o /dev/null "http://127.0.0.1:$PORT/health/live?$1" &&
	    expect_soon 30 grep -qF "/health/live?$1" "$D/log/access.log"
}

# later SECOND: the clock shows more than that.
later() {
	[ "$(date +%s)" -gt "$1" ]
}

step "a key set, and what its keys and others have signed"
"$BUILD/tests/lib/token_factory" "http://127.0.0.1:$PORT/realms/errand" "$D/set" \
    >"$TABLE" || fail "no tokens"
mv "$D/set" "$CERTS"
end fcgi
begin fcgi 1
expect_soon 20 ready

step "past the web server"
noted before
before=$(fetches)
expect test "$before" -ge 1
expect_soon 20 later "$(($(date +%s) + 1))"
sent --socket "$RUN/fcgi.sock" --unknown leave
all=$REFUSED
noted between
expect_same "the number of fetches" "$(fetches)" "$before"

step "kids that are in no key set: a fetch, but at most one for each"
expect_soon 20 later "$(($(date +%s) + 1))"
sent --socket "$RUN/fcgi.sock" --unknown only
noted after
expect test "$(fetches)" -gt "$before"
expect test "$(fetches)" -le $((before + REFUSED))
expect test "$((all + REFUSED))" -ge 300

step "through the web server, what it lets through"
sent --port "$PORT"
expect test "$REFUSED" -ge 280

step "without any key set nothing is judged that needs one"
end fcgi
mv "$CERTS" "$CERTS.away"
begin fcgi 1
sent --socket "$RUN/fcgi.sock" --no-keys
mv "$CERTS.away" "$CERTS"

! sanitized || exit 0 # it has looked all the time
step "without an error in memory"
need valgrind
end fcgi
rm -f "$RUN/fcgi.sock"
launch fcgi spawn-fcgi -n -s "$RUN/fcgi.sock" -M 0600 -- \
    "$(command -v valgrind)" --log-file="$D/log/valgrind.log" \
    --leak-check=full --show-leak-kinds=definite \
    --errors-for-leak-kinds=definite "$BUILD/errand.fcgi" \
    -c "$D/errand.ini"
await fcgi 60 fcgi_up || fail "errand.fcgi did not start"
expect_soon 60 ready
sent --socket "$RUN/fcgi.sock"
end fcgi
expect grep -q 'ERROR SUMMARY: 0 errors' "$D/log/valgrind.log"
# A process that a signal ended may have had no error before.
expect not grep -q 'Process terminating' "$D/log/valgrind.log"

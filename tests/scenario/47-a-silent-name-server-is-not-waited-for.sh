#!/bin/bash
# SPDX-License-Identifier: ISC
# A name server that says nothing costs no more than the time that a connection
# or a fetch has: its own patience is much longer.
. "${srcdir:-.}/tests/lib/lib.sh"
need python3 unshare timeout
folder

# silently COMMAND...: where nobody answers questions for names.
apart=(unshare --mount --net)
[ "$(id -u)" = 0 ] || apart+=(--map-root-user)
silently() {
	timeout 100 "${apart[@]}" "$TOP/tests/lib/silent-names" \
	    "$D/resolv.conf" "$@"
}
silently true >"$D/log/silent.log" 2>&1 ||
    skip "no name server of its own is to be had: $(tail -n 1 "$D/log/silent.log")"

step "nothing can be reached, and that is told in time"
set_ini "database.conninfo=host=db1.errand.invalid,db2.errand.invalid" \
    redis.url=redis://redis.errand.invalid \
    broker.url=redis://broker.errand.invalid \
    auth.issuer=https://sso.errand.invalid/realms/x auth.fetch_timeout=1s
status=0
silently "$BUILD/errandctl" -c "$D/errand.ini" health \
    >"$D/log/health.log" 2>&1 || status=$?
cat "$D/log/health.log"
expect test "$status" = 2
expect grep -q 'keyset .*[Rr]esolving timed out' "$D/log/health.log"
expect grep -q 'looked up: db2.errand.invalid: Temporary' "$D/log/health.log"
expect grep -q 'server=redis reason="Temporary' "$D/log/health.log"
expect grep -q 'server=broker reason="Temporary' "$D/log/health.log"

#!/bin/bash
# SPDX-License-Identifier: ISC
# A name server that says nothing costs no more than the time that a connection
# or a fetch has: its own patience is much longer.
. "${srcdir:-.}/tests/lib/lib.sh"
. "$TOP/tests/lib/chaos.sh"
need python3 unshare timeout
[ "$(id -u)" = 0 ] && unshare -m true 2>/dev/null ||
    skip "only root can give a process a name server of its own"
folder

step "nothing can be reached, and that is told in time"
python3 -c '
import socket, time
s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
s.bind(("127.0.0.77", 53))
print("silent", flush=True)
time.sleep(600)' >"$D/log/silent.log" 2>&1 &
SILENT=$!
at_end kill "$SILENT"
retry 10 grep -q silent "$D/log/silent.log" || skip "port 53 is not to be had"
printf 'nameserver 127.0.0.77\noptions timeout:30 attempts:5\n' \
    >"$D/resolv.conf"
set_ini "database.conninfo=host=db1.errand.invalid,db2.errand.invalid" \
    redis.url=redis://redis.errand.invalid \
    broker.url=redis://broker.errand.invalid \
    auth.issuer=https://sso.errand.invalid/realms/x auth.fetch_timeout=1s
status=0
timeout 100 unshare -m sh -c 'mount --bind "$1" /etc/resolv.conf || exit 77
    exec "$2" -c "$3" health' sh "$D/resolv.conf" "$BUILD/errandctl" \
    "$D/errand.ini" >"$D/log/health.log" 2>&1 || status=$?
[ "$status" != 77 ] || skip "nothing can be mounted here"
cat "$D/log/health.log"
expect test "$status" = 2
expect grep -q 'keyset .*[Rr]esolving timed out' "$D/log/health.log"
expect grep -q 'looked up: db2.errand.invalid: Temporary' "$D/log/health.log"
expect grep -q 'server=redis reason="Temporary' "$D/log/health.log"
expect grep -q 'server=broker reason="Temporary' "$D/log/health.log"

#!/bin/bash
# SPDX-License-Identifier: ISC
# At one exchange of a write with PostgreSQL or Redis a fault happens.  What was
# acknowledged is there, what was not is whole or absent, and no read is stale.
# Here are a few of the points, contrib/crashpoints has all.
SHARE=${ERRAND_CRASHPOINTS_SHARE:-40} ONLY=${ERRAND_CRASHPOINTS_ONLY:-}
. "${srcdir:-.}/tests/lib/lib.sh"
need python3
stack_servers
set_ini database.query_timeout=1s database.retry_interval=100ms \
    redis.retry_interval=100ms redis.timeout=500ms
TOKEN=$(token --role admin --user root --email root@example.org \
    --ttl 6h) ||
    fail "no token"
begin worker

step "one fault after the other"
PG=$PG TOKEN=$TOKEN python3 -B "$TOP/tests/lib/crashwrites.py" "$D" "$RUN" \
    "$BUILD" "$SHARE" "$ONLY" || fail "not all came right"
end worker

#!/bin/bash
# SPDX-License-Identifier: ISC
# errand.fcgi is killed at one exchange after the other of a creation with an
# Idempotency-Key.  Sent again with the same key there is one task, with one event
# and one job for its mail, and the answer is that of the first.
. "${srcdir:-.}/tests/lib/lib.sh"
need python3
stack_servers
set_ini database.query_timeout=1s database.retry_interval=100ms \
    redis.retry_interval=100ms redis.timeout=500ms
TOKEN=$(token --role admin --user root --email root@example.org \
    --ttl 6h) ||
    fail "no token"
begin worker

step "killed before and behind each exchange"
PG=$PG TOKEN=$TOKEN python3 -B "$TOP/tests/lib/crashwrites.py" "$D" "$RUN" \
    "$BUILD" 1 'KEYED.*[A-Z], .: kill' || fail "not all came right"
expect_same "keys without an answer" "$(psql_q "SELECT count(*)
    FROM request_keys WHERE status IS NULL")" 0
end worker

#!/bin/bash
# SPDX-License-Identifier: ISC
# Redis, the broker, the database or the token issuer accepts and is silent,
# sends a byte now and then, or accepts nobody: each request is answered, and
# the programs end when they are told to, also while they wait.
. "${srcdir:-.}/tests/lib/lib.sh"
need python3
PROCESSES=1
# Longer than the tick of errand.fcgi, which once began each wait again.
stack_up redis.timeout=1200ms broker.timeout=1200ms auth.fetch_timeout=1200ms \
    worker.shutdown_timeout=1s
new_task '{"title": "one"}'
end fcgi
cp "$D/errand.ini" "$D/right.ini"

# stuck HOW: that is what stands at $RUN/stuck and at 127.0.0.1:$STUCK.
stuck() {
	launch stuck python3 -B "$TOP/tests/lib/stuck.py" "$1" "$RUN/stuck"
	expect_soon 10 test -s "$RUN/stuck.port"
	STUCK=$(cat "$RUN/stuck.port")
}
# with SETTING...: a process with them, and the others as they were.
with() {
	cp "$D/right.ini" "$D/errand.ini"
	set_ini "$@"
	begin fcgi 1
	expect_soon 20 api_is 200 GET /health/live
}
# answers STATUS METHOD PATH [ARGUMENT...]
answers() {
	api "${@:2}"
	expect_status "$1"
}
# ends_within_a_wait PATH: told to end while a request to it waits.
ends_within_a_wait() {
	api GET "$1" &
	end fcgi
	wait "$!" || true
}

json_type='Content-Type: application/json'
for how in silent drip full; do
	stuck "$how"
	step "$how: Redis, and the broker"
	with redis.url="unix://$RUN/stuck" broker.url="redis://127.0.0.1:$STUCK" \
	    redis.retry_interval=10ms
	answers 200 GET "/tasks/$ID"
	answers 201 POST /tasks -H "$json_type" -d '{"title": "two"}'
	answers 200 GET /health/ready
	ends_within_a_wait /tasks

	step "$how: the worker stops all the same"
	begin worker
	expect_soon 20 grep -q 'redis unreachable server=broker' "$D/log/errand.log"
	end worker
	: >"$D/log/errand.log"

	step "$how: the database"
	with "database.conninfo=host=127.0.0.1 port=$STUCK sslmode=disable dbname=errand user=errand" \
	    database.retry_interval=10ms redis.url="unix://$RUN/none"
	answers 503 GET "/tasks/$ID"
	answers 503 GET /health/ready
	ends_within_a_wait "/tasks/$ID"

	step "$how: the issuer"
	with "auth.issuer=http://127.0.0.1:$STUCK/realms/x"
	answers 503 GET "/tasks/$ID"
	ends_within_a_wait "/tasks/$ID"

	end stuck
	rm -f "$RUN"/stuck*
done

#!/bin/bash
# SPDX-License-Identifier: ISC
# A web server that stops in the middle of a request, or does not take its
# answer, costs one process for [http] io_timeout, and nobody else anything.
. "${srcdir:-.}/tests/lib/lib.sh"
PROCESSES=4 stack_up http.io_timeout=1s

# stall ARGUMENT...: a request by hand that goes on behind us.
stall() {
	local n=${#STALLED[@]}
	HEADERS=$D/headers.$n BODY=$D/body.$n
	(fcgi "$@" && say "$STATUS" >"$D/stalled.$n") &
	STALLED+=($!)
	HEADERS=$D/headers BODY=$D/body
}
STALLED=()

# all_done STATUS: of all that stalled.
all_done() {
	local i
	for i in "${!STALLED[@]}"; do
		wait "${STALLED[i]}" || fail "request $i by hand"
		expect_same "request $i" "$(cat "$D/stalled.$i")" "$1"
	done
	STALLED=()
	rm -f "$D"/stalled.*
}

step "three stall, one of them in its body; the fourth process serves on"
PIDS=$(fcgi_pids | sort)
stall GET /me --first 4
stall POST /tasks --stdin "$(printf '{"title": "a"}%2000s' '')" --first 3000
stall POST /tasks --stdin '{"title": "a"}' --first 1200
for _ in 1 2 3 4 5 6 7 8 9 10; do
	api GET /me
	expect_status 200
done
all_done 000
api GET /tasks
expect_json '.data == []'

step "more stall than there are processes; then it is our turn"
for first in 0 3 12 18 100; do
	stall GET /me --first "$first"
done
api GET /me
expect_status 200
all_done 000

step "who does not read the answer gets a part of it"
psql_q "INSERT INTO tasks (id, title, description, created_by)
    SELECT gen_random_uuid(), 'x', repeat('x', 10000), 'x'
    FROM generate_series(1, 100)" >/dev/null
was_cut() {
	grep -q "web server gone" "$D/log/errand.log"
}
stall GET '/tasks?limit=100' --deaf "$D/listen"
expect_soon 20 was_cut
: >"$D/listen"
all_done 200
expect not jq -e . "$D/body.0"

step "nobody waits for a body that is not wanted"
end fcgi
set_ini http.io_timeout=1m
begin fcgi
PIDS=$(fcgi_pids | sort)
as nobody
for _ in 1 2 3 4 5 6 7 8; do
	fcgi POST /tasks --stdin "$(printf '%2000s' '')" --first 500
	expect_problem 401
	fcgi POST /nothing --stdin "$(printf '%2000s' '')" --first 500 \
	    --without CONTENT_LENGTH
	expect_problem 401
	fcgi GET /health/live --stdin "$(printf '%2000s' '')" --first 500
	expect_status 200
done
as user
for _ in 1 2 3 4 5 6 7 8; do
	fcgi DELETE /tasks/1 --stdin "$(printf '%2000s' '')" --first 1500
	expect_problem 403
	fcgi PUT /tasks --stdin "$(printf '%2000s' '')" --first 1500
	expect_problem 405
done

step "nor is anybody held up by those who send a byte now and then"
as nobody
for _ in 1 2 3 4 5 6 7 8; do
	stall POST /tasks --stdin "$(printf '%2000s' '')" --first 500 \
	    --drip "$D/enough"
done
as user
for _ in 1 2 3 4 5 6 7 8 9 10 11 12; do
	api GET /me
	expect_status 200
done
: >"$D/enough"
all_done 401

step "all this harmed no process"
expect_same "the processes" "$(fcgi_pids | sort)" "$PIDS"

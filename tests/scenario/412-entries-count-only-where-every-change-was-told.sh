#!/bin/bash
# SPDX-License-Identifier: ISC
# The address of Redis leads to another server, and back to the first with what
# it had.  Nothing is served that it did not hear of, and sessions that stay
# behind notice.
. "${srcdir:-.}/tests/lib/lib.sh"
. "$TOP/tests/lib/chaos.sh"
need python3
stack_up redis.retry_interval=50ms cache.settle=100ms
end fcgi

# leads_to WORD: redis or other, for who connects from now on.
leads_to() {
	printf '%s\n' "$RUN/$1.sock" >"$D/target"
}
# hurries_to WORD: and for all.
hurries_to() {
	leads_to "$1"
	kill -s HUP "$(pid_of switch)"
}
port() {
	grep -x '[0-9]*' "$D/log/switch.log"
}
other_up() {
	redis-cli -s "$RUN/other.sock" PING >>"$D/log/setup.log" 2>&1
}
launch other redis-server --port 0 --unixsocket "$RUN/other.sock" --save ''
expect_soon 10 other_up
leads_to redis
launch switch python3 -B "$TOP/tests/lib/tcp-switch" "$D/target"
expect_soon 10 port >>"$D/log/setup.log"
set_ini "redis.url=redis://127.0.0.1:$(port)"
begin fcgi 2
expect_soon 20 ready

# shows TITLE: so say the task and its list, whoever answers.
shows() {
	local _
	for _ in {1..6}; do
		api GET "/tasks/$ID"
		json_is --arg t "$1" '.title == $t' || return 1
		api GET /tasks
		json_is --arg t "$1" '.data[0].title == $t' || return 1
	done
}
# hits TITLE: they do so out of the cache.
hits() {
	shows "$1" && [ "$(header X-Cache)" = hit ] &&
	    api GET "/tasks/$ID" && [ "$(header X-Cache)" = hit ]
}
# changed TITLE: with the tag that was just read.
changed() {
	api GET "/tasks/$ID"
	send PATCH "/tasks/$ID" "{\"title\": \"$1\"}" \
	    -H "If-Match: $(header ETag)"
	expect_status 200
}

step "the first server comes back with what it had"
new_task '{"title": "old"}'
expect_soon 20 hits old
hurries_to other
changed new
expect shows new
expect_soon 20 hits new
hurries_to redis
expect shows new
changed newer
expect shows newer
expect_soon 20 hits newer

step "who is left on another server than the rest notices"
for n in 1 2 3; do
	for each in other redis; do
		leads_to "$each"
		kill -s TERM "$(fcgi_pids | head -n 1)"
		# Who has the session of before may be asked until it has noticed.
		send PATCH "/tasks/$ID" "{\"title\": \"$each $n\"}"
		expect_soon 20 hits "$each $n"
	done
done
expect_soon 20 in_log "redis is another server now"

step "the worker does"
begin worker
expect_soon 20 log_read cache
: >"$D/log/errand.log"
noticed() {
	grep -q 'errand-worker.* redis is another ' "$D/log/errand.log"
}
leads_to other
expect_soon 20 noticed

#!/bin/bash
# SPDX-License-Identifier: ISC
# Without Redis every route answers from PostgreSQL, and says so; health warns;
# Redis is left alone for a while after a failure; its return is noticed.
. "${srcdir:-.}/tests/lib/lib.sh"
. "$TOP/tests/lib/chaos.sh"
need python3
stack_up redis.retry_interval=1m

json_type='Content-Type: application/json'
# all_right WORD: each route does its work; reads say WORD.
all_right() {
	local id
	api POST /tasks -H "$json_type" -d '{"title": "one"}'
	expect_status 201
	id=$(json .id)
	for want in one two three; do
		api GET "/tasks/$id"
		expect_status 200
		expect_header X-Cache "$1"
		expect_json --arg t "$want" '.title == $t'
		api GET "/tasks?limit=1"
		expect_status 200
		expect_header X-Cache "$1"
		expect_json --arg t "$want" '.data[0].title == $t'
		case $want in
		one) api PATCH "/tasks/$id" -H "$json_type" -d '{"title": "two"}' ;;
		two) api PUT "/tasks/$id" -H "$json_type" -d '{"title": "three"}' ;;
		*) as admin && api DELETE "/tasks/$id" && as user ;;
		esac
		expect [ "${STATUS%?}" = 20 ]
	done
	api GET "/tasks/$id"
	expect_status 404
	api GET "/tasks/$id/events"
	expect_status 200
	expect_json '.data | length == 4'
	for path in /me /openapi.json /health/live; do
		api GET "$path"
		expect_status 200
	done
}
# health WORD: so is Redis, which is the broker too; 200 anyway.  The pool is
# missing all the time, which is a warning.
health() {
	local path
	for path in /health /health/ready; do
		api GET "$path"
		expect_status 200
		json_is --arg s "$1" '.status == "warn" and
		    .checks["redis:responseTime"][0].status == $s and
		    .checks["broker:responseTime"][0].status == $s' || return 1
	done
}
expect health pass

step "somebody who refuses is asked once by each process"
crash redis
rm -f "$RUN/redis.sock"
launch refuse python3 "$TOP/tests/lib/refuse.py" "$RUN/redis.sock"
expect_soon 10 test -S "$RUN/redis.sock"
for _ in 1 2 3 4; do
	expect health warn
	all_right bypass
done
# Who has noticed before refuse.py was there does not ask it.
expect [ "$(wc -l <"$D/log/refuse.log")" -le 2 ]
expect_same "the warnings in the log" "$(grep -c "redis unreachable" \
    "$D/log/errand.log")" 2
end refuse
rm -f "$RUN/redis.sock"

step "a Redis that is not there is asked again, and its return is noticed"
set_ini redis.retry_interval=50ms cache.settle=100ms
end fcgi
begin fcgi 2
expect_soon 20 ready
pids=$(fcgi_pids)
expect health warn
all_right bypass
begin redis
expect_soon 20 health pass

step "a Redis that stands still is none"
freeze redis
expect health warn
all_right bypass
thaw redis
expect_soon 20 health pass
hit() {
	api GET /tasks
	[ "$(header X-Cache)" = hit ]
}
expect_soon 20 hit

step "a Redis that reads and does not write is none, for readers as well"
bypassed() {
	local _
	for _ in {1..10}; do
		api GET /tasks
		[ "$(header X-Cache)" = bypass ] || return 1
	done
}
redis_q CONFIG SET min-replicas-to-write 1 >/dev/null
expect_soon 20 bypassed
expect health warn
all_right bypass
redis_q CONFIG SET min-replicas-to-write 0 >/dev/null
expect_soon 20 health pass
expect_soon 20 hit

step "a Redis that refuses all is none"
redis_q CONFIG SET requirepass secret >/dev/null
redis_q --no-auth-warning -a secret CLIENT KILL TYPE normal >/dev/null
expect_soon 20 health warn
expect_json '[.checks["redis:responseTime", "broker:responseTime"][0].output |
    contains("is there, but it refused")] | all'
all_right bypass
redis_q --no-auth-warning -a secret CONFIG SET requirepass '' >/dev/null
expect_soon 20 health pass
expect_soon 20 hit

step "a Redis Cluster is none, and is called so"
end redis
launch redis redis-server "$D/redis.conf" --cluster-enabled yes
# Who found nobody while it was started does not tell his next reason.
told() {
	"$BUILD/errandctl" -c "$D/errand.ini" health >"$D/log/health.log" 2>&1 ||
	    true
	grep -q 'redis unreachable .*reason="it is a node of a Redis Cluster' \
	    "$D/log/health.log"
}
expect_soon 20 told
expect health warn
all_right bypass
end redis
begin redis
expect_soon 20 health pass
expect_soon 20 hit
expect_same "the processes" "$(fcgi_pids)" "$pids"

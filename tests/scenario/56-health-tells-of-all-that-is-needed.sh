#!/bin/bash
# SPDX-License-Identifier: ISC
# Health tells of the pool, the relay, the broker, jobs that wait, rights that
# are missing, the encoding, and a schema that moved on while programs run;
# errandctl says the same.
. "${srcdir:-.}/tests/lib/lib.sh"
. "$TOP/tests/lib/chaos.sh"
PROCESSES=1
stack_up database.retry_interval=50ms http.io_timeout=1m

# says CHECK NAME STATUS WORDS: in /health as CHECK, in errandctl as NAME.
says() {
	api GET /health
	json_is --arg c "$1" --arg s "$3" --arg w "$4" '
	    .checks[$c][0] | .status == $s and (.output // "" | test($w))' &&
	    { ctl_health; true; } >/dev/null &&
	    jq -e --arg n "$2" --arg s "$3" --arg w "$4" '.checks[$n] |
	    .status == $s and (.detail // "" | test($w))' \
		"$D/health.json" >/dev/null
}
ctl_health() {
	"$BUILD/errandctl" -c "$D/errand.ini" health --json >"$D/health.json"
}

step "nobody runs jobs"
expect says worker:heartbeat worker warn 'runs jobs.*; start errand-worker'
expect says relay:lastSuccess relay warn 'is errand-worker running'
expect "$BUILD/errandctl" -c "$D/errand.ini" health --ready
psql_q "INSERT INTO jobs (kind, run_at) VALUES ('a', now() - interval '2 h')"
expect says queue:oldestDue queue warn 'waits to be sent, for 2 h; see that'
psql_q "DELETE FROM jobs"
expect says queue:oldestDue queue pass ''

step "messages were put aside"
expect says queue:dead dead pass ''
redis_q LPUSH errand:dead x >/dev/null
redis_q LPUSH errand.unregistered x >/dev/null
expect says queue:dead dead warn 'could run them: 2; errandctl jobs dead shows'
redis_q DEL errand:dead errand.unregistered >/dev/null

step "somebody does, and stops"
begin worker
expect_soon 20 says worker:heartbeat worker pass ''
expect_soon 20 says relay:lastSuccess relay pass ''
expect ctl_health
end worker
redis_q SET errand:relayed 1 >/dev/null
expect says relay:lastSuccess relay warn 'that went well was [0-9]+ h ago'
redis_q DEL errand:pool >/dev/null
expect says worker:heartbeat worker warn 'runs jobs.*; start errand-worker'

step "the broker reads, and refuses to write"
redis_q CONFIG SET min-replicas-to-write 1 >/dev/null
expect says broker:responseTime broker warn 'is there, but it refused; see why'
redis_q CONFIG SET min-replicas-to-write 0 >/dev/null
expect_soon 10 says broker:responseTime broker pass ''

step "the broker may throw messages away, or has no limit"
expect says broker:memory memory pass ''
redis_q CONFIG SET maxmemory-policy volatile-lru >/dev/null
expect says broker:memory memory warn 'is volatile-lru instead of noeviction'
redis_q CONFIG SET maxmemory 0 >/dev/null
expect says broker:memory memory warn 'has no maxmemory'
begin worker
expect_soon 20 in_log 'which has no maxmemory'
end worker
redis_q CONFIG SET maxmemory 1gb maxmemory-policy noeviction >/dev/null

step "rights are missing"
psql_q "REVOKE INSERT, UPDATE ON jobs FROM errand"
# Check by check, and together.
says_the_same() {
	api GET /health
	ctl_health || true
	[ "$(jq -c '[.status, .checks[][0].status]' "$BODY")" = \
	    "$(jq -c '[.status, .checks[].status]' "$D/health.json")" ]
}
expect says_the_same
expect says postgresql:rights rights fail 'INSERT on jobs, UPDATE on jobs; .*GRANT'
api GET /health/ready
expect_status 503
psql_q "GRANT INSERT, UPDATE ON jobs TO errand"
expect says postgresql:rights rights pass ''

step "the schema moves on while programs run"
psql_q "INSERT INTO schema_version (version, min_program) VALUES (99, 99)"
expect says postgresql:schema schema fail 'errandctl migrate'
api GET /tasks
expect_status 503
psql_q "DELETE FROM schema_version WHERE version = 99"
expect_soon 10 says postgresql:schema schema pass ''

step "who was told to stop is not ready any more, but lives"
PID=$(fcgi_pids)
sockets() {
	find "/proc/$PID/fd" -lname 'socket:*' | wc -l
}
taken() {
	[ "$(sockets)" -gt "$BEFORE" ]
}
# meanwhile STATUS PATH: the signal comes in the middle of the request.
meanwhile() {
	rm -f "$D/go"
	expect_soon 20 api_is 200 GET /health/ready
	PID=$(fcgi_pids)
	BEFORE=$(sockets)
	(fcgi GET "$2" --first 20 --rest "$D/go" && say "$STATUS" >"$D/told") &
	expect_soon 20 taken
	kill -TERM "$PID"
	: >"$D/go"
	wait "$!" || fail "no answer"
	expect_same "$2 of a process that stops" "$(cat "$D/told")" "$1"
}
meanwhile 503 /health/ready
expect_json '.checks["process:running"][0] | .status == "fail" and
    (.output | test("is stopping"))'
end fcgi
begin fcgi 1
meanwhile 200 /health/live

step "a database whose letters are not ours is refused by name"
end fcgi postgres
sql="CREATE DATABASE odd OWNER errand TEMPLATE template0"
pg_run "$PG_BIN/postgres" --single -D "$DATA" postgres \
    >>"$D/log/setup.log" 2>&1 <<<"$sql ENCODING 'SQL_ASCII' LOCALE 'C'" ||
    fail "no database"
printf 'local odd errand scram-sha-256\n' >>"$DATA/pg_hba.conf"
begin postgres
odd=${PG/dbname=errand/dbname=odd}
expect not "$BUILD/errandctl" -c "$D/errand.ini" migrate --sql "$TOP/sql" \
    --target "$odd" >"$D/log/odd.log" 2>&1
expect grep -q 'SQL_ASCII.*UTF8' "$D/log/odd.log"
set_ini "database.conninfo=$odd"
begin fcgi 1
expect_soon 20 api_is 200 GET /health/live
expect says postgresql:schema schema fail 'encoding.*UTF8'
expect in_log 'SQL_ASCII'

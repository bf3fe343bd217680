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
expect jq -e '.tasks == "shared"' "$D/health.json"
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
psql_q "REVOKE INSERT ON tasks FROM errand;
    GRANT INSERT (id, title, description, created_by, owner, extra)
    ON tasks TO errand"
expect says postgresql:rights rights fail 'the right to INSERT on tasks; '
psql_q "GRANT INSERT (status) ON tasks TO errand"
expect says postgresql:rights rights pass ''
new_task '{"title": "A right on each column is enough"}'

step "with all rights, writing is refused or has to wait"
psql_q "ALTER TABLE tasks ENABLE ROW LEVEL SECURITY;
    ALTER TABLE tasks FORCE ROW LEVEL SECURITY"
expect says postgresql:rights rights fail 'has its rights, but .* row security'
api GET /health/ready
expect_status 503
psql_q "CREATE POLICY come ON tasks FOR INSERT WITH CHECK (true);
    CREATE POLICY seen ON tasks FOR SELECT USING (true)"
expect says postgresql:rights rights fail 'has its rights, but .* row security'
psql_q "CREATE POLICY whole ON tasks USING (true)"
expect says postgresql:rights rights pass ''
psql_q "DROP POLICY come ON tasks; DROP POLICY seen ON tasks;
    DROP POLICY whole ON tasks; ALTER TABLE tasks DISABLE ROW LEVEL SECURITY"
psql_q "CREATE FUNCTION no() RETURNS trigger LANGUAGE plpgsql AS
    'BEGIN RAISE EXCEPTION ''no''; END';
    CREATE TRIGGER no BEFORE INSERT ON jobs
    FOR EACH ROW EXECUTE FUNCTION no()"
expect_soon 20 says postgresql:rights rights fail 'is refused; see why in the log'
psql_q "DROP FUNCTION no CASCADE"
expect says postgresql:rights rights pass ''
psql_q "ALTER TABLE task_events ADD CHECK (actor <> 'health')"
expect_soon 20 says postgresql:rights rights warn 'refused for what it has'
psql_q "ALTER TABLE task_events DROP CONSTRAINT task_events_actor_check"
expect says postgresql:rights rights pass ''
# read_only on|off: what all sessions may do from now on.
read_only() {
	echo "default_transaction_read_only = $1" >>"$DATA/postgresql.conf"
	kill -s HUP "$(pid_of postgres)"
}
not_ready() {
	api GET /health/ready
	[ "$STATUS" = 503 ] && ! ctl_health
}
read_only on
expect_soon 20 not_ready
read_only off
expect_soon 20 says postgresql:rights rights pass ''
exec {LOCK_FD}> >(exec psql -XAtq -d "$PG" >>"$D/log/lock.log" 2>&1)
echo "BEGIN; LOCK TABLE tasks IN SHARE MODE;" >&"$LOCK_FD"
expect_soon 20 says postgresql:rights rights warn 'waits .* who locks the tables'
api GET /health/ready
expect_status 200
exec {LOCK_FD}>&-
expect_soon 20 says postgresql:rights rights pass ''
expect_same "rows of health" "$(psql_q "SELECT
    (SELECT count(*) FROM tasks WHERE created_by = 'health') +
    (SELECT count(*) FROM task_events WHERE actor = 'health') +
    (SELECT count(*) FROM job_tells) +
    (SELECT count(*) FROM stats_days WHERE day = '-infinity')")" 0

step "the schema moves on while programs run"
psql_q "INSERT INTO schema_version (version, min_program) VALUES (99, 99)"
expect says postgresql:schema schema fail 'errandctl migrate'
api GET /tasks
expect_status 503
psql_q "DELETE FROM schema_version WHERE version = 99"
expect_soon 10 says postgresql:schema schema pass ''

step "the server of results, and the file of metrics, are not there"
set_ini broker.result_url=unix:///nowhere/redis.sock
end fcgi
begin fcgi 1
expect_soon 20 api_is 200 GET /health/live
expect says results:responseTime results warn 'result_url cannot be reached; see'
set_ini "broker.result_url=unix://$RUN/redis.sock?db=1"
end fcgi
rm "$D/metrics"
metrics_gone() {
	ctl_health || true
	jq -e '.checks | (.results.status == "pass") and (.log |
	    .status == "warn" and (.detail | test("not known.*not there.*start")))' \
	    "$D/health.json" >/dev/null
}
expect metrics_gone
begin fcgi 1
expect_soon 20 api_is 200 GET /health/live
expect says results:responseTime results pass ''
expect says log:lost log pass ''

step "who was told to stop is not ready any more, but lives"
PID=$(fcgi_pids)
# By name, not by number: the connection of the request before may still be
# there when we look first, and close later.
sockets() {
	find "/proc/$PID/fd" -lname 'socket:*' -printf '%l\n' | sort
}
taken() {
	[ -n "$(comm -13 "$D/before" <(sockets))" ]
}
# meanwhile STATUS PATH: the signal comes in the middle of the request.
meanwhile() {
	rm -f "$D/go"
	expect_soon 20 api_is 200 GET /health/ready
	PID=$(fcgi_pids)
	sockets >"$D/before"
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

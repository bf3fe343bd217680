#!/bin/bash
# SPDX-License-Identifier: ISC
# Four processes share two server connections of PgBouncer in transaction mode,
# under load: no error, nothing stale.
. "${srcdir:-.}/tests/lib/lib.sh"
. "$TOP/tests/lib/chaos.sh"
need pgbouncer
PROCESSES=4
stack_up

pool=$RUN/pg/pool
mkdir -m 700 "$pool"
printf '"errand" "%s"\n' "$PASSWORD" >"$pool/users"
cat >"$pool/ini" <<-EOT
	[databases]
	errand = host=$RUN/pg port=5432 dbname=errand
	[pgbouncer]
	listen_addr =
	listen_port = 6432
	unix_socket_dir = $pool
	auth_type = scram-sha-256
	auth_file = $pool/users
	pool_mode = transaction
	default_pool_size = 2
	max_client_conn = 100
EOT
for file in "$pool" "$pool/users" "$pool/ini"; do
	pg_give "$file"
done
launch pgbouncer "${PG_AS[@]}" "$(command -v pgbouncer)" "$pool/ini"
pooled="host=$pool port=6432 dbname=errand user=errand password=$PASSWORD"
pool_up() {
	psql -XAtq -d "$pooled" -c 'SELECT 1' >/dev/null 2>&1
}
expect_soon 20 pool_up
set_ini "database.conninfo=$pooled" database.prepared_statements=off
end fcgi
begin fcgi 4
begin worker
expect_soon 20 ready

step "hot tasks and lists are written and read"
load_begin coherence --no-errors
for _ in {1..8}; do
	load_order hits
	load_order writes
done
sessions=$(psql_q "SELECT count(*) FROM pg_stat_activity
    WHERE datname = 'errand' AND backend_type = 'client backend'")
load_end
expect [ "$sessions" -le 3 ]
expect not in_log "statement failed"
expect not in_log "unreachable"
expect_soon 10 log_read cache
expect_soon 10 log_read statistics
expect records_fit
end worker fcgi

step "what was answered 503 in time is not carried out later"
set_ini database.query_timeout=500ms
begin fcgi 4
expect_soon 20 ready
new_task '{"title": "held"}'
PGAPPNAME=locker psql -XAtq -d "$PG" -c "BEGIN; SELECT 1 FROM tasks
    WHERE id = '$ID' FOR UPDATE; SELECT pg_sleep(600)" \
    >"$D/log/locker.log" 2>&1 &
locker_holds() {
	psql_is "SELECT count(*) FROM pg_stat_activity WHERE state = 'active'
	    AND application_name = 'locker' AND wait_event = 'PgSleep'" 1
}
expect_soon 20 locker_holds
for n in 1 2 3 4; do
	send PATCH "/tasks/$ID" "{\"title\": \"late $n\"}"
	expect_status 503
	expect_header Retry-After '[0-9]+'
done
nobody_waits() {
	psql_is "SELECT count(*) FROM pg_stat_activity
	    WHERE wait_event_type = 'Lock'" 0
}
expect_soon 20 nobody_waits
psql_q "SELECT pg_terminate_backend(pid) FROM pg_stat_activity
    WHERE application_name = 'locker'" >/dev/null
wait "$!" || true
send PATCH "/tasks/$ID" '{"status": "completed"}'
expect_status 200
expect_json '.title == "held"'
end fcgi pgbouncer

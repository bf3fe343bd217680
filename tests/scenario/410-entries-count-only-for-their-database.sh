#!/bin/bash
# SPDX-License-Identifier: ISC
# Entries of the cache count only for the database that filled them: after a
# backup is put in its place nothing is served that it does not have.  A
# database that only reads is not the truth, and one that is busy is a 503.
. "${srcdir:-.}/tests/lib/lib.sh"
. "$TOP/tests/lib/chaos.sh"
stack_up database.retry_interval=50ms

# cached PATH: what comes from there is in the cache.
cached() {
	expect_soon 10 hits "$1"
}
# titles_are JSON: what the list says.
titles_are() {
	api GET '/tasks?sort=title'
	expect_status 200
	expect_json "[.data[].title] == $1"
}
# unavailable METHOD PATH [ARGUMENT...]
unavailable() {
	api "$@"
	expect_status 503
	expect_header Retry-After '[0-9]+'
}
ready() {
	api_is 200 GET /health/ready
}
# restored: PostgreSQL has the files of the backup.
restored() {
	crash postgres
	rm -rf "$DATA"
	tar -C "$RUN/pg" -xpf "$D/backup.tar"
	begin postgres
	expect_soon 20 ready
}

step "a process fills the cache with the first that it is asked for"
new_task '{"title": "old"}'
TASK=$ID
end fcgi
redis_q flushall >/dev/null
set_ini redis.timeout=5s
begin fcgi 1
api GET "/tasks/$TASK"
expect_header X-Cache miss
api GET "/tasks/$TASK"
expect_header X-Cache hit

step "a backup is taken, and then more happens"
end fcgi
begin fcgi
end postgres
tar -C "$RUN/pg" -cf "$D/backup.tar" data
begin postgres
expect_soon 20 ready
send PATCH "/tasks/$TASK" '{"title": "new"}'
expect_status 200
new_task '{"title": "lost"}'
LOST=$ID
cached "/tasks/$TASK"
cached "/tasks/$LOST"
titles_are '["lost", "new"]'

step "the backup takes its place: nothing of the rest is served"
restored
# Processes learn of it when they are connected anew.
send PATCH "/tasks/$LOST" '{"title": "x"}'
expect_status 404
api GET "/tasks/$TASK"
expect_json '.title == "old"'
tag=$(header ETag)
api GET "/tasks/$LOST"
expect_status 404
titles_are '["old"]'
expect_soon 10 in_log 'cache was of another database'
send PATCH "/tasks/$TASK" '{"status": "completed"}' -H "If-Match: $tag"
expect_status 200

step "the worker notices by itself, where others only read the cache"
begin worker
# Until then its keeper invalidates what was changed before.
expect_soon 20 log_read cache
cached "/tasks/$TASK"
run=$(redis_q get tasks:source)
restored
source_changed() {
	[ "$(redis_q get tasks:source)" != "$run" ]
}
expect_soon 20 source_changed
api GET "/tasks/$TASK"
expect_json '.status == "pending"'

step "a dump is restored while all sessions go on"
pg_dump -Fc -f "$D/dump" -d "$PG"
send PATCH "/tasks/$TASK" '{"title": "newer"}'
expect_status 200
new_task '{"title": "gone"}'
cached "/tasks/$TASK"
cached "/tasks/$ID"
pg_restore --clean --if-exists -1 -d "$PG" "$D/dump" >>"$D/log/setup.log" 2>&1 ||
    fail "the dump cannot be restored"
is_old() {
	api_is 200 GET "/tasks/$TASK" && json_is '.title == "old"' &&
	    api_is 404 GET "/tasks/$ID"
}
expect_soon 20 is_old
for _ in 1 2 3 4; do
	send PATCH "/tasks/$TASK" '{"status": "completed"}'
	expect_status 200
done

step "jobs that the backup has as published are looked for again"
psql_q "INSERT INTO jobs (kind, state, published_at, relayed_at)
    VALUES ('errand.record_analytics', 'published', now(), now())"
end postgres
begin postgres
job_done() {
	psql_is "SELECT count(*) FROM jobs WHERE state = 'published'" 0
}
expect_soon 30 job_done
end worker

step "a table is locked, and the role waits only shortly: 503"
psql_q "ALTER ROLE errand SET lock_timeout = '200ms'"
psql_q "SELECT pg_terminate_backend(pid) FROM pg_stat_activity
    WHERE application_name = 'errand'" >/dev/null
expect_soon 20 ready
PGAPPNAME=locker psql -XAtq -d "$PG" -c 'BEGIN; LOCK TABLE tasks IN ACCESS
    EXCLUSIVE MODE; SELECT pg_sleep(600)' >"$D/log/locker.log" 2>&1 &
locked() {
	psql_is "SELECT count(*) FROM pg_locks WHERE granted
	    AND relation = 'tasks'::regclass
	    AND mode = 'AccessExclusiveLock'" 1
}
expect_soon 20 locked
redis_q flushall >/dev/null
unavailable GET "/tasks/$TASK"
unavailable GET /tasks
unavailable POST /tasks --json '{"title": "x"}'
unavailable PATCH "/tasks/$TASK" --json '{"title": "x"}'
psql_q "SELECT pg_terminate_backend(pid) FROM pg_stat_activity
    WHERE application_name = 'locker'" >/dev/null
wait "$!" || true
psql_q 'ALTER ROLE errand RESET lock_timeout'
api GET "/tasks/$TASK"
expect_status 200

step "transactions are not serializable because a role's default says so"
psql_q "ALTER ROLE errand SET default_transaction_isolation = serializable"
psql_q "SELECT pg_terminate_backend(pid) FROM pg_stat_activity
    WHERE application_name = 'errand'" >/dev/null
expect_soon 20 ready
send PATCH "/tasks/$TASK" '{"title": "isolated"}'
expect_status 200
psql_q 'ALTER ROLE errand RESET default_transaction_isolation'

step "a database that only reads is neither served from nor cached"
psql_q 'ALTER DATABASE errand SET default_transaction_read_only = on'
psql_q "SELECT pg_terminate_backend(pid) FROM pg_stat_activity
    WHERE application_name = 'errand'" >/dev/null
redis_q flushall >/dev/null
unavailable GET "/tasks/$TASK"
expect_json '.detail | test("only reads")'
unavailable POST /tasks --json '{"title": "x"}'
api GET /health/ready
expect_status 503
expect_json '[.. | strings | select(test("only reads"))] | length > 0'
expect_soon 10 in_log 'database only reads'
PGOPTIONS='-c default_transaction_read_only=off' \
    psql_q 'ALTER DATABASE errand RESET default_transaction_read_only'
expect_soon 20 ready
api GET "/tasks/$TASK"
expect_json '.title == "isolated"'

step "a change that was never sent leaves alone what can still be read"
cached "/tasks/$TASK"
cached /tasks
end postgres
for _ in 1 2 3 4; do
	unavailable PATCH "/tasks/$TASK" --json '{"title": "x"}'
	unavailable POST /tasks --json '{"title": "x"}'
done
api GET "/tasks/$TASK"
expect_status 200
expect_header X-Cache hit
api GET /tasks
expect_status 200
expect_header X-Cache hit

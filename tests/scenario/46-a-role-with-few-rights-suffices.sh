#!/bin/bash
# SPDX-License-Identifier: ISC
# The rights that DESIGN.md names for PostgreSQL and README.md for Redis are all
# that the programs need, and give nobody the schema or the past.
. "${srcdir:-.}/tests/lib/lib.sh"
. "$TOP/tests/lib/lib-jobs.sh"
stack_up purge.events_age=365d purge.interval=30d

step "a role that owns nothing"
end fcgi postgres
pg_run "$PG_BIN/postgres" --single -D "$DATA" postgres \
    >>"$D/log/setup.log" 2>&1 <<<"CREATE ROLE few LOGIN PASSWORD 'few'" ||
    fail "no role"
printf 'local errand few scram-sha-256\n' >>"$DATA/pg_hba.conf"
begin postgres
grants=$(sed -n 's/^    \(GRANT .* TO \)errand;.*$/\1few;/p' "$TOP/DESIGN.md")
expect_same "lines with rights" "$(wc -l <<<"$grants")" 7
psql_q "$grants"
few="host=$RUN/pg port=5432 dbname=errand user=few password=few"
set_ini "database.conninfo=$few"
# refused SQL
refused() {
	! psql -XAtq -d "$few" -c "$1" >>"$D/log/refused.log" 2>&1
}
expect refused "ALTER TABLE tasks ADD COLUMN x int"
expect refused "UPDATE task_events SET actor = 'x'"
expect refused "TRUNCATE jobs"

step "a user of Redis that may do little"
user=$(sed -n '/^    ACL SETUSER errand /,/^$/p' "$TOP/README.md" | tr '\n' ' ')
# shellcheck disable=SC2086 # a word each, and patterns are for Redis alone
(set -f && expect_same "Redis says" \
    "$(redis_q ${user//>SECRET/>few} | tr -d '\r')" OK)
set_ini redis.username=errand redis.password=few
# limited COMMAND...: refused
limited() {
	redis_q --user errand --pass few --no-auth-warning "$@" \
	    2>&1 | grep -q NOPERM
}
expect limited FLUSHALL
expect limited CONFIG GET dir
expect limited GET of-somebody-else
redis_q ACL LOG RESET >>"$D/log/setup.log"

step "everything works with both"
psql_q "INSERT INTO task_events (task_id, version, action, actor, at)
    SELECT gen_random_uuid(), 1, 'deleted', 'x', now() - interval '400 days'
    FROM generate_series(1, 15)"
begin fcgi 2
expect_soon 20 ready
begin worker
as admin
new_task '{"title": "Few rights"}'
send PUT "/tasks/$ID" '{"title": "A few rights"}'
expect_status 200
send PATCH "/tasks/$ID" '{"status": "completed"}'
expect_status 200
api GET "/tasks/$ID/events"
expect_status 200
expect_json '.data | length == 3'
api GET '/tasks?title=few&count=exact'
expect_json '.count == 1'
api DELETE "/tasks/$ID"
expect_status 204
expect_soon 30 none_open
api GET /stats
expect_status 200
api GET /jobs
expect_json '[.data[].state] | all(. == "succeeded" or . == "cancelled")'
expect_json '[.data[].kind] | index("errand.purge") != null'
# The purge at the start may have come before the readers of the log had had
# what it was to take.
for reader in cache statistics webhooks; do
	expect_soon 20 log_read "$reader"
done
psql_q "INSERT INTO jobs (kind, args) VALUES ('errand.purge', '{}')"
expect_soon 30 psql_is "SELECT count(*) FROM task_events" 4
well() {
	"$BUILD/errandctl" -c "$D/errand.ini" health >"$D/log/health.log" 2>&1
}
expect_soon 10 well
"$BUILD/errandctl" -c "$D/errand.ini" cache flush >"$D/log/flush.log" 2>&1 ||
    fail "$(cat "$D/log/flush.log")"

step "a pool that died is made up for with it"
crash worker
new_task '{"title": "Left behind"}'
begin worker
expect_soon 30 none_open
end worker

step "messages of Celery's workers are taken back"
job_kind t.stock queue=celery
begin worker
new_job t.stock
expect_soon 20 list_has celery 1
"$BUILD/errandctl" -c "$D/errand.ini" jobs cancel --kind t.stock \
    >"$D/log/cancel.log" 2>&1 || fail "$(cat "$D/log/cancel.log")"
expect list_has celery 0
expect job_is "$ID" cancelled
end worker
expect_same "refused by Redis" "$(redis_q ACL LOG)" ""

step "without INFO and channels jobs go on, and it is said what is missing"
redis_q ACL SETUSER errand -info resetchannels >>"$D/log/setup.log"
end fcgi
begin fcgi 2
begin worker
new_task '{"title": "Fewer rights"}'
expect_soon 30 none_open
# named RIGHT: by errandctl health.
named() {
	"$BUILD/errandctl" -c "$D/errand.ini" health >"$D/log/health.log" 2>&1 ||
	    true
	grep -q "not the right to $1" "$D/log/health.log"
}
expect_soon 10 named 'run info'

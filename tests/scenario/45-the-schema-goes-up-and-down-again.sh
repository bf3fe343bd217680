#!/bin/bash
# SPDX-License-Identifier: ISC
# Every change of the schema can be deployed, verified and reverted, twice,
# by the owner of the database alone; and without sqitch it is the same.
. "${srcdir:-.}/tests/lib/lib.sh"
need psql sqitch pg_dump jq
folder
postgres_new

migrate() {
	"$BUILD/errandctl" -c "$D/errand.ini" migrate --sql "$TOP/sql" "$@" \
	    >>"$D/log/migrate.log" 2>&1
}
# schema FILE: what there is, without sqitch's own records.
schema() {
	pg_dump -d "$PG" --schema-only --no-owner --exclude-schema=sqitch |
	    grep -v '^\(--\|SET \|SELECT pg_catalog\|\\\|$\)' >"$1"
}
ours() {
	psql_q "SELECT count(*) FROM pg_class c JOIN pg_namespace n
	    ON n.oid = relnamespace WHERE nspname = 'public'"
}

step "all that is deployed is verified"
expect migrate verify
schema "$D/first"

for round in first second; do
	step "the $round time down, and up again"
	expect migrate revert --yes
	expect_same "what is left" "$(ours)" 0
	expect migrate deploy
	expect migrate verify
	schema "$D/again"
	expect cmp "$D/first" "$D/again"
done

step "deploying what is there changes nothing"
expect migrate deploy
schema "$D/again"
expect cmp "$D/first" "$D/again"

step "who holds a table is named, and others pass before it is tried again"
mkfifo "$D/holder"
PGAPPNAME=holder psql -XAtq -d "$PG" <"$D/holder" >>"$D/log/setup.log" 2>&1 &
exec {holder}>"$D/holder"
# told WORDS
told() {
	grep -q "$1" "$D/log/migrate.log"
}
expect migrate revert --to task_events --yes
printf 'BEGIN; SELECT count(*) FROM tasks;\n' >&"$holder"
expect_soon 20 psql_is "SELECT count(*) FROM pg_locks JOIN pg_stat_activity
    USING (pid) WHERE application_name = 'holder'
    AND relation = 'tasks'::regclass" 1
: >"$D/log/migrate.log"
migrate deploy &
deploy=$!
expect_soon 20 told 'waits for the session of process .*, holder, idle in trans'
# It waits behind the one that waits, until that lets it pass.
expect_same "tasks" "$(psql_q 'SELECT count(*) FROM tasks')" 0
expect_soon 20 told 'others waited behind it'
printf 'COMMIT;\n' >&"$holder"
exec {holder}>&-
expect wait "$deploy"
expect migrate verify

step "without sqitch only an empty database is taken, or what that has begun"
expect not migrate --psql
expect migrate revert --yes
psql_q 'DROP SCHEMA sqitch CASCADE'
cp -r "$TOP/sql" "$D/sql"
printf 'SELECT 1 / 0;\n' >>"$D/sql/deploy/task_events.sql"
expect not migrate --sql "$D/sql" --psql
expect [ "$(ours)" -gt 0 ]
psql_q 'CREATE TABLE theirs ()'
expect not migrate --psql
psql_q 'DROP TABLE theirs'
expect migrate --psql
schema "$D/again"
expect cmp "$D/first" "$D/again"
expect migrate --psql
expect migrate verify --psql

step "what a table has lost, or got, is told"
# lost SQL WORDS CURE: verify says the words, until it is put right.
lost() {
	psql_q "$1"
	expect not migrate verify --psql
	expect grep -q "$2" "$D/log/migrate.log"
	psql_q "$3"
	expect migrate verify --psql
	: >"$D/log/migrate.log"
}
lost "ALTER TABLE tasks DROP CONSTRAINT tasks_pkey" \
    'table tasks: its PRIMARY KEY (id) is missing' \
    "ALTER TABLE tasks ADD PRIMARY KEY (id)"
lost "ALTER TABLE jobs ALTER args DROP DEFAULT" \
    "table jobs: column args is not NOT NULL DEFAULT" \
    "ALTER TABLE jobs ALTER args SET DEFAULT '{}'"
lost "ALTER TABLE tasks ENABLE ROW LEVEL SECURITY" \
    'table tasks has row security' \
    "ALTER TABLE tasks DISABLE ROW LEVEL SECURITY"
lost "CREATE RULE r AS ON DELETE TO jobs DO INSTEAD NOTHING" \
    'table jobs has the rule r' "DROP RULE r ON jobs"
lost "CREATE TRIGGER t BEFORE DELETE ON tasks FOR EACH ROW
    EXECUTE FUNCTION suppress_redundant_updates_trigger()" \
    'table tasks has the trigger t' "DROP TRIGGER t ON tasks"
lost "ALTER TABLE tasks DISABLE TRIGGER task_stamp" 'division by zero' \
    "ALTER TABLE tasks ENABLE TRIGGER task_stamp"
lost "REVOKE UPDATE ON jobs FROM errand" 'table jobs: errand may not UPDATE' \
    "GRANT UPDATE ON jobs TO errand"

lost "ALTER TABLE task_events ALTER xid DROP DEFAULT" 'division by zero' \
    "ALTER TABLE task_events ALTER xid SET DEFAULT pg_current_xact_id()"

step "what readers of the log have not counted is handed back as jobs"
run_sql() {
	psql -XAtq -v ON_ERROR_STOP=1 -d "$PG" -f "$TOP/sql/$1/task_log.sql" \
	    >>"$D/log/migrate.log" 2>&1
}
psql_q "INSERT INTO task_events (task_id, version, action, actor, status_was,
    status_now, at) SELECT gen_random_uuid(), v, 'updated', 'x', was, now_,
    '2026-01-01 12:00+00' FROM (VALUES (1, 'pending'::task_status,
    'pending'::task_status), (2, 'pending', 'completed'), (3, NULL, NULL))
    AS e (v, was, now_)
    ORDER BY v"
psql_q "UPDATE log_readers SET (xid, id) =
    (SELECT xid, id FROM task_events WHERE version = 1)"
expect run_sql revert
expect run_sql revert
expect_same "handed back" "$(psql_q "SELECT kind, args->>'from', args->>'to',
    args->>'version', created_at AT TIME ZONE 'UTC', relayed_at FROM jobs")" \
    'errand.record_analytics|pending|completed|2|2026-01-01 12:00:00|'
for round in first second; do
	expect run_sql deploy
	expect run_sql verify
done
expect_same "what the log has of before" "$(psql_q "SELECT count(xid)
    FROM task_events")" 0

step "every change has its three scripts, and every script its change"
sed -n 's/^\([a-z_][a-z_0-9]*\) .*/\1.sql/p' "$TOP/sql/sqitch.plan" |
    sort >"$D/plan"
for folder in deploy revert verify; do
	(cd "$TOP/sql/$folder" && printf '%s\n' *.sql | sort) >"$D/scripts"
	expect cmp "$D/plan" "$D/scripts"
done

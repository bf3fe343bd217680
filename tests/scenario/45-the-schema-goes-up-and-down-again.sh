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

step "every change has its three scripts, and every script its change"
sed -n 's/^\([a-z_][a-z_0-9]*\) .*/\1.sql/p' "$TOP/sql/sqitch.plan" |
    sort >"$D/plan"
for folder in deploy revert verify; do
	(cd "$TOP/sql/$folder" && printf '%s\n' *.sql | sort) >"$D/scripts"
	expect cmp "$D/plan" "$D/scripts"
done

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

step "without sqitch only an empty database is taken"
expect not migrate --psql
expect migrate revert --yes
psql_q 'DROP SCHEMA sqitch CASCADE'
expect migrate --psql
schema "$D/again"
expect cmp "$D/first" "$D/again"

step "every change has its three scripts, and every script its change"
sed -n 's/^\([a-z_][a-z_0-9]*\) .*/\1.sql/p' "$TOP/sql/sqitch.plan" |
    sort >"$D/plan"
for folder in deploy revert verify; do
	(cd "$TOP/sql/$folder" && printf '%s\n' *.sql | sort) >"$D/scripts"
	expect cmp "$D/plan" "$D/scripts"
done

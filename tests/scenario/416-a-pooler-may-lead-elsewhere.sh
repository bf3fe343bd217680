#!/bin/bash
# SPDX-License-Identifier: ISC
# PgBouncer leads to a standby, and to the standby that has taken over, while
# sessions to it go on: no statement's answer is older than what was answered.
. "${srcdir:-.}/tests/lib/lib.sh"
. "$TOP/tests/lib/chaos.sh"
. "$TOP/tests/lib/lib-standby.sh"
need pgbouncer
stack_up database.retry_interval=50ms
standby_new

pool=$RUN/pg/pool
pooled="host=$pool port=6432 dbname=errand user=errand password=$PASSWORD"
mkdir -m 700 "$pool"
printf '"errand" "%s"\n' "$PASSWORD" >"$pool/users"
# leads_to PORT: there its statements go from now on.
leads_to() {
	cat >"$pool/ini" <<-EOT
		[databases]
		errand = host=$RUN/pg port=$1 dbname=errand
		[pgbouncer]
		listen_addr =
		listen_port = 6432
		unix_socket_dir = $pool
		auth_type = scram-sha-256
		auth_file = $pool/users
		pool_mode = transaction
		default_pool_size = 2
		server_login_retry = 1
	EOT
	[ -e "$D/proc/pgbouncer" ] || return 0
	kill -s HUP "$(pid_of pgbouncer)"
	expect_soon 10 is_at "$1"
}
is_at() {
	[ "$(psql -XAtq -d "$pooled" -c 'SHOW port' 2>/dev/null)" = "$1" ]
}
leads_to 5432
for file in "$pool" "$pool/users" "$pool/ini"; do
	pg_give "$file"
done
launch pgbouncer "${PG_AS[@]}" "$(command -v pgbouncer)" "$pool/ini"
expect_soon 20 is_at 5432
end fcgi
set_ini "database.conninfo=$pooled" database.prepared_statements=off
begin fcgi 2
expect_soon 20 api_is 200 GET /health/ready

# shows TITLE: so say task, list, first lists of all sorts, and history.
shows() {
	local _
	for _ in 1 2 3 4; do
		api_is 200 GET "/tasks/$ID" &&
		    json_is --arg t "$1" '.title == $t' &&
		    api_is 200 GET "/tasks?title=a" &&
		    json_is --arg t "$1" '.data[0].title == $t' &&
		    api_is 200 GET "/tasks?count=exact&sort=title" &&
		    json_is --arg t "$1" '.data[0].title == $t' || return 1
	done
}
# nothing_old TITLE: what is answered 200 says so.
nothing_old() {
	local path
	for path in "/tasks/$ID" "/tasks?title=a" "/tasks?count=exact&sort=title" \
	    "/tasks/$ID" "/tasks?title=a" "/tasks?count=exact&sort=title" /tasks; do
		api GET "$path"
		[ "$STATUS" != 200 ] || expect_json --arg t "$1" \
		    '(.title // .data[0].title) == $t'
	done
}

step "a standby that lags is not read from"
new_task '{"title": "a old"}'
expect shows "a old"
expect_soon 20 replayed
standby_deaf
send PATCH "/tasks/$ID" '{"title": "a new"}'
expect_status 200
expect shows "a new"
redis_q flushall >/dev/null
leads_to 5433
nothing_old "a new"
api GET "/tasks/$ID/events"
expect_status 503
send PATCH "/tasks/$ID" '{"title": "a third"}'
expect_status 503
leads_to 5432
expect_soon 20 shows "a new"
send PATCH "/tasks/$ID" '{"title": "a third"}'
expect_status 200

step "the standby takes over: what is lost is not shown"
expect_soon 10 hits "/tasks/$ID"
crash_postgres
standby_promote
leads_to 5433
begin worker
expect_soon 20 shows "a old"
send PATCH "/tasks/$ID" '{"title": "a later"}'
expect_status 200
expect shows "a later"

step "the former primary is not believed behind it"
begin postgres
leads_to 5432
nothing_old "a later"
send PATCH "/tasks/$ID" '{"title": "a wrong"}'
expect_status 503
leads_to 5433
expect_soon 20 shows "a later"
expect_soon 10 in_log "a pooler leads to another server now"
end fcgi worker pgbouncer

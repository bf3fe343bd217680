# SPDX-License-Identifier: ISC
# shellcheck shell=bash
# A standby of the scenario's PostgreSQL, on the same folder of sockets at port
# 5433, on top of lib.sh.

STANDBY=''

# psql_at PORT [WORD...] SQL: as the owner of the cluster there.
psql_at() {
	psql -XAtq -v ON_ERROR_STOP=1 \
	    -d "host=$RUN/pg port=$1 dbname=errand user=postgres" -c "${*:2}"
}

# hosts PORT...: prints how errand reaches the first of these that is of use.
hosts() {
	local names ports
	printf -v names "$RUN/pg,%.0s" "$@"
	printf -v ports '%s,' "$@"
	printf 'host=%s port=%s dbname=errand user=errand password=%s' \
	    "${names%,}" "${ports%,}" "$PASSWORD"
}

standby_answers() {
	psql_at 5433 'SELECT 1' >/dev/null 2>&1
}

# standby_start: begins to run what is in STANDBY.
standby_start() {
	launch standby "${PG_AS[@]}" "$PG_BIN/postgres" -D "$STANDBY" \
	    -k "$RUN/pg" -c port=5433 -c listen_addresses= -c fsync=off \
	    -c max_connections=60
	expect_soon 20 standby_answers
}

# standby_new: a standby that follows, asynchronously, the server that runs.
standby_new() {
	STANDBY=$RUN/pg/standby
	# Nobody else knows the name of the folder of the sockets.
	printf 'local %s postgres trust\n' all replication \
	    >>"$DATA/pg_hba.conf"
	kill -s HUP "$(pid_of postgres)"
	expect_soon 10 psql_at 5432 'SELECT 1' >>"$D/log/setup.log"
	pg_run "$PG_BIN/pg_basebackup" -h "$RUN/pg" -p 5432 -U postgres \
	    -D "$STANDBY" -R -c fast >>"$D/log/setup.log" 2>&1 ||
	    fail "no copy of the cluster can be made"
	standby_start
}

# replayed: the standby has all that the primary has.
replayed() {
	local lsn
	lsn=$(psql_at 5432 'SELECT pg_current_wal_flush_lsn()')
	[ "$(psql_at 5433 "SELECT pg_last_wal_replay_lsn() >= '$lsn'")" = t ]
}

# standby_deaf: it gets nothing more, so that what follows will be lost.
standby_deaf() {
	psql_at 5433 "ALTER SYSTEM SET primary_conninfo = ''"
	psql_at 5433 'SELECT pg_reload_conf()' >/dev/null
	expect_soon 10 standby_alone
}

standby_alone() {
	[ "$(psql_at 5433 'SELECT count(*) FROM pg_stat_wal_receiver')" = 0 ]
}

standby_promote() {
	[ "$(psql_at 5433 'SELECT pg_promote()')" = t ] ||
	    fail "the standby was not promoted"
}

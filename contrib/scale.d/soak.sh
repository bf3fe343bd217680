# SPDX-License-Identifier: ISC
# shellcheck shell=bash
# The long load of contrib/scale: what grows, and what stays.

SOAK_CONNECTIONS=10
SOAK_PAUSE=50 # ms before each request of a connection
SOAK_STREAMS=20
SOAK_TABLES="('tasks', 'task_events', 'jobs', 'job_tells', 'log_readers',
    'stats_days')"

# rss PID: resident memory of it and its descendants, in KiB.
rss() {
	local each sum
	sum=$(awk '/^VmRSS:/ { print $2 }' "/proc/$1/status" 2>/dev/null)
	for each in $(children_of "$1"); do
		sum=$((${sum:-0} + $(rss "$each")))
	done
	printf '%d' "${sum:-0}"
}

# soak_start: everything, with the mixed load's changes told and mailed, jobs
# purged soon, and the events that get older than what is oldest now.
soak_start() {
	ini_set "$D/errand.ini" cache enabled on
	ini_set "$D/errand.ini" purge interval 1m
	ini_set "$D/errand.ini" purge jobs_age 10m
	ini_set "$D/errand.ini" broker visibility_timeout 5m # half of that
	ini_set "$D/errand.ini" purge events_age "$(age_behind 1)s"
	mail_start 0 || die "the mail sink does not start"
	ini_set "$D/errand.ini" mail url "smtp://127.0.0.1:$(mail_port)"
	ini_set "$D/errand.ini" mail templates "$TOP/etc/templates"
	fcgi_start 4 && stream_start && worker_start && retry 20 ready ||
	    die "Errand does not come up"
}

soak_load() {
	local i
	TOKEN=$(token --role user --user alice --email alice@example.org)
	{
		printf 'wrk.headers["Authorization"] = "Bearer %s"\n' "$TOKEN"
		printf 'function delay() return %d end\n' "$SOAK_PAUSE"
		mixed_lua
	} >"$D/mixed.lua"
	for ((i = 0; i < SOAK_STREAMS; i++)); do
		launch "follower$i" curl -qsN --noproxy '*' -o /dev/null \
		    -H "Authorization: Bearer $TOKEN" \
		    "http://127.0.0.1:$PORT/tasks/stream"
	done
	launch load wrk -t1 -c"$SOAK_CONNECTIONS" -d"$(($1 * 60))" \
	    -s "$D/mixed.lua" "http://127.0.0.1:$PORT"
}

# soak_dead: dead rows of each table, then the sizes of tables and indexes in MiB.
soak_dead() {
	sql -F ' ' <<-EOF
		SELECT n_dead_tup, pg_table_size(relid) >> 20,
		    pg_indexes_size(relid) >> 20 FROM pg_stat_user_tables
		WHERE relname IN $SOAK_TABLES ORDER BY relname
	EOF
}

soak_row() {
	local part dead table indexes
	printf '%3d' "$1"
	while read -r dead table indexes; do
		printf '%9s%7s%6s' "$dead" "$table" "$indexes"
	done < <(soak_dead)
	for part in fcgi stream worker redis lighttpd; do
		printf '%9d' "$(rss "$(pid_of "$part")")"
	done
	printf '%9d\n' "$(sql -c 'SELECT count(*) FROM jobs')"
}

soak() {
	local begin=$SECONDS
	soak_start
	soak_load "$1"
	say "each minute: dead rows, MiB of the table and of its indexes, of"
	say "job_tells, jobs, log_readers, stats_days, task_events and tasks; KiB that"
	say "errand.fcgi, errand-stream, errand-worker (all their processes), Redis and"
	say "lighttpd have; rows of jobs"
	while soak_row $(((SECONDS - begin) / 60)) && alive load; do
		sleep 60
	done
	finish load 30
	cat "$D/log/load.log"
	grep -q '^mixed[[:space:]]0[[:space:]]0[[:space:]]' "$D/log/load.log" ||
	    die "there were errors, or stale answers"
}

# SPDX-License-Identifier: ISC
# shellcheck shell=bash
# Asks one database of contrib/scale, and compares two.

# with_data DIR TASKS EVENTS: PostgreSQL with so much, made if it is not there.
with_data() {
	DATA=$1/pg
	pg_programs || die "postgresql is missing"
	if [ ! -e "$1/loaded" ]; then
		say "$2 tasks and $3 events are made"
		mkdir -p "$1" && chmod 711 "$1" && rm -rf "$DATA"
		scale_create || die "PostgreSQL does not come up"
		scale_load "$2" "$3"
		touch "$1/loaded"
		stop postgres
		sync -f "$1"
	fi
	scale_pg -c session_preload_libraries=auto_explain \
	    -c auto_explain.log_analyze=on -c auto_explain.log_buffers=on \
	    -c auto_explain.log_timing=off || die "PostgreSQL does not come up"
	"$BUILD/errandctl" -c "$D/errand.ini" migrate --sql "$TOP/sql" \
	    >>"$D/log.txt" 2>&1 || die "it cannot be migrated"
}

# explain on|off: whether the log of PostgreSQL gets the plan of each statement.
explain() {
	printf 'auto_explain.log_min_duration = %s\n' \
	    "$([ "$1" = on ] && echo 0 || echo -1)" >"$DATA/explain.conf"
	chmod 644 "$DATA/explain.conf"
	grep -q explain.conf "$DATA/postgresql.conf" ||
	    echo "include_if_exists 'explain.conf'" >>"$DATA/postgresql.conf"
	tell postgres HUP
	retry 10 explains "$1"
}

explains() {
	[ "$(sql -c "SHOW auto_explain.log_min_duration")" = \
	    "$([ "$1" = on ] && echo 0 || echo -1)" ]
}

token() {
	"$BUILD/errandctl" -c "$D/errand.ini" token --key "$D/key.pem" \
	    --ttl 24h "$@"
}

# owner: whose token sees the tasks of the busiest user.
owner() {
	sql -c "SELECT owner FROM tasks WHERE created_by = 'user0000'
	    AND owner IS NOT NULL LIMIT 1"
}

# some_ids: of about 500 tasks, from all over the table.
some_ids() {
	local share
	share=$(sql -c "SELECT least(100, 50000 / greatest(reltuples, 500))
	    FROM pg_class WHERE relname = 'tasks'")
	sql -c "SELECT id FROM tasks TABLESAMPLE BERNOULLI ($share)"
}

# measure NAME: what each question costs, in NAME.times and NAME.plans.
measure() {
	local sub tasks
	sub=$(owner)
	{
		token --role user
		token --role admin
		token --role user --claim "sub=\"${sub#sub=}\""
	} >"$D/tokens"
	some_ids >"$D/ids"
	for tasks in shared own; do
		ini_set "$D/errand.ini" rbac tasks "$tasks"
		fcgi_start 1 && retry 20 ready ||
		    die "errand.fcgi does not come up"
		explain off
		ask times "$tasks" "$RUNS" >>"$D/$1.times"
		explain on
		ask plans "$tasks" "$D/log/postgres.log" >>"$D/$1.plans"
		explain off
		stop fcgi
	done
	ini_set "$D/errand.ini" rbac tasks shared
	purge "$1"
}

ask() {
	/usr/bin/python3 "$TOP/contrib/scale.d/ask.py" "$1" "$2" "$PORT" \
	    "$D/tokens" "$D/ids" "$3"
}

# age_behind N: how old, in seconds, what comes behind the N oldest events is.
age_behind() {
	sql -c "SELECT extract(epoch FROM now() - at)::bigint FROM task_events
	    ORDER BY xid, id OFFSET $1 LIMIT 1"
}

# purge NAME: the pool deletes the oldest events, and then as many again, with
# what the first have left still in the way.
purge() {
	local each n job from
	n=$(sql -c "SELECT greatest(1000, least(200000, reltuples / 50))::bigint
	    FROM pg_class WHERE relname = 'task_events'")
	ini_set "$D/errand.ini" worker children 1
	for each in first second; do
		ini_set "$D/errand.ini" purge events_age "$(age_behind "$n")s"
		from=$(stat -c %s "$D/log/postgres.log")
		sql -c "DELETE FROM jobs WHERE kind = 'errand.purge'"
		explain on
		worker_start || die "errand-worker does not come up"
		job=$(sql -c "INSERT INTO jobs (kind) VALUES ('errand.purge')
		    RETURNING id")
		retry 1000 purged "$job" || die "the purge does not end"
		stop worker
		explain off
		# The pool has made one of its own as well.
		sql -F $'\t' -c "SELECT 'purge of 1000 events, $each', ms, ms, ms
		    FROM (SELECT round(1000000 / $n * sum(extract(epoch FROM
		    finished_at - started_at)), 2) AS ms FROM jobs
		    WHERE kind = 'errand.purge') AS took" >>"$D/$1.times"
		/usr/bin/python3 "$TOP/contrib/scale.d/ask.py" log \
		    "$D/log/postgres.log" "$from" >>"$D/$1.pool"
	done
}

purged() {
	[ "$(sql -c "SELECT state FROM jobs WHERE id = '$1'")" = succeeded ]
}

# report: both beside each other.
report() {
	awk -F '\t' 'BEGIN {
		printf "%-42s %9s %9s %7s %9s %9s %9s %s\n", "", "small, ms",
		    "large, ms", "factor", "median", "first", "blocks",
		    "indexes"
	    }
	    FILENAME ~ /small.times/ { small[$1] = $2 }
	    FILENAME ~ /large.plans/ {
		blocks[$1] = $2
		plan[$1] = $3 ($4 == "-" ? "" : " WHOLE: " $4)
	    }
	    FILENAME ~ /large.times/ {
		printf "%-42s %9.2f %9.2f %7.1f %9.2f %9.2f %9s %s\n", $1,
		    small[$1], $2, (small[$1] > 0 ? $2 / small[$1] : 0), $3, $4,
		    blocks[$1], plan[$1]
	    }' "$D/small.times" "$D/large.plans" "$D/large.times"
	say "statements of the pool: how often, blocks at first and at last,"
	say "indexes, what is read whole"
	cat "$D/large.pool"
}

# SPDX-License-Identifier: ISC
# shellcheck shell=bash
# What the scenarios of failures share, on top of lib.sh: a driver that makes
# requests in the background, and faults of servers and processes.

LOAD=''

# load_begin NAME [ARGUMENT...]: starts tests/lib/load-NAME.py.
load_begin() {
	local name=$1
	shift
	need python3
	rm -f "$D/load.orders"
	mkfifo "$D/load.orders"
	ORDERS=0
	ERRAND_URL=http://127.0.0.1:$PORT$BASE ERRAND_USER_TOKEN=$USER_TOKEN \
	    ERRAND_ADMIN_TOKEN=$ADMIN_TOKEN \
	    python3 -B "$TOP/tests/lib/load-$name.py" "$@" \
	    <"$D/load.orders" >"$D/log/load.log" 2>&1 &
	LOAD=$!
	exec {LOAD_FD}>"$D/load.orders"
}

# load_order WORD: gives an order and waits until it was followed.
load_order() {
	ORDERS=$((ORDERS + 1))
	(trap '' PIPE && printf '%s\n' "$1" >&"$LOAD_FD") 2>/dev/null ||
	    fail "$(tail -n 5 "$D/log/load.log")"
	retry 60 load_answered || fail "the driver does not come to \"$1\"" \
	    "$(tail -n 5 "$D/log/load.log")"
}

# It has followed the last order, or has ended and can follow none.
load_answered() {
	grep -q "^done $ORDERS\\b" "$D/log/load.log" ||
	    ! kill -0 "$LOAD" 2>/dev/null
}

# load_end: ends it; it must have found no fault.
load_end() {
	exec {LOAD_FD}>&-
	wait "$LOAD" || fail "$(head -n 20 "$D/log/load.log")"
	say "  $(tail -n 1 "$D/log/load.log")"
}

# load_sum WHAT: prints how often it was counted.
load_sum() {
	sed -n "s/^sum: .*\"$1\": \\([0-9]*\\).*/\\1/p" "$D/log/load.log" |
	    grep . || echo 0
}

# at_end COMMAND...: before everything else that happens when a scenario ends.
at_end() {
	AT_END=("$@")
	trap 'at_end_status "$?" && leave || leave' EXIT
}

# at_end_status STATUS: keeps it for leave.
at_end_status() {
	"${AT_END[@]}" >/dev/null 2>&1 || true
	return "$1"
}

# crash_postgres: all its processes at the same moment, as when the power goes.
crash_postgres() {
	local pid
	pid=$(pid_of postgres)
	kill -s STOP "$pid"
	# shellcheck disable=SC2046
	kill -s KILL $(children_of "$pid") "$pid"
	finish postgres 10 || fail "not ended: postgres"
}

# replaced PID: that errand.fcgi is gone, and another one is there.
replaced() {
	! kill -0 "$1" 2>/dev/null &&
	    [ "$(fcgi_pids | wc -l)" = "${PROCESSES:-2}" ]
}

# in_log WHAT [FILE]: the log of Errand says so.
in_log() {
	grep -qF -- "$1" "$D/log/${2:-errand.log}"
}

# records_fit: each task has the event of its creation, with its mail, and one
# for each later version, with both of its statuses; nothing else is there.
records_fit() {
	psql_is "
	WITH ids AS (SELECT id FROM tasks UNION SELECT task_id FROM task_events
		UNION SELECT task_id FROM jobs WHERE task_id IS NOT NULL),
	events AS (SELECT task_id AS id, count(*) AS n, max(version) AS v,
		count(*) FILTER (WHERE action = 'created') AS created,
		bool_or(action = 'deleted') AS deleted,
		bool_and((status_was IS NULL) = (action = 'created')
		AND (status_now IS NULL) = (action = 'deleted')) AS told
		FROM task_events GROUP BY task_id),
	work AS (SELECT task_id AS id, count(*) AS n,
		count(*) FILTER (WHERE kind = 'errand.send_notification') AS mails
		FROM jobs WHERE task_id IS NOT NULL GROUP BY task_id)
	SELECT count(*) FROM ids LEFT JOIN tasks USING (id)
		LEFT JOIN events USING (id) LEFT JOIN work USING (id)
	WHERE (events.created, work.mails, work.n, events.v, events.deleted,
		events.told)
		IS DISTINCT FROM (1, 1, 1, events.n, tasks.id IS NULL, true)
		OR tasks.version <> events.v" 0
}

# missing_of FILE: prints how many of the task ids in it are not in tasks.
missing_of() {
	psql -XAtq -v ON_ERROR_STOP=1 -d "$PG" <<-EOT
		CREATE TEMP TABLE answered (id uuid);
		\\copy answered FROM '$1'
		SELECT count(*) FROM answered
		WHERE id NOT IN (SELECT id FROM tasks);
	EOT
}

# cold_new N: tasks that nobody else writes.
cold_new() {
	local n
	COLD=()
	for ((n = 0; n < $1; n++)); do
		api POST /tasks -H 'Content-Type: application/json' \
		    -d '{"title": "cold new"}'
		expect_status 201
		COLD+=("$(json .id)")
	done
}

# hits PATH: it is answered, and out of the cache.
hits() {
	api_is 200 GET "$1" && [ "$(header X-Cache)" = hit ]
}

# cold_change WORD: to each of them.
cold_change() {
	local id
	for id in "${COLD[@]}"; do
		api PATCH "/tasks/$id" -H 'Content-Type: application/json' \
		    -d "{\"title\": \"cold $1\"}"
		expect_status 200
	done
}

# cold_cached WORD: all of them and their list come out of the cache, and show
# the word; anything else that is shown is stale.
cold_cached() {
	local id all=0
	for id in "${COLD[@]}"; do
		api GET "/tasks/$id"
		expect_status 200
		expect_json --arg t "cold $1" '.title == $t'
		[ "$(header X-Cache)" = hit ] || all=1
	done
	api GET "/tasks?title=cold&limit=100"
	expect_json --arg t "cold $1" --argjson n "${#COLD[@]}" \
	    '[.data[] | select(.title == $t)] | length == $n'
	[ "$(header X-Cache)" = hit ] || all=1
	return "$all"
}

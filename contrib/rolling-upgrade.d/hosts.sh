# SPDX-License-Identifier: ISC
# shellcheck shell=bash
# Two hosts behind a load balancer, and how each part of them is brought to
# another release; on top of tests/lib.
#
# OLD, NEW           build folders of the two releases
# OLD_SQL, NEW_SQL   the folders of their schemas
# REPLICAS, STREAMS  the release under which these began
# tasks, processes   how many of them, as the command line has it
# shellcheck disable=SC2154 # the last two

HOSTS=(a b)
declare -A WEB=([a]=lighttpd [b]=nginx) WEB_PORT=()
REPLICAS='' REPLICAS_ORDERS=0 STREAMS=''

# schema: the version of the database.
schema() {
	psql_q 'SELECT max(version) FROM schema_version'
}

migrate() {
	"$1/errandctl" -c "$D/errand.ini" migrate "${@:2}" \
	    >>"$D/log/migrate.log" 2>&1 ||
	    fail "no migration: $(tail -n 5 "$D/log/migrate.log")"
}
migrate_to_new() {
	migrate "$NEW" deploy --sql "$NEW_SQL"
}
migrate_to_old() {
	migrate "$NEW" revert --yes --sql "$NEW_SQL" --to \
	    "$(sed -n 's/^\([a-z_0-9]*\) .*/\1/p' "$OLD_SQL/sqitch.plan" |
	    tail -n 1)"
}

# --- what there is ---

# web_try HOST: its web server, on port FREE.
web_try() {
	local host=$1 conf=$D/web_$1/conf
	front_conf "${WEB[$host]}" | sed "s#$RUN/fcgi\.sock#$RUN/$host.sock#
	    s#$D/front#$D/web_$host#g; s#$D/log/front#$D/log/web_$host#" \
	    >"$conf" || return 1
	case ${WEB[$host]} in
	lighttpd) launch "web_$host" lighttpd -D -f "$conf" ;;
	nginx) launch "web_$host" nginx -c "$conf" -p "$D/web_$host" ;;
	esac && await "web_$host" 20 front_up
}
balancer_conf() {
	local host
	cat <<-EOT
		defaults
		  mode http
		  timeout connect 2s
		  timeout client 1h
		  timeout server 1h
		listen all
		  bind 127.0.0.1:$FREE
		  balance roundrobin
	EOT
	for host in "${HOSTS[@]}"; do
		say "  server $host 127.0.0.1:${WEB_PORT[$host]}"
	done
}
balancer_try() {
	balancer_conf >"$D/haproxy.cfg" &&
	    launch balancer haproxy -db -f "$D/haproxy.cfg" &&
	    await balancer 20 front_up
}

# program HOST RELEASE: what is installed on that host.
program() {
	ln -sfn "$2/errand.fcgi" "$D/$1.new" && mv -T "$D/$1.new" "$D/$1.fcgi"
}
socket_there() {
	test -S "$RUN/$1.sock"
}
host_start() {
	cp "$D/errand.ini" "$D/$1.ini"
	ini_set "$D/$1.ini" worker node "$1@here"
	ini_set "$D/$1.ini" metrics file "$D/$1.metrics"
	program "$1" "$OLD"
	# shellcheck disable=SC2016 # the inner shell expands it
	launch "fcgi_$1" env "PROGRAM=$D/$1.fcgi" "SETTINGS=$D/$1.ini" \
	    spawn-fcgi -n -s "$RUN/$1.sock" -M 0666 -- \
	    "$(command -v multiwatch)" -f "$processes" -t 100 -r 1000 -- \
	    /bin/sh -c 'exec "$PROGRAM" -c "$SETTINGS"'
	expect_soon 20 socket_there "$1"
	mkdir -p "$D/web_$1"
	ln -sf /etc/nginx/fastcgi_params "$D/web_$1/fastcgi_params"
	on_a_port web_try "$1"
	WEB_PORT[$1]=$FREE
	[ ! -x "$OLD/errand-metrics" ] || on_a_port metrics_try "$1" "$OLD"
}
# pool_start HOST RELEASE
pool_start() {
	launch "pool_$1" "$2/errand-worker" -c "$D/$1.ini"
	expect_soon 20 runs "pool_$1" "$2/errand-worker"
}
# stream_run RELEASE
stream_run() {
	rm -f "$RUN/stream.sock"
	launch stream spawn-fcgi -n -s "$RUN/stream.sock" -M 0666 -b 1024 -- \
	    "$1/errand-stream" -c "$D/a.ini"
	expect_soon 20 stream_up
}
# runs NAME PROGRAM
runs() {
	[ "/proc/$(pid_of "$1")/exe" -ef "$2" ]
}

# before: tasks of before, each with its event.
before() {
	psql_q "WITH new AS (INSERT INTO tasks (id, title, created_by)
	    SELECT gen_random_uuid(), 'of before ' || n, 'before'
	    FROM generate_series(1, $tasks) AS n RETURNING *)
	    INSERT INTO task_events (task_id, version, action, actor, changes)
	    SELECT id, version, 'created', 'before', '{}' FROM new"
}

hosts_up() {
	local host
	need psql sqitch redis-server lighttpd nginx haproxy spawn-fcgi \
	    multiwatch curl jq python3
	pg_programs || skip "postgresql is not installed"
	pg_create "$DATA" "$PASSWORD" >>"$D/log/setup.log" 2>&1 ||
	    fail "no cluster"
	begin postgres
	begin redis
	set_ini "database.conninfo=$PG" "redis.url=unix://$RUN/redis.sock" \
	    "log.file=$D/log/errand.log" "mail.templates=$TOP/etc/templates" \
	    worker.children=4
	issuer_new
	begin mail
	set_ini "mail.url=smtp://127.0.0.1:$(mail_port)" \
	    mail.from=errand@example.org
	migrate "$OLD" deploy --sql "$OLD_SQL"
	before
	web_errors
	front_pages
	mkdir -p "$RUN/none"
	for host in "${HOSTS[@]}"; do
		host_start "$host"
		pool_start "$host" "$OLD"
	done
	on_a_port balancer_try
	PORT=$FREE
	[ ! -x "$OLD/errand-stream" ] || stream_run "$OLD"
	expect_soon 20 ready
	USER_TOKEN=$(token --ttl 6h --role user --user alice \
	    --email alice@example.org) || fail "no token"
	ADMIN_TOKEN=$(token --ttl 6h --role admin --user root \
	    --email root@example.org) || fail "no token"
	as user
}

# --- under load ---

# under_load COMMAND...
under_load() {
	local from=$EPOCHREALTIME
	load_order writes
	"$@"
	say "  $(awk -v a="$from" -v b="$EPOCHREALTIME" \
	    'BEGIN { printf "%.1f s", b - a }'), now schema $(schema)"
	load_order writes
	load_order hits
}

# expect_both: each host serves; a task made by one is read from the other.
expect_both() {
	local host balancer=$PORT
	for host in "${HOSTS[@]}"; do
		PORT=${WEB_PORT[$host]}
		api GET /health/ready
		expect_status 200
		api GET /stats
		expect_status 200
		new_task "{\"title\": \"churn by $host\"}"
		PORT=${WEB_PORT[${HOSTS[0]}]}
		[ "$host" != "${HOSTS[0]}" ] || PORT=${WEB_PORT[${HOSTS[1]}]}
		api GET "/tasks/$ID"
		expect_status 200
		as admin
		api GET /jobs
		expect_status 200
		api DELETE "/tasks/$ID"
		expect_status 204
		as user
	done
	PORT=$balancer
	load_order hits
	load_order writes
	kill -0 "$LOAD" || fail "$(head -n 20 "$D/log/load.log")"
}

# replicas_follow RELEASE: from now on, if all hosts have the changes.
replicas_follow() {
	[ -z "$REPLICAS" ] && api_is 200 GET '/tasks/changes?limit=1' || return 0
	REPLICAS=$1
	mkdir -p "$D/replicas" && mkfifo "$D/replicas.orders"
	ERRAND_URL=http://127.0.0.1:$PORT ERRAND_USER_TOKEN=$USER_TOKEN \
	    ERRAND_ADMIN_TOKEN=$ADMIN_TOKEN python3 -B \
	    "$TOP/tests/lib/load-replica.py" "$D/replicas" 100 \
	    <"$D/replicas.orders" >"$D/log/replicas.log" 2>&1 &
	REPLICAS_PID=$!
	exec {REPLICAS_FD}>"$D/replicas.orders"
	replicas_order more
	replicas_order replica
}
replicas_answered() {
	grep -qs "^done $REPLICAS_ORDERS\\b" "$D/log/replicas.log" ||
	    ! kill -0 "$REPLICAS_PID"
}
replicas_order() {
	REPLICAS_ORDERS=$((REPLICAS_ORDERS + 1))
	printf '%s\n' "$1" >&"$REPLICAS_FD"
	retry 60 replicas_answered || fail "replicas do not come to \"$1\""
	kill -0 "$REPLICAS_PID" || fail "$(head -n 20 "$D/log/replicas.log")"
}
# replicas_end RELEASE: if they began under it; they have what the table has, of
# what nobody else changes meanwhile.
replicas_end() {
	local n
	[ "$REPLICAS" = "$1" ] || return 0
	replicas_order replica
	replicas_order more
	replicas_order end
	exec {REPLICAS_FD}>&-
	wait "$REPLICAS_PID" || fail "$(head -n 20 "$D/log/replicas.log")"
	psql -XAtq -F $'\t' -d "$PG" -c "SELECT id, title, status FROM tasks
	    WHERE title !~ '^(hot|churn)'" | sort >"$D/table"
	for n in 1 2; do
		jq -r 'select(.title | test("^(hot|churn)") | not) |
		    [.id, .title, .status] | @tsv' "$D/replicas/replica-$n" |
		    sort >"$D/replica"
		expect cmp "$D/table" "$D/replica"
	done
	psql_q "SELECT id FROM task_events WHERE xid IS NOT NULL
	    ORDER BY xid, id LIMIT $(wc -l <"$D/replicas/events")" >"$D/in-order"
	expect cmp "$D/in-order" "$D/replicas/events"
	say "  $(wc -l <"$D/replicas/events") changes followed," \
	    "$(wc -l <"$D/table") tasks in replicas and in the table"
}

# streams_follow RELEASE: from now on, if it has streams.
streams_follow() {
	[ -z "$STREAMS" ] && [ -x "$1/errand-stream" ] || return 0
	STREAMS=$1
	follower streamed
}
# streamed_all: each event, from its first one on, once, in the order of the log.
streamed_all() {
	cut -d' ' -f1 "$D/streamed" >"$D/streamed.got"
	psql_q "SELECT id FROM task_events WHERE (xid, id) >= (SELECT xid, id
	    FROM task_events WHERE id = $(head -n 1 "$D/streamed.got"))
	    ORDER BY xid, id LIMIT $(wc -l <"$D/streamed.got")" |
	    cmp -s - "$D/streamed.got"
}
# streams_end RELEASE: if they began under it.
streams_end() {
	local last
	[ "$STREAMS" = "$1" ] || return 0
	last=$(psql_q 'SELECT max(id) FROM task_events')
	expect_soon 30 grep -q "^$last " "$D/streamed"
	end streamed
	expect streamed_all
	say "  $(wc -l <"$D/streamed") changes streamed," \
	    "$(grep -c begins "$D/log/streamed.log") connections"
}

load_stop() {
	local pid
	for pid in "${LOAD:-}" "${REPLICAS_PID:-}" "${WATCH_PID[@]}"; do
		[ -z "$pid" ] || kill "$pid" 2>/dev/null || true
	done
}

# --- from one release to the other ---

host_replaced() {
	! kill -0 "$2" 2>/dev/null && [ "$(children_of "$(pid_of "fcgi_$1")" |
	    wc -l)" = "$processes" ]
}
# all_run HOST RELEASE
all_run() {
	local pid
	for pid in $(children_of "$(pid_of "fcgi_$1")"); do
		[ "/proc/$pid/exe" -ef "$2/errand.fcgi" ] || return 1
	done
}
# host_becomes HOST RELEASE: installed, then each process ends with the request
# in hand, and its supervisor starts another.
host_becomes() {
	local pid
	program "$1" "$2"
	for pid in $(children_of "$(pid_of "fcgi_$1")"); do
		load_order hits
		kill -s TERM "$pid"
		expect_soon 20 host_replaced "$1" "$pid"
	done
	expect_soon 10 all_run "$1" "$2"
	metrics_say "$1"
}
# pool_becomes HOST RELEASE
pool_becomes() {
	end "pool_$1"
	pool_start "$1" "$2"
	load_order writes
	expect alive "pool_$1"
	metrics_become "$1" "$2"
}
# stream_becomes RELEASE: if it has one; who follows comes back by its last id.
stream_becomes() {
	gone stream || end stream
	[ ! -x "$1/errand-stream" ] || stream_run "$1"
}

# log_is_read: readers have had all that there was when it was first asked.
log_is_read() {
	: "${LAST_EVENT:=$(psql_q 'SELECT max(id) FROM task_events')}"
	psql_is "SELECT to_regclass('log_readers') IS NULL" t ||
	    log_read statistics "$LAST_EVENT"
}

# expect_made_by_next: the made-up release is at work, and uses its schema.
expect_made_by_next() {
	psql_is "SELECT count(*) > 0 FROM request_keys WHERE made_by = 'next'" \
	    t || fail "no answer was kept by the next release"
}

# --- what came of it ---

no_job_left() {
	psql_is "SELECT count(*) FROM jobs WHERE state <> 'succeeded'" 0
}
counted() {
	psql_is "SELECT (sum(created), sum(deleted)) = (SELECT
	    count(*) FILTER (WHERE action = 'created'),
	    count(*) FILTER (WHERE action = 'deleted')
	    FROM task_events WHERE actor <> 'before') FROM stats_days" t
}
# whole: each task has its events, each creation its mail.
whole() {
	psql_is "WITH events AS (SELECT task_id AS id, count(*) AS n,
	    max(version) AS v, bool_or(action = 'deleted') AS deleted,
	    bool_or(actor = 'before') AS before
	    FROM task_events GROUP BY task_id),
	    mails AS (SELECT task_id AS id, count(*) AS n FROM jobs
	    WHERE kind = 'errand.send_notification' GROUP BY task_id)
	    SELECT count(*) FROM tasks FULL JOIN events USING (id)
	    LEFT JOIN mails USING (id) WHERE (events.v, events.deleted,
	    coalesce(mails.n, 0)) IS DISTINCT FROM (events.n, tasks.id IS NULL,
	    (NOT before)::int) OR tasks.version <> events.v" 0
}
judge() {
	local mails notices jobs
	expect_soon 120 no_job_left
	expect whole
	expect_soon 60 counted
	find "$D/mail" -name '*.eml' -exec grep -hi '^message-id:' {} + \
	    >"$D/ids"
	mails=$(wc -l <"$D/ids") notices=$(sort -u "$D/ids" | wc -l)
	jobs=$(psql_q "SELECT count(*) FROM jobs
	    WHERE kind = 'errand.send_notification'")
	expect_same "notices" "$notices" "$jobs"
	say "$(load_sum reads) reads and $(load_sum writes) changes, none failed," \
	    "none stale; $jobs jobs of mail done, $mails mails for $notices" \
	    "notices; $(psql_q "SELECT sum(created) FROM stats_days") creations" \
	    "counted once"
}

# SPDX-License-Identifier: ISC
# shellcheck shell=bash
# Load on a cluster, one fault after the other in it, and what came of that.

# What is done in turn: to whom, and what.
FAULTS=(primary:switchover app:kill store:failover worker:freeze primary:kill
    store:kill pool:freeze app:cut primary:cut store:freeze worker:kill lb:kill
    primary:freeze store:cut app:freeze mail:cut standby:kill replica:freeze
    store:failover app:kill store:split primary:split pool:kill worker:cut
    sentinel:freeze etcd:freeze pool:cut)

# faults_only WHO,...: leaves those of these alone, or all if there is no word.
faults_only() {
	local each chosen=()
	[ -n "$1" ] || return 0
	for each in "${FAULTS[@]}"; do
		[[ ,$1, != *,${each%:*},* ]] || chosen+=("$each")
	done
	[ "${#chosen[@]}" -gt 0 ] || fail "nobody is called $1"
	FAULTS=("${chosen[@]}")
}

# victim WHO: the host that it is now.
victim() {
	case $1 in
	primary) primary ;;
	standby) other "$(primary)" "${DATABASES[@]}" ;;
	store) master ;;
	replica) other "$(master)" "${STORES[@]}" ;;
	sentinel) printf 'kv3' ;;
	app) printf '%s' "${APPS[RANDOM % ${#APPS[@]}]}" ;;
	worker) printf '%s' "${WORKERS[RANDOM % ${#WORKERS[@]}]}" ;;
	*) printf '%s' "$1" ;;
	esac
}

# other NAME NAME...: the first of these that is another one.
other() {
	local each
	for each in "${@:2}"; do
		[ "$each" = "$1" ] || { printf '%s' "$each" && return; }
	done
}

# led_by_another WHO WAS
led_by_another() {
	local now
	now=$(victim "$1") && [ -n "$now" ] && [ "$now" != "$2" ]
}

# broken HOW HOST
broken() {
	case $1 in
	kill) host_kill "$2" ;;
	freeze) host_freeze "$2" ;;
	cut) host_cut "$2" ;;
	switchover)
		on client "${PG_AS[@]}" patronictl -c "$D/pg/$2.yml" switchover \
		    --master "$2" --force
		;;
	split) host_split "$2" "${STORES[@]}" "${SENTINELS[@]}" etcd \
	    "${DATABASES[@]}" ;;
	failover) sentinel_q kv3 FAILOVER errand ;;
	esac >>"$D/log/faults.log" 2>&1 || true
}

mended() {
	case $1 in
	kill) part_start "$2" ;;
	freeze) host_thaw "$2" ;;
	cut) host_join "$2" ;;
	split) host_heal "$2" ;;
	esac
}

# all_mended: no host is cut off, stands still, or has ended; nobody works.
all_mended() {
	local host
	[ -z "${LOAD:-}" ] || kill "$LOAD" 2>/dev/null || true
	for host in "${HOSTS[@]}"; do
		host_join "$host"
		host_heal "$host"
		host_thaw "$host"
		host_runs "$host" || part_start "$host"
	done
}

# fault WHO:HOW: happens, is borne for some seconds or until another one leads,
# and ends.
fault() {
	local who=${1%:*} how=${1#*:} host
	host=$(victim "$who")
	[ -n "$host" ] || fail "nobody is $who"
	say "  $host: $how"
	broken "$how" "$host"
	case $who in
	primary | store)
		expect_soon 20 led_by_another "$who" "$host"
		case $who in
		primary) FAILED_OVER=$((FAILED_OVER + 1)) ;;
		store) MOVED=$((MOVED + 1)) ;;
		esac
		;;
	esac
	sleep "$((2 + RANDOM % 4))"
	mended "$how" "$host"
}

# load_on: the driver, on the host of the clients.
load_on() {
	local log=$D/log/load.log
	rm -f "$D/orders" "$D/history"
	: >>"$D/runs"
	mkfifo "$D/orders"
	# shellcheck disable=SC2034 # of chaos.sh
	ORDERS=0
	on client env "ERRAND_URL=http://$(address lb)" "ERRAND_PG=$CONNINFO" \
	    "ERRAND_USER_TOKEN=$USER_TOKEN" "ERRAND_ADMIN_TOKEN=$ADMIN_TOKEN" \
	    python3 -B "$TOP/tests/lib/load-history.py" "$D/history" \
	    <"$D/orders" >"$log" 2>&1 &
	LOAD=$!
	# shellcheck disable=SC2034 # of chaos.sh
	exec {LOAD_FD}>"$D/orders"
}

no_job_left() {
	psql_is "SELECT count(*) FROM jobs
	    WHERE state NOT IN ('succeeded', 'failed', 'cancelled')" 0
}

# mails_told: those in the sink, as the judge reads them.
mails_told() {
	find "$D/mail" -name '*.eml' -exec awk '
	    tolower($1) == "message-id:" { id = $2 }
	    tolower($1) == "subject:" { sub(/.*: /, ""); key = $1 }
	    /^\r?$/ { print "mail", key, id; nextfile }' {} + | tr -d '\r'
}

# untold: the changes of which the cache was not told, as the log of requests says.
untold() {
	sed -n '/ cache=owed/s/.* request_id=\([^ ]*\)\.\([0-9]*\.[0-9]*\).*/untold \1 \2/p' \
	    "$D"/log/errand-app*.log
}

# judged: puts what is there now behind what clients saw.  Two seconds is how
# long an entry may be old of which its writer could not tell the cache (DESIGN.md);
# it is counted.
judged() {
	{
		psql_q "SELECT 'task ' || split_part(args->>'title', ' ', 1) || ' '
		    || task_id FROM jobs
		    WHERE kind = 'errand.send_notification'"
		psql_q "SELECT 'row ' || id || ' ' || state || ' ' || attempts
		    FROM jobs WHERE kind = 'cluster.note'"
		sed 's/^/run /' "$D/runs"
		untold
		printf 'watched\n'
		mails_told
	} >>"$D/history"
	python3 -B "$TOP/tests/lib/judge.py" "$D/history" 2
}

# chaos ROUNDS MINUTES: so many faults, or for so long.
chaos() {
	local begun=$SECONDS end=$((SECONDS + $2 * 60)) n
	FAILED_OVER=0 MOVED=0
	expect_soon 60 whole
	load_on
	for ((n = 0; n < $1 || SECONDS < end; n++)); do
		step "round $((n + 1)): ${FAULTS[n % ${#FAULTS[@]}]}"
		fault "${FAULTS[n % ${#FAULTS[@]}]}"
		expect_soon 60 whole
		load_order more
	done
	step "what came of it"
	load_order last
	load_end
	expect_soon 60 no_job_left
	expect records_fit
	judged || fail "the history is in $D/history"
	say "$n faults in $((SECONDS - begun)) s; PostgreSQL failed over $FAILED_OVER times," \
	    "Redis $MOVED times; 0 violations"
}

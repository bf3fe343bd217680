# SPDX-License-Identifier: ISC
# shellcheck shell=bash
# Gives a scenario servers of its own, and the words to say what it expects.
#
# A scenario is a file NN-<sentence>.sh that begins with
#
#	#!/bin/bash
#	. "${srcdir:-.}/tests/lib/lib.sh"
#	stack_up [SECTION.KEY=VALUE...]
#
# and then makes requests and says what must come of them.  The first thing
# that does not hold ends it.  Its folder D is tests/scenario/NAME.run in the
# build folder; it stays if the scenario fails, with all logs, and goes
# otherwise.
# Exit status 77 means skipped, with a reason on the last line.
set -euo pipefail
umask 077

TOP=$(cd "${srcdir:-.}" && pwd -P)
BUILD=$(cd "${builddir:-.}" && pwd -P)
ME=$(basename "$0" .sh)
# shellcheck source=contrib/lib/base.sh
. "$TOP/contrib/lib/base.sh"
# shellcheck source=contrib/lib/proc.sh
. "$TOP/contrib/lib/proc.sh"
# shellcheck source=contrib/lib/stack.sh
. "$TOP/contrib/lib/stack.sh"
# shellcheck source=tests/lib/lib-servers.sh
. "$TOP/tests/lib/lib-servers.sh"

if [ "${ERRAND_TESTS:-all}" = units ]; then
	say "skipped: ERRAND_TESTS=units leaves the scenarios out"
	exit 77
fi
forget_environment
unset http_proxy https_proxy all_proxy no_proxy

D=$BUILD/tests/scenario/$ME.run
RUN=''
RUN_IN=$BUILD/tests/tmp
PORT=0
BASE=''
ORIGIN=''
TOKEN=''
STATUS=000
ASKED='' # by api with this method last
HEADERS=$D/headers
BODY=$D/body
PASSWORD=errand
# Waits end as soon as what they are for is there.  The seconds in a scenario
# are what an idle machine needs at the very most; a loaded one gets so many
# times as long.
PATIENCE=${ERRAND_TESTS_PATIENCE:-6}
STEP='the start'
TOLD=no

# --- words ---

# step SENTENCE: what comes next, for whoever reads the log.
step() {
	STEP=$*
	say "* $*"
}

fail() {
	TOLD=yes
	say "FAILED at: $STEP"
	say "  $*"
	exit 1
}

skip() {
	say "skipped: $*"
	exit 77
}

# need PROGRAM...: skips the scenario if one of them is missing.
need() {
	local each
	for each; do
		command -v "$each" >/dev/null || skip "$each is not installed"
	done
}

# sanitized: the programs were built with a sanitizer, which uses memory and
# makes system calls of its own.
sanitized() {
	grep -q __asan_init "$BUILD/errand.fcgi"
}

# --- requests ---

# api METHOD PATH [CURL ARGUMENT...]: sets STATUS, and fills the files HEADERS
# and BODY.  The token in TOKEN goes along, if there is one.  PATH comes after
# BASE, and that after ORIGIN, if it is no plain HTTP; it is sent as it is.  No
# answer at all is status 000.  What follows the
# headers of an answer to HEAD can only be seen with fcgi.
api() {
	local method=$1 path=$2
	local -a how=(-X "$method" -o "$BODY")
	shift 2
	[ "$method" != HEAD ] || how=(--head -o /dev/null)
	[ -z "$TOKEN" ] || how+=(-H "Authorization: Bearer $TOKEN")
	: >"$HEADERS"
	: >"$BODY"
	STATUS=$(curl -qsS -m 60 --path-as-is "${how[@]}" -D "$HEADERS" \
	    -w '%{http_code}' "$@" \
	    "${ORIGIN:-http://127.0.0.1:$PORT}$BASE$path" \
	    2>"$D/curl.log") || STATUS=000
	ASKED=$method
}

# api_is STATUS METHOD PATH [CURL ARGUMENT...]: the same, as a question.
api_is() {
	local want=$1
	shift
	api "$@"
	[ "$STATUS" = "$want" ]
}

# send METHOD PATH JSON [CURL ARGUMENT...]: the same as api, with a body.
send() {
	local method=$1 path=$2 body=$3
	shift 3
	api "$method" "$path" --json "$body" "$@"
}

# new_task JSON: makes a task and sets ID.
new_task() {
	send POST /tasks "$1"
	expect_status 201
	ID=$(json .id)
}

# fcgi METHOD URI [ARGUMENT...]: the same as api, but past lighttpd; the
# arguments are those of tests/lib/fcgi-client.  PROGRAM=stream: to errand-stream.
fcgi() {
	local -a who=()
	[ -z "$TOKEN" ] ||
	    who=(--param "HTTP_AUTHORIZATION=Bearer $TOKEN")
	STATUS=$("$TOP/tests/lib/fcgi-client" "$RUN/${PROGRAM:-fcgi}.sock" "$HEADERS" "$BODY" \
	    "$1" "$2" "${who[@]}" "${@:3}") || fail "fcgi-client failed"
	ASKED=''
}

# as user|admin|nobody: whose token goes along from now on.
as() {
	case $1 in
	user) TOKEN=$USER_TOKEN ;;
	admin) TOKEN=$ADMIN_TOKEN ;;
	nobody) TOKEN='' ;;
	*) fail "as: there is no \"$1\"" ;;
	esac
}

# token [ARGUMENT...]: prints a token that the issuer signed.
token() {
	"$BUILD/errandctl" -c "$D/errand.ini" token --key "$D/key.pem" \
	    --ttl 1h "$@"
}

# header NAME: prints the value of each header of that name, one a line.
header() {
	local line
	while IFS= read -r line; do
		[[ ${line,,} == "${1,,}:"* ]] || continue
		line=${line#*:} line=${line%$'\r'}
		printf '%s\n' "${line#"${line%%[! $'\t']*}"}"
	done <"$HEADERS"
}

# json [JQ ARGUMENT...] FILTER: prints what the filter finds in the body.
json() {
	jq -r "$@" <"$BODY"
}

# json_is [JQ ARGUMENT...] FILTER: the filter finds truth in the body.
json_is() {
	jq -e "$@" <"$BODY" >/dev/null 2>&1
}

expect_status() {
	[ "$STATUS" = "$1" ] ||
	    fail "status $STATUS instead of $1; the body: $(head -c 2000 "$BODY")"
}

# expect_header NAME REGEX: one header of that name matches as a whole.
expect_header() {
	local value
	while IFS= read -r value; do
		[[ ! $value =~ ^($2)$ ]] || return 0
	done < <(header "$1")
	fail "header $1 is \"$(header "$1")\" instead of $2"
}

expect_no_header() {
	[ -z "$(header "$1")" ] ||
	    fail "header $1 is there: \"$(header "$1")\""
}

# expect_json [JQ ARGUMENT...] FILTER
expect_json() {
	json_is "$@" ||
	    fail "not so: $*; the body: $(head -c 2000 "$BODY")"
}

# expect_problem STATUS: a problem document that nobody keeps.
expect_problem() {
	expect_status "$1"
	expect_header Content-Type 'application/problem\+json'
	expect_header Cache-Control no-store
	expect_header X-Request-ID '.+'
	expect_json --argjson status "$1" --arg id "$(header X-Request-ID)" '
	    .type == "about:blank" and (.title | length > 0) and
	    .status == $status and (.detail | length > 0) and
	    (.instance | type == "string") and .request_id == $id'
}

expect_empty_body() {
	[ "$ASKED" != HEAD ] || fail "nobody saw the body; ask with fcgi HEAD"
	[ ! -s "$BODY" ] || fail "the body is not empty: $(head -c 500 "$BODY")"
}

# expect COMMAND...: it succeeds.
expect() {
	"$@" || fail "not so: $*"
}

# expect_same WHAT GOT WANTED
expect_same() {
	[ "$2" = "$3" ] || fail "$1 is \"$2\" instead of \"$3\""
}

# expect_soon SECONDS COMMAND...: it succeeds within PATIENCE times that time.
expect_soon() {
	retry "$@" || fail "not so within $(($1 * PATIENCE)) seconds: ${*:2}"
}

# --- the servers behind ---

# psql_q SQL: prints what it gives, columns separated by |.
psql_q() {
	psql -XAtq -v ON_ERROR_STOP=1 -d "$PG" -c "$1"
}

# psql_is SQL VALUE: as a question.
psql_is() {
	[ "$(psql_q "$1")" = "$2" ]
}

# log_read READER [EVENT]: it has had every event that is there now, or those up
# to that number, and their effects are there.
log_read() {
	psql_is "SELECT count(*) FROM task_events AS e, log_readers AS r
	    WHERE r.name = '$1' AND e.xid IS NOT NULL
	    AND e.id <= ${2:-e.id} AND CASE '$1'
	    WHEN 'cache' THEN NOT pg_visible_in_snapshot(e.xid, r.snapshot)
	    ELSE (e.xid, e.id) > (r.xid, r.id) END" 0
}

redis_q() {
	redis-cli -s "$RUN/redis.sock" "$@"
}

# set_ini SECTION.KEY=VALUE...: in errand.ini, for what starts from now on.
set_ini() {
	local each name
	for each; do
		name=${each%%=*}
		ini_set "$D/errand.ini" "${name%%.*}" "${name#*.}" \
		    "${each#*=}" || fail "errand.ini cannot be written"
	done
}

# begin postgres|redis|lighttpd|fcgi [N]|worker|stream|mail: starts it and waits
# until it answers.
begin() {
	case $1 in
	postgres) pg_start "$DATA" -c fsync=off -c max_connections=60 ;;
	redis) redis_start ;;
	lighttpd) lighttpd_start ;;
	fcgi) fcgi_start "${2:-2}" ;;
	worker) worker_start ;;
	stream) stream_start ;;
	mail) mail_start 0 ;;
	*) fail "begin: there is no \"$1\"" ;;
	esac >>"$D/log/setup.log" 2>&1 || fail "$1 did not start"
}

# end NAME...: tells them to end, which each has to do by itself.
end() {
	local name
	dismiss "$@"
	for name; do
		retry 10 gone "$name" || fail "it does not end: $name"
	done
	stop "$@" || fail "not ended: $*"
}

# crash NAME...: ends them, and what they started, by SIGKILL.
crash() {
	local name pid
	for name; do
		for pid in $(members "$name"); do
			kill -s KILL "$pid" 2>/dev/null || true
		done
		finish "$name" 10 || fail "not ended: $name"
	done
}

# freeze NAME, thaw NAME: all its processes stand still and go on.
freeze() {
	signal_all STOP "$1"
}

thaw() {
	signal_all CONT "$1"
}

signal_all() {
	local pid
	for pid in $(members "$2") $(children_of "$(pid_of "$2")"); do
		kill -s "$1" "$pid" 2>/dev/null || true
	done
}

# on_a_port COMMAND...: runs it with FREE, a port that nobody has; if somebody
# takes that meanwhile it fails, and is tried with another.
on_a_port() {
	local last=$((PORT + 300))
	for ((FREE = PORT + 1; FREE < last; FREE++)); do
		port_taken "$FREE" || not "$@" || return 0
	done
	fail "no port is free"
}

# forget_redis_data: for its next start; it must not run.
forget_redis_data() {
	rm -rf "$D/redis"
}

# fcgi_pids: prints the process ids of the errand.fcgi that run now.
fcgi_pids() {
	children_of "$(pid_of fcgi)"
}

# --- the stack ---

# One cluster with the tables in it is made for each build folder and state
# of sql/; each scenario starts from a copy.
template_name() {
	printf '%s/tests/scenario/pg-template-%s-%s.tar' "$BUILD" "$(id -u)" \
	    "$(find "$TOP/sql" -type f -exec cat {} + | cksum | tr ' ' -)"
}

template_make() {
	pg_create "$DATA" "$PASSWORD" && pg_start "$DATA" -c fsync=off &&
	    "$BUILD/errandctl" -c "$D/errand.ini" migrate --sql "$TOP/sql" &&
	    stop postgres && rm -f "$1".* &&
	    tar -C "$RUN/pg" -cf "$1.$$" data && mv "$1.$$" "$1"
}

template_copy() {
	(
		flock -w 300 9 || exit 1
		[ -s "$1" ] || template_make "$1" || exit 1
	) 9>"$BUILD/tests/scenario/pg-template.lock" &&
	    rm -rf "$DATA" && tar -C "$RUN/pg" -xpf "$1"
}

# folder: D, RUN and where the cluster goes.
folder() {
	rm -rf "$D"
	mkdir -p "$D/log"
	trap leave EXIT
	trap 'exit 129' HUP
	trap 'exit 130' INT
	trap 'exit 143' TERM
	mkdir -p "$RUN_IN" && chmod 711 "$RUN_IN" && run_new ||
	    fail "no folder for sockets"
	DATA=$RUN/pg/data
	pg_conninfo "$PASSWORD"
	export ASAN_OPTIONS="log_path=$D/log/sanitizer:abort_on_error=0"
	export UBSAN_OPTIONS="log_path=$D/log/sanitizer:print_stacktrace=1"
	export LSAN_OPTIONS="suppressions=$TOP/tests/data/lsan.supp:print_suppressions=0"
}

# postgres_new: a server with a fresh copy of the tables.
postgres_new() {
	pg_programs || skip "postgresql is not installed"
	need psql sqitch tar
	set_ini "database.conninfo=$PG" log.stderr_level=warning
	template_copy "$(template_name)" >>"$D/log/setup.log" 2>&1 ||
	    fail "no cluster with the tables in it"
	begin postgres
}

issuer_new() {
	need lighttpd curl
	"$BUILD/errandctl" token --new-key "$D/key.pem" ||
	    fail "no key for the issuer"
	lighttpd_start_from $((20000 + RANDOM % 10000)) "$D/key.pem" \
	    >>"$D/log/setup.log" 2>&1 || fail "lighttpd did not start"
	set_ini "auth.issuer=http://127.0.0.1:$PORT/realms/errand"
	[ "${ERRAND_SERVER:-lighttpd}" != lighttpd ] || return 0
	front_has "$ERRAND_SERVER" || skip "$ERRAND_SERVER is not installed"
	front_start "$ERRAND_SERVER"
	PORT=$FRONT_PORT
}

# stack_servers: all that errand.fcgi needs around it.
stack_servers() {
	need psql redis-server lighttpd spawn-fcgi multiwatch sqitch curl jq
	SOCKET_MODE=0600
	# Apache has no workers that are root.
	[ "$(id -u)" != 0 ] || SOCKET_MODE=0666
	folder
	postgres_new
	begin redis
	set_ini "redis.url=unix://$RUN/redis.sock" \
	    "log.file=$D/log/errand.log" log.file_level=debug \
	    "mail.templates=$TOP/etc/templates" "metrics.file=$D/metrics" \
	    "stream.socket=$RUN/stream.sock" \
	    metrics.allow=127.0.0.1
	issuer_new
}

# stack_errand [SECTION.KEY=VALUE...]: two errand.fcgi, with these settings.
stack_errand() {
	set_ini "$@"
	begin fcgi "${PROCESSES:-2}"
	expect_soon 20 ready
}

# stack_up [SECTION.KEY=VALUE...]: PostgreSQL with the tables, Redis, lighttpd
# with the issuer, and two errand.fcgi.  PROCESSES may say another number.
# The worker is started with "begin worker".
stack_up() {
	stack_servers
	stack_go "$@"
}

# stack_go [SECTION.KEY=VALUE...]: what stack_up does behind stack_servers.
stack_go() {
	stack_errand "$@"
	USER_TOKEN=$(token --role user --user alice \
	    --email alice@example.org) || fail "no token"
	ADMIN_TOKEN=$(token --role admin --user root \
	    --email root@example.org) || fail "no token"
	as user
}

# --- the end ---

show_logs() {
	local log
	for log in "$D"/log/*; do
		[ -s "$log" ] || continue
		say "--- the end of $log"
		tail -n 25 "$log"
	done
}

# leave: nothing is left running; what a sanitizer found is a failure.
leave() {
	local status=$?
	trap - EXIT
	trap '' INT TERM HUP PIPE
	PATIENCE=1
	stop_stack || status=1
	run_remove
	if compgen -G "$D/log/sanitizer*" >/dev/null; then
		say "FAILED: a sanitizer found something"
		status=1
	fi
	case $status in
	0 | 77) rm -rf "$D" ;;
	*)
		[ "$TOLD" = yes ] ||
		    say "FAILED at: $STEP, with status $status"
		show_logs
		;;
	esac
	exit "$status"
}

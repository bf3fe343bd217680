#!/bin/bash
# SPDX-License-Identifier: ISC
# Holds contrib/quickstart to what it says: two copies side by side, a second
# start, --stop, crashes, interrupts, and faults of the machine.
#
# ERRAND_BUILD names the build folder, as for quickstart.  contrib/check runs
# this with a build that is there already.  Arguments choose among the cases.
# shellcheck disable=SC2013,SC2015
set -euo pipefail

ME=quickstart-test
TOP=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd -P)
# shellcheck source=contrib/lib/base.sh
. "$TOP/contrib/lib/base.sh"
# What the shell of a user has must not matter.
export ERRAND_DATABASE_CONNINFO=host=/nowhere PGHOST=/nowhere
QUICK=$TOP/contrib/quickstart
WORK=$(mktemp -d "${TMPDIR:-/var/tmp}/errand-quick-XXXXXX")
chmod 755 "$WORK"
OUT=$WORK/out
MOUNTED=''

leave() {
	local status=$? dir
	trap - EXIT
	for dir in "$WORK"/*/; do
		"$QUICK" --stop --dir "$dir" || true
		"$TOP/contrib/keycloak/run" --stop --dir "$dir" || true
	done
	[ -z "$MOUNTED" ] || umount "$MOUNTED" || true
	rm -rf "$WORK"
	exit "$status"
}
trap leave EXIT
trap 'exit 130' INT
trap 'exit 143' TERM

ok() {
	say "ok: $*"
}

# not_so SENTENCE: with what was printed last.
not_so() {
	warn "FAILED: $*"
	[ ! -s "$OUT" ] || tail -n 40 "$OUT" >&2
	exit 1
}

# quick ARGUMENT...: prints into OUT; what it starts must not hold the pipe.
quick() {
	timeout 300 "$QUICK" --no-install "$@" </dev/null 2>&1 | cat >"$OUT"
}

# value DIR NAME: from its env file.
value() {
	# shellcheck disable=SC1091
	(. "$1/env" && printf '%s' "${!2}")
}

# leftovers DIR: prints processes that still name it.
leftovers() {
	local cmd line
	for cmd in /proc/[0-9]*/cmdline; do
		line=$({ tr '\0' ' ' <"$cmd"; } 2>/dev/null) || continue
		case $line in
		*"$QUICK"* | timeout*) ;;
		*"$1/"*) printf '%s\n' "$line" ;;
		esac
	done
}

nothing_left() {
	[ -z "$(leftovers "$1")" ] && [ ! -e "$1/env" ] && [ ! -e "$1/run" ]
}

answers() {
	curl -qfs --noproxy '*' -m 10 -o /dev/null \
	    -H "Authorization: Bearer $(value "$1" ERRAND_USER_TOKEN)" \
	    "$(value "$1" ERRAND_URL)/tasks"
}

titles() {
	psql -XAtqc "SELECT count(*) FROM tasks" -d "$(value "$1" ERRAND_PG)"
}

# works ENV LINE: a curl line does as printed.  That of the changes as they happen
# goes on until it is ended.
works() {
	local line=$2 ends=0 got=0 want='"title"\|"status"\|^errand_build_info'
	case $line in
	*/tasks/stream) line=${line/curl/curl -m 10} ends=28 want='retry: ' ;;
	*/token*) want='"access_token"' ;;
	esac
	(eval ". '$1'; $line") >"$WORK/curl.out" 2>&1 || got=$?
	[ "$got" = "$ends" ] && grep -q "$want" "$WORK/curl.out" ||
	    not_so "this line works as printed: $2"
}

# --- cases ---

start_detached() {
	local line n=0
	quick --detach --dir "$WORK/one" || not_so "it starts"
	while read -r line; do
		n=$((n + 1))
		works "$WORK/one/env" "$line"
	done < <(sed -n 's/^  \(curl .*\)/\1/p' "$OUT")
	[ "$n" -ge 3 ] || not_so "it prints curl lines"
	line=$(sed -n 's/^  \(.*errandctl.* health\)$/\1/p' "$OUT")
	# shellcheck disable=SC1091
	[ -n "$line" ] && (unset ERRAND_DATABASE_CONNINFO && . "$WORK/one/env" &&
	    eval "$line") >"$WORK/ctl.out" 2>&1 ||
	    not_so "errandctl finds its settings: $(cat "$WORK/ctl.out")"
	[ "$(stat -c %a "$WORK/one/env")" = 600 ] || not_so "env is private"
	! grep ' warning \| error ' "$WORK/one/log/errand.log" >"$OUT" ||
	    not_so "the first start logs no warning"
	ok "it starts, detached, and its curl lines work as printed"
}

# Somebody who reads the first line only must get a whole stack all the same.
reader_goes() {
	"$QUICK" --no-install --detach --dir "$WORK/pipe" 2>&1 </dev/null |
	    head -n 1 >"$OUT"
	retry 60 test -s "$WORK/pipe/env" || not_so "it comes up"
	answers "$WORK/pipe" || not_so "it answers"
	quick --stop --dir "$WORK/pipe" || not_so "it stops"
	ok "it starts even if nobody reads what it says"
}

servers_are_private() {
	[ "$(psql -XAtqc 'SELECT current_user' -d \
	    "$(value "$WORK/one" ERRAND_PG)")" = errand ] ||
	    not_so "ERRAND_PG reaches the database"
	[ "$(redis-cli -s "$(value "$WORK/one" ERRAND_REDIS |
	    sed 's,^unix://,,')" ping)" = PONG ] ||
	    not_so "ERRAND_REDIS reaches Redis"
	ok "env tells how to reach its servers"
}

mail_is_kept() {
	printf 'Subject: hello\r\n\r\nbody\r\n' | curl -qfs -m 10 \
	    --mail-from a@example.org --mail-rcpt b@example.org -T - \
	    "$(value "$WORK/one" ERRAND_SMTP)" || not_so "mail is taken"
	grep -q '^Subject: hello' "$WORK"/one/mail/*.eml ||
	    not_so "mail is kept as a file"
	ok "the mail sink keeps a message as a file"
}

start_again() {
	cp "$WORK/one/env" "$WORK/env.before"
	quick --detach --dir "$WORK/one" --processes 9 || not_so "succeeds"
	grep -q 'up already' "$OUT" || not_so "it says that it is up"
	cmp -s "$WORK/one/env" "$WORK/env.before" || not_so "nothing changes"
	ok "a second start in the folder says so and changes nothing"
}

# With a name that is neither one word nor ASCII nor short.
start_beside() {
	local second
	second="$WORK/a second Übung $(printf '%0200d' 2)"
	quick --detach --dir "$second" || not_so "it starts"
	[ "$(value "$second" ERRAND_URL)" != \
	    "$(value "$WORK/one" ERRAND_URL)" ] || not_so "other address"
	answers "$WORK/one" && answers "$second" || not_so "both answer"
	ok "a second copy runs beside the first"
	quick --stop --dir "$second" || not_so "it stops"
	[ ! -s "$OUT" ] || not_so "--stop is quiet"
	nothing_left "$second" || not_so "nothing of it is left"
	answers "$WORK/one" || not_so "the first one still answers"
	ok "--stop ends that copy and no other"
}

crash_one() {
	local pid
	pid=$(value "$WORK/one" FCGI_1_PID)
	kill -s KILL "$pid"
	retry 10 four_again || not_so "four processes again"
	retry 10 answers "$WORK/one" || not_so "it answers again"
	ok "a process that crashed comes back"
}

four_again() {
	[ "$(leftovers "$WORK/one" | grep -c '^[^ ]*errand\.fcgi ')" = 4 ]
}

busy_port() {
	local port
	port=$(value "$WORK/one" ERRAND_URL | sed 's/.*://')
	! quick --detach --dir "$WORK/busy" --port "$port" || not_so "fails"
	grep -q "port $port .*busy" "$OUT" || not_so "it names the port"
	nothing_left "$WORK/busy" || not_so "nothing is left"
	ok "a busy port is named, and nothing is left running"
}

killed_all() {
	local before pid
	before=$(titles "$WORK/one")
	for pid in $(sed -n 's/^[A-Z0-9_]*_PID=//p' "$WORK/one/env"); do
		kill -s KILL "$pid" 2>/dev/null || true
	done
	quick --detach --dir "$WORK/one" || not_so "it starts again"
	[ "$(titles "$WORK/one")" = "$before" ] || not_so "the data is there"
	ok "after kill -9 of everything it starts again with its data"
}

stop_and_start() {
	local before
	before=$(titles "$WORK/one")
	quick --stop --dir "$WORK/one" || not_so "it stops"
	nothing_left "$WORK/one" || not_so "nothing is left"
	quick --stop --dir "$WORK/one" || not_so "it may be stopped twice"
	quick --stop --dir "$WORK/never" || not_so "so may what never was"
	quick --detach --dir "$WORK/one" || not_so "it starts again"
	[ "$(titles "$WORK/one")" = "$before" ] || not_so "the data is there"
	quick --stop --dir "$WORK/one" || not_so "it stops"
	ok "stopped and started again it has its data"
}

said() {
	grep -q "$1" "$OUT"
}

# interrupt SIGNAL SENTENCE: once it has said that.
interrupt() {
	local pid status=0
	: >"$OUT"
	env --default-signal=INT,TERM "$QUICK" --no-install \
	    --dir "$WORK/int" >"$OUT" 2>&1 </dev/null &
	pid=$!
	retry 60 said "$2" || not_so "it says $2"
	kill -s "$1" "$pid"
	wait "$pid" || status=$?
	[ "$status" -ge 128 ] || not_so "status $status tells of the signal"
	grep -q interrupted "$OUT" || not_so "it says that it was interrupted"
	nothing_left "$WORK/int" || not_so "nothing is left"
}

interrupts() {
	interrupt INT '^Building'
	interrupt TERM '^Starting'
	interrupt INT '^Starting'
	interrupt INT 'Ctrl-C ends it'
	interrupt HUP 'Ctrl-C ends it'
	ok "an interrupt at any moment leaves nothing running"
}

child_dies() {
	local pid status=0
	: >"$OUT"
	"$QUICK" --no-install --dir "$WORK/int" >"$OUT" 2>&1 </dev/null &
	pid=$!
	retry 60 said 'Ctrl-C ends it' || not_so "it comes up"
	kill -s KILL "$(value "$WORK/int" REDIS_PID)"
	wait "$pid" || status=$?
	[ "$status" = 1 ] && said 'redis ended' || not_so "it says who ended"
	nothing_left "$WORK/int" || not_so "nothing is left"
	ok "in the foreground the end of one process ends all, by name"
}

missing_package() {
	mkdir "$WORK/bin"
	cat >"$WORK/bin/dpkg-query" <<-'END'
		#!/bin/sh
		/usr/bin/dpkg-query "$@" | grep -v '^lighttpd \|^multiwatch '
	END
	chmod +x "$WORK/bin/dpkg-query"
	! PATH=$WORK/bin:$PATH quick --detach --dir "$WORK/miss" ||
	    not_so "it fails"
	grep -q 'apt-get install lighttpd multiwatch$' "$OUT" ||
	    not_so "it says what to install"
	[ ! -e "$WORK/miss" ] || not_so "it made no folder"
	ok "missing packages are named as a command"
}

full_disk() {
	mkdir "$WORK/full"
	if ! mount -t tmpfs -o size=20m tmpfs "$WORK/full" 2>/dev/null; then
		say "skipped: a full disk (no file system can be mounted)"
		return
	fi
	MOUNTED=$WORK/full
	! quick --detach --dir "$WORK/full/demo" || not_so "it fails"
	grep -q 'disk .*full' "$OUT" || not_so "it says that the disk is full"
	nothing_left "$WORK/full/demo" || not_so "nothing is left"
	umount "$WORK/full"
	MOUNTED=''
	ok "a full disk is named, and nothing is left running"
}

# A folder in which nobody but root may look, for which PostgreSQL is another
# user; and a user who is not root at all.
other_users() {
	local -a nobody=(setpriv --reuid=nobody --regid=nogroup --clear-groups
	    env -u HOME)
	if [ "$(id -u)" != 0 ]; then
		say "skipped: other users (we are not root)"
		return
	fi
	mkdir -m 700 "$WORK/closed"
	quick --detach --dir "$WORK/closed/demo" || not_so "root starts it"
	answers "$WORK/closed/demo" || not_so "it answers"
	quick --stop --dir "$WORK/closed/demo" || not_so "it stops"
	rm -rf "$(dirname "$(readlink "$WORK/closed/demo/pg")")"
	ok "root may use a folder that PostgreSQL's user cannot enter"
	if ! "${nobody[@]}" test -x "$TOP/contrib"; then
		say "skipped: another user (the source tree is closed)"
		return
	fi
	mkdir "$WORK/nobody" && chown nobody "$WORK/nobody"
	"${nobody[@]}" timeout 300 "$QUICK" --no-install --detach \
	    --dir "$WORK/nobody/demo" >"$OUT" 2>&1 || not_so "it starts"
	answers "$WORK/nobody/demo" || not_so "it answers"
	"${nobody[@]}" "$QUICK" --stop --dir "$WORK/nobody/demo" ||
	    not_so "it stops"
	nothing_left "$WORK/nobody/demo" || not_so "nothing is left"
	ok "a user who is not root may use it"
}

# keycloak_cache_is_plain: all may read it, because nothing in it is secret.
keycloak_cache_is_plain() {
	local cache found
	[ -z "${KEYCLOAK_HOME:-}" ] || return 0
	cache=$(sed -n 's,^Keycloak is in \(.*\)/dist$,\1,p' "$OUT")
	[ -e "$cache/made/lib/quarkus" ] ||
	    not_so "a prepared Keycloak is there"
	found=$(find "$cache" -path "$cache/dist" -prune -o \
	    \( -name '*.db' -o -name 'password*' -o -name keycloak.conf -o \
	    ! -type l -perm /022 \) -print) || not_so "it can be searched"
	[ -z "$found" ] && [ ! -e "$cache/dist/data/h2" ] ||
	    not_so "no password and no key is in the cache: $found"
	ok "what the Keycloaks of all users are made from has no secret"
}

# keycloaks_meet: a second starts while the first does, and wants its port.
keycloaks_meet() {
	local run=$TOP/contrib/keycloak/run one=$WORK/kc1 two=$WORK/kc2 dir pid
	"$run" --no-install --detach --dir "$one" >"$OUT" 2>&1 </dev/null &
	pid=$!
	retry 60 test -s "$one/proc/keycloak" || not_so "the first begins"
	"$run" --no-install --detach --dir "$two" >"$OUT.2" 2>&1 </dev/null ||
	    { mv "$OUT.2" "$OUT" && not_so "the second starts"; }
	wait "$pid" || not_so "the first starts"
	not cmp -s "$one/port" "$two/port" || not_so "each has a port"
	not cmp -s "$one/keycloak/password" "$two/keycloak/password" ||
	    not_so "each has a password"
	[ "$(signers "$one")" != "$(signers "$two")" ] ||
	    not_so "each has keys of its own"
	for dir in "$one" "$two"; do
		"$run" --stop --dir "$dir" >"$OUT" 2>&1 || not_so "it stops"
		[ -z "$(leftovers "$dir")" ] || not_so "nothing is left"
	done
	ok "two that start at once get ports, passwords and keys of their own"
}

# signers DIR: prints the administrators' realm's public keys.  The password
# that is on file must be the administrator's.
signers() {
	local url
	url=http://127.0.0.1:$(cat "$1/port")/realms/master/protocol/openid-connect
	curl -qfsS --noproxy '*' -m 30 -o /dev/null -d grant_type=password \
	    -d client_id=admin-cli -d username=admin \
	    -d "password=$(cat "$1/keycloak/password")" "$url/token" \
	    >>"$OUT" 2>&1 || not_so "the password of $1 is good"
	curl -qfsS --noproxy '*' -m 30 "$url/certs" || not_so "it has keys"
}

# interrupted_keycloak: while it starts.
interrupted_keycloak() {
	local pid status=0
	: >"$OUT"
	env --default-signal=INT,TERM "$QUICK" --no-install --keycloak \
	    --dir "$WORK/kc" >"$OUT" 2>&1 </dev/null &
	pid=$!
	retry 60 test -s "$WORK/kc/proc/keycloak" || not_so "it comes that far"
	kill -s INT "$pid"
	wait "$pid" || status=$?
	[ "$status" = 130 ] && said interrupted ||
	    not_so "status $status tells of the signal"
	nothing_left "$WORK/kc" || not_so "nothing is left"
	ok "an interrupt while Keycloak starts leaves nothing running"
}

# with_keycloak: curl lines, a second start, a second copy, kill -9, --stop.
with_keycloak() {
	local line token pid before
	if ! "$TOP/contrib/keycloak/run" --no-install --fetch >"$OUT" 2>&1
	then
		say "skipped: Keycloak ($(tail -n 1 "$OUT"))"
		return
	fi
	keycloak_cache_is_plain
	interrupted_keycloak
	keycloaks_meet
	quick --keycloak --detach --dir "$WORK/kc" || not_so "it starts"
	answers "$WORK/kc" || not_so "it answers"
	! grep -q ERRAND_TOKEN_KEY "$WORK/kc/env" || not_so "there is no key"
	while read -r line; do
		works "$WORK/kc/env" "$line"
	done < <(sed -n 's/^  \(curl .*\)/\1/p' "$OUT")
	token=$(sed -n 's/.*"access_token":"\([^"]*\).*/\1/p' "$WORK/curl.out")
	curl -qfs --noproxy '*' -o /dev/null -H "Authorization: Bearer $token" \
	    "$(value "$WORK/kc" ERRAND_URL)/me" || not_so "a new token is good"
	ok "with Keycloak its curl lines work as printed"
	before=$WORK/env.before
	cp "$WORK/kc/env" "$before"
	keycloak_beside
	for pid in $(sed -n 's/^[A-Z0-9_]*_PID=//p' "$before"); do
		kill -s KILL "$pid" 2>/dev/null || true
	done
	quick --keycloak --detach --dir "$WORK/kc" || not_so "it starts again"
	mv "$before" "$WORK/kc/env"
	answers "$WORK/kc" || not_so "tokens of before are good"
	quick --stop --dir "$WORK/kc" || not_so "it stops"
	nothing_left "$WORK/kc" || not_so "nothing is left"
	ok "after kill -9 of everything it knows its tokens, and --stop ends all"
}

# with_prometheus: its curl lines, a second start, --stop.
with_prometheus() {
	local line n=0
	command -v prometheus >/dev/null || {
		say "skipped: Prometheus is not installed"
		return
	}
	quick --monitoring --detach --dir "$WORK/prom" || not_so "it starts"
	while read -r line; do
		n=$((n + 1))
		(eval ". '$WORK/prom/env'; $line") >"$WORK/curl.out" 2>&1 &&
		    grep -q '"role":"fcgi"' "$WORK/curl.out" ||
		    not_so "this line works as printed: $line"
	done < <(sed -n 's/^  \(curl .*PROMETHEUS.*\)/\1/p' "$OUT")
	[ "$n" = 1 ] || not_so "it prints a curl line for Prometheus"
	curl -qfsS --noproxy '*' \
	    "$(value "$WORK/prom" ERRAND_PROMETHEUS)/api/v1/rules" |
	    grep -q ErrandNoPool || not_so "it has the rules"
	quick --monitoring --detach --dir "$WORK/prom" && said 'up already' ||
	    not_so "a second start says so"
	quick --stop --dir "$WORK/prom" || not_so "it stops"
	nothing_left "$WORK/prom" || not_so "nothing is left"
	ok "with Prometheus its curl line works as printed, and --stop ends all"
}

# keycloak_beside: contrib/keycloak/run by itself, while quickstart has one.
keycloak_beside() {
	local run=$TOP/contrib/keycloak/run dir="$WORK/an Übung" port
	port=$(value "$WORK/kc" ERRAND_ISSUER | sed 's,.*:\([0-9]*\)/.*,\1,')
	! "$run" --no-install --dir "$dir" --port "$port" >"$OUT" 2>&1 ||
	    not_so "a busy port is refused"
	said "port $port .*busy" || not_so "it names the port"
	"$run" --no-install --detach --dir "$dir" >"$OUT" 2>&1 </dev/null ||
	    not_so "it starts"
	[ "$(cat "$dir/port")" != "$port" ] || not_so "another port"
	eval "$(sed -n 's/^  \(curl .*\)/\1/p' "$OUT")" |
	    grep -q '"access_token"' || not_so "its curl line works"
	"$run" --no-install --detach --dir "$dir" >"$OUT" 2>&1 </dev/null &&
	    said 'up already' || not_so "a second start says so"
	"$run" --stop --dir "$dir" >"$OUT" 2>&1 || not_so "it stops"
	[ -z "$(leftovers "$dir")" ] || not_so "nothing is left"
	answers "$WORK/kc" || not_so "the other one answers still"
	ok "contrib/keycloak/run starts another beside it, and ends that"
}

bad_options() {
	local option
	for option in --port=0 --port=99999 --port=x --processes=0 --what \
	    --dir= --port; do
		! quick "$option" || not_so "$option fails"
		[ "$(wc -l <"$OUT")" = 1 ] || not_so "$option: one clear line"
	done
	ok "bad options get one clear line"
}

impossible_folder() {
	! quick --detach --dir "$OUT/demo" || not_so "it fails"
	[ "$(grep -vc '^Building' "$OUT")" = 1 ] &&
	    said "^quickstart: .*$OUT" || not_so "one line names it"
	ok "a folder that cannot be made is named"
}

[ $# -gt 0 ] || set -- bad_options impossible_folder start_detached \
    servers_are_private mail_is_kept reader_goes start_again start_beside \
    crash_one busy_port killed_all stop_and_start interrupts child_dies \
    missing_package full_disk other_users with_prometheus with_keycloak
for each; do
	"$each"
done

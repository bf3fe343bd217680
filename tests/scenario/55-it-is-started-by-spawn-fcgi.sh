#!/bin/bash
# SPDX-License-Identifier: ISC
# Many processes on one socket, unix or TCP, started by spawn-fcgi alone; what
# cannot work is refused with a clear word.
. "${srcdir:-.}/tests/lib/lib.sh"
. "$TOP/tests/lib/chaos.sh"
PROCESSES=1
stack_up
end fcgi
app=$BUILD/errand.fcgi

spawned=''
kill_spawned() {
	# shellcheck disable=SC2086
	[ -z "$spawned" ] || kill -s KILL $spawned
}
at_end kill_spawned
# spawn N ARGUMENT...: N processes, whose ids are in spawned then.
spawn() {
	local n=$1
	shift
	(cd / && spawn-fcgi -F "$n" -P "$D/pids" "$@" -- "$app" \
	    -c "$D/errand.ini") </dev/null >>"$D/log/spawn.log" 2>&1 ||
	    return 1
	spawned=$(tr '\n' ' ' <"$D/pids")
	expect_same "the number of processes" "$(wc -w <<<"$spawned")" "$n"
}
all_gone() {
	local pid
	for pid in $spawned; do
		not kill -0 "$pid" 2>/dev/null || return 1
	done
}
# serve_and_end: each takes requests, and all end when told.
serve_and_end() {
	local pid
	expect_soon 20 ready
	load_begin coherence --no-errors
	load_order hits
	load_order writes
	load_end
	for pid in $spawned; do
		expect_soon 10 in_log "errand.fcgi[$pid] request "
	done
	# shellcheck disable=SC2086
	kill -s TERM $spawned
	expect_soon 10 all_gone
	spawned=''
}

step "three processes on a unix socket"
rm -f "$RUN/fcgi.sock"
spawn 3 -s "$RUN/fcgi.sock" -M 0600
serve_and_end

step "three processes on TCP"
end lighttpd
spawn_tcp() {
	sed "s|\"socket\" => .*|\"host\" => \"127.0.0.1\", \"port\" => $FREE,|" \
	    "$D/lighttpd.conf" >"$D/tcp.conf"
	launch lighttpd lighttpd -D -f "$D/tcp.conf" &&
	    await lighttpd 20 issuer_up &&
	    spawn 3 -a 127.0.0.1 -p "$FREE" && return
	stop lighttpd
	return 1
}
on_a_port spawn_tcp
serve_and_end

step "standard input that is no listening socket"
# refused STATUS WORDS COMMAND...
refused() {
	local status=0 want=$1 words=$2
	shift 2
	timeout 60 "$@" >"$D/out" 2>"$D/err" || status=$?
	expect_same "the exit status of $*" "$status" "$want"
	grep -qF -- "$words" "$D/err" ||
	    fail "\"$words\" is not in: $(cat "$D/err")"
}
refused 1 "no listening socket" "$app" -c "$D/errand.ini" </dev/null
refused 1 "no listening socket" "$app" -c "$D/errand.ini" <&-
refused 1 "no listening socket" env ERRAND_LOG_STDERR_LEVEL=off \
    "$app" -c "$D/errand.ini" </dev/null
refused 1 "no listening socket" "$app" -c "$D/errand.ini" < <(:)

step "options"
expect [ "$("$app" --version)" = "errand $("$app" --version | cut -d' ' -f2)" ]
expect [ "$("$BUILD/errand-worker" --version)" = "$("$app" --version)" ]
expect "$app" -c "$D/errand.ini" --check-config
expect "$app" --help >"$D/out"
refused 2 "usage:" "$app" --no-such-option
refused 2 "usage:" "$app" argument
refused 1 "$D/none.ini" "$app" -c "$D/none.ini" --check-config
printf '[http]\nbody_limit = many\n' >"$D/bad.ini"
refused 1 "$D/bad.ini:2" "$app" -c "$D/bad.ini" --check-config
step "a wrong setting has a status of its own, which supervisors can see"
refused 78 "body_limit" "$app" -c "$D/bad.ini"
refused 78 "body_limit" "$BUILD/errand-worker" -c "$D/bad.ini"
refused 78 "body_limit" spawn-fcgi -n -s "$RUN/s" -- "$app" -c "$D/bad.ini"
refused 0 "not forking again" spawn-fcgi -n -s "$RUN/s" -- \
    "$(command -v multiwatch)" -f 2 -r 5 -- "$app" -c "$D/bad.ini"
step "a log that cannot be opened"
set_ini "log.file=$D/nowhere/errand.log"
refused 1 "$D/nowhere/errand.log" "$app" -c "$D/errand.ini" </dev/null

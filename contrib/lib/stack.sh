# SPDX-License-Identifier: ISC
# shellcheck shell=bash
# The servers around Errand, private to one folder: PostgreSQL, Redis,
# lighttpd, a token issuer, errand.fcgi, errand-worker and a mail sink.
#
# TOP    the source tree
# BUILD  where the built programs are
# D      the folder: errand.ini, data and logs
# RUN    a short folder for sockets, whose names may have 107 bytes
# RUN_IN where RUN should be, if that is short enough
# PORT   lighttpd's port on 127.0.0.1, the only thing on TCP but mail and Keycloak
#
# Each *_start returns 1 if it does not come up, and has said nothing then:
# the log of that name says why.

# PostgreSQL refuses to run as root; then it runs as user postgres.
PG_AS=()
if [ "$(id -u)" = 0 ]; then
	PG_AS=(setpriv --reuid=postgres --regid=postgres --init-groups --)
fi

# run_place: prints the first of RUN_IN, TMPDIR and /tmp which is short enough
# for the names of sockets (RUN_IN_MAX bytes, or 70) and which whoever runs
# PostgreSQL may enter.
run_place() {
	local LC_ALL=C in
	for in in "${RUN_IN:-}" "${TMPDIR:-}" /tmp; do
		if [ -w "$in" ] && [[ $in = /* ]] && ((${#in} <= ${RUN_IN_MAX:-70})) &&
		    pg_reaches "$in"; then
			printf '%s' "$in"
			return
		fi
	done
	return 1
}

# run_new: makes RUN, with a part where PostgreSQL may put its socket.
run_new() {
	RUN=$(mktemp -d "$(run_place)/errand-XXXXXXXX") && chmod 711 "$RUN" &&
	    ln -s "$D" "$RUN/home" && ln -sfn "$RUN" "$D/run" &&
	    mkdir -m 711 "$RUN/pg" && pg_give "$RUN/pg"
}

# run_find: sets RUN to the folder that an earlier start made for D, or to "".
run_find() {
	RUN=$(readlink "$D/run" 2>/dev/null) || RUN=
	if [[ $RUN != /*/errand-* || ! -O $RUN ||
	    $(readlink "$RUN/home" 2>/dev/null) != "$D" ]]; then
		RUN=
	fi
}

run_remove() {
	[ -z "$RUN" ] || rm -rf "$RUN"
	RUN=
	rm -f "$D/run"
}

# pg_give PATH: makes it belong to whoever runs PostgreSQL.
pg_give() {
	[ "${#PG_AS[@]}" = 0 ] || chown postgres:postgres "$1"
}

# pg_programs [VERSION]: finds the server's programs, the newest by default.
pg_programs() {
	local version=${1:-*} dir
	PG_BIN=
	for dir in /usr/lib/postgresql/$version/bin; do
		[ ! -x "$dir/postgres" ] || PG_BIN=$dir
	done
	[ -n "$PG_BIN" ]
}

# pg_reaches DIR: whoever runs PostgreSQL may enter it.
pg_reaches() {
	(cd / && "${PG_AS[@]}" test -x "$1") 2>/dev/null
}

# pg_run COMMAND...: as whoever runs PostgreSQL, with a clean environment.
pg_run() {
	(cd / && exec env -i PATH=/usr/bin:/bin LC_ALL=C.UTF-8 \
	    "${PG_AS[@]}" "$@")
}

# pg_create DATA PASSWORD: a cluster with database and user errand.  It has
# its name only when it is whole.
pg_create() {
	local new=$1.new
	rm -rf "$new" && mkdir -m 700 "$new" && pg_give "$new" &&
	    pg_fill "$new" "$2" && mv -T "$new" "$1" && return
	rm -rf "$new"
	return 1
}

pg_fill() {
	local new=$1
	pg_run "$PG_BIN/initdb" -D "$new" -U postgres --encoding=UTF8 \
	    --locale=C.UTF-8 --auth=reject --wal-segsize=4 || return 1
	pg_run "$PG_BIN/postgres" --single -D "$new" postgres <<-EOF || return 1
		CREATE ROLE errand LOGIN PASSWORD '$2'
		CREATE DATABASE errand OWNER errand
	EOF
	printf 'local errand errand scram-sha-256\n' >"$new/pg_hba.conf"
}

# pg_clean_lock DATA: a cluster that died with its machine leaves a lock
# that names a process; it is void unless that process works in the data.
pg_clean_lock() {
	local pid
	{ read -r pid <"$1/postmaster.pid"; } 2>/dev/null || return 0
	if [ "$(readlink "/proc/$pid/cwd" 2>/dev/null)" != "$1" ]; then
		rm -f "$1/postmaster.pid"
	fi
}

# pg_conninfo PASSWORD: sets PG to how errand reaches its database.
pg_conninfo() {
	PG="host=$RUN/pg port=5432 dbname=errand user=errand password=$1"
}

pg_up() {
	psql -XAtq -d "$PG" -c 'SELECT 1'
}

# pg_start DATA [OPTION...]: a server on RUN/pg.  One that was killed may
# leave children that still end, and say so in the log behind what the new one
# says, so a few tries are made.
pg_start() {
	local data tries
	data=$(realpath "$1") || return 1
	shift
	pg_programs "$(cat "$data/PG_VERSION")" || return 1
	for tries in 1 2 3 4 5 6 7 8; do
		pg_clean_lock "$data"
		launch postgres "${PG_AS[@]}" "$PG_BIN/postgres" -D "$data" \
		    -k "$RUN/pg" -c listen_addresses= "$@" || return 1
		! await postgres 30 pg_up || return 0
		! alive postgres || return 1
		tail -n 20 "$D/log/postgres.log" |
		    grep -q 'still in use\|already exists' || return 1
		sleep "0.$tries"
	done
	return 1
}

redis_up() {
	[ "$(redis-cli -s "$RUN/redis.sock" ping 2>/dev/null)" = PONG ]
}

# redis_start: appends what it is told to a file, as a broker must.
redis_start() {
	mkdir -p "$D/redis" && cat >"$D/redis.conf" <<-EOF || return 1
		port 0
		unixsocket "$RUN/redis.sock"
		unixsocketperm 700
		dir "$D/redis"
		daemonize no
		save ""
		maxmemory 1gb
		maxmemory-policy noeviction
		appendonly yes
		appendfsync everysec
	EOF
	launch redis redis-server "$D/redis.conf" && await redis 20 redis_up
}

# pages_served: lighttpd is to serve the pages, and has the words of pages.sh.
pages_served() {
	[ "${PAGES:-no}" = yes ]
}

# issuer_files KEY: what lighttpd serves as the token issuer: the discovery
# document and the key set.
issuer_files() {
	local realm=$D/www/realms/errand issuer=http://127.0.0.1:$PORT/realms/errand
	local certs=protocol/openid-connect/certs
	mkdir -p "$realm/.well-known" "$realm/${certs%/*}" &&
	    "$BUILD/errandctl" token --key "$1" --jwks >"$realm/$certs" &&
	    printf '{"issuer": "%s", "jwks_uri": "%s/%s"%s}\n' \
	    "$issuer" "$issuer" "$certs" \
	    "$(! pages_served || login_discovery "$issuer")" \
	    >"$realm/.well-known/openid-configuration" || return 1
	! pages_served || login_files "$1"
}

# lighttpd_conf: the issuer is served from files, all else by errand.fcgi, as
# the file for lighttpd that is installed says.
lighttpd_conf() {
	local files='\.well-known/openid-configuration|protocol/openid-connect/certs'
	! pages_served || files="${files}|protocol/openid-connect/(auth|token|logout)"
	cat <<-EOF
		server.modules = ( "mod_fastcgi", "mod_staticfile" )
		server.document-root = "$D/www"
		server.bind = "127.0.0.1"
		server.port = $PORT
		server.errorlog = "$D/log/lighttpd.log"
		server.upload-dirs = ( "$D/upload" )
		server.tag = ""
		mimetype.assign = ( "" => "application/json" )
	EOF
	web_errors && sed \
	    -e "s#=~ \"^/\" {#!~ \"^/realms/errand/(${files//\\/\\\\})\$\" {#" \
	    -e "s#/run/errand/errand.sock#$RUN/fcgi.sock#" \
	    -e "s#/run/errand/stream.sock#$RUN/stream.sock#" \
	    -e "s#/usr/share/errand/errors#$RUN/errors#" \
	    "$TOP/etc/lighttpd/50-errand.conf" || return 1
	! pages_served || { login_conf && pages_conf; }
}

# web_errors: the errors of web servers where any user may read them, under the
# names that lighttpd knows as well.
web_errors() {
	local each
	mkdir -p "$RUN/errors" && chmod 755 "$RUN/errors" || return 1
	for each in "$TOP"/etc/errors/*.json; do
		install -m 644 "$each" "$RUN/errors/" &&
		    ln -sf "${each##*/}" "$RUN/errors/errand-$(basename "$each" .json).html" ||
		    return 1
	done
}

issuer_up() {
	curl -qfs --noproxy '*' -m 5 \
	    "http://127.0.0.1:$PORT/realms/errand/.well-known/openid-configuration" |
	    grep -qF "http://127.0.0.1:$PORT/realms/errand"
}

# lighttpd_start: on PORT, with the issuer's files in place.
lighttpd_start() {
	mkdir -p "$D/upload" "$D/log" &&
	    lighttpd_conf >"$D/lighttpd.conf" || return 1
	launch lighttpd lighttpd -D -f "$D/lighttpd.conf" &&
	    await lighttpd 20 issuer_up
}

# lighttpd_port_lost: it ended because somebody else has the port.
lighttpd_port_lost() {
	! alive lighttpd && tail -n 5 "$D/log/lighttpd.log" |
	    grep -qi 'address already in use'
}

# lighttpd_start_from FIRST KEY: like it, on the first free port from FIRST.
lighttpd_start_from() {
	local last=$(($1 + 200)) key=$2
	for ((PORT = $1; PORT < last; PORT++)); do
		! port_taken "$PORT" || continue
		issuer_files "$key" || return 1
		! lighttpd_start || return 0
		lighttpd_port_lost || return 1
	done
	printf 'no port is free from %s to %s\n' "$1" "$((last - 1))" \
	    >>"$D/log/lighttpd.log"
	return 1
}

# fcgi_up: somebody listens.
fcgi_up() {
	test -S "$RUN/fcgi.sock" && grep -q " 00010000 .* $RUN/fcgi\.sock\$" /proc/net/unix
}

# fcgi_start N: N processes on one socket; multiwatch starts another for each
# that ends, but wants arguments in ASCII, which the names of folders need not
# be.  The socket's file may be an earlier start's.
fcgi_start() {
	rm -f "$RUN/fcgi.sock"
	# shellcheck disable=SC2016 # the inner shell expands it
	launch fcgi env "PROGRAM=$BUILD/errand.fcgi" "SETTINGS=$D/errand.ini" \
	    spawn-fcgi -n -s "$RUN/fcgi.sock" -M "${SOCKET_MODE:-0600}" -- \
	    "$(command -v multiwatch)" -f "$1" -t 100 -r 1000 -- \
	    /bin/sh -c 'exec "$PROGRAM" -c "$SETTINGS"' &&
	    await fcgi 20 fcgi_up
}

# stream_up: somebody listens.
stream_up() {
	test -S "$RUN/stream.sock" && grep -q " 00010000 .* $RUN/stream\.sock\$" /proc/net/unix
}

# stream_start: errand-stream on a socket beside that of errand.fcgi.
stream_start() {
	rm -f "$RUN/stream.sock"
	launch stream spawn-fcgi -n -s "$RUN/stream.sock" \
	    -M "${SOCKET_MODE:-0600}" -b 1024 -- \
	    "$BUILD/errand-stream" -c "$D/errand.ini" &&
	    await stream 20 stream_up
}

# ready: the whole path answers.  BASE is the prefix, if there is one.
ready() {
	curl -qfs --noproxy '*' -m 5 -o /dev/null \
	    "http://127.0.0.1:$PORT${BASE:-}/health/ready"
}

worker_start() {
	launch worker "$BUILD/errand-worker" -c "$D/errand.ini" &&
	    retry 5 test -s "$D/proc/worker"
}

metrics_up() {
	curl -qfs --noproxy '*' -m 5 -o /dev/null \
	    "http://127.0.0.1:$METRICS_PORT/health/live"
}

# metrics_start_from FIRST: errand-metrics on the first free port from FIRST,
# as METRICS_PORT.
metrics_start_from() {
	local last=$(($1 + 200))
	for ((METRICS_PORT = $1; METRICS_PORT < last; METRICS_PORT++)); do
		! port_taken "$METRICS_PORT" || continue
		ini_set "$D/errand.ini" metrics listen \
		    "127.0.0.1:$METRICS_PORT" &&
		    launch metrics "$BUILD/errand-metrics" \
		    -c "$D/errand.ini" || return 1
		! await metrics 20 metrics_up || return 0
		! alive metrics || return 1
	done
	return 1
}

# mail_port: prints the port that the mail sink has found.
mail_port() {
	sed -n 's/^listening on 127.0.0.1 port //p' "$D/log/mail.log" |
	    tail -n 1 | grep .
}

# mail_start PORT: a mail sink, one file a message in D/mail; 0 finds a port.
mail_start() {
	mkdir -p "$D/mail" "$D/log" && : >"$D/log/mail.log" || return 1
	launch mail "$TOP/contrib/mail-sink" "$1" "$D/mail" &&
	    await mail 20 mail_port
}

# dismiss NAME...: tells them to end in good order.
dismiss() {
	local name signal
	for name; do
		signal=TERM
		[ "$name" != postgres ] || signal=INT
		tell "$name" "$signal"
	done
}

# stop NAME...: ends them together, then waits for each, 10 seconds long.
stop() {
	local name
	dismiss "$@"
	for name; do
		finish "$name" 10 || return 1
	done
}

# stop_stack: all that was launched, those who ask before those who answer.
stop_stack() {
	local file name
	local -a names=()
	for file in "$D/proc"/*; do
		name=${file##*/}
		case $name in
		'*' | redis | postgres) ;;
		*) names+=("$name") ;;
		esac
	done
	stop "${names[@]}" && stop redis postgres
}

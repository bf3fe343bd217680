# SPDX-License-Identifier: ISC
# shellcheck shell=bash
# The streams of bench: many clients that are told of changes, behind two web
# servers.

STREAMS=10000
STREAM_CHANGES=100 # a second
STREAM_P99=100     # ms
STREAM_RSS=64      # MiB

# streams_front SERVER: it passes streams on, on FRONT, as its installed file
# says; the rest is room for so many connections.
streams_front() {
	local each
	mkdir -p "$D/front" && web_errors
	ln -sf /etc/nginx/fastcgi_params "$D/front/fastcgi_params"
	if [ "$1" = lighttpd ]; then
		sed "s/server.port = .*/server.port = $FRONT/
		    \$a server.max-worker = 2
		    \$a server.max-connections = $((2 * STREAMS))
		    \$a server.max-fds = $FILES" "$D/lighttpd.conf" \
		    >"$D/front/conf"
		launch front lighttpd -D -f "$D/front/conf"
	else
		{
			[ "$(id -u)" != 0 ] || echo 'user root;'
			cat <<-EOF
				daemon off;
				worker_processes 2;
				worker_rlimit_nofile $FILES;
				pid $D/front/pid;
				error_log stderr;
				events { worker_connections $FILES; }
				http {
				access_log off;
			EOF
			for each in client_body proxy fastcgi uwsgi scgi; do
				echo "${each}_temp_path $D/front/$each;"
			done
			sed -e "s/listen 443 ssl http2;/listen 127.0.0.1:$FRONT;/" \
			    -e '/ssl_certificate/d; /errand-pages/d' \
			    -e "s#/run/errand/errand.sock#$RUN/fcgi.sock#" \
			    -e "s#/run/errand/stream.sock#$RUN/stream.sock#" \
			    -e "s#/usr/share/errand/errors#$RUN/errors#" \
			    "$TOP/etc/nginx/errand.conf"
			echo '}'
		} >"$D/front/conf"
		launch front nginx -c "$D/front/conf" -p "$D/front"
	fi
	retry 20 port_taken "$FRONT"
}

# streams_run SERVER: one run, and its row.
streams_run() {
	local before after rss line
	streams_front "$1"
	stream_start
	before="$(ticks "$(pid_of stream)") $(ticks "$(pid_of front)")"
	line=$(TOKEN=$TOKEN "$D/streams" "$FRONT" "$STREAMS" \
	    "$STREAM_CHANGES" "$TIME" "$ID" 2>>"$D/log.txt") || {
		tail -n 3 "$D/log.txt" >&2
		die "not each stream was told of each change"
	}
	after="$(ticks "$(pid_of stream)") $(ticks "$(pid_of front)")"
	rss=$(awk '/^VmHWM:/ { print $2 }' "/proc/$(pid_of stream)/status")
	awk -v name="$STREAMS streams, $1" -v t="$before $after" -v line="$line" \
	    -v rss="$rss" -v hz="$(getconf CLK_TCK)" -v seconds="$TIME" \
	    -v p99="$STREAM_P99" -v most="$STREAM_RSS" 'BEGIN {
		split(t, c)
		split(line, v)
		us = 1000000 / hz / v[2]
		printf "%-28s p99 %.0f ms (goal %d), median %.0f ms, longest %.0f ms",
		    name, v[4], p99, v[3], v[5]
		printf ", %.0f MiB (goal %d)\n", rss / 1024, most
		printf "%-28s %d changes in %d s, %d events; processor time of an event:",
		    "", v[1], seconds, v[2]
		printf " %.2f us, and %.2f us of %s\n", (c[3] - c[1]) * us,
		    (c[4] - c[2]) * us, substr(name, index(name, ", ") + 2)
	    }'
	stop stream front
}

# bench_streams: a row for each web server.
bench_streams() {
	local each
	[[ 'streams' == *"$ONLY"* ]] || return 0
	ulimit -n "$(ulimit -Hn)"
	FILES=$(ulimit -n)
	((FILES > STREAMS + 1000)) ||
	    die "$STREAMS streams need more open files than $FILES"
	gcc -D_GNU_SOURCE -O2 -o "$D/streams" "$TOP/contrib/bench.d/streams.c"
	ini_set "$D/errand.ini" stream clients_per_user "$STREAMS"
	ini_set "$D/errand.ini" stream socket "$RUN/stream.sock"
	FRONT=$((PORT + 400))
	for each in lighttpd nginx; do
		streams_run "$each"
	done
}

# SPDX-License-Identifier: ISC
# shellcheck shell=bash
# Web servers in front of errand.fcgi, each made from the file that is installed
# for it, which is changed only as its own comments say.  Sourced by lib.sh.
#
# ERRAND_SERVER  who passes the requests of scenarios on, lighttpd if it is not
#                set; the issuer is lighttpd's in any case
# FRONT          the name of the server that front_start has started

WEB_SERVERS=(lighttpd apache nginx caddy haproxy)

# AS_NOBODY makes root somebody who is called nobody and may still read what
# root has: whom Apache lets mod_fcgid start must be able to read our settings.
AS_NOBODY=(unshare --user --map-user=65534 --map-group=65534)

# front_has SERVER: it is installed, and can be run by us.
front_has() {
	local program=$1
	case $1 in
	apache) program=apache2 ;;
	fcgid)
		program=apache2
		[ -e /usr/lib/apache2/modules/mod_fcgid.so ] &&
		    { [ "$(id -u)" != 0 ] || "${AS_NOBODY[@]}" true; } ||
		    return 1
		;;
	esac
	command -v "$program" >/dev/null
}

# front_some NAME...: SERVERS becomes those of them that can be run; the others
# are told, and none at all skips the test.
front_some() {
	local name missing=()
	SERVERS=()
	for name; do
		if front_has "$name"; then
			SERVERS+=("$name")
		else
			missing+=("$name")
		fi
	done
	[ "${#missing[@]}" = 0 ] ||
	    say "  not installed, or not for us: ${missing[*]}"
	[ "${#SERVERS[@]}" -gt 0 ] || skip "no such server is installed"
}

# change_waits STATUS_FILE: a change of task ID waits in PostgreSQL, behind a
# lock, until change_goes has released it and seen its end.
change_waits() {
	rm -f "$1"
	: >"$D/log/lock.log"
	[ -n "${LOCK_FD:-}" ] ||
	    exec {LOCK_FD}> >(exec psql -XAtq -d "$PG" >>"$D/log/lock.log" 2>&1)
	printf 'BEGIN; SELECT id FROM tasks FOR UPDATE;\n' >&"$LOCK_FD"
	expect_soon 10 test -s "$D/log/lock.log"
	(send PATCH "/tasks/$ID" '{"title": "late"}' && say "$STATUS" >"$1") &
	CHANGE=$!
	expect_soon 10 psql_is "SELECT count(*) FROM pg_stat_activity
	    WHERE application_name = 'errand' AND wait_event_type = 'Lock'" 1
}
change_goes() {
	printf 'COMMIT;\n' >&"$LOCK_FD"
	wait "$CHANGE"
}

# front_key: a certificate for errand.example.
front_key() {
	[ ! -s "$RUN/tls.pem" ] || return 0
	openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes \
	    -keyout "$RUN/tls.key" -out "$RUN/tls.crt" -days 2 \
	    -subj /CN=errand.example \
	    -addext subjectAltName=DNS:errand.example &&
	    cat "$RUN/tls.crt" "$RUN/tls.key" >"$RUN/tls.pem"
}

# front_plain SERVER: takes TLS out, as the comments say.
front_plain() {
	case $1 in
	nginx) sed 's/listen 443 ssl http2;/listen 80;/; /ssl_certificate/d' ;;
	apache | fcgid)
		sed 's/<VirtualHost \*:443>/<VirtualHost *:80>/
		    /^  \(Protocols\|SSL\)/d'
		;;
	haproxy) sed 's/^  bind :443 .*/  bind :80/' ;;
	caddy) sed 's,^errand\.example {,http://:80 {,' ;;
	*) cat ;;
	esac
}

# front_below SERVER: below /api, as the comments say.
front_below() {
	case $1 in
	lighttpd) sed '/^\$HTTP\["url"\] =~ "^\/" {/d; s/^#   \$HTTP/$HTTP/' ;;
	nginx) sed '/^  location \/ {/d; s/^  #   location/  location/' ;;
	apache) sed '/^  ProxyPass "/d; s/^  #   ProxyPassMatch/  ProxyPassMatch/' ;;
	fcgid)
		sed '/^  ScriptAliasMatch/d
		    s/^  #   ScriptAliasMatch/  ScriptAliasMatch/'
		;;
	haproxy) sed '/^  default_backend/d; s/^  #   use_backend/  use_backend/' ;;
	caddy) sed '/^\t@errand path \*/d; s/^\t#   @errand/\t@errand/' ;;
	esac
}

# front_site SERVER [below] [tls] [proxied]: the installed file, for here.
front_site() {
	local server=$1 file how=" $* "
	case $server in
	lighttpd) file=lighttpd/50-errand.conf ;;
	apache) file=apache/errand.conf ;;
	fcgid) file=apache/errand-fcgid.conf ;;
	nginx) file=nginx/errand.conf ;;
	caddy) file=caddy/errand.caddy ;;
	haproxy) file=haproxy/errand.cfg ;;
	esac
	{
		if [[ $how = *' below '* ]]; then
			front_below "$server"
		else
			cat
		fi
	} <"$TOP/etc/$file" | {
		if [[ $how = *' tls '* ]]; then cat; else front_plain "$server"; fi
	} | {
		if [[ $how = *' proxied '* ]]; then
			sed 's/^\([ \t]*\)#\([^ ]\)/\1\2/
			    s/10\.0\.0\.1/127.0.0.1/'
		else
			cat
		fi
	} | sed -e "s/127\.0\.0\.1:8081/127.0.0.1:${PAGES_PORT:-8081}/" \
	    -e "s#/run/errand/errand.sock#$RUN/fcgi.sock#" \
	    -e "s#/run/errand/stream.sock#$RUN/stream.sock#" \
	    -e "s#/usr/share/errand/errors#$RUN/errors#" \
	    -e "s#/usr/share/errand/web/#$RUN/web/#" \
	    -e "s#/usr/sbin/errand.fcgi#$BUILD/errand.fcgi#" \
	    -e "s#\"/usr/sbin\"#\"$BUILD\"#" \
	    -e "s#/etc/errand/errand.ini#$D/errand.ini#" \
	    -e "s#/etc/ssl/certs/errand.pem#$RUN/tls.crt#" \
	    -e "s#/etc/ssl/private/errand.key#$RUN/tls.key#" \
	    -e "s#/etc/haproxy/errand.pem#$RUN/tls.pem#" \
	    -e 's/^#\(server.modules += ( "mod_deflate\|deflate\)/\1/' \
	    -e "s/\(listen \|bind \|VirtualHost \*\)\(:\|\)\(443\|80\)/\1\2$FREE/" \
	    -e "s,^http://:80 {,http://:$FREE {," \
	    -e "s,^errand\.example {,errand.example:$FREE {\n\ttls $RUN/tls.crt $RUN/tls.key,"
}

# front_conf SERVER [...]: what a server needs around the installed file.
front_conf() {
	local server=$1 each
	shift
	case $server in
	lighttpd)
		cat <<-EOF
			server.modules = ( "mod_fastcgi" )
			server.document-root = "$RUN/none"
			server.bind = "127.0.0.1"
			server.port = $FREE
			server.errorlog = "$D/log/front.log"
			server.upload-dirs = ( "$D/front" )
			mimetype.assign = ( ".html" => "text/html" )
		EOF
		[[ " $* " != *' tls '* ]] || cat <<-EOF
			server.modules += ( "mod_openssl" )
			ssl.engine = "enable"
			ssl.pemfile = "$RUN/tls.crt"
			ssl.privkey = "$RUN/tls.key"
		EOF
		;;
	nginx)
		[ "$(id -u)" != 0 ] || say 'user root;'
		cat <<-EOF
			daemon off;
			worker_processes 2;
			pid $D/front/nginx.pid;
			error_log stderr;
			events { worker_connections 512; }
			http {
			access_log off;
		EOF
		for each in client_body proxy fastcgi uwsgi scgi; do
			say "${each}_temp_path $D/front/$each;"
		done
		;;
	apache | fcgid)
		for each in mpm_event authz_core proxy proxy_fcgi headers ssl \
		    http2 deflate dir filter reqtimeout mime alias env remoteip \
		    socache_shmcb; do
			say "LoadModule ${each}_module /usr/lib/apache2/modules/mod_$each.so"
		done
		[ "$server" != fcgid ] || printf '%s\n' \
		    'LoadModule fcgid_module /usr/lib/apache2/modules/mod_fcgid.so' \
		    "FcgidIPCDir $RUN/front" \
		    "FcgidProcessTableFile $RUN/front/processes"
		[ "$(id -u)" != 0 ] || printf '%s\n' 'User nobody' 'Group nogroup'
		cat <<-EOF
			DefaultRuntimeDir $RUN/front
			PidFile $RUN/front/pid
			ServerName errand.example
			TypesConfig /dev/null
			Listen 127.0.0.1:$FREE
			ErrorLog $D/log/front.log
			<Directory />
			AllowOverride None
			Require all denied
			</Directory>
		EOF
		;;
	caddy)
		cat <<-EOF
			{
			admin off
			auto_https off
			storage file_system $D/front/caddy
			}
		EOF
		;;
	haproxy)
		cat <<-EOF
			global
			log stderr format raw local0 warning
			stats socket $RUN/front/stats
		EOF
		;;
	esac
	front_site "$server" "$@" | if [ "$server" = haproxy ]; then
		sed 's/bind :/bind 127.0.0.1:/'
	elif [ "$server" = nginx ]; then
		sed 's/listen \([0-9]\)/listen 127.0.0.1:\1/'
	else
		cat
	fi
	[ "$server" != nginx ] || say '}'
}

# front_pages: the files with the pages in them that a site includes, for here;
# the pages themselves are there if a scenario has put them into RUN/pages.
front_pages() {
	local each to
	for each in "$TOP"/etc/*/errand-pages.*; do
		to=$(dirname "$each")
		to=$RUN/web/${to##*/}
		mkdir -p "$to" && chmod 755 "$RUN/web" "$to" || return 1
		sed -e "s#/usr/share/errand/pages#$RUN/pages#" \
		    -e "s#/etc/errand/pages.json#$RUN/pages/pages.json#" \
		    -e "s#/etc/errand\$#$RUN/pages#" "$each" \
		    >"$to/${each##*/}" &&
		    chmod 644 "$to/${each##*/}" || return 1
	done
}

front_up() {
	port_taken "$FREE"
}

front_try() {
	local server=$1
	front_conf "$@" >"$D/front/conf" || return 1
	case $server in
	lighttpd) launch front lighttpd -D -f "$D/front/conf" ;;
	nginx) launch front nginx -c "$D/front/conf" -p "$D/front" ;;
	fcgid)
		[ "$(id -u)" = 0 ] || AS_NOBODY=()
		launch front "${AS_NOBODY[@]}" \
		    apache2 -DFOREGROUND -f "$D/front/conf"
		;;
	apache) launch front apache2 -DFOREGROUND -f "$D/front/conf" ;;
	caddy)
		launch front env "HOME=$D/front" caddy run --adapter caddyfile \
		    --config "$D/front/conf"
		;;
	haproxy) launch front haproxy -db -f "$D/front/conf" ;;
	esac && await front 20 front_up
}

# front_start SERVER [below] [tls] [proxied]: it serves on FRONT_PORT.
front_start() {
	rm -rf "$D/front" "$RUN/front"
	mkdir -p "$D/front" "$RUN/front" "$RUN/none" && chmod 755 "$RUN/front" &&
	    ln -sf /etc/nginx/fastcgi_params "$D/front/fastcgi_params" &&
	    web_errors && front_pages && front_key >>"$D/log/setup.log" 2>&1 ||
	    fail "no place for $1"
	on_a_port front_try "$@"
	FRONT=$1 FRONT_PORT=$FREE
}

# front_graceful: the signal that lets requests in hand end.
front_graceful() {
	case $FRONT in
	lighttpd) say INT ;;
	apache | fcgid) say WINCH ;;
	nginx) say QUIT ;;
	haproxy) say USR1 ;;
	caddy) say TERM ;;
	esac
}

# SPDX-License-Identifier: ISC
# shellcheck shell=bash
# A real Keycloak on loopback with the realm errand, private to one folder.
#
# D         the folder, as in proc.sh; D/keycloak is the server's home, which
#           has its settings and data and leads to a distribution
# KC_PORT   its port on 127.0.0.1
# KC_LOGGED what D/log/keycloak.log had, in bytes, before it was started last
#
# The distribution is KEYCLOAK_HOME, or the one that contrib/keycloak/run has
# got.  Nothing is ever written into it.

KC_VERSION=26.5.3
KC_SHA256=46bdff615472bf5d02e82842f3d473f6d90c98e18c8d1a4d0c17c442033dd865
KC_ADMIN='admin'
KC_REALM=errand

# keycloak_cache UID: where that user's distribution is.
keycloak_cache() {
	printf '/var/tmp/errand-keycloak-%s' "$1"
}

# keycloak_java: sets KC_JAVA to a Java that will do.
keycloak_java() {
	local release
	KC_JAVA=${JAVA_HOME:+$JAVA_HOME/bin/java}
	[ -x "$KC_JAVA" ] || KC_JAVA=$(command -v java) || return 1
	release=$("$KC_JAVA" -version 2>&1 | sed -n 's/.* version "\([0-9]*\).*/\1/p')
	[ "${release:-0}" -ge 17 ]
}

# keycloak_find: sets KC_DIST to the distribution, and KC_MADE to what a first
# start makes of it and takes time, or to "".  What root has got is for all:
# none of it is secret.
keycloak_find() {
	local uid dir
	KC_MADE=''
	KC_DIST=${KEYCLOAK_HOME:-}
	if [ -n "$KC_DIST" ]; then
		[ -e "$KC_DIST/bin/kc.sh" ]
		return
	fi
	for uid in "$(id -u)" 0; do
		dir=$(keycloak_cache "$uid")/$KC_VERSION
		if [ "$(stat -c %u "$dir" "$dir/.." 2>/dev/null)" = \
		    "$uid"$'\n'"$uid" ]; then
			KC_DIST=$dir/dist
			[ ! -d "$dir/made" ] || KC_MADE=$dir/made
			return 0
		fi
	done
	return 1
}

# keycloak_home: makes D/keycloak, or leads it to where the distribution is
# now; its data stay.
keycloak_home() {
	local home=$D/keycloak name
	local from=${KC_MADE:-$KC_DIST}
	[ "$(cat "$home/of" 2>/dev/null)" != "$KC_DIST" ] || return 0
	rm -rf "${home:?}/"{bin,lib,conf} &&
	    mkdir -p "$home/lib" "$home/data" || return 1
	for name in bin conf lib/quarkus lib/quarkus-run.jar; do
		cp -r "$from/$name" "$home/$name" || return 1
	done
	for name in lib/lib lib/app providers themes; do
		ln -sfn "$KC_DIST/$name" "$home/$name" || return 1
	done
	printf '%s\n' "$KC_DIST" >"$home/of"
}

# keycloak_settings: the first start makes the administrator KC_ADMIN with the
# password in D/keycloak/password.
keycloak_settings() {
	local home=$D/keycloak
	if [ ! -s "$home/password" ]; then
		(umask 077 && new_secret >"$home/password") || return 1
	fi
	rm -f "$home/conf/keycloak.conf"
	(umask 077 && cat >"$home/conf/keycloak.conf") <<-EOF
		http-host=127.0.0.1
		http-port=$KC_PORT
		hostname=http://127.0.0.1:$KC_PORT
		bootstrap-admin-username=$KC_ADMIN
		bootstrap-admin-password=$(cat "$home/password")
	EOF
}

# keycloak_issuer: of the realm KC_REALM, as all that follows.
keycloak_issuer() {
	printf 'http://127.0.0.1:%s/realms/%s' "$KC_PORT" "$KC_REALM"
}

# keycloak_curl ARGUMENT...: prints the answer, if it is a good one.
keycloak_curl() {
	curl -qfsS --noproxy '*' -m 30 "$@"
}

# keycloak_said REGEX: it has printed that since it was started last.
keycloak_said() {
	tail -c "+$((KC_LOGGED + 1))" "$D/log/keycloak.log" |
	    grep -i "$1" >/dev/null
}

# keycloak_up: the realm answers, and it is ours: somebody else's may have
# taken the port while ours was starting.
keycloak_up() {
	keycloak_said "listening on: http://127\.0\.0\.1:$KC_PORT\>" &&
	    keycloak_curl "$(keycloak_issuer)/.well-known/openid-configuration" |
	    grep -F "\"$(keycloak_issuer)\"" >/dev/null
}

# keycloak_start [REALM.json]: on KC_PORT; comes after keycloak_find and
# keycloak_java.  A realm that is there already stays as it is.
keycloak_start() {
	local KC_REALM=master import=$D/keycloak/data/import
	local opts='-Xms64m -Xmx512m -XX:MaxMetaspaceSize=256m'
	# It runs for minutes: what starts fast is better than what runs fast.
	opts+=' -XX:+UseSerialGC -XX:TieredStopAtLevel=1'
	opts+=' -XX:+ExitOnOutOfMemoryError -Dfile.encoding=UTF-8'
	opts+=' -XX:-UsePerfData'
	# What it keeps for itself lies in our folder, and not in /tmp.  kc.sh has
	# xargs split the options, which minds quotes.
	opts+=" \"-Djava.io.tmpdir=$D/keycloak/tmp\""
	opts+=" \"-Dvertx.cacheDirBase=$D/keycloak/tmp/vertx-cache\""
	keycloak_home && keycloak_settings && rm -rf "$import" &&
	    mkdir -p "$import" "$D/keycloak/tmp" "$D/log" || return 1
	if [ $# -gt 0 ]; then
		cp "$1" "$import/" || return 1
		KC_REALM=$(basename "$1" -realm.json)
	fi
	KC_LOGGED=$(cat "$D/log/keycloak.log" 2>/dev/null | wc -c)
	launch keycloak env "JAVA=$KC_JAVA" "JAVA_OPTS=$opts" HOME="$D" \
	    sh "$D/keycloak/bin/kc.sh" start-dev --import-realm &&
	    await keycloak 180 keycloak_up
}

# keycloak_administrator: prints a token for the administrator.
keycloak_administrator() {
	KC_REALM=master keycloak_token -d grant_type=password \
	    -d client_id=admin-cli -d "username=$KC_ADMIN" \
	    -d "password=$(cat "$D/keycloak/password")"
}

# keycloak_admin METHOD PATH [CURL ARGUMENT...]: what the administrator may
# do; PATH comes after /admin/realms, and its slash.
keycloak_admin() {
	local token
	token=$(keycloak_administrator) || return 1
	keycloak_curl -X "$1" -H "Authorization: Bearer $token" "${@:3}" \
	    "http://127.0.0.1:$KC_PORT/admin/realms${2:+/$2}"
}

# keycloak_member NAME: prints that string of the JSON object that it reads.
keycloak_member() {
	sed -n "s/.*\"$1\" *: *\"\([^\"]*\)\".*/\1/p" | grep .
}

# keycloak_port_lost: it ended because somebody else has the port.
keycloak_port_lost() {
	! alive keycloak && keycloak_said 'already bound\|already in use'
}

# keycloak_start_from FIRST [REALM.json]: like it, on the first free port.
keycloak_start_from() {
	local last=$(($1 + 200))
	for ((KC_PORT = $1; KC_PORT < last; KC_PORT++)); do
		! port_taken "$KC_PORT" || continue
		! keycloak_start "${@:2}" || return 0
		keycloak_port_lost || return 1
		finish keycloak 10 || return 1
	done
	printf 'no port is free from %s to %s\n' "$1" "$((last - 1))" \
	    >>"$D/log/keycloak.log"
	return 1
}

# keycloak_token [CURL ARGUMENT...]: prints an access token; the arguments
# are the fields of the request: -d client_id=... -d grant_type=...
keycloak_token() {
	keycloak_curl "$@" \
	    "$(keycloak_issuer)/protocol/openid-connect/token" |
	    keycloak_member access_token
}

# keycloak_token_of USER [CLIENT]: whose password is the name, as in our realm.
keycloak_token_of() {
	keycloak_token -d grant_type=password -d "client_id=${2:-errand-cli}" \
	    -d "username=$1" -d "password=$1"
}

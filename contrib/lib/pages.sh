# SPDX-License-Identifier: ISC
# shellcheck shell=bash
# The pages behind lighttpd, with a login for the users of a demonstration.
#
# TOP, BUILD, D, RUN, PORT as in stack.sh
# PAGES   yes: lighttpd serves them; pages_find sets it

# pages_find: PAGES says whether they are there.
pages_find() {
	PAGES=no
	[ ! -e "$BUILD/pages/ui/index.html" ] || PAGES=yes
}

# pages_json AUTHORITY: where the pages send people to log in.
pages_json() {
	printf '{"authority": "%s", "client_id": "errand-cli", "base": ""}\n' \
	    "$1" >"$D/pages.json"
}

# login_password: prints the one of all users of the demonstration.
login_password() {
	mkdir -p "$D/issuer" || return 1
	[ -s "$D/issuer/password" ] || (umask 077 &&
	    new_secret | cut -c 1-12 >"$D/issuer/password") || return 1
	cat "$D/issuer/password"
}

# json_word WORD: as JSON has it.
json_word() {
	local word=${1//\\/\\\\}
	printf '"%s"' "${word//\"/\\\"}"
}

# login_files KEY: what contrib/login reads; the program is there as well, as its
# folder has a name that lighttpd can be told.
login_files() {
	local password
	password=$(login_password) &&
	    install -m 700 "$TOP/contrib/login" "$D/issuer/login" &&
	    (umask 077 && cat >"$D/issuer/login.json") <<-EOF
		{"origin": "http://127.0.0.1:$PORT", "ctl": $(json_word "$BUILD/errandctl"),
		 "ini": $(json_word "$D/errand.ini"), "key": $(json_word "$1"), "client": "errand-cli",
		 "users": {
		  "alice": {"password": "$password", "role": "user"},
		  "root": {"password": "$password", "role": "admin"},
		  "dave": {"password": "$password", "role": ""}}}
	EOF
}

# login_discovery ISSUER: the members that the pages look for.
login_discovery() {
	local each=$1/protocol/openid-connect
	printf ', "authorization_endpoint": "%s/auth", "token_endpoint": "%s/token", "end_session_endpoint": "%s/logout", "response_types_supported": ["code"], "code_challenge_methods_supported": ["S256"]' \
	    "$each" "$each" "$each"
}

# login_conf: who logs in, for lighttpd.
login_conf() {
	local at=/realms/errand/protocol/openid-connect each
	cat <<-EOF
		server.modules += ( "mod_cgi", "mod_setenv", "mod_alias",
		    "mod_redirect", "mod_expire" )
		\$HTTP["url"] =~ "^$at/(auth|token|logout)\$" {
		  alias.url = (
		    "$at/auth" => "$RUN/home/issuer/login",
		    "$at/token" => "$RUN/home/issuer/login",
		    "$at/logout" => "$RUN/home/issuer/login"
		  )
		  static-file.exclude-extensions = ( "/login" )
		  cgi.assign = ( "" => "/usr/bin/python3" )
		  setenv.add-environment = ( "ERRAND_LOGIN" => "$RUN/home/issuer" )
		}
	EOF
}

# pages_conf: the file that is installed for lighttpd.
pages_conf() {
	ln -sfn "$BUILD/pages" "$RUN/pages" &&
	    ln -sf "$D/pages.json" "$RUN/pages.json" && sed \
	    -e "s#/usr/share/errand/pages#$RUN/pages#" \
	    -e "s#/etc/errand/pages.json#$RUN/pages.json#" \
	    -e "s#connect-src 'self'#& http://127.0.0.1:*#" \
	    "$TOP/etc/lighttpd/51-errand-pages.conf"
}

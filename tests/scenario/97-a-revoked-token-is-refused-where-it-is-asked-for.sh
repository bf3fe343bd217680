#!/bin/bash
# SPDX-License-Identifier: ISC
# A real Keycloak that is asked about tokens says when somebody has logged out,
# was disabled, or bears the token of a disabled key.  Without its answer there
# is an honest 503, as long as that lasts and only where it is asked for.
. "${srcdir:-.}/tests/lib/lib.sh"
. "$TOP/tests/lib/lib-keycloak.sh"
SECRET=errand-api-secret
keycloak_stack_up "auth.introspect_secret=$SECRET" auth.introspect_ttl=100ms \
    auth.introspect_retry=100ms auth.fetch_timeout=10s

# again SECTION.KEY=VALUE...: from now on.
again() {
	end fcgi
	set_ini "$@"
	begin fcgi
	expect_soon 20 ready
}

# log_in USER: sets TOKEN and REFRESH.
log_in() {
	local answer
	answer=$(keycloak_curl -d grant_type=password -d client_id=errand-cli \
	    -d "username=$1" -d "password=$1" \
	    "$(keycloak_issuer)/protocol/openid-connect/token") ||
	    fail "$1 cannot log in"
	TOKEN=$(jq -r .access_token <<<"$answer")
	REFRESH=$(jq -r .refresh_token <<<"$answer")
}

# log_out: whoever has logged in last.
log_out() {
	keycloak_curl -d client_id=errand-cli -d "refresh_token=$REFRESH" \
	    "$(keycloak_issuer)/protocol/openid-connect/logout" ||
	    fail "nobody was logged out"
}

# set_member users|clients ID MEMBER JSON
set_member() {
	local now
	now=$(keycloak_admin GET "errand/$1/$2" |
	    jq --arg m "$3" --argjson v "$4" '.[$m] = $v') &&
	    keycloak_admin PUT "errand/$1/$2" --json "$now" ||
	    fail "$1 $2 cannot be changed"
}

# gets USER ADMIN: what operations of users and of administrators are answered
# with, by whichever process: two processes do not meet three in step.
gets() {
	local _
	for _ in 1 2 3 4; do
		api_is "$1" GET /tasks && api_is "$1" GET /me &&
		    api_is "$2" GET /jobs || return 1
	done
}

expect_refused() {
	api GET /jobs
	expect_problem 401
	expect_header WWW-Authenticate "Bearer realm=\"errand\", \
error=\"invalid_token\", error_description=\"the token is no longer in force\""
}

step "off: a token counts until it expires"
log_in root
expect gets 200 200
log_out
expect gets 200 200

step "admin: a token counts for users until it expires"
again auth.introspect=admin
expect gets 200 401
expect_refused
log_in root
expect gets 200 200
keycloak_admin POST "errand/users/$(user_id root)/logout"
expect_soon 20 gets 200 401
expect_refused
as user
expect gets 200 403

step "all: it counts nowhere"
again auth.introspect=all
log_in root
expect gets 200 200
log_out
expect_soon 20 gets 401 401
expect_refused
log_in alice
expect gets 200 403
log_out
expect_soon 20 gets 401 403

step "a disabled user, and a disabled client"
log_in alice
ID=$(user_id alice)
expect gets 200 403
set_member users "$ID" enabled false
expect_soon 20 gets 401 403
set_member users "$ID" enabled true
log_in alice
expect gets 200 403
TOKEN=$(service_token)
ID=$(client_id errand-svc)
expect gets 200 403
set_member clients "$ID" enabled false
expect_soon 20 gets 401 403

step "a disabled key, long before the key set is fetched again"
log_in alice
OLD=$TOKEN
expect gets 200 403
new_key second
key_is_not rsa-generated enabled
expect_soon 20 gets 401 403
log_in alice
expect gets 200 403
TOKEN=$OLD
expect_soon 20 gets 401 401

step "a wrong secret: 503, and the log says so"
log_in root
again auth.introspect_secret=wr0ng
# refused: known before anybody came with a token, and to errandctl.
refused() {
	api GET /health
	[[ "$(json '.checks["introspection:available"][0].output')" == "$1; "* ]]
}
why='the issuer does not accept [auth] introspect_client and introspect_secret'
expect_soon 20 refused "$why"
"$BUILD/errandctl" -c "$D/errand.ini" health >"$D/health.log" || true
expect grep -qF "$why" "$D/health.log"
api GET /tasks
expect_problem 503
expect_header Retry-After '[1-9][0-9]*'
expect_no_header WWW-Authenticate
# in_vain: says a process that has asked.
in_vain() {
	api GET /tasks
	api_is 503 GET /health/ready &&
	    [ "$(json '.checks["introspection:available"][0].status')" = fail ]
}
expect_soon 20 in_vain
expect_soon 10 grep -q 'tokens cannot be introspected.*does not accept \[auth\] introspect_client' \
    "$D/log/errand.log"

step "a secret of which each character has a meaning on the way"
SECRET='a%41:b+c d&e=ü'
set_member clients "$(client_id errand-api)" secret "\"$SECRET\""
again "auth.introspect_secret=$SECRET"
expect gets 200 200

step "Keycloak hangs: only what it is asked for waits, and not for long"
again auth.introspect=admin auth.fetch_timeout=500ms
expect_soon 20 gets 200 200
freeze keycloak
expect_soon 20 gets 200 503
expect_header Retry-After '[1-9][0-9]*'
thaw keycloak
expect_soon 60 gets 200 200
expect_soon 10 grep -q 'tokens are introspected again' "$D/log/errand.log"

step "Keycloak is away, and comes back"
end keycloak
expect_soon 20 gets 200 503
keycloak_begin
log_in root
expect_soon 60 gets 200 200

step "no token and no secret has got into a log"
for text in "${TOKEN##*.}" "${OLD##*.}" "$SECRET" wr0ng; do
	! grep -qF -- "$text" "$D/log/errand.log" ||
	    fail "there is one: $text"
done

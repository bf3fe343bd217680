#!/bin/bash
# SPDX-License-Identifier: ISC
# While a real Keycloak changes its keys no good token is refused, and none of
# a disabled key accepted; while it hangs or is away, Errand goes on with the
# keys it has, and few requests wait for others.
. "${srcdir:-.}/tests/lib/lib.sh"
. "$TOP/tests/lib/lib-keycloak.sh"
keycloak_stack_up auth.key_ttl=1s auth.fetch_timeout=20s

me() {
	curl -qs -m 60 -o /dev/null -w '%{http_code}' \
	    -H "Authorization: Bearer $1" "http://127.0.0.1:$PORT/me"
}

# load: logs in and reads again and again, a line "KID STATUS" for each, until
# the file D/loading is gone or nobody can log in.
load() {
	local token
	while [ -e "$D/loading" ] && token=$(keycloak_token_of alice); do
		printf '%s %s\n' "$(kid_of "$token")" "$(me "$token")"
	done >>"$D/load" 2>>"$D/log/load.log"
}

# loaded KID N: so many requests with tokens of that key were answered.
loaded() {
	[ "$(grep -c "^$1 " "$D/load")" -ge "$2" ]
}

# all STATUS TOKEN: by whichever process it is answered.
all() {
	local _
	for _ in 1 2 3 4 5 6 7 8; do
		[ "$(me "$2")" = "$1" ] || return 1
	done
}

# each_has_keys TOKEN: each process has fetched them.  Requests that come one by
# one may all be taken by the same process.
each_has_keys() {
	local pid pids=()
	for _ in 1 2 3 4 5 6 7 8; do
		me "$1" >>"$D/log/load.log" &
		pids+=("$!")
	done
	wait "${pids[@]}" || true
	for pid in $(fcgi_pids); do
		grep -q "\[$pid\] key set taken" "$D/log/errand.log" ||
		    return 1
	done
}

# invented STATUS N: as many requests with tokens of keys that nobody has.
invented() {
	local n
	for ((n = 0; n < $2; n++)); do
		expect_same "an invented key" \
		    "$(me "$(token --role user --header "kid=\"$RANDOM-$n\"")")" "$1"
	done
}

# connections: how many Keycloak has or, while it hangs, was offered.
connections() {
	awk -v "port=$(printf ':%04X' "$KC_PORT")" '
	    $2 ~ port "$" && $4 != "0A" && $4 != "06" { n++ }
	    END { print n + 0 }' /proc/net/tcp /proc/net/tcp6
}

step "new keys, one soon after another, while requests run"
: >"$D/loading"
: >"$D/load"
load &
OLD=$USER_TOKEN
expect_soon 60 loaded "$(kid_of "$OLD")" 5
for name in second third; do
	new_key "$name"
	[ "$KID" != "$(kid_of "$OLD")" ] || fail "the key did not change"
	expect_soon 60 loaded "$KID" 10
	expect all 200 "$OLD"
done

step "a passive key is good still, a disabled one no more"
key_is_not rsa-generated active
expect_soon 60 loaded "$KID" 20
expect all 200 "$OLD"
key_is_not rsa-generated enabled
expect_soon 20 all 401 "$OLD"
expect_soon 20 all 401 "$(token --role user --header 'kid="invented"')"
TOKEN=$OLD
api GET /me
expect_problem 401
rm "$D/loading"
wait
expect_same "what was answered otherwise" "$(grep -v ' 200$' "$D/load")" ''

step "Keycloak hangs: good tokens are good, and few requests wait"
end fcgi
set_ini auth.key_cooldown=5s auth.fetch_timeout=500ms
begin fcgi
NEW=$(keycloak_token_of alice)
expect_soon 20 all 200 "$NEW"
freeze keycloak
BEFORE=$(connections)
SINCE=$SECONDS
invented 503 100
expect all 200 "$NEW"
# Of a process, two fetches are four seconds apart at least.
MOST=$((2 * (2 + (SECONDS - SINCE) / 4)))
TRIED=$(($(connections) - BEFORE))
say "  $TRIED fetches of at most $MOST"
((TRIED >= 1 && TRIED <= MOST)) ||
    fail "$TRIED fetches instead of 1 to $MOST"
api GET /health/ready
expect_status 200

step "whoever starts meanwhile says so, and mends by itself"
end fcgi
begin fcgi
TOKEN=$NEW
api GET /me
expect_problem 503
expect_header Retry-After '[1-9][0-9]*'
thaw keycloak
expect_soon 60 each_has_keys "$NEW"
expect_soon 60 all 200 "$NEW"

step "Keycloak is stopped"
end keycloak
invented 503 20
expect all 200 "$NEW"
expect_soon 20 grep -q 'key set not fetched' "$D/log/errand.log"
expect all 200 "$NEW"
api GET /health/ready
expect_status 200

step "and started again, with another key"
keycloak_begin
new_key fourth
[ "$KID" != "$(kid_of "$NEW")" ] || fail "the key did not change"
expect all 200 "$NEW"
expect_soon 20 all 200 "$(keycloak_token_of alice)"

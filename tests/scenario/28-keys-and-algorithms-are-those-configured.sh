#!/bin/bash
# SPDX-License-Identifier: ISC
# Each configured algorithm and profile works with keys of its own; a key set
# that comes late, changes or goes away is noticed without a restart.
. "${srcdir:-.}/tests/lib/lib.sh"
PROCESSES=1 stack_up auth.algorithms=RS256,PS256,ES256,ES384,EdDSA \
    auth.key_ttl=1s auth.key_cooldown=1s auth.leeway=0s
CERTS=$D/www/realms/errand/protocol/openid-connect/certs
NAMES='rsa rsa2 p256 p384 ed'

# signed KEY [ARGUMENT...]: a token of another key.
signed() {
	"$BUILD/errandctl" -c "$D/errand.ini" token --key "$D/$1.pem" "${@:2}"
}

# serve KEY...: their key set becomes the issuer's.
serve() {
	local each
	for each; do
		"$BUILD/errandctl" token --key "$D/$each.pem" --jwks
	done | jq -s '{keys: map(.keys[])}' >"$D/certs.new"
	mv "$D/certs.new" "$CERTS"
}

# known TOKEN: it is accepted.
known() {
	TOKEN=$1
	api_is 200 GET /me
}

step "one key of each kind"
openssl genrsa -out "$D/rsa.pem" 2048 2>/dev/null
openssl genrsa -out "$D/rsa2.pem" 3072 2>/dev/null
openssl ecparam -name prime256v1 -genkey -noout -out "$D/p256.pem"
openssl ecparam -name secp384r1 -genkey -noout -out "$D/p384.pem"
openssl genpkey -algorithm ed25519 -out "$D/ed.pem"
chmod 600 "$D"/*.pem
# shellcheck disable=SC2086
serve key $NAMES
expect_soon 20 known "$(signed rsa)"
for each in $NAMES; do
	known "$(signed "$each")" || fail "a token of $each is $STATUS"
	TOKEN=${TOKEN%?????}AAAAA
	api_is 401 GET /me || fail "a broken signature of $each is $STATUS"
done
known "$USER_TOKEN" || fail "the first key is forgotten: $STATUS"

step "PS256 is for a key that says so"
PS=$("$BUILD/errandctl" token --key "$D/rsa2.pem" --algorithm PS256 --jwks)
jq --argjson ps "$PS" '.keys = [.keys[0], $ps.keys[0]]' "$CERTS" >"$D/new"
mv "$D/new" "$CERTS"
expect_soon 20 known "$(signed rsa2 --algorithm PS256)"
TOKEN=$(signed rsa2 --algorithm RS256)
api GET /me
expect_problem 401

step "a key that left the set is refused, a new one is accepted"
serve rsa
revoked() {
	not known "$USER_TOKEN"
}
expect_soon 20 revoked
expect_problem 401
known "$(signed rsa)" || fail "the new key's token is $STATUS"
serve rsa key
expect_soon 20 known "$USER_TOKEN"

step "errandctl health counts the keys that the service uses"
openssl genrsa -out "$D/weak.pem" 1024 2>/dev/null
chmod 600 "$D/weak.pem"
serve weak rsa rsa2
jq '.keys[1] |= del(.kid) | .keys[2].key_ops = ["encrypt"]' \
    "$CERTS" >"$D/bad"
serve rsa key p256

# health_says STATUS DETAIL: of all (no worker runs: 1), and of the key set.
health_says() {
	local status=0
	"$BUILD/errandctl" -c "$D/errand.ini" health --json >"$D/health.json" ||
	    status=$?
	expect_same "the exit status" "$status" "$1"
	jq -e --arg d "$2" '.checks.keyset.detail | test($d)' \
	    "$D/health.json" >/dev/null ||
	    fail "not \"$2\" but $(cat "$D/health.json")"
}
taken() {
	known "$(signed key --header 'kid="?"')" || true
	grep -qw "key set taken .*keys=$1" "$D/log/errand.log"
}
expect_soon 20 taken 3
health_says 1 '^3 signing keys$'
jq --slurpfile good "$CERTS" '.keys += $good[0].keys[1:]' "$D/bad" >"$D/new"
mv "$D/new" "$CERTS"
: >"$D/log/errand.log"
expect_soon 20 taken 2
health_says 1 '^2 signing keys$'
refused() {
	known "$(signed key --header 'kid="?"')" || true
	grep -q 'key set not fetched .*no usable key' "$D/log/errand.log"
}
cp "$D/bad" "$CERTS"
expect_soon 20 refused
health_says 2 'no usable key'
serve rsa key
: >"$D/log/errand.log"
expect_soon 20 taken 2

step "a set that cannot be fetched or read leaves the old one in force"
told() {
	known "$(signed key --header 'kid="?"')" || true
	grep -qF "$1" "$D/log/errand.log"
}
for row in '{"keys": []}|no usable key' '<html>|JSON' '|404'; do
	: >"$D/log/errand.log"
	if [ -n "${row%|*}" ]; then
		printf '%s' "${row%|*}" >"$CERTS"
	else
		rm "$CERTS"
	fi
	expect_soon 20 told "${row#*|}"
	known "$USER_TOKEN" || fail "with $row it is $STATUS"
done

step "without any since the start: 503, and recovery by itself"
end fcgi
begin fcgi 2
for TOKEN in "$USER_TOKEN" "$(signed rsa)"; do
	api GET /me
	expect_problem 503
	expect_header Retry-After '[1-9][0-9]*'
	expect_no_header WWW-Authenticate
done
TOKEN=x.y.z
api GET /me
expect_status 401
as nobody
api GET /me
expect_status 401
api GET /health/live
expect_status 200
api GET /health/ready
expect_status 503
expect_header Retry-After '[1-9][0-9]*'
expect_json '.status == "fail" and
    .checks["keyset:fetchTime"][0].status == "fail" and
    (.checks["keyset:fetchTime"][0].output | length > 0)'
serve key
expect_soon 60 known "$USER_TOKEN"
for _ in 1 2 3 4 5 6; do
	expect_soon 60 known "$USER_TOKEN"
done

step "other algorithms and profiles by configuration"
serve key p256
end fcgi
set_ini auth.algorithms=ES256 auth.profile=rfc9068
begin fcgi
expect_soon 20 known "$(signed p256 --header 'typ="at+jwt"' --claim typ=)"
TOKEN=$(signed p256)
api GET /me
expect_problem 401
TOKEN=$(signed key --header 'typ="at+jwt"')
api GET /me
expect_problem 401

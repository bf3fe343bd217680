#!/bin/bash
# SPDX-License-Identifier: ISC
# Tokens that break one rule each are answered 401 with a challenge that does
# not tell more than it must.
. "${srcdir:-.}/tests/lib.sh"
stack_up auth.azp=errandctl,web auth.max_lifetime=1h
GOOD=$TOKEN
IFS=. read -r H P S <<<"$GOOD"
ISSUER=http://127.0.0.1:$PORT/realms/errand
NOW=$(date +%s)

# b64 TEXT: base64url.
b64() {
	printf '%s' "$1" | base64 -w0 | tr '+/' '-_' | tr -d =
}

# text BASE64URL
text() {
	local t
	t=$(tr -- -_ +/ <<<"$1")
	while ((${#t} % 4 != 0)); do
		t+='='
	done
	base64 -d <<<"$t"
}

# refused WORDS TOKEN: with these words for the client.
refused() {
	TOKEN=$2
	[ -n "$TOKEN" ] || fail "no token"
	api GET /me
	[ "$STATUS" = 401 ] || fail "($1) ${LABEL:-$2} is $STATUS"
	expect_header WWW-Authenticate "Bearer realm=\"errand\", \
error=\"invalid_token\", error_description=\"[^\"]*$1[^\"]*\""
}

# claims WORDS CLAIM...: signed tokens, each with one claim that is wrong.
claims() {
	local words=$1
	shift
	for LABEL; do
		refused "$words" "$(token --claim "$LABEL")"
	done
	LABEL=
}

step "the good one is good"
api GET /me
expect_status 200

step "shape and encoding"
for LABEL in x . .. x.y x.y.z "$H" "$H.$P" "$H.$P." "$H..$S" ".$P.$S" "$GOOD." \
    "$GOOD.x" "$H.$P.$S.x.y" "$GOOD="; do
	refused malformed "$LABEL"
done
TOKEN=$GOOD$(printf '%09000d' 0)
fcgi GET /me
expect_problem 401
refused 'cannot be verified' "$H.$P.${S}A"
refused 'cannot be verified' "$H.$P.${S:0:340}"
LABEL="another spelling of the signature's last bits"
last=${S: -1}
next=$(tr 'AQgw' 'BRhx' <<<"$last")
expect test "$last" != "$next"
refused 'cannot be verified' "$H.$P.${S%?}$next"
LABEL=
for text in '[]' '"x"' '{}x' '{"alg":"RS256","alg":"RS256"}' '{' 'null' \
    "{'alg':'RS256'}"; do
	refused malformed "$(b64 "$text").$P.$S"
done

step "algorithms"
KID=$(text "$H" | jq -r .kid)
for alg in none None HS256 HS384 HS512 RS384 rs256 PS256 ES256 EdDSA ''; do
	LABEL="alg $alg"
	header=$(b64 "{\"alg\":\"$alg\",\"typ\":\"JWT\",\"kid\":\"$KID\"}")
	refused 'of this kind' "$header.$P.$S"
done
LABEL="HS256 with the public key as secret"
openssl pkey -in "$D/key.pem" -pubout -out "$D/public.pem"
header=$(b64 "{\"alg\":\"HS256\",\"typ\":\"JWT\",\"kid\":\"$KID\"}")
mac=$(printf '%s' "$header.$P" | openssl dgst -sha256 -binary -mac HMAC \
    -macopt "hexkey:$(od -An -v -tx1 "$D/public.pem" | tr -d ' \n')" |
    base64 -w0 | tr '+/' '-_' | tr -d =)
refused 'of this kind' "$header.$P.$mac"
LABEL=

step "headers"
for header in 'crit=["exp"]' b64=false 'zip="DEF"' 'cty="JWT"' 'typ="ID"' \
    'typ="logout+jwt"' typ=null 'typ=["JWT"]'; do
	refused 'of this kind' "$(token --header "$header")"
done
for header in kid= 'kid=""' kid=1 kid=null 'kid="other"' \
    "kid=\"$(printf '%0200d' 0)\""; do
	refused 'cannot be verified' "$(token --header "$header")"
done
for header in 'typ="at+jwt"' 'typ="application/AT+JWT"' typ= 'typ="jwt"' \
    'jku="http://evil.example"' 'x5u="http://evil.example"' \
    'jwk={"kty": "oct", "k": "AA"}'; do
	TOKEN=$(token --header "$header")
	api GET /me
	[ "$STATUS" = 200 ] || fail "with $header it is $STATUS"
done

step "signatures of others"
"$BUILD/errandctl" token --new-key "$D/other.pem"
refused 'cannot be verified' "$("$BUILD/errandctl" -c "$D/errand.ini" token \
    --key "$D/other.pem" --header "kid=\"$KID\"")"
EVIL=$(text "$P" | sed 's/"user"/"admin"/')
refused 'cannot be verified' "$H.$(b64 "$EVIL").$S"

step "claims"
claims 'not meant for' iss= 'iss="http://evil.example"' "iss=\"$ISSUER/\"" \
    "iss=[\"$ISSUER\"]" iss=null aud= 'aud="other"' 'aud=[]' 'aud=null' \
    'aud=["other"]' 'aud=["errand-api", 1]' 'aud={"errand-api": 1}' \
    'aud="errand-api "' 'aud="ERRAND-API"' exp= 'exp="9999999999"' exp=null \
    exp=9999999999.5 exp=1e10 exp=-1 exp=0 exp=true exp=253402300800 iat= \
    'iat="1"' iat=null 'nbf="1"' nbf=1.5 nbf=null 'typ="ID"' typ= \
    'typ="Refresh"' 'typ="Offline"' 'typ="Logout"' 'typ="bearer "' 'typ=1' \
    sub= 'sub=""' sub=1 sub=null "sub=\"$(printf '%0300d' 0)\"" azp= \
    'azp="evil"' 'azp=["web"]' "exp=$((NOW + 7200))" iat=1
claims 'expired' "exp=$((NOW - 60))" exp=1
claims 'not valid yet' "nbf=$((NOW + 600))" "iat=$((NOW + 600))"
claims 'of this kind' 'cnf={"jkt": "x"}' 'cnf=null'

step "claims that are good as well"
for claim in 'aud=["x", "errand-api"]' 'azp="web"' "exp=$((NOW - 5))" \
    "iat=$((NOW + 5))" "nbf=$((NOW + 5))" nbf=0 'jti=' 'sid=' 'scope='; do
	TOKEN=$(token --claim "$claim" --ttl 60)
	api GET /me
	[ "$STATUS" = 200 ] || fail "with $claim it is $STATUS"
done

step "a token in the address, the body or a cookie is none"
as nobody
api GET "/tasks?access_token=$GOOD"
expect_status 401
expect_header WWW-Authenticate 'Bearer realm="errand"'
api POST /tasks -d "access_token=$GOOD" -H "Cookie: access_token=$GOOD"
expect_status 401
api GET /me -u "x:$GOOD"
expect_status 401
expect_header WWW-Authenticate 'Bearer realm="errand"'

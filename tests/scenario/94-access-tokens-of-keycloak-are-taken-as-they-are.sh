#!/bin/bash
# SPDX-License-Identifier: ISC
# People and programs with access tokens of a real Keycloak get what their
# roles allow, whichever algorithm signs; its other tokens open nothing.
. "${srcdir:-.}/tests/lib/lib.sh"
. "$TOP/tests/lib/lib-keycloak.sh"
PROCESSES=1 keycloak_stack_up auth.key_cooldown=1s auth.key_ttl=1s

# may TOKEN READ DELETE: the statuses of reading and of deleting.
may() {
	TOKEN=$1
	api GET /tasks
	expect_same "reading" "$STATUS" "$2"
	api DELETE /tasks/019ab3c4-0000-7000-8000-000000000000
	expect_same "deleting" "$STATUS" "$3"
}

# refused TOKEN: it opens nothing.  Its key may be one to be fetched first.
refused() {
	TOKEN=$1
	api GET /me
	expect_problem 401
	expect_header WWW-Authenticate '.*error="invalid_token".*'
}

# good TOKEN: it is accepted.
good() {
	TOKEN=$1
	api_is 200 GET /me
}

# expect_claim TOKEN header|claims FILTER: the filter finds truth in it.
expect_claim() {
	part_of "$1" "$2" | jq -e "$3" >"$D/claim" ||
	    fail "not so: $3; the $2: $(part_of "$1" "$2")"
}

# client_is NAME JSON: changes that client.
client_is() {
	keycloak_admin PUT "errand/clients/$(client_id "$1")" --json "$2" ||
	    fail "the client $1 cannot be changed"
}

# begin_with SECTION.KEY=VALUE...: errand.fcgi anew, with these settings.
begin_with() {
	end fcgi
	set_ini "$@"
	begin fcgi 1
	expect_soon 20 ready
}

step "a role of the realm or of the client, a person or a program"
may "$(keycloak_token_of alice)" 200 403
may "$(keycloak_token_of bob)" 200 403
may "$(keycloak_token_of root)" 200 404
may "$(keycloak_token_of carol)" 200 404
may "$(keycloak_token_of dave)" 403 403
SERVICE=$(service_token)
may "$SERVICE" 200 403
TOKEN=$ADMIN_TOKEN
api GET /me
expect_json --arg sub "$(part_of "$TOKEN" claims | jq -r .sub)" '
    .subject == $sub and .username == "root" and .roles == ["user", "admin"]'
as user
new_task '{"title": "by alice"}'
expect_json '.created_by == "alice"'

step "a program without a role, by the scopes that it asks for"
begin_with "rbac.list_tasks=user, scope:tasks.read" \
    "rbac.delete_task=admin, scope:tasks.write + scope:tasks.read"
READER=$(scope_token tasks.read)
expect_claim "$READER" claims '.scope | split(" ") | index("tasks.read")'
expect_claim "$READER" claims 'has("realm_access") or
    (.realm_access.roles // [] | index("user")) == null'
may "$READER" 200 403
expect_header WWW-Authenticate '.*, scope="tasks\.write tasks\.read"'
may "$(scope_token tasks.read tasks.write)" 200 404
may "$(scope_token profile)" 403 403
may "$(keycloak_token_of alice)" 200 403
TOKEN=$READER
api GET /me
expect_problem 403
begin_with rbac.list_tasks=user rbac.delete_task=admin

step "the audience as a string, as one of several, as another, and absent"
keycloak_admin POST errand/clients --json '{"clientId": "other",
    "publicClient": true, "directAccessGrantsEnabled": true}'
VIEW=$(keycloak_admin GET "errand/clients/$(client_id account)/roles" |
    jq '[.[] | select(.name == "view-profile")]')
keycloak_admin POST "errand/users/$(user_id dave)/role-mappings/clients/$(
    client_id account)" --json "$VIEW"
keycloak_admin POST "errand/users/$(user_id dave)/role-mappings/realm" --json \
    "[$(keycloak_admin GET errand/roles/user)]"
expect_claim "$USER_TOKEN" claims '.aud == "errand-api"'
good "$USER_TOKEN" || fail "one audience is $STATUS"
DAVE=$(keycloak_token_of dave)
expect_claim "$DAVE" claims '.aud | sort == ["account", "errand-api"]'
good "$DAVE" || fail "several audiences are $STATUS"
OTHER=$(keycloak_token_of dave other)
expect_claim "$OTHER" claims '.aud == "account" and .azp == "other"'
refused "$OTHER"
OTHER=$(keycloak_token_of alice other)
expect_claim "$OTHER" claims 'has("aud") | not'
refused "$OTHER"
# Roles of a client bring its audience along, whoever asks for the token.
BOB=$(keycloak_token_of bob other)
expect_claim "$BOB" claims '.aud == "errand-api" and .azp == "other"'
good "$BOB" || fail "an audience that came with a role is $STATUS"

step "ID tokens, refresh tokens and lightweight tokens are refused"
ANSWER=$(keycloak_curl -d grant_type=password -d client_id=errand-cli \
    -d username=alice -d password=alice -d scope=openid \
    "$(keycloak_issuer)/protocol/openid-connect/token")
good "$(jq -r .access_token <<<"$ANSWER")" || fail "with openid: $STATUS"
ID_TOKEN=$(jq -r .id_token <<<"$ANSWER")
expect_claim "$ID_TOKEN" claims '.typ == "ID"'
refused "$ID_TOKEN"
REFRESH=$(jq -r .refresh_token <<<"$ANSWER")
expect_claim "$REFRESH" header '.alg == "HS512"'
refused "$REFRESH"
client_is errand-cli '{"attributes":
    {"client.use.lightweight.access.token.enabled": "true"}}'
LIGHT=$(keycloak_token_of alice)
expect_claim "$LIGHT" claims 'has("sub") or has("realm_access") | not'
refused "$LIGHT"
client_is errand-cli '{"attributes":
    {"client.use.lightweight.access.token.enabled": "false"}}'
good "$(keycloak_token_of alice)" || fail "full tokens are $STATUS again"

step "a token of another realm is refused, and one with a part of another"
jq '.realm = "elsewhere"' "$TOP/contrib/keycloak/errand-realm.json" |
    keycloak_admin POST '' --json @- || fail "no other realm"
FOREIGN=$(KC_REALM=elsewhere keycloak_token_of alice)
expect_claim "$FOREIGN" claims '.aud == "errand-api" and
    (.iss | endswith("/elsewhere"))'
refused "$FOREIGN"
IFS=. read -ra OURS <<<"$USER_TOKEN"
IFS=. read -ra THEIRS <<<"$ADMIN_TOKEN"
refused "${OURS[0]}.${THEIRS[1]}.${OURS[2]}"
refused "${OURS[0]}.${OURS[1]}.${THEIRS[2]}"

step "only clients that are named by azp"
begin_with auth.azp=errand-cli
good "$USER_TOKEN" || fail "the client that is named is $STATUS"
refused "$SERVICE"
refused "$BOB"
begin_with auth.azp=

step "an algorithm is refused unless it is configured"
for alg in PS256 ES256 ES384 EdDSA RS512; do
	client_is errand-cli "{\"attributes\":
	    {\"access.token.signed.response.alg\": \"$alg\"}}"
	declare "OF_$alg=$(keycloak_token_of alice)"
	name=OF_$alg
	expect_claim "${!name}" header ".alg == \"$alg\""
	refused "${!name}"
	good "$USER_TOKEN" || fail "beside $alg, RS256 is $STATUS"
done
begin_with auth.algorithms=RS256,PS256,ES256,ES384,EdDSA
for alg in PS256 ES256 ES384 EdDSA; do
	name=OF_$alg
	good "${!name}" || fail "$alg is $STATUS"
	refused "${!name%?????}AAAAA"
done
refused "$OF_RS512"
good "$USER_TOKEN" || fail "RS256 is $STATUS"

step "a realm that signs all with ES256"
keycloak_admin PUT elsewhere --json '{"defaultSignatureAlgorithm": "ES256"}'
ES256=$(KC_REALM=elsewhere keycloak_token_of alice)
expect_claim "$ES256" header '.alg == "ES256"'
begin_with auth.algorithms=ES256 \
    "auth.issuer=$(KC_REALM=elsewhere keycloak_issuer)"
good "$ES256" || fail "the realm's ES256 is $STATUS"
refused "$FOREIGN"
refused "$OF_ES256"

step "tokens with the header typ at+jwt, and nothing else where that is asked"
begin_with auth.algorithms=RS256 "auth.issuer=$(keycloak_issuer)"
client_is errand-cli '{"attributes":
    {"access.token.signed.response.alg": "RS256",
    "access.token.header.type.rfc9068": "true"}}'
AT_JWT=$(keycloak_token_of alice)
expect_claim "$AT_JWT" header '.typ == "at+jwt"'
expect_claim "$USER_TOKEN" header '.typ == "JWT"'
good "$AT_JWT" || fail "at+jwt is $STATUS"
good "$USER_TOKEN" || fail "JWT is $STATUS"
begin_with auth.profile=rfc9068
good "$AT_JWT" || fail "with rfc9068, at+jwt is $STATUS"
refused "$USER_TOKEN"

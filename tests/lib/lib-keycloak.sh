# SPDX-License-Identifier: ISC
# shellcheck shell=bash
# Words for scenarios with a real Keycloak; comes after lib.sh.
#
# Its administrator's interface is keycloak_admin, and the tokens come from
# keycloak_token and keycloak_token_of, all of contrib/lib/keycloak.sh.  Users
# and clients are those of contrib/keycloak/errand-realm.json.
# shellcheck source=contrib/lib/keycloak.sh
. "$TOP/contrib/lib/keycloak.sh"

# keycloak_stack_up [SECTION.KEY=VALUE...]: what stack_up brings up, with
# Keycloak as the issuer.  Without a distribution the scenario is skipped.
keycloak_stack_up() {
	keycloak_java || skip "Java 17 is not installed"
	keycloak_find ||
	    skip "Keycloak is not here: contrib/keycloak/run --fetch gets it"
	stack_servers
	keycloak_start_from $((10000 + RANDOM % 10000)) \
	    "$TOP/contrib/keycloak/errand-realm.json" \
	    >>"$D/log/setup.log" 2>&1 || fail "Keycloak did not start"
	stack_errand "auth.issuer=$(keycloak_issuer)" "$@"
	USER_TOKEN=$(keycloak_token_of alice) || fail "no token"
	ADMIN_TOKEN=$(keycloak_token_of root) || fail "no token"
	as user
}

# keycloak_begin: starts it again where it was, after end or crash.
keycloak_begin() {
	keycloak_start >>"$D/log/setup.log" 2>&1 ||
	    fail "Keycloak did not start again"
}

# service_token [CURL ARGUMENT...]: prints the service account's token.
service_token() {
	keycloak_token -d grant_type=client_credentials \
	    -d client_id=errand-svc -d client_secret=errand-svc-secret "$@"
}

# scope_token SCOPE...: prints the token of a program that has no role.
scope_token() {
	keycloak_token -d grant_type=client_credentials \
	    -d client_id=errand-reader -d client_secret=errand-reader-secret \
	    -d "scope=$*"
}

# part_of TOKEN header|claims: prints it as JSON.
part_of() {
	local -a parts
	local text
	IFS=. read -ra parts <<<"$1"
	case $2 in
	header) text=${parts[0]} ;;
	*) text=${parts[1]} ;;
	esac
	while ((${#text} % 4)); do
		text+='='
	done
	printf '%s' "$text" | tr -- -_ +/ | base64 -d
}

# client_id NAME [REALM]: prints the id by which keycloak_admin knows it.
client_id() {
	keycloak_admin GET "${2:-errand}/clients?clientId=$1" |
	    jq -er '.[0].id'
}

# user_id NAME [REALM]: the same for a user.
user_id() {
	keycloak_admin GET "${2:-errand}/users?exact=true&username=$1" |
	    jq -er '.[0].id'
}

# kid_of TOKEN: prints what its header names.
kid_of() {
	part_of "$1" header | jq -r .kid
}

# new_key NAME: one that signs from now on; sets KID to its kid.
new_key() {
	keycloak_admin POST errand/components --json "{\"name\": \"$1\",
	    \"providerType\": \"org.keycloak.keys.KeyProvider\",
	    \"providerId\": \"rsa-generated\", \"config\": {
	    \"priority\": [\"$((++PRIORITY))\"]}}" || fail "no new key"
	KID=$(kid_of "$(keycloak_token_of alice)")
}
PRIORITY=1000

# key_is_not NAME PROPERTY: takes active or enabled from it.
key_is_not() {
	local key
	key=$(keycloak_admin GET "errand/components?name=$1" | jq -e '.[0]') &&
	    keycloak_admin PUT "errand/components/$(jq -r .id <<<"$key")" \
	    --json "$(jq --arg p "$2" '.config[$p] = ["false"]' <<<"$key")" ||
	    fail "the key $1 cannot be changed"
}

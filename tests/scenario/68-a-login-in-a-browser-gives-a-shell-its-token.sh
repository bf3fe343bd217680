#!/bin/bash
# SPDX-License-Identifier: ISC
# errandctl tasks login gets tokens of a real Keycloak by somebody's login in a
# browser (RFC 8628), keeps them for their owner only, has them renewed, and
# logout ends that.
. "${srcdir:-.}/tests/lib/lib.sh"
. "$TOP/tests/lib/lib-keycloak.sh"
PROCESSES=1 keycloak_stack_up
unset ERRAND_CONFIG ERRAND_URL ERRAND_TOKEN
export XDG_STATE_HOME=$D/state
URL=http://127.0.0.1:$PORT$BASE
OUT=$D/out ERR=$D/err

# tasks STATUS ARGUMENT...: errandctl tasks ends with it; what it prints is in
# OUT and ERR.
tasks() {
	local want=$1 got=0
	shift
	"$BUILD/errandctl" tasks "$@" >"$OUT" 2>"$ERR" || got=$?
	[ "$got" = "$want" ] || fail "errandctl tasks $*: $got instead of \
$want: $(cat "$OUT" "$ERR")"
}

# said REGEX: it is in ERR.
said() {
	grep -qE -e "$1" "$ERR" || fail "not told: $1; but: $(cat "$ERR")"
}

# form: prints the address that the form of the page leads to.
form() {
	sed -n 's/.* action="\([^"]*\)".*/\1/p' "$D/page" | head -n 1 |
	    sed "s/&amp;/\&/g; s|^/|http://127.0.0.1:$KC_PORT/|"
}

# browse [CURL ARGUMENT...]: opens a page as a browser does.
browse() {
	keycloak_curl -L -c "$D/cookies" -b "$D/cookies" -o "$D/page" "$@" ||
	    fail "no page: $*"
}

# code: prints the address that the login has printed.
code() {
	jq -er .verification_uri_complete "$D/login" 2>/dev/null
}

step "nobody is logged in"
tasks 4 list --url "$URL"
said 'errandctl tasks login'

step "a login in a browser"
"$BUILD/errandctl" tasks login --url "$URL" --json >"$D/login" 2>"$ERR" &
LOGIN=$!
expect_soon 20 grep -q verification_uri_complete "$D/login"
browse "$(code)"
browse -d username=alice -d password=alice "$(form)"
ACTION=$(form)
browse -d accept=Yes -d "code=$(sed -n \
    's/.*name="code" value="\([^"]*\)".*/\1/p' "$D/page" | head -n 1)" \
    "$ACTION"
wait "$LOGIN" || fail "no login: $(cat "$ERR"); the page: $(cat "$D/page")"
tasks 0 add by alice
tasks 0 list --json
jq -e '.data[0].created_by == "alice"' "$OUT" >"$D/truth" ||
    fail "somebody else's: $(cat "$OUT")"
tasks 4 list --url "http://localhost:$PORT$BASE"
for file in "$XDG_STATE_HOME"/errand/login-*; do
	expect_same "the mode of $file" "$(stat -c %a "$file")" 600
done
FILE=$(grep -l access_token "$XDG_STATE_HOME"/errand/login-*)

step "a token that is over is renewed, also by many at once"
# edit FILTER: changes what is kept.
edit() {
	jq -c "$1" "$FILE" >"$D/edited" && cp "$D/edited" "$FILE"
}
BEFORE=$(jq -r .access_token "$FILE")
edit '.expires_at = 1'
tasks 0 list
[ "$(jq -r .access_token "$FILE")" != "$BEFORE" ] || fail "it is the same"
edit '.access_token |= sub("...$"; "AAA")'
ALL=()
for ((i = 0; i < 4; i++)); do
	"$BUILD/errandctl" tasks list >"$D/list.$i" 2>&1 &
	ALL+=("$!")
done
for each in "${ALL[@]}"; do
	wait "$each" || fail "not renewed: $(cat "$D"/list.*)"
done
edit '.access_token |= sub("...$"; "AAA") | .refresh_token = "none"'
tasks 4 list
said 'the login is over'

step "logout, and a login that nobody finishes"
tasks 0 logout
tasks 4 list --url "$URL"
[ ! -e "$FILE" ] || fail "it is still there"
tasks 0 logout --url "$URL"
tasks 1 login --url "$URL" --client nobody
tasks 1 login --url "$URL" --issuer "$(keycloak_issuer)x"

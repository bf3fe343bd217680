#!/bin/bash
# SPDX-License-Identifier: ISC
# The pages as a browser gets them: caches, policy, login, and what people do.
# shellcheck source=tests/lib/lib.sh
. "${srcdir:-.}/tests/lib/lib.sh"
# shellcheck source=tests/lib/lib-stream.sh
. "$TOP/tests/lib/lib-stream.sh"
# shellcheck source=tests/lib/lib-jobs.sh
. "$TOP/tests/lib/lib-jobs.sh"
# shellcheck source=contrib/lib/pages.sh
. "$TOP/contrib/lib/pages.sh"

pages_find
pages_served || skip "the pages are not built (node, npm and the packages)"
[ "${ERRAND_SERVER:-lighttpd}" = lighttpd ] || skip "this is about lighttpd"
need python3
# The name of Chromium's socket is some bytes longer than all others.
RUN_IN_MAX=45
stack_up tasks.extra=due:date tasks.extra_other=pass
pages_json "http://127.0.0.1:$PORT/realms/errand"
job_kind t.no command='exit 1' max_retries=0
begin worker
as nobody
OIDC=/realms/errand/protocol/openid-connect

# browser: the folder of contrib/browser-driver, as DRIVER.
browser() {
	local uid dir
	DRIVER=''
	command -v chromium >/dev/null || skip "there is no chromium"
	command -v node >/dev/null || skip "there is no node"
	for uid in "$(id -u)" 0; do
		dir=/var/tmp/errand-pages-$uid
		[ "$(stat -c %u "$dir/complete" 2>/dev/null)" != "$uid" ] ||
		    DRIVER=$dir
	done
	[ -n "$DRIVER" ] || skip "contrib/browser-driver was not run"
}

step "a browser is led from / to the board, and a program is not"
api GET / -H 'Accept: text/html,*/*'
expect_status 303
expect_header Location '/ui/'
api GET /
expect_problem 401

step "pages are asked for anew, and what they are made of is kept"
api GET /ui/
expect_status 200
expect_header Content-Type 'text/html; charset=utf-8'
expect_header Cache-Control no-cache
expect_header X-Content-Type-Options nosniff
expect_header Content-Security-Policy "default-src 'none'; .*frame-ancestors 'none'"
expect not grep -q unsafe "$HEADERS"
SCRIPT=$(sed -n 's,.*src="\.\./\(ui/assets/board[^"]*\)".*,/\1,p' "$BODY")
api GET "$SCRIPT"
expect_status 200
expect_header Content-Type 'text/javascript; charset=utf-8'
expect_header Cache-Control 'max-age=[0-9]{8}'
api GET /ui/assets/none.js
expect_status 404
expect_header Content-Type 'application/problem\+json'
expect_no_header Cache-Control
api GET /ui/pages.json
expect_json '.client_id == "errand-cli"'
api GET /uix
expect_problem 401

step "the login sends nobody but the pages a code"
QUERY="client_id=errand-cli&response_type=code&code_challenge_method=S256"
# The challenge of RFC 7636's verifier.
QUERY+="&code_challenge=E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM"
VERIFIER=dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk
HERE=http://127.0.0.1:$PORT/ui/
api GET "$OIDC/auth?$QUERY&redirect_uri=http://127.0.0.1:1/ui/"
expect_status 400
expect_no_header Location
api GET "$OIDC/auth?client_id=errand-cli&response_type=code&redirect_uri=$HERE"
expect_header Location ".*error=invalid_request.*"
api POST "$OIDC/auth?$QUERY&redirect_uri=$HERE" -d username=alice -d password=no
expect_status 401
expect_no_header Location

step "a code is good once, and only with its verifier"
code() {
	api POST "$OIDC/auth?$QUERY&redirect_uri=$HERE" -d username=alice \
	    --data-urlencode "password=$(login_password)"
	expect_status 303
	CODE=$(header Location | sed 's/.*[?&]code=\([^&]*\).*/\1/')
}
# exchange VERIFIER [URI]
exchange() {
	api POST "$OIDC/token" -d grant_type=authorization_code \
	    -d client_id=errand-cli -d "code=$CODE" -d "code_verifier=$1" \
	    -d "redirect_uri=${2:-$HERE}"
}
code
exchange "${VERIFIER}x"
expect_json '.error == "invalid_grant"'
exchange "$VERIFIER" "${HERE}stats/"
expect_json '.error == "invalid_grant"'
exchange "$VERIFIER"
expect_status 200
TOKEN=$(json .access_token) REFRESH=$(json .refresh_token) CODES=$CODE
api GET /me
expect_json '.username == "alice" and .roles == ["user"]'
as nobody
CODE=$CODES
exchange "$VERIFIER"
expect_json '.error == "invalid_grant"'
api POST "$OIDC/token" -d grant_type=refresh_token -d client_id=errand-cli \
    -d "refresh_token=$REFRESH"
expect_json '.access_token | length > 100'
api POST "$OIDC/token" -d grant_type=refresh_token -d client_id=errand-cli \
    -d "refresh_token=$CODES"
expect_json '.error == "invalid_grant"'

browser
as user
begin_stream
for _ in 1 2 3; do
	new_job t.no
done
for _ in 1 2; do
	new_job t.later '' "now() + interval '1 h'"
done
message unknown t.unknown '{}' "[[], {}, $NO_MORE]"
step "people use the pages"
PASSWORD_OF=$(login_password)
mkdir -p "$RUN/home-of-browser"
HOME=$RUN/home-of-browser TMPDIR=$RUN DRIVER=$DRIVER PATIENCE=$PATIENCE \
    ERRAND_URL=http://127.0.0.1:$PORT PICTURES=${PICTURES:-} \
    PASSWORDS="{\"alice\": \"$PASSWORD_OF\", \"root\": \"$PASSWORD_OF\", \"dave\": \"$PASSWORD_OF\"}" \
    timeout -k 5 "$((60 * PATIENCE))" node "$TOP/tests/pages/short.mjs" \
    >"$D/log/browser.log" 2>&1 || fail "$(cat "$D/log/browser.log")"
say "$(cat "$D/log/browser.log")"
expect test "$(grep -c '^ok: ' "$D/log/browser.log")" -ge 10

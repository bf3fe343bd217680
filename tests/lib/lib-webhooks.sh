# SPDX-License-Identifier: ISC
# shellcheck shell=bash
# Words for scenarios about webhooks; comes after lib.sh.

# endpoints: tests/lib/webhook-endpoint; sets HOOK_PORT.
endpoints() {
	mkdir -p "$D/hooks"
	: >"$D/log/hooks.log"
	: >"$D/hooks/log"
	launch hooks "$TOP/tests/lib/webhook-endpoint" serve "$D/hooks" ||
	    fail "the endpoints did not start"
	await hooks 20 endpoints_port >>"$D/log/setup.log" ||
	    fail "the endpoints did not start"
	HOOK_PORT=$(endpoints_port)
}

endpoints_port() {
	sed -n 's/^listening on 127.0.0.1 port //p' "$D/log/hooks.log" | grep .
}

# verifiers: sets VERIFIERS to the folder of contrib/webhook-verifiers that root
# or we have made, or to nothing.
verifiers() {
	local uid dir
	VERIFIERS=''
	for uid in "$(id -u)" 0; do
		dir=/var/tmp/errand-webhooks-$uid
		[ "$(stat -c %u "$dir/complete" 2>/dev/null)" != "$uid" ] ||
		    VERIFIERS=$dir
	done
	[ -n "$VERIFIERS" ] ||
	    say "judged by hand alone: contrib/webhook-verifiers gets the verifiers"
}

# new_webhook PATH [MEMBERS]: makes one for that path of the endpoints; sets HOOK
# and SECRET.
new_webhook() {
	as admin
	send POST /webhooks \
	    "{\"url\": \"http://127.0.0.1:$HOOK_PORT$1\"${2:+, $2}}"
	expect_status 201
	HOOK=$(json .id)
	SECRET=$(json .secret)
}

# new_test: sends a test to it; sets DELIVERY and JOB.
new_test() {
	as admin
	api POST "/webhooks/$HOOK/test" -d ''
	expect_status 202
	DELIVERY=$(json .id)
	JOB=$(json .job_id)
}

# delivery_is FILTER [DELIVERY]: it is true of what the API says of it.
delivery_is() {
	as admin
	api GET "/webhooks/$HOOK/deliveries"
	[ "$STATUS" = 200 ] && json_is --arg id "${2:-$DELIVERY}" \
	    ".data[] | select(.id == \$id) | $1"
}

# asked PATH: the requests to it, one a line.
asked() {
	jq -c --arg path "$1" 'select(.path == $path)' "$D/hooks/log"
}

# asked_is PATH N: so many.
asked_is() {
	[ "$(asked "$1" | wc -l)" = "$2" ]
}

# signed SECRET REQUEST: it is signed with it, as all that is here to judge it
# says.
signed() {
	local key data tag
	if [ -n "$VERIFIERS" ]; then
		"$VERIFIERS/bin/python" "$TOP/tests/lib/webhook-endpoint" \
		    verify "$1" "$2" 2>>"$D/log/verify.log" || return
		if [ -d "$VERIFIERS/node_modules/standardwebhooks" ] &&
		    command -v node >/dev/null; then
			NODE_PATH=$VERIFIERS/node_modules node \
			    "$TOP/tests/lib/webhook-verify.js" "$1" "$2" \
			    2>>"$D/log/verify.log" || return
		fi
	fi
	key=$(printf '%s' "${1#whsec_}" | base64 -d | od -An -v -tx1 | tr -d ' \n')
	data=$(jq -j '.headers | ."webhook-id", ".", ."webhook-timestamp", "."' \
	    <<<"$2")
	tag=$({
		printf '%s' "$data"
		jq -j .body <<<"$2" | base64 -d
	} | openssl dgst -sha256 -mac HMAC -macopt "hexkey:$key" -binary | base64)
	jq -e --arg tag "v1,$tag" '.headers."webhook-signature" | split(" ") |
	    index([$tag])' <<<"$2" >/dev/null
}

#!/bin/bash
# SPDX-License-Identifier: ISC
# Who asks for changes and would rather wait is answered at the next change, or
# when the time is over, and holds no process up meanwhile.
. "${srcdir:-.}/tests/lib/lib.sh"
. "$TOP/tests/lib/chaos.sh"
. "$TOP/tests/lib/lib-stream.sh"
PROCESSES=1
stack_up "${STREAM[@]}" stream.wait=30s stream.clients_per_user=12
new_task '{"title": "a"}'
api GET '/tasks/changes?since=now'
HERE=$(json .next_cursor)

# asks SECONDS [CURL ARGUMENT...]: for what comes behind HERE.
asks() {
	api GET "/tasks/changes?since=$HERE" -H "Prefer: wait=$1" "${@:2}"
}
# at_once: that is answered before there is a change, as nobody waits.
at_once() {
	asks 25 -m 15
	expect_status 200
	expect_json '.data == []'
	expect_no_header Preference-Applied
}
# waiting N [NAME...]: so many wait.  One of these that was answered at once, as
# errand-stream took too long to take it, asks again.
waiting() {
	local each
	for each in "${@:2}"; do
		[ ! -s "$D/$each" ] || wait_for "$each" "${LONG:-25}"
	done
	api GET /metrics
	grep -qx "errand_streams $1" "$BODY"
}
# applied SECONDS [CURL ARGUMENT...]: nobody changed anything for so long.
applied() {
	asks "$@"
	[ "$(header Preference-Applied)" = "wait=$1" ]
}
# answered NAME VALUE...: it has the changes that made these versions.
answered() {
	[ "$(jq -c '[.data[].version]' "$D/$1" 2>/dev/null)" = "[${2:-}]" ]
}

step "without errand-stream nobody waits"
at_once
begin_stream

step "a request waits for a change, and others are answered meanwhile"
wait_for one 25
expect_soon 20 waiting 1 one
send PATCH "/tasks/$ID" '{"title": "b"}'
expect_soon 10 answered one 2
expect_soon 5 grep -qis '^preference-applied: wait=25' "$D/one.head"
asks 25
expect_no_header Preference-Applied
expect cmp "$BODY" "$D/one"
expect_header ETag "$(HEADERS=$D/one.head header ETag)"
HERE=$(json .next_cursor)

step "many wait, from now on or from a place, each for itself"
MANY=(many1 many2 many3 many4 many5 many6 many7 many8)
for each in "${MANY[@]}"; do
	wait_for "$each" 25
done
wait_for_new() {
	SINCE=now wait_for new 25
}
wait_for_new
waiting_all() {
	[ ! -s "$D/new" ] || wait_for_new
	waiting 9 "${MANY[@]}"
}
expect_soon 20 waiting_all
new_task '{"title": "c"}'
for each in "${MANY[@]}" new; do
	expect_soon 10 answered "$each" 1
done
expect_soon 10 waiting 0
HERE=$(jq -r .next_cursor "$D/new")

step "when the time is over, there is an empty page"
expect_soon 20 applied 1
expect_status 200
expect_json '.data == []'
expect_json --arg here "$HERE" '.next_cursor == $here'
TAG=$(header ETag)
expect_soon 20 applied 1 -H "If-None-Match: $TAG"
expect_status 304

step "more than may be is as much as may be"
wait_for one 1000
LONG=1000 expect_soon 20 waiting 1 one
send PATCH "/tasks/$ID" '{"title": "d"}'
expect_soon 10 answered one 2
expect_soon 5 grep -qis '^preference-applied: wait=30' "$D/one.head"
HERE=$(jq -r .next_cursor "$D/one")

step "a request that does not wait well is answered as ever"
asks 25 -H 'If-Match: "other"'
expect_problem 412
api HEAD "/tasks/changes?since=$HERE" -H 'Prefer: wait=25'
expect_status 200
expect_no_header Preference-Applied
api GET "/tasks/changes?since=x" -H 'Prefer: wait=25'
expect_problem 422
TOKEN='' asks 25
expect_problem 401

step "who goes away is noticed"
wait_for one 25
expect_soon 20 waiting 1 one
end one
expect_soon 10 waiting 0

step "a token that ends while its bearer waits"
ended() {
	TOKEN=$(token --role user --user brief --ttl 3s) wait_for one 25
	expect_soon 20 test -s "$D/one"
	grep -q '^HTTP[^ ]* 401' "$D/one.head"
}
expect_soon 20 ended

step "one that stands still holds nobody up"
freeze stream
at_once
at_once
thaw stream
expect_soon 30 applied 1

step "who wants too much does not wait"
MANY+=(many9 many10 many11 many12)
for each in "${MANY[@]}"; do
	wait_for "$each" 25
done
expect_soon 20 waiting 12 "${MANY[@]}"
at_once
as admin
expect_soon 20 applied 1
as user

step "one that was answered is forgotten, though errand.fcgi has not closed it"
expect python3 -B "$TOP/tests/lib/pass-requests" "$RUN/stream.sock" 100
expect alive stream

step "the end of errand-stream is no fault"
end stream
for each in "${MANY[@]}"; do
	expect_soon 10 answered "$each"
done
begin_stream
wait_for one 25
expect_soon 20 waiting 1 one
end stream
expect_soon 10 answered one
expect not grep -qi '^preference-applied' "$D/one.head"
at_once

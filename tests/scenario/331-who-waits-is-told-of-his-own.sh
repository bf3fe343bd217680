#!/bin/bash
# SPDX-License-Identifier: ISC
# Where tasks are not shared, a request that waits for a change is answered by a
# change of a task of its owner, and by no other.
. "${srcdir:-.}/tests/lib/lib.sh"
. "$TOP/tests/lib/chaos.sh"
. "$TOP/tests/lib/lib-stream.sh"
stack_up "${STREAM[@]}" rbac.tasks=own stream.buffer=64k
begin_stream
ALICE=$(token --role user --user alice)
BOB=$(token --role user --user bob)

waiting() {
	TOKEN=$BOB api GET /metrics
	grep -qx "errand_streams $1" "$BODY"
}

step "a change of somebody else does not end the wait"
TOKEN=$BOB
api GET '/tasks/changes?since=now'
HERE=$(json .next_cursor)
wait_for bob 30
expect_soon 10 waiting 1
TOKEN=$ALICE
new_task '{"title": "of alice"}'
THEIRS=$ID
listen alice
new_task '{"title": "second of alice"}'
expect_soon 10 told alice 1
expect_soon 10 waiting 2

step "a change of his own does"
TOKEN=$BOB
new_task '{"title": "of bob"}'
expect_soon 10 grep -qs 'of bob' "$D/bob"
expect not grep -q 'of alice' "$D/bob"
expect [ "$(jq -r '.data | length' "$D/bob")" = 1 ]
HERE=$(jq -r .next_cursor "$D/bob")

step "what is his is found behind what is not"
TOKEN=$ALICE
for n in 1 2 3; do
	send PATCH "/tasks/$THEIRS" "{\"title\": \"again $n of alice\"}"
	expect_status 200
done
TOKEN=$BOB
new_task '{"title": "more of bob"}'
api GET "/tasks/changes?since=$HERE" -H 'Prefer: wait=20'
expect_json '[.data[].task.title] == ["more of bob"]'
HERE=$(json .next_cursor)

step "a wait that is over names the end of the log"
TOKEN=$ALICE
send PATCH "/tasks/$THEIRS" '{"title": "last of alice"}'
TOKEN=$BOB
api GET "/tasks/changes?since=$HERE" -H 'Prefer: wait=1'
expect_status 200
expect_json '.data == []'

step "changes of others that fill the buffer at once do not end the wait"
HERE=$(json -r .next_cursor)
wait_for bob 60
expect_soon 10 waiting 2
TOKEN=$ALICE
send POST /tasks/bulk "$(jq -n --arg d "$(printf '%09000d' 0)" \
    '[range(10) | {op: "create", task: {title: "of many", description: $d}}]')"
expect_status 200
TOKEN=$BOB
new_task '{"title": "behind many"}'
expect_soon 10 grep -qs 'next_cursor' "$D/bob"
expect [ "$(jq -c '[.data[].task.title]' "$D/bob")" = '["behind many"]' ]

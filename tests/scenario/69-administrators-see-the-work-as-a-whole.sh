#!/bin/bash
# SPDX-License-Identifier: ISC
# Numbers of jobs by state and kind, what was put aside, and what each pool does
# are there for administrators, who have it sent once more.
# shellcheck source=tests/lib/lib.sh
. "${srcdir:-.}/tests/lib/lib.sh"
# shellcheck source=tests/lib/lib-jobs.sh
. "$TOP/tests/lib/lib-jobs.sh"

stack_up worker.children=2
job_script t.long max_retries=0 <<'END'
exec sleep 300
END
job_kind t.no command='exit 1' max_retries=0
begin worker
as admin

# told PATH JQ: what is answered there is so.
told() {
	api GET "$1" && [ "$STATUS" = 200 ] && json_is "$2"
}

step "a pool says what its children do"
expect_soon 20 told /workers '.data | length == 1'
expect_json '.data[0] | (.children_wanted == 2 and .relay
    and (.queues | index("errand")) and (.node | startswith("errand@"))
    and .runs.failed == 0)'
new_job t.long
LONG=$ID
expect_soon 20 told /workers ".data[0].children
    | map(select(.job_id == \"$LONG\" and .kind == \"t.long\")) | length == 1"
for _ in 1 2 3; do
	new_job t.no
done
expect_soon 20 job_states "kind = 't.no'" "$(printf 't.no failed\n%.0s' 1 2 3)"
expect_soon 20 told /workers '.data[0] | .runs.failed == 3
    and (.runs_by_kind | any(.kind == "t.no" and .runs == 3))'

step "jobs are counted by state and kind"
new_job t.no '' "now() + interval '1 h'"
api GET /jobs/summary
expect_status 200
expect_json '.by_state.failed == 3 and .by_state.queued == 1
    and .by_state.running == 1 and .oldest_due_at == null and .put_aside == 0'
expect_json '.kinds == [
    {kind: "t.long", by_state: {queued: 0, published: 0, running: 1,
	retrying: 0, failed: 0}, held: 0},
    {kind: "t.no", by_state: {queued: 1, published: 0, running: 0,
	retrying: 0, failed: 3}, held: 0}]'

step "what was put aside is shown"
redis_q lpush errand 'no message' >/dev/null
message nobody t.nobody '{}' "[[], {}, $NO_MORE]"
message other t.other '{}' "[[], {}, $NO_MORE]"
expect_soon 20 told /jobs/summary '.put_aside == 3'
api GET /jobs/aside
expect_json '(.data | length == 3) and .more == false'
expect_json '.data[] | select(.id == "nobody")
    | .kind == "t.nobody" and .queue == "errand" and .why != null'
expect_json '.data[] | select(.id == null) | .kind == null and .at != null'

step "and sent once more, as far as it can be"
api POST /jobs/redrive --json '{"id": "nowhere"}'
expect_status 200
expect_json '. == {redriven: 0, left: 0, more: false}'
api POST /jobs/redrive --json '{"id": 7}'
expect_problem 422
api POST "/jobs/$LONG/cancel" --json '{"terminate": true}'
expect_soon 20 job_is "$LONG" cancelled
end worker
api POST /jobs/redrive --json '{"kind": "t.nobody"}'
expect_json '. == {redriven: 1, left: 0, more: false}'
expect_same "the queue" "$(redis_q llen errand)" 1
api POST /jobs/redrive -d ''
expect_json '. == {redriven: 1, left: 1, more: false}'
expect_same "the queue" "$(redis_q llen errand)" 2
redis_q lpush $'errand\x06\x163' x y z >/dev/null
api GET /jobs/summary
expect_json '.queues == [{queue: "errand", waiting: [
    {priority: 0, messages: 2}, {priority: 3, messages: 3},
    {priority: 6, messages: 0}, {priority: 9, messages: 0}]}]'
expect_soon 20 told /workers '.data == []'

step "strangers' words about pools are no part of the answer"
NOW=$(date +%s)
redis_q zadd errand:nodes "$NOW" a "$NOW" b "$NOW" c >/dev/null
redis_q set errand:state:a '{"node": "a", "pid": "x", "secret": 1}' >/dev/null
redis_q set errand:state:b '{"node": "b"}, {' >/dev/null
redis_q set errand:state:c 7 >/dev/null
api GET /workers
expect_json '.data == [{node: "a"}]'

step "others are refused, and without the broker it is said"
as user
for path in /workers /jobs/summary /jobs/aside; do
	api GET "$path"
	expect_problem 403
done
api POST /jobs/redrive -d ''
expect_problem 403
as admin
end redis
expect_soon 20 told /jobs/summary '.put_aside == null and .queues == null
    and .by_state.failed == 3'
api GET /workers
expect_problem 503
api GET /jobs/aside
expect_problem 503
api POST /jobs/redrive -d ''
expect_problem 503

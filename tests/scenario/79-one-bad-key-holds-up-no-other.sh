#!/bin/bash
# SPDX-License-Identifier: ISC
# The broker refuses us a queue: it is named, its jobs wait, and all the others
# are sent, once; so are those whose messages were lost.
. "${srcdir:-.}/tests/lib/lib.sh"
. "$TOP/tests/lib/lib-jobs.sh"
stack_up worker.children=1
job_kind t.bad queue=bad
job_kind t.good queue=good
job_script t.ok <<<'exit 0'
KEYS=()
for each in errand unacked _kombu celery-task-meta- task / good; do
	KEYS+=("~$each*")
done
# rights RULE...: all that the worker's user of Redis may.
rights() {
	expect_same "Redis says" "$(redis_q ACL SETUSER app reset on '>pw' \
	    '&*' +@all "${KEYS[@]}" "$@")" OK
}
set_ini redis.username=app redis.password=pw
rights

step "a queue that may not be written holds up no other"
psql_q "INSERT INTO jobs (kind, run_at, relayed_at) VALUES
    ('t.good', now() - interval '2 s', now()),
    ('t.bad', now() - interval '1 s', now())"
begin worker
for _ in 1 2 3; do
	new_job t.ok
	expect_soon 20 job_is "$ID" succeeded
done
expect list_has good 1
expect grep -q 'queue was refused .*queue=bad' "$D/log/errand.log"
expect job_states "kind = 't.bad'" 't.bad queued'
refused() {
	[ "$(grep -c 'queue was refused' "$D/log/errand.log")" -ge "$1" ]
}
expect_soon 20 refused 3
# too_soon: when it was tried again before half of the pause that was said.
too_soon() {
	local at pause now last=0 wait=0
	sed -n 's/^\([^ ]*\) .*queue was refused .*retry_ms=\([0-9]*\).*/\1 \2/p' \
	    "$D/log/errand.log" | while read -r at pause; do
		now=$(date -d "$at" +%s%3N)
		[ $((now - last)) -ge $((wait / 2)) ] || echo "$at"
		last=$now wait=$pause
	done
}
expect_same "tried too soon" "$(too_soon)" ""

step "it is written when that is allowed"
rights '~bad*'
expect_soon 40 list_has bad 1
expect list_has good 1
expect_soon 10 job_states "kind = 't.bad'" 't.bad published'

step "a queue that may not be read holds up no other after a loss"
end worker
launch relay "$BUILD/errand-worker" -c "$D/errand.ini" --relay
new_job t.ok
expect_soon 20 job_is "$ID" published
rights '%W~bad*'
redis_q FLUSHDB >/dev/null
begin worker
expect_soon 40 job_is "$ID" succeeded
expect grep -q 'queue cannot be read.*queue=bad' "$D/log/errand.log"
expect_soon 40 list_has good 1
expect list_has bad 0
expect job_states "kind = 't.bad'" 't.bad published'
expect_soon 20 grep -q 'jobs stay published.* jobs=1 kind=t\.bad' \
    "$D/log/errand.log"

step "it is looked at again; what it has lost is sent again, too"
# named: the processes that named it.
named() {
	sed -n 's/.*\(errand-worker.*\] queue cannot be read\).*/\1/p' \
	    "$D/log/errand.log"
}
expect_soon 20 grep -q 'broker looked through: nothing is missing' \
    "$D/log/errand.log"
expect_same "who named it more than once" "$(named | sort | uniq -d)" ""
rights '~bad*'
expect_soon 40 list_has bad 1
expect_soon 10 job_states "kind = 't.bad'" 't.bad published'
expect_soon 10 grep -q 'queue can be read again queue=bad' "$D/log/errand.log"

step "who did a lost job before it is sent again is heard"
rights '~bad*' -lpush
redis_q FLUSHDB >/dev/null
expect_soon 40 job_states "kind = 't.bad'" 't.bad queued'
redis_q SET "celery-task-meta-$(psql_q "SELECT id FROM jobs
    WHERE kind = 't.bad'")" '{"status": "SUCCESS", "result": 1}' >/dev/null
rights '~bad*'
expect_soon 60 job_states "kind = 't.bad'" 't.bad succeeded'
expect_soon 20 list_has good 1

step "nor does a result that cannot be read"
IDS=()
for _ in 1 2 3 4; do
	new_job t.good
	IDS+=("$ID")
	expect_soon 20 job_is "$ID" published
done
redis_q LPUSH "celery-task-meta-${IDS[0]}" x >/dev/null
{
	printf '{"status": "SUCCESS", "result": "'
	head -c 3000000 /dev/zero | tr '\0' x
	printf '"}'
} | redis_q -x SET "celery-task-meta-${IDS[1]}" >/dev/null
redis_q SET "celery-task-meta-${IDS[2]}" '(1, 2)' >/dev/null
redis_q SET "celery-task-meta-${IDS[3]}" 'status: SUCCESS' >/dev/null
expect_soon 20 job_is "${IDS[3]}" succeeded
expect_soon 20 job_is "${IDS[2]}" failed
expect_soon 20 job_is "${IDS[1]}" succeeded
expect_soon 20 job_is "${IDS[0]}" failed
expect grep -q "result cannot be read job=${IDS[0]}" "$D/log/errand.log"

step "retried by hand, it is not what it came to before"
"$BUILD/errandctl" -c "$D/errand.ini" jobs retry "${IDS[0]}" >"$D/out"
expect_soon 20 job_is "${IDS[0]}" published
expect_same "results" "$(redis_q exists "celery-task-meta-${IDS[0]}")" 0
# So it is with one that somebody else has sent to us.
job_script t.again max_retries=0 <<'END'
echo begun >>again
[ "$(wc -l <again)" != 1 ] || exit 1
while [ ! -e go ]; do sleep .05; done
END
tell worker HUP
expect_soon 20 grep -q 'settings read again' "$D/log/errand.log"
message again t.again '{}' "[[], {}, $NO_MORE]"
told_again() {
	redis_q get celery-task-meta-again | grep -q "$1"
}
expect_soon 20 told_again FAILURE
row_of again
"$BUILD/errandctl" -c "$D/errand.ini" jobs retry "$ID" >"$D/out"
begun_again() {
	[ "$(wc -l <"$D/again")" = 2 ]
}
expect_soon 20 begun_again
expect_same "results" "$(redis_q exists celery-task-meta-again)" 0
: >"$D/go"
expect_soon 20 told_again SUCCESS

step "what may be revoked does not run while nobody can tell"
rights -zscore
redis_q ZADD errand:revoked "$(date +%s)" unwanted >/dev/null
message unwanted t.ok '{}' "[[], {}, $NO_MORE]"
new_job t.ok
expect_soon 20 job_is "$ID" succeeded
expect_soon 20 grep -q 'redis refused a command .*missing_right="run zscore"' \
    "$D/log/errand.log"
rights
expect_soon 20 row_of unwanted
expect_soon 20 job_is "$ID" cancelled
expect psql_is "SELECT count(*) FROM jobs WHERE message_id = 'unwanted'
    AND started_at IS NULL" 1

step "nor does a key of ours that is of another type, and it is named"
for each in errand:revoke errand:dead _kombu.binding.x; do
	redis_q SET "$each" x >/dev/null
done
new_job t.ok
expect_soon 20 job_is "$ID" succeeded
expect_soon 20 grep -q 'redis refused a command .* key=errand:revoke' \
    "$D/log/errand.log"
# The check of health says which key it is.
key_told() {
	"$BUILD/errandctl" -c "$D/errand.ini" health >"$D/health" 2>&1 || :
	grep -q "another type .*$1" "$D/health"
}
expect_soon 20 key_told errand:revoke
redis_q DEL errand:revoke errand:dead _kombu.binding.x >/dev/null

step "nor where somebody waits for an answer of remote control"
rights '~*.reply.celery.pidbox'
# ping NAME: who reads the answers under that name asks all workers.
ping() {
	redis_q SADD _kombu.binding.reply.celery.pidbox \
	    "$1"$'\x06\x16\x06\x16'"$1.reply.celery.pidbox" >/dev/null
	jq -nc --arg name "$1" '{body: ({method: "ping", arguments: {},
		destination: null, ticket: "t", reply_to: {routing_key: $name,
		    exchange: "reply.celery.pidbox"}} | tojson | @base64),
	     "content-encoding": "utf-8", "content-type": "application/json",
	     headers: {clock: 1, expires: 0},
	     properties: {body_encoding: "base64", delivery_tag: "t",
		delivery_info: {exchange: "celery.pidbox", routing_key: ""}}}' |
	    redis_q -x PUBLISH /0.celery.pidbox >/dev/null
}
redis_q SET a.reply.celery.pidbox x >/dev/null
ping a
ping b
expect_soon 20 list_has b.reply.celery.pidbox 2 # of two pools
expect grep -q 'redis refused a command .* key=a.reply.celery.pidbox' \
    "$D/log/errand.log"
end worker relay

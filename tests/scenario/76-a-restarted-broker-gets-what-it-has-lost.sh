#!/bin/bash
# SPDX-License-Identifier: ISC
# Jobs that others run, and a broker that is killed: what came back with its
# data is not sent again, nor what has a result there; all the rest is, once.
. "${srcdir:-.}/tests/lib/lib.sh"
. "$TOP/tests/lib/chaos.sh"
. "$TOP/tests/lib/lib-jobs.sh"
stack_up worker.children=1
job_kind t.theirs queue=stock
job_kind t.ours command=false
begin worker

# looked_through: the relay knows the broker of now, and has sent what it had
# to.
looked_through() {
	[ "$(redis_q get errand:broker | cut -d ' ' -f 1)" = "$(redis_q info \
	    server | tr -d '\r' | sed -n 's/^run_id://p')" ] && psql_is "SELECT count(*) FROM jobs
	    WHERE kind = 't.theirs' AND state = 'queued'" 0
}
# new_jobs N
new_jobs() {
	psql_q "INSERT INTO jobs (kind, relayed_at)
	    SELECT 't.theirs', now() FROM generate_series(1, $1)"
}
# sent LIST...: the ids of the messages there, sorted, copies too.
sent() {
	local list
	for list; do
		redis_q lrange "$list" 0 -1
	done | jq -r .headers.id | sort
}
# open_jobs: the ids of the rows that are not finished, sorted.
open_jobs() {
	psql_q "SELECT id FROM jobs WHERE kind = 't.theirs'
	    AND state = 'published'" | sort
}
# say_success: results of the jobs whose ids are read.
say_success() {
	local id
	while read -r id; do
		printf 'SET celery-task-meta-%s "%s"\n' "$id" \
		    "{\\\"status\\\":\\\"SUCCESS\\\",\\\"result\\\":1,\\\"task_id\\\":\\\"$id\\\"}"
	done | redis_q >/dev/null
}
# succeeded N
succeeded() {
	psql_is "SELECT count(*) FROM jobs WHERE kind = 't.theirs'
	    AND state = 'succeeded'" "$1"
}
# restart_redis [COMMAND...]: kills it behind the back of the worker, which
# has no chance to see what was done to it just before.
restart_redis() {
	crash redis
	[ $# -eq 0 ] || "$@"
	begin redis
	thaw worker
	expect_soon 30 looked_through
}
# saved: what was done is on the disk.
saved() {
	expect_same "saved to disk" "$(redis_q config set appendfsync always)" OK
}
expect_soon 20 looked_through

step "a first start is nothing to warn of"
expect_soon 20 in_log 'nothing is lost'
expect not in_log ' warning '

step "what waits in the broker, or is held by a worker, is not sent again"
new_jobs 10
expect_soon 20 list_has stock 10
freeze worker
saved
redis_q rpop stock | tr -d '\n' >"$D/taken"
redis_q hset unacked a-tag "[$(cat "$D/taken"), \"\", \"stock\"]" >/dev/null
redis_q lmove stock $'stock\x06\x169' RIGHT LEFT >/dev/null
redis_q lpush stock 'no message' >/dev/null
restart_redis
expect list_has stock 9
expect list_has $'stock\x06\x169' 1
redis_q lrem stock 1 'no message' >/dev/null
redis_q hdel unacked a-tag >/dev/null
redis_q lpush stock "$(cat "$D/taken")" >/dev/null
expect_same "what was sent" "$(sent stock $'stock\x06\x169')" "$(open_jobs)"

step "many pages of messages are looked through"
new_jobs 350
expect_soon 20 list_has stock 359
freeze worker
saved
restart_redis
expect_same "what was sent" "$(sent stock $'stock\x06\x169')" "$(open_jobs)"

step "what has succeeded is not sent again; what is nowhere is, once"
freeze worker
saved
open_jobs >"$D/open"
head -n 310 "$D/open" | say_success
psql_q "INSERT INTO jobs (message_id, kind, state, published_at, relayed_at)
    VALUES ('by-stock', 't.ours', 'published', now(), now())"
echo by-stock | say_success # that reads the same queue as the pool
redis_q del stock $'stock\x06\x169' >/dev/null
restart_redis
expect_soon 20 succeeded 310
expect_soon 20 list_has stock 50
expect_same "what was sent" "$(sent stock)" "$(tail -n 50 "$D/open")"
expect_same "results" "$(redis_q keys 'celery-task-meta-*' | wc -l)" 311
expect_same "what both may run" "$(psql_q "SELECT state, attempts FROM jobs
    WHERE message_id = 'by-stock'")" 'succeeded|0'
redis_q del celery-task-meta-by-stock >/dev/null

step "a broker without its data gets all that is not finished"
freeze worker
restart_redis forget_redis_data
expect_soon 20 list_has stock 50
expect_same "what was sent" "$(sent stock)" "$(tail -n 50 "$D/open")"
expect_soon 10 in_log \
    'lost=50 reason="the broker is another one"'
expect succeeded 310

step "many results are noted at once"
say_success <"$D/open"
expect_soon 20 succeeded 360

step "what is in the broker at its start is not sent to it either"
new_jobs 5
expect_soon 20 list_has stock 55
end worker
saved
crash redis
begin redis
begin worker
expect_soon 30 looked_through
expect list_has stock 55
end worker

step "what vanishes while the broker stays is sent again, but not what is there"
job_script t.ours <<<'exit 0'
set_ini broker.missing_after=5s
launch relay "$BUILD/errand-worker" -c "$D/errand.ini" --relay
for _ in 1 2 3; do
	new_job t.ours
	expect_soon 20 job_is "$ID" published
done
redis_q lpop errand >/dev/null
redis_q lpop errand >"$D/done"
jq -r .headers.id "$D/done" | say_success
done_is() {
	job_is "$(jq -r .headers.id "$D/done")" "$1"
}
expect_soon 60 done_is succeeded
expect_soon 60 grep -q 'lost=1 reason="they have vanished' "$D/log/errand.log"
expect_soon 20 list_has errand 2
expect list_has stock 55
begin worker
expect_soon 20 psql_is "SELECT count(*) FROM jobs WHERE kind = 't.ours'
    AND state <> 'succeeded'" 0
expect_same "runs" "$(psql_q "SELECT sum(attempts) FROM jobs
    WHERE kind = 't.ours'")" 2
end worker relay

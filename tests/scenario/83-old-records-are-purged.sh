#!/bin/bash
# SPDX-License-Identifier: ISC
# Jobs that ended long ago, and events if so wanted, go by themselves; what is
# young, or not at its end, stays.
. "${srcdir:-.}/tests/lib/lib.sh"
. "$TOP/tests/lib/lib-jobs.sh"
stack_up purge.jobs_age=30d purge.interval=30d

# old AGE STATE N: that many jobs that were made, and ended, so long ago.
old() {
	psql_q "INSERT INTO jobs (kind, state, created_at, finished_at, relayed_at)
	    SELECT 'old.$2', '$2', now() - interval '$1', CASE WHEN '$2' IN
	    ('succeeded', 'failed', 'cancelled') THEN now() - interval '$1' END,
	    now() FROM generate_series(1, $3)"
}

# left TABLE CONDITION: how many there are.
left() {
	psql_q "SELECT count(*) FROM $1 WHERE $2"
}

# purged N: so many runs have ended.
purged() {
	[ "$(left jobs "kind = 'errand.purge' AND state = 'succeeded'")" = "$1" ]
}

# others_done: every job but those for another queue has come to its end.
others_done() {
	[ "$(left jobs "kind <> 'old.published' AND state NOT IN
	    ('succeeded', 'failed', 'cancelled')")" = 0 ]
}

step "jobs that ended long ago go, however many they are"
job_kind old.published queue=elsewhere
old '31 days' succeeded 2500
old '31 days' failed 3
old '31 days' cancelled 3
old '31 days' published 2
old '29 days' succeeded 5
new_task '{"title": "Young"}'
psql_q "INSERT INTO task_events (task_id, version, action, actor, at)
    SELECT gen_random_uuid(), 1, 'deleted', 'x', now() - interval '400 days'
    FROM generate_series(1, 1500)"
psql_q "INSERT INTO task_events (task_id, version, action, actor, at, xid)
    SELECT gen_random_uuid(), 1, 'deleted', 'x', now() - interval '400 days', NULL
    FROM generate_series(1, 2)" # of before events had a transaction
psql_q "INSERT INTO webhook_deliveries (id, webhook_id, type, body, job_id,
    created_at, since) SELECT gen_random_uuid(), gen_random_uuid(), age, '{}',
    gen_random_uuid(), now() - age::interval, now() - since::interval
    FROM (VALUES ('31 days', '31 days'), ('31 days', '1 day'),
    ('29 days', '29 days')) AS sent (age, since)"
psql_q "INSERT INTO request_keys (id, fingerprint, created_at)
    SELECT sha256(age::bytea), sha256(age::bytea), now() - age::interval
    FROM unnest('{25 hours,40 days,23 hours}'::text[]) AS age"
begin worker
expect_soon 30 purged 1
expect_same "kept answers" "$(left request_keys true) of $(left request_keys \
    "created_at > now() - interval '1 day'")" "1 of 1"
expect_same "what was sent to webhooks, or again lately" \
    "$(left webhook_deliveries "since > now() - interval '30 days'") of $(left \
    webhook_deliveries true)" "2 of 2"
expect_same "old jobs" "$(left jobs "kind LIKE 'old.%'
    AND finished_at < now() - interval '30 days'")" 0
expect_same "young jobs" "$(left jobs "kind = 'old.succeeded'")" 5
expect_same "open jobs" "$(left jobs "kind = 'old.published'")" 2
expect_same "events" "$(left task_events true)" 1503
expect_soon 10 grep -q 'purged jobs=2506 events=0' "$D/log/errand.log"

step "it is done once in the interval, and events go if so wanted"
end worker
set_ini purge.events_age=365d
begin worker
new_task '{"title": "Another"}'
expect_soon 30 others_done
expect purged 1
expect_same "events" "$(left task_events true)" 1504
for reader in cache statistics webhooks; do
	expect_soon 20 log_read "$reader"
done
end worker
psql_q "DELETE FROM jobs WHERE kind = 'errand.purge'"
begin worker
expect_soon 30 purged 1
expect_same "events" "$(left task_events true)" 2

end worker

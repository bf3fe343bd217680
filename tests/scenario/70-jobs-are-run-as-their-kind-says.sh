#!/bin/bash
# SPDX-License-Identifier: ISC
# A task's jobs are sent, run and noted; commands decide by their exit status;
# what fails is tried again later and later; what is not due waits.
. "${srcdir:-.}/tests/lib/lib.sh"
. "$TOP/tests/lib/lib-jobs.sh"
stack_up worker.children=3

job_kind t.ok command='cat >/dev/null'
job_script t.show <<'END'
cat >>shown
env >>env
echo out
END
job_kind t.later command='echo not yet >&2; exit 75' max_retries=3 \
    backoff=300ms backoff_max=2s
job_kind t.no command='echo no way >&2; exit 1' max_retries=3
job_kind t.killed command='kill -9 $$' max_retries=2 backoff=10ms
job_script t.noisy <<'END'
head -c 100000 /dev/zero | tr '\0' x >&2
printf '\377end' >&2
exit 1
END
job_kind t.deaf command='exec <&-; exit 0'
job_kind t.lonely command='exec perl -e "1 while wait() != -1"'
job_script t.steps max_retries=0 stdout_result=on <<'END'
echo begun >>steps
sleep 300
echo after >>steps
END
job_script t.content max_retries=0 <<'END'
trap "exit 0" TERM
echo begun >>steps
while :; do sleep 1; done
END
# What is in the worker's environment is its own.
launch worker env "ERRAND_DATABASE_PASSWORD=$PASSWORD" "PGPASSWORD=$PASSWORD" \
    PGPASSFILE=/nowhere PGAPPNAME=errand-test REDISCLI_AUTH=secret \
    REDIS_URL=redis://user:secret@host T_KEPT=kept \
    "$BUILD/errand-worker" -c "$D/errand.ini"

step "the job of a new task is run"
new_task '{"title":"first"}'
expect_soon 20 job_states "task_id = '$ID'" \
    'errand.send_notification cancelled'

step "a command gets the job, and no password of ours"
new_job t.show '{"n": 12345678901234567890, "s": "\u00fc\""}'
expect_soon 20 job_is "$ID" succeeded
expect_same args "$(jq -r .args.s "$D/shown")" 'ü"'
expect grep -q '[^0-9]12345678901234567890[^0-9]' "$D/shown"
expect_same id "$(jq -r .id "$D/shown")" "$ID"
expect grep -qx "ERRAND_JOB_ID=$ID" "$D/env"
expect grep -qx "ERRAND_JOB_KIND=t.show" "$D/env"
expect grep -qx "ERRAND_JOB_ATTEMPT=1" "$D/env"
expect grep -qx "T_KEPT=kept" "$D/env"
expect_same "variables of Errand" "$(sed -n 's/^\(ERRAND_[^=]*\)=.*/\1/p' \
    "$D/env" | sort | tr '\n' ' ')" \
    'ERRAND_JOB_ATTEMPT ERRAND_JOB_ID ERRAND_JOB_KIND '
expect not grep -E '^(PG|REDIS)|secret' "$D/env"

step "its exit status decides"
new_job t.no; NO=$ID
new_job t.killed; KILLED=$ID
new_job t.noisy; NOISY=$ID
new_job t.deaf "{\"big\": \"$(head -c 100000 /dev/zero | tr '\0' y)\"}"; DEAF=$ID
expect_soon 20 job_is "$NO" failed
expect_soon 20 job_is "$KILLED" failed
expect_soon 20 job_is "$NOISY" failed
expect_soon 20 job_is "$DEAF" succeeded
new_job t.lonely
expect_soon 20 job_is "$ID" succeeded
expect_same error "$(job_get "$NO" last_error)" \
    'the command exited with status 1: no way'
expect_same error "$(job_get "$KILLED" last_error)" \
    'the command was killed by signal 9 (SIGKILL)'
expect_same attempts "$(job_get "$KILLED" attempts)" 3
expect job_get "$NOISY" "right(last_error, 4) = '?end'
    and length(last_error) between 1000 and 1100"
expect_same attempts "$(job_get "$NO" attempts)" 1

step "75 is tried again, with pauses that grow, until it is enough"
new_job t.later
# In one look: the pause may be over before the next.
expect_soon 20 job_get "$ID" "state = 'retrying' AND run_at > started_at AND
    last_error = 'the command exited with status 75: not yet'"
expect_soon 30 job_is "$ID" failed
expect_same attempts "$(job_get "$ID" attempts)" 4
expect job_get "$ID" "finished_at - created_at > '1 s'"

step "what is not due waits"
new_job t.ok '{}' "now() + interval '3 s'"
expect_soon 20 job_is "$ID" succeeded
expect job_get "$ID" 'started_at >= run_at'

step "a thousand jobs, each once"
psql_q "INSERT INTO jobs (kind, relayed_at) SELECT 't.ok', now()
    FROM generate_series(1, 1000)"
expect_soon 60 none_open
expect_same "runs that were one too many" "$(psql_q "SELECT count(*) FROM jobs
    WHERE kind = 't.ok' AND attempts <> 1")" 0
expect_same "messages that are left" "$(redis_q hlen unacked)" 0
expect_same "the queue" "$(redis_q llen errand)" 0

step "a job of a kind that this pool does not know waits for one that does"
new_job t.unknown
expect_soon 20 grep -q "unknown kind job=$ID" "$D/log/errand.log"
job_kind t.unknown command=true
tell worker HUP
expect_soon 30 job_is "$ID" succeeded
expect list_has errand.unregistered 0

step "one that is ended is cancelled, and no further step of it is run"
begun() {
	[ "$(grep -c begun "$D/steps" 2>/dev/null)" = "$1" ]
}
as admin
count=0
for kind in t.steps t.content; do
	new_job "$kind"
	for each in 1 2 3; do
		count=$((count + 1))
		expect_soon 20 begun "$count"
		api POST "/jobs/$ID/cancel" --json '{"terminate": true}'
		expect_status 202
		expect_soon 20 job_is "$ID" cancelled
		# Sent again at once, it is run again, once.
		[ "$each" = 3 ] || api POST "/jobs/$ID/retry" -d ''
		expect_status 202
	done
done
expect not grep after "$D/steps"

step "what is too large to be sent fails, and nothing else with it"
ID=$(psql_q "INSERT INTO jobs (kind, args, relayed_at) VALUES ('t.ok',
    jsonb_build_object('x', repeat('y', 2000000)), now()) RETURNING id")
LARGE=$ID
new_job t.ok
expect_soon 20 job_is "$ID" succeeded
expect_soon 20 job_is "$LARGE" failed
expect_soon 20 nothing_held

end worker

#!/bin/bash
# SPDX-License-Identifier: ISC
# At one exchange of the pool with PostgreSQL, Redis or the mail server a fault
# happens: a process dies or stands, the answer is an error, late, or lost.  All
# comes right by itself.  Here are a few of the points, contrib/crashpoints has
# all.
SHARE=${ERRAND_CRASHPOINTS_SHARE:-60} ONLY=${ERRAND_CRASHPOINTS_ONLY:-}
. "${srcdir:-.}/tests/lib/lib.sh"
. "$TOP/tests/lib/lib-jobs.sh"
. "$TOP/tests/lib/lib-mail.sh"
need python3 psql redis-server redis-cli jq
folder
postgres_new
begin redis
set_ini "redis.url=unix://$RUN/redis.sock" "log.file=$D/log/errand.log" \
    log.file_level=debug "mail.templates=$TOP/etc/templates" \
    mail.to=boss@example.org mail.from=errand@example.org mail.timeout=2s \
    database.query_timeout=1s database.retry_interval=100ms \
    broker.retry_interval=100ms broker.visibility_timeout=10s \
    worker.children=3 worker.shutdown_timeout=5s worker.node=faults@here \
    worker.relay_interval=100ms
mail_server
job_script t.ok backoff=100ms max_retries=20 <<'END'
printf '%s %s\n' "$(jq -r '.args.kwargs.name // .args.name')" "$(date +%s.%N)" >>ran
END
job_script t.twice backoff=100ms max_retries=20 <<'END'
name=$(jq -r '.args.kwargs.name // .args.name')
printf '%s %s\n' "$name" "$(date +%s.%N)" >>ran
[ -e "twice.$name" ] || { : >"twice.$name"; exit 75; }
END
job_script t.bad <<'END'
printf '%s %s\n' "$(jq -r '.args.kwargs.name // .args.name')" "$(date +%s.%N)" >>ran
exit 1
END
job_kind t.foreign queue=foreign
job_kind errand.send_notification backoff=100ms

step "one fault after the other"
PG=$PG python3 -B "$TOP/tests/lib/crashpoints.py" "$D" "$RUN" \
    "$BUILD/errand-worker" "$SHARE" "$ONLY" || fail "not all came right"

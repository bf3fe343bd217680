#!/bin/bash
# SPDX-License-Identifier: ISC
# At one exchange of the pool with PostgreSQL, Redis, the mail server or a webhook
# a fault happens: a process dies or stands, the answer is an error, late, or
# lost.  All comes right by itself.  Here are a few of the points,
# contrib/crashpoints has all.
SHARE=${ERRAND_CRASHPOINTS_SHARE:-60} ONLY=${ERRAND_CRASHPOINTS_ONLY:-}
PLANTED=${ERRAND_CRASHPOINTS_PLANTED:-}
. "${srcdir:-.}/tests/lib/lib.sh"
. "$TOP/tests/lib/lib-jobs.sh"
. "$TOP/tests/lib/lib-mail.sh"
. "$TOP/tests/lib/lib-webhooks.sh"
need cc python3 psql redis-server redis-cli
folder
postgres_new
end postgres
pg_run "$PG_BIN/postgres" --single -D "$DATA" postgres \
    <<<'ALTER ROLE errand CREATEDB' >>"$D/log/setup.log" 2>&1 ||
    fail "no right to make databases"
printf 'local all errand scram-sha-256\n' >>"$DATA/pg_hba.conf"
begin postgres
set_ini "redis.url=unix://$RUN/redis.sock" "log.file=$D/log/errand.log" \
    log.file_level=debug "mail.templates=$TOP/etc/templates" \
    mail.to=boss@example.org mail.from=errand@example.org mail.timeout=2s \
    database.query_timeout=1s database.retry_interval=100ms \
    broker.url="unix://$RUN/redis.sock" broker.retry_interval=100ms \
    broker.visibility_timeout=10s broker.missing_after=1h worker.children=3 \
    worker.shutdown_timeout=1s worker.node=faults@here \
    worker.relay_interval=100ms webhook.http=on webhook.allow=127.0.0.1 \
    webhook.timeout=10s
mail_server
endpoints
# Notes whose run begins, with few programs, as there are many points.
cat >"$D/begin" <<'END'
IFS= read -r name
name=${name#*'"name":'}
name=${name#*\"}
name=${name%%\"*}
printf '%s %s\n' "$name" "$(date +%s.%N)" >>ran
END
job_script t.ok backoff=100ms max_retries=20 <<<'. ./begin'
job_script t.twice backoff=100ms max_retries=20 <<'END'
. ./begin
[ -e "twice.$name" ] || { : >"twice.$name"; exit 75; }
END
job_script t.bad <<'END'
. ./begin
exit 1
END
# It ends when the pool was stopped once.
job_script t.slow backoff=100ms max_retries=20 <<'END'
. ./begin
[ -e "slow.$name" ] || { : >"slow.$name"; exec sleep 300; }
END
# The broker loses the message while its job runs.
job_script t.tagless <<END
. ./begin
redis-cli -s "$RUN/redis.sock" eval "
    local all = redis.call('HGETALL', KEYS[1])
    for i = 1, #all, 2 do
        if all[i + 1]:find(ARGV[1], 1, true) then
            redis.call('HDEL', KEYS[1], all[i])
            redis.call('ZREM', KEYS[2], all[i])
        end
    end" 2 unacked unacked_index "\$name" >/dev/null
END
job_kind t.foreign queue=foreign
job_kind t.stock queue=stock
job_kind errand.send_notification backoff=100ms
job_kind errand.deliver_webhook backoff=100ms backoff_max=1s max_retries=20

# A sanitizer wants to be the first library of all.
PRELOAD=''
if ! ldd "$BUILD/errand-worker" | grep -q asan; then
	PRELOAD=$D/crashkernel.so
	cc -shared -fPIC -O1 -o "$PRELOAD" "$TOP/tests/lib/crashkernel.c" \
	    >>"$D/log/setup.log" 2>&1 || fail "no library to preload"
fi

step "one fault after the other"
PG=$PG PRELOAD=$PRELOAD HOOK_PORT=$HOOK_PORT python3 -B \
    "$TOP/tests/lib/crashpoints.py" "$D" "$RUN" "$BUILD" \
    "$SHARE" "$ONLY" ${PLANTED:+"$PLANTED"} || fail "not all came right"

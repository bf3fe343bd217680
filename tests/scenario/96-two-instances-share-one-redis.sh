#!/bin/bash
# SPDX-License-Identifier: ISC
# Two instances, each with a database and a pool of its own, use one database of
# one Redis server: a prefix keeps their entries and their jobs apart, for
# Celery's programs as well.
. "${srcdir:-.}/tests/lib/lib.sh"
. "$TOP/tests/lib/lib-jobs.sh"
. "$TOP/tests/lib/lib-celery.sh"
celery_find
stack_up cache.key_prefix='[one]*' broker.key_prefix=one \
    worker.node=errand@one

step "another instance beside it"
end fcgi postgres
pg_run "$PG_BIN/postgres" --single -D "$DATA" postgres \
    >>"$D/log/setup.log" 2>&1 \
    <<<"CREATE DATABASE two OWNER errand TEMPLATE errand" || fail "no other database"
printf 'local two errand scram-sha-256\n' >>"$DATA/pg_hba.conf"
begin postgres
PG2=${PG/dbname=errand/dbname=two}
begin fcgi 2
expect_soon 20 ready
job_script t.who <<'END'
cat >/dev/null
echo one >>who
END
cp "$D/errand.ini" "$D/two.ini"
# two_ini SECTION KEY VALUE
two_ini() {
	ini_set "$D/two.ini" "$@" || fail "two.ini cannot be written"
}
two_ini database conninfo "$PG2"
two_ini cache key_prefix '[two]*'
two_ini broker key_prefix two
two_ini worker node errand@two
two_ini job:t.who command "echo two >>$D/who"
launch two spawn-fcgi -n -s "$RUN/two.sock" -M 0600 -- \
    "$BUILD/errand.fcgi" -c "$D/two.ini" || fail "no other errand.fcgi"
expect_soon 20 test -S "$RUN/two.sock"
begin worker
launch worker2 "$BUILD/errand-worker" -c "$D/two.ini" &&
    retry 5 test -s "$D/proc/worker2" || fail "no second worker"
# two METHOD URI [ARGUMENT...]: as fcgi, at the other instance.
two() {
	STATUS=$("$TOP/tests/lib/fcgi-client" "$RUN/two.sock" "$HEADERS" \
	    "$BODY" "$1" "$2" --param "HTTP_AUTHORIZATION=Bearer $TOKEN" \
	    "${@:3}") || fail "fcgi-client failed"
	ASKED=''
}
# cached api|two PATH: it is served from the cache.
cached() {
	"$1" GET "$2"
	expect_status 200
	[ "$(header x-cache)" = hit ]
}

step "each has a cache of its own"
new_task '{"title": "Of the first"}'
FIRST=$ID
two POST /tasks --stdin '{"title": "Of the second"}'
expect_status 201
SECOND=$(json .id)
for each in 1 2; do
	expect_soon 10 cached api "/tasks/$FIRST"
	expect_soon 10 cached two "/tasks/$SECOND"
	expect_soon 10 cached api /tasks
	expect_json "[.data[].id] == [\"$FIRST\"]"
	expect_soon 10 cached two /tasks
	expect_json "[.data[].id] == [\"$SECOND\"]"
done
api GET "/tasks/$SECOND"
expect_status 404
two GET "/tasks/$FIRST"
expect_status 404
expect_same "keys of nobody" "$(redis_q --scan |
    grep -vE '^(\[one]\*|\[two]\*|one|two)' || true)" ""
send PATCH "/tasks/$FIRST" '{"title": "Changed"}'
expect_status 200
expect cached two "/tasks/$SECOND"

step "to flush one leaves the other's"
flushed=$("$BUILD/errandctl" -c "$D/errand.ini" cache flush) ||
    fail "not flushed"
say "$flushed"
expect_same "entries of the first" "$(redis_q --scan --pattern '\[one]*')" ""
expect cached two "/tasks/$SECOND"

step "each pool counts the changes and runs the jobs of its own"
# counted_in CONNINFO: each of its tasks, and no other.
counted_in() {
	[ "$(psql -XAtqd "$1" -c "SELECT count(*) > 0 AND count(*) =
	    (SELECT sum(created) FROM stats_days) FROM tasks")" = t ]
}
expect_soon 30 counted_in "$PG"
expect_soon 30 counted_in "$PG2"
all_written() {
	[ "$(wc -l <"$D/who")" = 10 ]
}
for python in "${PYTHONS[@]}"; do
	say "with Celery $(version_of "$python")"
	celery_app "app.conf.broker_transport_options['global_keyprefix']='two'" \
	    "app.conf.result_backend_transport_options = \\
	        {'global_keyprefix': 'two'}"
	rm -f "$D/who"
	# 5.2 knows no prefix for results
	celery_python "$python" <<-'END' || fail "no result"
		sent = [app.send_task('t.who') for i in range(10)]
		if app.backend.task_keyprefix.startswith(b'two'):
		    for each in sent:
		        each.get(timeout=60)
	END
	expect_soon 30 all_written
	expect_same "who ran them" "$(sort "$D/who" | uniq -c | tr -s ' ')" \
	    " 10 two"
	celery_do "$python" inspect -t 5 --json ping >"$D/ping" ||
	    fail "nobody answers"
	expect_same "who answers" "$(jq -r 'keys[]' "$D/ping")" errand@two
done
expect_same "keys of nobody" "$(redis_q --scan |
    grep -vE '^(\[one]\*|\[two]\*|one|two)' || true)" ""
end worker2 two

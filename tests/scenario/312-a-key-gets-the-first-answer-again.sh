#!/bin/bash
# SPDX-License-Identifier: ISC
# What a POST with an Idempotency-Key was answered first it is answered again, by
# any process, and nothing is made twice; another request with the key is refused.
. "${srcdir:-.}/tests/lib/lib.sh"
. "$TOP/tests/lib/lib-jobs.sh"
stack_up database.query_timeout=60s webhook.allow=127.0.0.0/8 webhook.http=on

# keyed KEY PATH [JSON]: a POST with that key, as it stands in the header.
keyed() {
	if [ $# -gt 2 ]; then
		send POST "$2" "$3" -H "Idempotency-Key: $1"
	else
		api POST "$2" -H "Idempotency-Key: $1" -d ''
	fi
}

# twice STATUS KEY PATH [JSON]: the same answer, whoever gives it.
twice() {
	local status=$1 head
	shift
	keyed "$@"
	expect_status "$status"
	expect_no_header Idempotency-Replayed
	cp "$BODY" "$D/first"
	head=$(answer_head)
	for _ in 1 2 3 4 5 6; do
		keyed "$@"
		expect_status "$status"
		expect_header Idempotency-Replayed true
		expect cmp -s "$D/first" "$BODY"
		expect_same "header" "$(answer_head)" "$head"
	done
}

answer_head() {
	local name
	for name in Location ETag Content-Type Cache-Control; do
		printf '%s: %s\n' "$name" "$(header "$name")"
	done
}

# rows TABLE [CONDITION]
rows() {
	psql_q "SELECT count(*) FROM $1 WHERE ${2:-true}"
}

step "a task is made once, and seen at once"
api GET /tasks
twice 201 '"a b"' /tasks '{"title": "one"}'
expect_header Location "/tasks/$(json -r .id)"
expect_header ETag '"1-.*"'
expect_same tasks "$(rows tasks)" 1
expect_same events "$(rows task_events)" 1
expect_same mails "$(rows jobs)" 1
api GET /tasks
expect_json '.data | length == 1'
twice 201 "$(printf '%0255d' 0)" /tasks '{"title": "bare"}'
keyed "\"$(printf '%0255d' 0)\"" /tasks '{"title": "bare"}'
expect_header Idempotency-Replayed true
expect_same tasks "$(rows tasks)" 2

step "the key belongs to one request of one sender"
keyed '"a b"' /tasks '{"title": "two"}'
expect_problem 422
expect_json '.errors | length == 1 and .[0].parameter == "Idempotency-Key" and
    .[0].loc == ["header", "Idempotency-Key"]'
as admin
keyed '"a b"' "/webhooks/$(json -r .request_id)/test"
expect_problem 404
keyed '"a b"' /tasks '{"title": "one"}'
expect_status 201
expect_no_header Idempotency-Replayed
as user
expect_same tasks "$(rows tasks)" 3

step "what was refused is not kept"
keyed k /tasks '{"titel": "three"}'
expect_problem 422
keyed k /tasks '{"title": "three"'
expect_problem 400
as nobody
keyed k /tasks '{"title": "three"}'
expect_problem 401
as user
twice 201 k /tasks '{"title": "three"}'
for key in '""' '"a' 'a b' '"a", "b"' 'a;b' '"ä"' \
    "$(printf '%0256d' 0)"; do
	keyed "$key" /tasks '{"title": "four"}'
	expect_problem 400
done
fcgi POST /tasks --param HTTP_IDEMPOTENCY_KEY= --stdin '{"title": "four"}'
expect_problem 400
expect_same tasks "$(rows tasks)" 4

step "while it is made it waits for nobody"
exec {sql}> >(exec psql -XAtq -d "$PG" >>"$D/log/lock.log" 2>&1)
printf 'BEGIN; LOCK TABLE tasks; SELECT 1;\n' >&"$sql"
expect_soon 10 test -s "$D/log/lock.log"
curl -qsS -m 60 -o "$D/slow" -H "Authorization: Bearer $TOKEN" \
    -H 'Idempotency-Key: slow' --json '{"title": "slow"}' \
    "http://127.0.0.1:$PORT/tasks" &
slow=$!
expect_soon 10 psql_is "SELECT count(*) FROM pg_locks
    WHERE locktype = 'advisory' AND granted" 1
keyed '"slow"' /tasks '{"title": "slow"}'
expect_problem 409
expect_header Retry-After 1
printf 'ROLLBACK;\n' >&"$sql"
wait "$slow"
exec {sql}>&-
keyed '"slow"' /tasks '{"title": "slow"}'
expect_status 201
expect_header Idempotency-Replayed true
expect cmp -s "$D/slow" "$BODY"

step "it is kept for as long as it is said"
psql_q "UPDATE request_keys SET created_at = now() - interval '23 hours'"
keyed slow /tasks '{"title": "slow"}'
expect_header Idempotency-Replayed true
psql_q "UPDATE request_keys SET created_at = now() - interval '25 hours'"
twice 201 slow /tasks '{"title": "anew"}'
expect_same "tasks" "$(rows tasks "title IN ('slow', 'anew')")" 2

step "each POST has it"
as admin
twice 201 hook /webhooks '{"url": "http://127.0.0.1:9/"}'
HOOK=/webhooks/$(json -r .id)
expect_same webhooks "$(rows webhooks)" 1
twice 200 secret "$HOOK/secret"
twice 202 test "$HOOK/test"
expect_same deliveries "$(rows webhook_deliveries)" 1
psql_q "UPDATE webhook_deliveries SET state = 'delivered'"
twice 202 replay "$HOOK/deliveries/$(json -r .id)/replay"
expect_same attempts "$(rows jobs "kind = 'errand.deliver_webhook'")" 2
JOB=/jobs/$(psql_q "SELECT id FROM jobs ORDER BY created_at LIMIT 1")
twice 202 cancel "$JOB/cancel" '{"terminate": true}'
twice 202 retry "$JOB/retry"
api GET "$JOB"
expect_json '.state == "queued"'
twice 202 again "$JOB/cancel"
# logged: once for each, though lines may come a little later.
logged() {
	[ "$(grep -c 'webhook changed' "$D/log/errand.log")" = 4 ]
}
expect_soon 10 logged

step "other methods have If-Match"
as user
new_task '{"title": "p"}'
for title in q r; do
	send PATCH "/tasks/$ID" "{\"title\": \"$title\"}" \
	    -H 'Idempotency-Key: k'
	expect_status 200
	expect_json --arg title "$title" '.title == $title'
done

step "Redis may be away, PostgreSQL may not"
end redis
twice 201 away /tasks '{"title": "away"}'
expect_same tasks "$(rows tasks "title = 'away'")" 1
end postgres
keyed away /tasks '{"title": "away"}'
expect_problem 503
begin postgres
# back: the answer that was kept.
back() {
	keyed away /tasks '{"title": "away"}'
	[ "$STATUS" = 201 ]
}
expect_soon 20 back
expect_header Idempotency-Replayed true

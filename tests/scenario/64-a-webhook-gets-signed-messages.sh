#!/bin/bash
# SPDX-License-Identifier: ISC
# What is sent to a webhook is signed and sent until it is taken; an endpoint that
# hangs, resets, redirects or answers without an end holds up no other, and no
# address that only this host can reach is reached.
# The dollars in single quotes are jq's.
# shellcheck disable=SC2016
. "${srcdir:-.}/tests/lib/lib.sh"
. "$TOP/tests/lib/lib-jobs.sh"
. "$TOP/tests/lib/lib-webhooks.sh"
stack_up webhook.http=on webhook.allow=127.0.0.1 webhook.timeout=2s \
    tasks.extra=due:date
job_kind errand.deliver_webhook backoff=10ms \
    backoff_max=500ms max_retries=100000 children=0
endpoints
verifiers
begin worker

step "only administrators make webhooks, and the secret is shown once"
as user
send POST /webhooks '{"url": "https://example.org/"}'
expect_problem 403
new_webhook /ok-a '"description": "mine", "events": ["task.created"]'
expect_header Location "/webhooks/$HOOK"
expect_json --arg s "$SECRET" '.secret == $s and .enabled and
    .description == "mine" and .events == ["task.created"] and
    .created_by == "root"'
api GET "/webhooks/$HOOK"
expect_status 200
expect_json 'has("secret") | not'
api GET /webhooks
expect_json --arg id "$HOOK" '.data | length == 1 and .[0].id == $id and
    (.[0] | has("secret") | not)'
expect_same "the secret in the log" \
    "$(grep -cF "${SECRET#whsec_}" "$D/log/errand.log" || :)" 0

step "all that is wrong with a body is told at once"
send POST /webhooks '{"url": "ftp://a", "events": ["x"], "enabled": 1,
    "descripton": "a", "secret": "b"}'
expect_problem 422
expect_json '.errors | map(.pointer) == ["/url", "/events", "/enabled",
    "/descripton", "/secret"]'
for url in http://10.0.0.1/ 'http://[::1]/' http://169.254.169.254/latest \
    http://0xa.1:1/ http://user:pw@example.org/ https://a.example/#b \
    'http://[::ffff:10.0.0.1]/' 'https://a b/' 'http://[64:ff9b::7f00:1]/'; do
	send POST /webhooks "{\"url\": \"$url\"}"
	[ "$STATUS" = 422 ] || fail "$url is taken: $STATUS"
	expect_json '.errors[0].pointer == "/url"'
done

step "changes are made by whoever has seen the latest"
api GET "/webhooks/$HOOK"
TAG=$(header ETag)
send PATCH "/webhooks/$HOOK" '{"description": null}' -H "If-Match: $TAG"
expect_status 200
expect_json '.description == null and .events == ["task.created"]'
send PATCH "/webhooks/$HOOK" '{"enabled": false}' -H "If-Match: $TAG"
expect_problem 412
api DELETE "/webhooks/$HOOK" -H "If-Match: $TAG"
expect_problem 412
for what in created updated; do
	expect_soon 5 grep -q "webhook changed what=$what webhook=$HOOK user=root" \
	    "$D/log/errand.log"
done

step "a test is sent, signed, once"
new_test
expect_soon 20 delivery_is '.state == "delivered"'
expect asked_is /ok-a 1
ONE=$(asked /ok-a)
expect signed "$SECRET" "$ONE"
not signed "whsec_$(printf %032d 0 | base64)" "$ONE" ||
    fail "any secret will do"
expect jq -e --arg id "$DELIVERY" '.method == "POST" and (.headers |
    ."webhook-id" == $id and ."content-type" == "application/json")' <<<"$ONE"
expect jq -e --arg id "$HOOK" '.body | @base64d | fromjson |
    .type == "webhook.test" and .data.webhook_id == $id' <<<"$ONE"
expect_soon 10 job_is "$JOB" succeeded
delivery_is '.attempts == 1 and .status == 204 and .error == null' ||
    fail "the delivery is not as it was"

step "a replay has the same id, and a pending one is refused"
api POST "/webhooks/$HOOK/deliveries/$DELIVERY/replay" -d ''
expect_status 202
expect_soon 20 delivery_is '.state == "delivered" and .attempts == 2'
expect_same "ids" "$(asked /ok-a | jq -r '.headers."webhook-id"' | sort -u)" \
    "$DELIVERY"
api POST "/webhooks/$HOOK/deliveries/$HOOK/replay" -d ''
expect_problem 404

step "two secrets are in force after a rotation"
FIRST=$SECRET
send POST "/webhooks/$HOOK/secret" '{"overlap": 3600}'
expect_status 200
SECRET=$(json .secret)
expect_json '.previous_secret_until != null'
new_test
expect_soon 20 delivery_is '.state == "delivered"'
ONE=$(asked /ok-a | tail -n 1)
expect signed "$SECRET" "$ONE"
expect signed "$FIRST" "$ONE"
send POST "/webhooks/$HOOK/secret" '{"overlap": 0}'
new_test
expect_soon 20 delivery_is '.state == "delivered"'
not signed "$SECRET" "$(asked /ok-a | tail -n 1)" ||
    fail "a secret is in force that is not any more"
SECRET=''

step "each change is told once, to those who want it, in an order"
new_webhook /ok-all
ALL=$HOOK
new_webhook /ok-gone '"events": ["task.deleted"]'
new_webhook /ok-off '"enabled": false'
as user
new_task '{"title": "one", "description": "d", "extra": {"due": "2026-12-01"}}'
send PATCH "/tasks/$ID" '{"status": "completed", "extra": null}'
TAG=$(header ETag)
as admin
api DELETE "/tasks/$ID" -H "If-Match: $TAG"
expect_status 204
expect_soon 30 asked_is /ok-all 3
expect_soon 30 asked_is /ok-gone 1
asked /ok-all | jq -s 'map(.body | @base64d | fromjson) |
    sort_by(.data.event)' >"$BODY"
expect_json --arg id "$ID" 'map(.type) ==
    ["task.created", "task.updated", "task.deleted"] and
    map(.data.version) == [1, 2, 3] and all(.[]; .data.task_id == $id and
    (.timestamp | test("^20[0-9-]+T[0-9:.]+Z$")))'
expect_json '.[0].data | .actor == "alice" and .changes.title == "one" and
    .changes.extra == {"due": "2026-12-01"}'
expect_json '.[1].data | .changes ==
    {"status": {"from": "pending", "to": "completed"},
    "extra": {"from": {"due": "2026-12-01"}, "to": null}}'
expect_json '.[2].data | .task == null and .actor == "root"'
api GET "/tasks/$ID/events"
expect_same numbers "$(json -c '.data | map(.id)')" "$(psql_q "SELECT
    json_agg(event ORDER BY event DESC)::jsonb FROM webhook_deliveries
    WHERE webhook_id = '$ALL'" | tr -d ' ')"
expect asked_is /ok-off 0

step "also while pools are killed each change becomes one delivery"
as user
for round in 1 2 3; do
	for n in 1 2 3 4 5 6 7 8; do
		new_task "{\"title\": \"$round $n\"}"
	done
	crash worker
	begin worker
done
deliveries() {
	psql_is "SELECT count(*), count(DISTINCT event), count(*) FILTER
	    (WHERE state = 'delivered') FROM webhook_deliveries
	    WHERE webhook_id = '$ALL'" '27|27|27'
}
expect_soon 120 deliveries
expect_same "what was told" "$(asked /ok-all |
    jq -r '.headers."webhook-id"' | sort -u | wc -l)" 27

step "endpoints that hang, reset, redirect or never end hold up no other"
declare -A BAD=()
for path in /hang /reset /redirect /endless /500; do
	new_webhook "$path"
	new_test
	BAD[$path]=$HOOK/$DELIVERY
done
new_webhook /ok-b
new_test
expect_soon 30 delivery_is '.state == "delivered"'
# bad PATH FILTER: it is true of the delivery to it.
bad() {
	HOOK=${BAD[$1]%/*}
	delivery_is "$2" "${BAD[$1]#*/}"
}
expect_soon 30 bad /endless '.state == "delivered" and .status == 200'
expect_soon 30 bad /hang '.attempts > 0 and .status == null and
    (.error | contains("timed out"))'
expect_soon 30 bad /reset '.attempts > 0 and .status == null'
expect_soon 30 bad /redirect '.attempts > 1 and .status == 307'
expect_soon 30 bad /500 '.attempts > 1 and .status == 500 and
    .answer == "no, since I say so" and
    .error == "the endpoint answered 500"'
expect asked_is /ok-elsewhere 0
expect_same "ids of all tries" "$(asked /500 | jq -r '.headers."webhook-id"' |
    sort -u)" "${BAD[/500]#*/}"

step "what failed is taken in the end"
echo '500 redirect' >"$D/hooks/well"
expect_soon 60 bad /500 '.state == "delivered" and .attempts > 1'
expect_soon 60 bad /redirect '.state == "delivered"'

step "and when one that did not answer does, its pause is over"
echo 'reset' >"$D/hooks/well"
expect_same "the pause before" "$(psql_q "UPDATE webhooks SET paused_until = now()
    WHERE id = '${BAD[/reset]%/*}' RETURNING failures > 0")" t
reset_is_taken() {
	psql_q "UPDATE jobs SET run_at = now() WHERE state = 'retrying' AND
	    args->>'delivery_id' = '${BAD[/reset]#*/}'"
	bad /reset '.state == "delivered"'
}
expect_soon 30 reset_is_taken
expect_same "the pause behind" "$(psql_q "SELECT failures, paused_until IS NULL
    FROM webhooks WHERE id = '${BAD[/reset]%/*}'")" '0|t'

step "410 disables the webhook, and Retry-After is heeded"
new_webhook /410
new_test
expect_soon 30 delivery_is '.state == "failed" and .status == 410'
api GET "/webhooks/$HOOK"
expect_json '(.enabled | not) and (.disabled_reason | contains("410"))'
expect grep -q "webhook is disabled.* webhook=$HOOK" "$D/log/errand.log"
send PATCH "/webhooks/$HOOK" '{"enabled": true}'
expect_json '.enabled and .disabled_reason == null'
echo 3600 >"$D/hooks/after"
for status in 429 503; do
	new_webhook "/$status"
	new_test
	expect_soon 30 delivery_is ".attempts == 1 and .status == $status and
	    .next_at != null"
	expect_same "the pause" "$(psql_q "SELECT run_at > now() +
	    interval '50 min' FROM jobs WHERE id = '$JOB'")" t
	new_test
	expect_soon 30 job_is "$JOB" retrying
	expect_same "the other's pause" "$(psql_q "SELECT run_at > now() +
	    interval '50 min' FROM jobs WHERE id = '$JOB'")" t
	expect asked_is "/$status" 1
done

step "what is cancelled, disabled or deleted is sent no more"
api POST "/jobs/$JOB/cancel" -d ''
expect_status 202
expect delivery_is '.state == "failed" and (.error | contains("cancelled"))'
api POST "/webhooks/$HOOK/deliveries/$DELIVERY/replay" -d ''
expect_status 202
api POST "/webhooks/$HOOK/deliveries/$DELIVERY/replay" -d ''
expect_problem 409
JOB=$(psql_q "SELECT job_id FROM webhook_deliveries WHERE id = '$DELIVERY'")
api DELETE "/webhooks/$HOOK"
expect_status 204
psql_q "UPDATE jobs SET run_at = now() WHERE id = '$JOB'"
expect_soon 30 job_is "$JOB" cancelled
api GET "/webhooks/$HOOK/deliveries"
expect_problem 404

step "what a name leads to is judged when it is connected to"
end worker
set_ini webhook.allow=10.9.8.7
begin worker
expect_same "names of this host" "$(getent ahostsv4 localhost |
    awk '{ print $1; exit }')" 127.0.0.1
as admin
send POST /webhooks "{\"url\": \"http://localhost:$HOOK_PORT/ok-c\"}"
expect_status 201
HOOK=$(json .id)
new_test
expect_soon 30 delivery_is '.attempts > 1 and .status == null and
    (.error | contains("loopback"))'
expect asked_is /ok-c 0

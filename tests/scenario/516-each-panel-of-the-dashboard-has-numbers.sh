#!/bin/bash
# SPDX-License-Identifier: ISC
# A real Prometheus takes the metrics and the alert rules, and has an answer to
# each expression of the dashboard; an alert comes and goes with its cause.
# The dollars in single quotes are jq's and Grafana's.
# shellcheck disable=SC2016
. "${srcdir:-.}/tests/lib/lib.sh"
. "$TOP/tests/lib/lib-mail.sh"
. "$TOP/tests/lib/lib-stream.sh"
. "$TOP/contrib/lib/monitoring.sh"
need prometheus promtool jq
BOARD=$TOP/contrib/monitoring/errand-dashboard.json
PROM_INTERVAL=1s
stack_up mail.from=errand@example.org "${STREAM[@]}"
mail_server
begin worker
begin_stream
listen one
metrics_start_from $((PORT + 1)) >>"$D/log/setup.log" 2>&1 ||
    fail "errand-metrics did not start"
prometheus_start_from $((METRICS_PORT + 1)) >>"$D/log/setup.log" 2>&1 ||
    fail "Prometheus did not start"

# query EXPRESSION: the answer of Prometheus, in BODY.
query() {
	prometheus_get /api/v1/query --data-urlencode "query=$1" >"$BODY"
}
# has_numbers EXPRESSION: at least one; what had nothing to divide has none.
has_numbers() {
	query "$1" && jq -e '.data.result |
	    any(.value[1] | test("^-?[0-9.]+(e[-+]?[0-9]+)?$"))' \
	    "$BODY" >/dev/null
}
# fires ALERT.
fires() {
	has_numbers "ALERTS{alertname=\"$1\", alertstate=~\"pending|firing\"}"
}

# traffic: a bit of everything that a panel tells of.
traffic() {
	as user
	new_task '{"title": "Seen"}'
	api GET "/tasks/$ID"
	api GET "/tasks/$ID"
	api GET /tasks
	api GET "/tasks/$ID/events"
	api PATCH "/tasks/$ID" --json '{"status": "completed"}'
	api GET /tasks/none
	TOKEN=a.b.c
	api GET /tasks
	as user
}

step "Prometheus has loaded all rules, and none of them is at fault"
rules_are_well() {
	prometheus_get /api/v1/rules >"$BODY" &&
	    jq -e '[.data.groups[].rules[]] | length > 0 and
	    all(.health == "ok")' "$BODY" >/dev/null
}
expect_soon 20 rules_are_well
expect_same "rules" "$(json '[.data.groups[].rules[]] | length')" \
    "$(grep -c '^ *- alert:' "$TOP/contrib/monitoring/errand.rules.yaml")"

step "each expression of the dashboard has an answer"
jq -r '[.. | .targets? // empty | .[].expr] | .[]' "$BOARD" |
    sed 's/\$job/errand/g; s/\$__rate_interval/5m/g' >"$D/expressions"
[ "$(wc -l <"$D/expressions")" -ge 30 ] || fail "there are few expressions"
! grep -F '$' "$D/expressions" || fail "a variable is not known here"
# answered EXPRESSION: traffic goes on until there are two scrapes to compare.
answered() {
	has_numbers "$1" || { traffic && false; }
}
while IFS= read -r expression; do
	say "  $expression"
	expect_soon 30 answered "$expression"
done <"$D/expressions"

step "its variable finds the job"
expect_same "the job" "$(prometheus_get /api/v1/series \
    --data-urlencode 'match[]=errand_build_info' | jq -r '.data[].job')" errand

step "no alert fires while all is well"
expect not fires ErrandMetricsDown
expect not fires ErrandNoPool
expect not fires ErrandNoProcesses

step "an alert comes with its cause, and goes with it"
end worker
expect_soon 30 fires ErrandNoPool
begin worker
gone_again() {
	not fires ErrandNoPool
}
expect_soon 30 gone_again
end metrics
expect_soon 30 fires ErrandMetricsDown
# What it marks in the panels, before they have waited for long enough.
marks=$(jq -r '.annotations.list[].target.expr' "$BOARD" |
    sed 's/"firing"/"pending"/')
expect_soon 30 has_numbers "$marks"

#!/bin/bash
# SPDX-License-Identifier: ISC
# Flower lists the pool as a worker, and its jobs from their beginning to
# their end.
. "${srcdir:-.}/tests/lib/lib.sh"
. "$TOP/tests/lib/lib-jobs.sh"
. "$TOP/tests/lib/lib-celery.sh"
python=$(venv_python) ||
    skip "Flower is not here: contrib/celery-venv gets it"
"$python" -c 'import flower' 2>/dev/null || skip "Flower is not installed"
stack_up worker.children=2 worker.node=errand@test
celery_app
job_kind t.ok command='cat >/dev/null'
job_kind t.no command='echo "no way" >&2; exit 1' max_retries=0
job_kind t.later command='cat >/dev/null; exit 75' backoff=1h backoff_max=1h
begin worker

# flower_page PATH: fetches it into BODY; it is there.
flower_page() {
	[ "$(curl -qs -m 20 --noproxy '*' -o "$BODY" -w '%{http_code}' \
	    "http://127.0.0.1:$FLOWER$1")" = 200 ]
}

# flower_json PATH FILTER: and the filter finds truth.
flower_json() {
	flower_page "$1" && json_is "$2"
}

flower_start() {
	FLOWER=$FREE
	launch flower env PYTHONPATH="$D" HOME="$D" \
	    FLOWER_UNAUTHENTICATED_API=true "$python" -m celery -A tapp \
	    --workdir "$D" flower --address=127.0.0.1 --port="$FLOWER" &&
	    await flower 60 flower_page /workers
}

task_is() {
	flower_json "/api/task/info/$1" ".state == \"$2\""
}

on_a_port flower_start

step "the worker's pages"
expect_soon 30 flower_json /api/workers '.["errand@test"].stats.pid > 1'
expect_soon 30 flower_json '/api/workers?refresh=1&workername=errand@test' '.["errand@test"] |
    (.registered | index("t.ok")) and .stats.pid > 1 and
    .active_queues[0].name == "errand" and .conf.worker_concurrency == 2 and
    .active == [] and .reserved == [] and .scheduled == [] and
    .revoked == []'
expect flower_page /workers
expect_soon 30 flower_json '/workers?json=1' '.data[] |
    .hostname == "errand@test" and .status and .sw_ident == "errand"'
expect flower_page /worker/errand@test
expect grep -q 'errand@test' "$BODY"

step "jobs as they go"
new_job t.ok '{"n": 7}'
OK=$ID
expect_soon 30 task_is "$OK" SUCCESS
expect json_is '.name == "t.ok" and .worker == "errand@test" and
    .runtime > 0 and (.kwargs | test("\"n\": ?7"))'
new_job t.no
expect_soon 30 task_is "$ID" FAILURE
expect json_is '.exception | test("no way")'
new_job t.later
expect_soon 30 task_is "$ID" RETRY
new_job t.ok '{}' "now() + interval '1 hour'"
celery_do "$python" control -t 5 revoke "$ID" >/dev/null
expect_soon 30 task_is "$ID" REVOKED
expect flower_page /tasks
expect flower_page "/task/$OK"
expect grep -q 't\.ok' "$BODY"
expect flower_page /metrics
expect grep -q 'flower_events_total{.*type="task-succeeded".*worker="errand@test"' "$BODY"

step "it is told when the pool goes"
expect flower_json '/api/workers?status=1' '.["errand@test"] == true'
end worker
expect_soon 30 flower_json '/api/workers?status=1' '.["errand@test"] != true'
end flower

#!/bin/bash
# SPDX-License-Identifier: ISC
# The worker counts each change once: GET /stats says how many tasks there are
# in each status, and what happened on each of the last thirty days.
. "${srcdir:-.}/tests/lib/lib.sh"
stack_up

# stats_are FILTER: as a question.
stats_are() {
	api GET /stats
	[ "$STATUS" = 200 ] && json_is "$1"
}

step "nothing was counted yet"
api GET /stats
expect_status 200
expect_header Cache-Control no-store
expect_json '.by_status == {"pending": 0, "in-progress": 0, "completed": 0} and
    (.per_day | length) == 30 and
    all(.per_day[]; .created == 0 and .completed == 0 and .deleted == 0 and
        .seconds_to_completion == null) and
    ([.per_day[].day] | . == (sort | reverse))'
TODAY=$(psql_q "SELECT (now() AT TIME ZONE 'UTC')::date")
expect_json --arg day "$TODAY" '.per_day[0].day >= $day'

step "changes of a task"
begin worker
for status in pending pending in-progress completed; do
	new_task '{"title": "a", "status": "'$status'"}'
done
send PATCH "/tasks/$ID" '{"status": "pending"}'
send PATCH "/tasks/$ID" '{"status": "completed"}'
send PATCH "/tasks/$ID" '{"title": "b"}'
new_task '{"title": "gone"}'
as admin
api DELETE "/tasks/$ID"
expect_status 204
as user
expect_soon 30 stats_are '
    .by_status == {"pending": 2, "in-progress": 1, "completed": 1} and
    ([.per_day[].created] | add) == 5 and
    ([.per_day[].completed] | add) == 2 and
    ([.per_day[].deleted] | add) == 1'

step "days that are long past still count as tasks"
psql_q "UPDATE stats_days SET day = day - 30"
api GET /stats
expect_json '.by_status.pending == 2 and ([.per_day[].created] | add) == 0'

step "how long tasks took"
# done_after SECONDS: a task that somebody completes so long after he made it.
done_after() {
	new_task '{"title": "long"}'
	psql_q "UPDATE tasks SET created_at = now() - interval '$1 s' WHERE id = '$ID'"
	send PATCH "/tasks/$ID" '{"status": "completed"}'
}
psql_q "TRUNCATE stats_days, stats_times"
for seconds in 30 60 60 120 600 600 600 600 7200 864000; do
	done_after "$seconds"
done
new_task '{"title": "born so", "status": "completed"}'
expect_soon 30 stats_are '.per_day[0].completed == 11 and
    (.per_day[0].seconds_to_completion |
    .median > 540 and .median < 660 and .p90 > 6500 and .p90 < 8000) and
    all(.per_day[1:][]; .seconds_to_completion == null)'

step "a token is needed"
as nobody
api GET /stats
expect_status 401

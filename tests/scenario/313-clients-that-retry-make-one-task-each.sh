#!/bin/bash
# SPDX-License-Identifier: ISC
# A hundred clients send their request until it is answered, while processes are
# killed and the connections to PostgreSQL are cut: one task, one event and one
# mail each.  ERRAND_RETRIES may say another number.
CLIENTS=${ERRAND_RETRIES:-100}
. "${srcdir:-.}/tests/lib/lib.sh"
. "$TOP/tests/lib/chaos.sh"
. "$TOP/tests/lib/lib-jobs.sh"
. "$TOP/tests/lib/lib-mail.sh"
PROCESSES=4
stack_up mail.from=errand@example.org mail.to=boss@example.org
mail_server

# So that most of what is killed has a request in hand.
psql_q "CREATE FUNCTION slow() RETURNS trigger LANGUAGE plpgsql AS
    'BEGIN PERFORM pg_sleep(0.05); RETURN NULL; END'"
psql_q "CREATE TRIGGER slow AFTER INSERT ON tasks FOR EACH ROW
    EXECUTE FUNCTION slow()"

step "processes and connections go while $CLIENTS clients retry"
load_begin retries "$D/created" "$CLIENTS"
for round in 1 2 3 4 5 6 7 8 9 10; do
	load_order some
	pid=$(fcgi_pids | shuf -n 1)
	kill -s KILL "$pid"
	[ $((round % 3)) != 0 ] || psql_q "SELECT count(pg_terminate_backend(pid))
	    FROM pg_stat_activity WHERE application_name = 'errand'" >/dev/null
	expect_soon 20 replaced "$pid"
done
load_order all
load_end

step "each has one task, one event and one mail"
expect_same "ids" "$(sort -u "$D/created" | wc -l)" "$CLIENTS"
expect_same "tasks" "$(psql_q "SELECT count(*) || ' ' ||
    count(DISTINCT title) FROM tasks")" "$CLIENTS $CLIENTS"
expect_same "the number of missing tasks" "$(missing_of "$D/created")" 0
expect records_fit
begin worker
expect_soon 60 none_open
mails
expect_json --argjson n "$CLIENTS" '
    [.[] | select(.to == ["boss@example.org"]) | .subject] |
    length == $n and (unique | length) == $n'
end worker

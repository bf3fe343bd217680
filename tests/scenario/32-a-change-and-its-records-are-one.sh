#!/bin/bash
# SPDX-License-Identifier: ISC
# A change, its event and its jobs are written together or not at all.
. "${srcdir:-.}/tests/lib/lib.sh"
. "$TOP/tests/lib/chaos.sh"
stack_up

json_type='Content-Type: application/json'
counts() {
	psql_q "SELECT (SELECT count(*) FROM tasks),
		(SELECT sum(version) FROM tasks),
		(SELECT count(*) FROM task_events), (SELECT count(*) FROM jobs)"
}
# changes_nothing STATUS METHOD PATH [CURL ARGUMENT...]
changes_nothing() {
	local before status=$1
	before=$(counts)
	shift
	api "$@"
	expect_status "$status"
	expect_same "what is stored" "$(counts)" "$before"
}

step "a create, a change and a deletion leave their records"
api POST /tasks -H "$json_type" -d '{"title": "one"}'
expect_status 201
id=$(json .id)
api POST /tasks -H "$json_type" -d '{"title": "two"}'
api PATCH "/tasks/$id" -H "$json_type" -d '{"status": "completed"}'
expect_status 200
as admin
api DELETE "/tasks/$(psql_q "SELECT id FROM tasks WHERE title = 'two'")"
expect_status 204
as user
expect records_fit
expect_same "what is stored" "$(counts)" "1|2|4|2"
api GET /me
ME=sub=$(json .subject)
expect_same "whose they are" "$(psql_q "SELECT DISTINCT e.owner,
    e.owner = t.owner FROM task_events AS e JOIN tasks AS t ON t.id = task_id
    UNION SELECT owner, NULL FROM task_events WHERE action = 'deleted'
    ORDER BY 2")" "$ME|t
$ME|"

step "what is refused leaves none"
printf '{"title": "%0140000d"}' 0 >"$D/large"
changes_nothing 422 POST /tasks -H "$json_type" -d '{"title": ""}'
changes_nothing 400 POST /tasks -H "$json_type" -d '{"title": "x"'
changes_nothing 415 POST /tasks -H 'Content-Type: text/plain' -d 'x'
changes_nothing 413 POST /tasks -H "$json_type" \
    --data-binary "@$D/large"
changes_nothing 412 PATCH "/tasks/$id" -H "$json_type" -H 'If-Match: "1"' \
    -d '{"title": "new"}'
changes_nothing 404 PUT "/tasks/00000000-0000-4000-8000-000000000000" \
    -H "$json_type" -d '{"title": "new"}'
changes_nothing 403 DELETE "/tasks/$id"

step "what changes nothing leaves none"
changes_nothing 200 PATCH "/tasks/$id" -H "$json_type" -d '{"title": "one"}'
changes_nothing 200 PATCH "/tasks/$id" -H "$json_type" -d '{}'

# Each of these makes one part of a change, or its commit, fail.
for where in 'BEFORE INSERT ON jobs' 'BEFORE INSERT ON task_events' \
    'AFTER INSERT OR UPDATE OR DELETE ON tasks DEFERRABLE INITIALLY DEFERRED'; do
	step "what is rolled back leaves none: $where"
	constraint=''
	[[ $where != *DEFERRED ]] || constraint=CONSTRAINT
	psql_q "CREATE OR REPLACE FUNCTION refuse() RETURNS trigger
		LANGUAGE plpgsql AS 'BEGIN RAISE ''refused''; END';
	CREATE $constraint TRIGGER refuse $where
		FOR EACH ROW EXECUTE FUNCTION refuse()"
	changes_nothing 500 POST /tasks -H "$json_type" -d '{"title": "three"}'
	# A job has only what is new.
	[[ $where = *' ON jobs' ]] || {
		changes_nothing 500 PATCH "/tasks/$id" -H "$json_type" \
		    -d '{"title": "four"}'
		as admin
		changes_nothing 500 DELETE "/tasks/$id"
		as user
	}
	expect [ "$(json .detail)" = "$(json .detail | sed 's/refused//')" ]
	psql_q "DROP FUNCTION refuse() CASCADE" 2>/dev/null
done
expect records_fit

#!/bin/bash
# SPDX-License-Identifier: ISC
# The schema is missing, too old or too new, or the password is wrong: no data
# are served, the log and /health/ready say why, and it is mended without a
# restart of errand.fcgi.
. "${srcdir:-.}/tests/lib/lib.sh"
. "$TOP/tests/lib/chaos.sh"
PROCESSES=1
stack_up database.retry_interval=50ms cache.enabled=off

# after SQL: restarts errand.fcgi behind it, with an empty log.
after() {
	end fcgi
	psql_q "$1"
	: >"$D/log/errand.log"
	begin fcgi 1
	expect_soon 20 api_is 200 GET /health/live
	pid=$(fcgi_pids)
}
# unfit CHECK WORDS: no data, and CHECK says no; the log has the WORDS.
unfit() {
	api GET /tasks
	expect_status 503
	expect_header Retry-After '[0-9]+'
	for path in /health /health/ready; do
		api GET "$path"
		expect_status 503
		expect_json --arg c "postgresql:$1" \
		    '.status == "fail" and .checks[$c][0].status == "fail" and
		    (.checks[$c][0].output | length > 10)'
	done
	expect in_log "$2"
}
# mended_by SQL: and the same process serves.
mended_by() {
	psql_q "$1"
	expect_soon 10 api_is 200 GET /tasks
	expect_soon 10 api_is 200 GET /health/ready
	expect_same "the process" "$(fcgi_pids)" "$pid"
}

step "the schema is missing"
after "ALTER TABLE schema_version RENAME TO elsewhere"
unfit schema "run errandctl migrate"
mended_by "ALTER TABLE elsewhere RENAME TO schema_version"

step "the schema says no version"
after "CREATE TABLE kept AS SELECT * FROM schema_version
	ORDER BY version DESC LIMIT 1;
    DELETE FROM schema_version"
unfit schema "run errandctl migrate"
mended_by "INSERT INTO schema_version SELECT * FROM kept"

step "the schema is older than the program"
psql_q "ALTER TABLE schema_version DROP CONSTRAINT schema_version_order"
after "UPDATE schema_version SET version = version - 100"
unfit schema "too old"
mended_by "UPDATE schema_version SET version = version + 100"

step "the schema is newer and wants a newer program"
after "INSERT INTO schema_version (version, min_program)
    SELECT version + 1, version + 1 FROM kept"
unfit schema "too new"
mended_by "DELETE FROM schema_version WHERE version > (SELECT version FROM kept)"

step "a newer schema that serves older programs is fine"
after "INSERT INTO schema_version (version, min_program)
    SELECT version + 1, min_program FROM kept"
api GET /tasks
expect_status 200

step "the password is wrong"
set_ini "database.conninfo=${PG/password=*/password=wrong}"
after "SELECT 1"
unfit responseTime "password authentication failed"
expect not in_log "password=wrong"
mended_by "ALTER ROLE errand PASSWORD 'wrong'"

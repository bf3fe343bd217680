#!/bin/bash
# SPDX-License-Identifier: ISC
# PostgreSQL dies amid creates, with fsync on as in real life: what was
# answered 201 is there, each task with its event and its jobs.
. "${srcdir:-.}/tests/lib/lib.sh"
. "$TOP/tests/lib/chaos.sh"
PROCESSES=4
stack_up database.retry_interval=50ms
end postgres
begin_postgres_synced() {
	pg_start "$DATA" -c max_connections=60 >>"$D/log/setup.log" 2>&1
}
expect begin_postgres_synced
expect_soon 20 ready

load_begin creates "$D/created" 4
for signal in KILL QUIT KILL; do
	step "PostgreSQL ends by SIG$signal while tasks are created"
	load_order more
	if [ "$signal" = KILL ]; then
		crash_postgres
	else
		tell postgres QUIT
		expect_soon 20 gone postgres
	fi
	expect begin_postgres_synced
done
load_order more
load_end

step "nothing that was answered is missing"
expect_same "the number of missing tasks" "$(missing_of "$D/created")" 0
expect records_fit

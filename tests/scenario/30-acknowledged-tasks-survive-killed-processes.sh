#!/bin/bash
# SPDX-License-Identifier: ISC
# Processes are killed amid creates: what was answered 201 is there, each task
# with its event and its jobs.
. "${srcdir:-.}/tests/lib/lib.sh"
. "$TOP/tests/lib/chaos.sh"
PROCESSES=4
stack_up

step "processes are killed while tasks are created"
load_begin creates "$D/created" 4
for _ in 1 2 3 4 5 6 7 8 9 10; do
	load_order more
	pid=$(fcgi_pids | shuf -n 1)
	kill -s KILL "$pid"
	expect_soon 20 replaced "$pid"
done
load_end

step "nothing that was answered is missing"
expect [ "$(load_sum created)" = "$(wc -l <"$D/created")" ]
expect_same "the number of missing tasks" "$(missing_of "$D/created")" 0
expect records_fit

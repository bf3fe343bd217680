#!/bin/bash
# SPDX-License-Identifier: ISC
# Processes are told to end, one after another, under load: no request fails.
. "${srcdir:-.}/tests/lib/lib.sh"
. "$TOP/tests/lib/chaos.sh"
PROCESSES=4
stack_up

load_begin coherence --no-errors
for signal in TERM USR1 INT TERM; do
	step "each process gets SIG$signal"
	for pid in $(fcgi_pids); do
		load_order hits
		kill -s "$signal" "$pid"
		expect_soon 20 replaced "$pid"
	done
done
load_order writes
load_end
expect_same "the processes that ended" "$(grep -c ' stopped$' \
    "$D/log/errand.log")" 16
expect records_fit

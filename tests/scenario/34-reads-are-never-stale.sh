#!/bin/bash
# SPDX-License-Identifier: ISC
# Writers and readers in four processes, on a few hot tasks and lists: what was
# answered is what everybody reads from then on.  No worker helps.
. "${srcdir:-.}/tests/lib/lib.sh"
. "$TOP/tests/lib/chaos.sh"
PROCESSES=4
stack_up

step "hot tasks and lists are written and read"
load_begin coherence --no-errors
for _ in {1..20}; do
	load_order hits
	load_order writes
done
load_end
expect [ "$(load_sum judged)" -gt 100 ]
expect records_fit

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

# owned MODE OWNER TOKEN...: each sees his own, and no other, and never too late.
owned() {
	step "nor where tasks are those of their owners: $1"
	set_ini "rbac.tasks=$1"
	end fcgi
	begin fcgi 4
	ERRAND_OWNERS="${*:2}" load_begin coherence --no-errors
	for _ in {1..5}; do
		load_order hits
		load_order writes
	done
	load_end
	expect [ "$(load_sum judged)" -gt 20 ]
	expect [ "$(load_sum strangers)" -gt 5 ]
	expect records_fit
}
ALICE=$(token --role user --user alice --claim 'team="red"')
BOB=$(token --role user --user bob --claim 'team="red"')
CAROL=$(token --role user --user carol --claim 'team="blue"')
ADMIN_TOKEN=$(token --role admin --user root --claim 'team="none"')
owned own alice "$ALICE" bob "$BOB" carol "$CAROL"
owned claim:team red "$ALICE" red "$BOB" blue "$CAROL"

#!/bin/bash
# SPDX-License-Identifier: ISC
# The row of a job decides: whoever comes twice, late, or after another finds
# that out; what is published, counted or purged is so once; a transaction is
# whole or nothing.
. "${srcdir:-.}/tests/lib/lib.sh"
[ -x "$BUILD/tests/lib/job_steps" ] || skip "built without check"
folder
postgres_new
set_ini "database.conninfo=$PG options='-c search_path=first,pg_catalog,public'"
ini_set "$D/errand.ini" job:t.once command true
ini_set "$D/errand.ini" job:t.once max_retries 0

step "the steps, which job_steps tells itself"
ERRAND_CONFIG=$D/errand.ini "$BUILD/tests/lib/job_steps" ||
    fail "job_steps found faults"

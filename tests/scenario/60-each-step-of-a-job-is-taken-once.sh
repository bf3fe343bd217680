#!/bin/bash
# SPDX-License-Identifier: ISC
# The row of a job decides: whoever comes twice, late, or after another finds
# that out; what is published, counted or purged is so once; a transaction is
# whole or nothing.
. "${srcdir:-.}/tests/lib/lib.sh"
[ -x "$BUILD/tests/lib/job_steps" ] || skip "built without check"
need python3
folder
postgres_new
mkdir "$RUN/cut"
launch pg-cut python3 -B "$TOP/tests/lib/pg-cut" "$RUN/cut/.s.PGSQL.5432" \
    "$RUN/pg/.s.PGSQL.5432" "$D/order" "$D/sent"
expect_soon 10 test -S "$RUN/cut/.s.PGSQL.5432"
set_ini "database.conninfo=${PG/host=$RUN\/pg/host=$RUN\/cut} options='-c search_path=first,pg_catalog,public'"
ini_set "$D/errand.ini" job:t.once command true
ini_set "$D/errand.ini" job:t.once max_retries 0

step "the steps, which job_steps tells itself"
PG_CUT_ORDER=$D/order ERRAND_CONFIG=$D/errand.ini "$BUILD/tests/lib/job_steps" ||
    fail "job_steps found faults"

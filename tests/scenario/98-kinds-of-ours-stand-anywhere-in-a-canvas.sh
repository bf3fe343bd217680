#!/bin/bash
# SPDX-License-Identifier: ISC
# Callbacks, errbacks, chains, groups and chords of Celery's, with tasks that
# the pool runs, that a stock worker runs, and both: all end alike, whatever
# happens to a part.
. "${srcdir:-.}/tests/lib/lib.sh"
. "$TOP/tests/lib/lib-jobs.sh"
. "$TOP/tests/lib/lib-celery.sh"
celery_find
stack_up worker.children=2 worker.node=errand@test
celery_app "app.conf.task_acks_late = False" \
    "@app.task(name='s.sum')" \
    "def total(*args):" \
    "    flat = lambda v: sum(map(flat, v)) if isinstance(v, list) else v" \
    "    return flat(list(args))" \
    "@app.task(name='s.fail')" \
    "def fail(*args):" \
    "    raise RuntimeError('no way')" \
    "@app.task(name='s.note')" \
    "def note(*args):" \
    "    open('$D/notes', 'a').write('%s\n' % (args,))" \
    "    return len(args)"
job_kind o.sum command='jq -c "[.args.args | flatten | .[]] | add // 0"' \
    stdout_result=on
job_kind o.fail command='echo "no way" >&2; exit 1' max_retries=0
job_kind o.large command='printf "\"%0200000d\"" 1' stdout_result=on
job_kind o.slow command='exec sleep 60' max_retries=0
job_script o.note stdout_result=on <<'END'
jq -r '"('\''\(.args.args[0])'\'',)"' >>notes
echo 1
END
begin worker
cp "$TOP/tests/lib/canvases.py" "$D/canvases.py"

for python in "${PYTHONS[@]}"; do
	say "with Celery $(version_of "$python")"
	stock_start one "$python" -Q stock
	for each in chains groups chords failures ends; do
		step "$each"
		(cd "$D" && env -i PATH=/usr/bin:/bin HOME="$D" \
		    LC_ALL=C.UTF-8 PYTHONPATH="$D" timeout 300 "$python" \
		    canvases.py "$each") || fail "$each differ"
	done
	expect_soon 30 nothing_held
	expect_soon 20 psql_is "SELECT count(*) FROM job_tells" 0
	stop stock-one
	psql_q "DELETE FROM jobs WHERE kind LIKE 'o.%'"
done

#!/bin/bash
# SPDX-License-Identifier: ISC
# Stock workers and the pool serve one queue; whoever is killed, the others
# run what it had in hand.
. "${srcdir:-.}/tests/lib/lib.sh"
. "$TOP/tests/lib/lib-jobs.sh"
. "$TOP/tests/lib/lib-celery.sh"
celery_find
stack_up worker.children=2 worker.node=errand@test broker.visibility_timeout=10s
celery_app
job_script t.both max_retries=5 <<'END'
cat >/dev/null
echo "begun $ERRAND_JOB_ID" >>both
while [ -e hold ]; do sleep 0.05; done
echo "ran $ERRAND_JOB_ID" >>both
END

# both WORD ID: somebody has written that.
both() {
	grep -qx "$1 $2" "$D/both" 2>/dev/null
}

# send PYTHON COUNT SECONDS: sends so many jobs; their ids are in D/ids.
send_jobs() {
	celery_python "$1" <<-END
		with open('ids', 'w') as f:
		    for i in range($2):
		        f.write(app.send_task('t.both', kwargs={'seconds': $3},
		            ignore_result=True).id + '\n')
	END
}

# asked PYTHON ID: every process of Celery restores what is overdue when it
# starts.
asked() {
	celery_do "$1" inspect -t 1 ping >/dev/null 2>&1 || true
	both ran "$2"
}

# all_ran: each job has been run.
all_ran() {
	[ -z "$(sort -u "$D/ids" |
	    comm -23 - <(sed -n 's/^ran //p' "$D/both" | sort -u))" ]
}

# pool_killed: without a chance to say so; the kernel ends all its children.
pool_killed() {
	tell worker KILL
	expect_soon 10 gone worker
}

# pool_begin: the pool, once it has done what it does at its start.
pool_begin() {
	begin worker
	expect_soon 20 none_open
}

for python in "${PYTHONS[@]}"; do
	say "with Celery $(version_of "$python")"
	rm -f "$D/hold" "$D/both"
	psql_q "DELETE FROM jobs WHERE kind <> 'errand.purge'"
	redis_q flushall >/dev/null

	step "a stock worker is killed with a job in hand"
	stock_start first "$python" -Q errand
	send_jobs "$python" 1 600
	ID=$(cat "$D/ids")
	expect_soon 30 both begun "$ID"
	crash stock-first
	pool_begin
	expect_soon 60 both ran "$ID"
	expect_soon 20 nothing_held

	step "the pool is killed with a job in hand"
	touch "$D/hold"
	: >"$D/both"
	send_jobs "$python" 1 0
	ID=$(cat "$D/ids")
	expect_soon 30 both begun "$ID"
	pool_killed
	stock_start second "$python" -Q errand
	expect_soon 120 asked "$python" "$ID"
	expect_soon 20 nothing_held
	rm "$D/hold"

	step "the pool is killed again and again while both work"
	redis_q flushall >/dev/null
	psql_q "DELETE FROM jobs WHERE kind <> 'errand.purge'"
	: >"$D/both"
	begin worker
	send_jobs "$python" 600 0
	for _ in 1 2 3; do
		expect_soon 30 test -s "$D/both"
		pool_killed
		begin worker
	done
	expect_soon 120 all_ran
	expect_soon 30 nothing_held
	end worker stock-second
done

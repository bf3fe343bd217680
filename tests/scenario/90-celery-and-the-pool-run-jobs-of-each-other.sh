#!/bin/bash
# SPDX-License-Identifier: ISC
# Stock workers run the jobs of kinds that are routed to them; the pool runs
# what an application of Celery sends, and its AsyncResult tells the outcome.
. "${srcdir:-.}/tests/lib/lib.sh"
. "$TOP/tests/lib/lib-jobs.sh"
. "$TOP/tests/lib/lib-celery.sh"
celery_find
stack_up worker.children=2 worker.node=errand@test
celery_app
job_kind t.stock queue=stock
job_kind t.stock_fails queue=stock
job_kind t.holds queue=stock
job_script t.keep <<'END'
cat >>kept
END
job_script t.tracked track_started=on <<'END'
until [ -e go ]; do sleep 0.05; done
END
job_kind t.no command='echo "no way" >&2; exit 1' max_retries=0
job_kind t.twice command='test "$ERRAND_JOB_ATTEMPT" != 1 || exit 75' \
    backoff=100ms
begin worker

for python in "${PYTHONS[@]}"; do
	say "with Celery $(version_of "$python")"
	rm -f "$D/stock" "$D/kept"
	stock_start one "$python" -Q stock --prefetch-multiplier 4

	step "a stock worker runs what is routed to it"
	new_job t.stock '{"n": 12345678901234567890, "s": "\u00fc"}'
	expect_soon 30 job_is "$ID" succeeded
	expect_same "what it got" "$(cat "$D/stock")" \
	    "[('n', 12345678901234567890), ('s', 'ü')]"
	new_job t.stock_fails
	expect_soon 30 job_is "$ID" failed
	expect_same error "$(job_get "$ID" last_error)" 'ValueError: no way'

	step "what a stock worker has, or runs, can be cancelled"
	rm -f "$D/holds" "$D/holds-go"
	new_job t.holds '{"n": "runs"}'
	runs=$ID
	expect_soon 30 test -s "$D/holds"
	new_job t.holds '{"n": "waits"}'
	waits=$ID
	expect_soon 30 job_is "$waits" published
	expect_soon 30 list_has stock 0
	"$BUILD/errandctl" -c "$D/errand.ini" jobs cancel "$waits" >/dev/null
	"$BUILD/errandctl" -c "$D/errand.ini" jobs cancel --running "$runs" >/dev/null
	new_job t.stock '{"n": "last"}'
	expect_soon 30 job_is "$ID" succeeded
	expect_same "what it did" "$(cat "$D/holds")" "begun runs"
	for id in "$runs" "$waits"; do
		expect job_is "$id" cancelled
	done

	step "the pool runs what is sent to it"
	celery_python "$python" <<-'END'
		import json
		ids = []
		def sent(*args, **kwargs):
		    r = app.send_task(*args, **kwargs)
		    ids.append(r.id)
		    return r
		r = sent('t.keep', args=[1, 'two'], kwargs={'three': 3})
		assert r.get(timeout=180) is None
		assert r.status == 'SUCCESS', r.status
		r = sent('t.keep', task_id='no uuid, but unique')
		assert r.get(timeout=180) is None
		r = sent('errand.purge')
		r.get(timeout=180)
		r = sent('t.keep', countdown=1)
		r.get(timeout=180)
		r = sent('t.twice')
		assert r.get(timeout=180) is None
		json.dump(ids, open('ids', 'w'))
	END
	expect_same "runs" "$(jq -s length "$D/kept")" 3
	expect_same "arguments" "$(jq -sc '.[0].args' "$D/kept")" \
	    '{"args":[1,"two"],"kwargs":{"three":3}}'

	step "that it runs is told, if its kind says so"
	rm -f "$D/go"
	celery_python "$python" <<-'END'
		import os, time
		r = app.send_task('t.tracked')
		while (status := r.status) != 'STARTED':
		    assert status == 'PENDING', status
		    time.sleep(0.05)
		assert r.info['hostname'] == 'errand@test', r.info
		os.kill(r.info['pid'], 0)
		open('go', 'w').close()
		assert r.get(timeout=180) is None
	END

	step "a failure raises"
	celery_python "$python" <<-'END'
		r = app.send_task('t.no')
		try:
		    r.get(timeout=180)
		    raise SystemExit('it did not fail')
		except Exception as e:
		    assert 'no way' in str(e), repr(e)
		assert r.status == 'FAILURE'
		r = app.send_task('t.keep', expires=-5)
		try:
		    r.get(timeout=180)
		    raise SystemExit('it was run')
		except Exception as e:
		    assert 'expired' in str(e), repr(e)
	END

	step "what is unknown is kept"
	celery_python "$python" <<-'END'
		app.send_task('t.unheard_of')
	END
	expect_soon 20 list_has errand.unregistered 1
	expect redis_q del errand.unregistered >/dev/null
	expect_soon 20 nothing_held
	stop stock-one
	psql_q "DELETE FROM jobs"
done

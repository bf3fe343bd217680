# SPDX-License-Identifier: ISC
# shellcheck shell=bash
# Jobs: our pool beside a stock Celery worker with as many children, on the
# same messages.  Ours does the work and keeps the record of each; the task of
# the other one does nothing.

JOBS=10000
CHILDREN=4

redis_q() {
	redis-cli -s "$RUN/redis.sock" "$@"
}

# jobs_left LIST: prints how many messages are there or in hands.
jobs_left() {
	redis_q EVAL "return redis.call('LLEN', KEYS[1])
	    + redis.call('HLEN', KEYS[2])" 2 "$1" unacked
}

no_jobs_left() {
	[ "$(jobs_left "$1")" = 0 ]
}

# A purge may come in between.
jobs_relayed() {
	(($(redis_q LLEN errand) >= JOBS))
}

# jobs_make: that many rows, and their messages in the list jobs.
jobs_make() {
	redis_q DEL errand jobs unacked unacked_index >/dev/null
	psql -Xq -d "$PG" -v ON_ERROR_STOP=1 <<-EOF
		TRUNCATE jobs;
		INSERT INTO jobs (kind, args, relayed_at)
		SELECT 'errand.record_analytics',
		    '{"action": "created", "status": "pending"}', now()
		FROM generate_series(1, $JOBS);
	EOF
	launch worker "$BUILD/errand-worker" -c "$D/errand.ini" --relay
	retry 60 jobs_relayed || die "the relay does not send the jobs"
	stop worker
	redis_q RENAME errand jobs >/dev/null
}

# jobs_run LIST: hands the messages over, and prints how many a second are run.
jobs_run() {
	local from to
	from=$(date +%s%N)
	redis_q RENAME jobs "$1" >/dev/null
	until no_jobs_left "$1"; do sleep 0.01; done
	to=$(date +%s%N)
	printf '%d 0\n' $((JOBS * 1000000000 / (to - from)))
}

bench_jobs() {
	jobs_make
	launch worker "$BUILD/errand-worker" -c "$D/errand.ini" --jobs
	retry 20 grep -q "$(pid_of worker)\\] started" "$D/log/errand.log" ||
	    die "the pool does not start"
	jobs_run errand
	(($(psql -XAtq -d "$PG" -c "SELECT count(*) FROM jobs
	    WHERE state = 'succeeded'") >= JOBS)) ||
	    die "not every job was run"
	stop worker
}

celery_start() {
	cat >"$D/stock.py" <<-EOF
		import celery
		app = celery.Celery(broker="redis+socket://$RUN/redis.sock")
		app.conf.task_default_queue = "stock"
		@app.task(name="errand.record_analytics")
		def nothing(**kwargs):
		    pass
	EOF
	launch celery env "PYTHONPATH=$D" C_FORCE_ROOT=1 /usr/bin/python3 \
	    -m celery -A stock worker -c "$CHILDREN" -l info
	retry 60 grep -q ' ready\.$' "$D/log/celery.log" ||
	    die "Celery does not start"
}

bench_celery() {
	jobs_make
	: >"$D/log/celery.log"
	celery_start
	jobs_run stock
	stop celery
}

# SPDX-License-Identifier: ISC
# shellcheck shell=bash
# Words for scenarios with Celery; comes after lib-jobs.sh.
#
# Most are run with each Celery that is here: Debian's, and the newest, which
# contrib/celery-venv gets.  A sanitizer, which looks at our programs, sees them
# with one of these.

# venv_of UID: where that user's contrib/celery-venv has put it.
venv_of() {
	printf '/var/tmp/errand-celery-%s' "$1"
}

# venv_python: prints the Python of a venv that root or we made.
venv_python() {
	local uid dir
	for uid in "$(id -u)" 0; do
		dir=$(venv_of "$uid")
		if [ "$(stat -c %u "$dir/complete" 2>/dev/null)" = "$uid" ] &&
		    [ "$(stat -c %u "$dir")" = "$uid" ]; then
			printf '%s/bin/python' "$dir"
			return 0
		fi
	done
	return 1
}

# celery_find: sets PYTHONS to each Python that has Celery.
celery_find() {
	local python
	PYTHONS=()
	if python=$(venv_python); then
		PYTHONS+=("$python")
	else
		say "the newest Celery is not here: contrib/celery-venv gets it"
	fi
	if /usr/bin/python3 -c 'import celery, redis' 2>/dev/null; then
		PYTHONS+=(/usr/bin/python3)
	else
		say "Debian's Celery is not here: apt-get install python3-celery"
	fi
	! sanitized || PYTHONS=("${PYTHONS[@]:0:1}")
	[ "${#PYTHONS[@]}" -gt 0 ] || skip "there is no Celery"
}

# celery_leave: what we started here is gone before the servers go.
celery_leave() {
	local status=$? record
	set +e
	for record in "$D"/proc/stock-* "$D"/proc/flower; do
		[ ! -e "$record" ] || crash "${record##*/}"
	done
	(exit "$status")
	leave
}

# celery_app [LINE OF PYTHON...]: comes after stack_up; writes D/tapp.py, an application on our
# broker, with some tasks and these settings.
celery_app() {
	trap celery_leave EXIT
	cat >"$D/tapp.py" <<-EOF
		import os, time
		from celery import Celery
		url = 'redis+socket://$RUN/redis.sock?virtual_host=0'
		app = Celery('tapp', broker=url, backend=url)
		app.conf.update(task_default_queue='errand',
		    broker_connection_retry_on_startup=True,
		    worker_send_task_events=True, task_acks_late=True,
		    worker_prefetch_multiplier=1,
		    broker_transport_options={'visibility_timeout': 10})
		$(printf '%s\n' "$@")

		@app.task(name='t.stock')
		def stock(**kwargs):
		    with open('$D/stock', 'a') as f:
		        f.write('%s\n' % sorted(kwargs.items()))
		    return kwargs

		@app.task(name='t.stock_fails')
		def stock_fails(**kwargs):
		    raise ValueError('no way')

		@app.task(name='t.holds')
		def holds(**kwargs):
		    with open('$D/holds', 'a') as f:
		        f.write('begun %s\n' % kwargs['n'])
		    while not os.path.exists('$D/holds-go'):
		        time.sleep(0.1)
		    with open('$D/holds', 'a') as f:
		        f.write('ended %s\n' % kwargs['n'])

		@app.task(name='t.both', bind=True)
		def both(self, **kwargs):
		    with open('$D/both', 'a') as f:
		        f.write('begun %s\n' % self.request.id)
		    time.sleep(kwargs.get('seconds', 0))
		    with open('$D/both', 'a') as f:
		        f.write('ran %s\n' % self.request.id)
	EOF
}

# celery_do PYTHON ARGUMENT...: the command line of Celery.
celery_do() {
	local python=$1
	shift
	(cd "$D" && env -i PATH=/usr/bin:/bin HOME="$D" LC_ALL=C.UTF-8 \
	    timeout 600 "$python" -m celery -A tapp "$@")
}

# celery_python PYTHON: runs a program from standard input, with app.
celery_python() {
	(cd "$D" && { printf 'from tapp import app\n' && cat; } |
	    env -i PATH=/usr/bin:/bin HOME="$D" LC_ALL=C.UTF-8 PYTHONPATH="$D" \
	    timeout 600 "$1" -)
}

# stock_start NAME PYTHON [ARGUMENT...]: a stock worker stock-NAME.
stock_start() {
	local name=$1 python=$2
	shift 2
	if ! launch "stock-$name" env PYTHONPATH="$D" HOME="$D" \
	    "$python" -m celery -A tapp --workdir "$D" worker -l info -c 1 \
	    -n "$name@test" "$@" ||
	    ! await "stock-$name" 60 grep -q 'ready\.' \
	    "$D/log/stock-$name.log"; then
		fail "the stock worker did not start"
	fi
}

# version_of PYTHON
version_of() {
	"$1" -c 'import celery; print(celery.__version__)'
}

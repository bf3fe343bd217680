#!/bin/bash
# SPDX-License-Identifier: ISC
# Celery's own tools see the pool and steer it, and nothing that is sent to it
# disturbs it.
. "${srcdir:-.}/tests/lib/lib.sh"
. "$TOP/tests/lib/lib-jobs.sh"
. "$TOP/tests/lib/lib-celery.sh"
celery_find
stack_up worker.children=2 worker.node=errand@test
celery_app
job_kind t.ok command='cat >/dev/null'
job_script t.waits soft_limit=600s hard_limit=700s <<'END'
cat >>waits
until [ -e go ]; do sleep 0.05; done
END
begin worker

# inspect PYTHON WHAT [ARGUMENT...]: prints the pool's answer.
inspect() {
	local python=$1
	shift
	celery_do "$python" inspect -d errand@test -t 60 --json "$@" |
	    jq -e '.["errand@test"]'
}

# answers PYTHON: soon, or a question was lost.
answers() {
	celery_do "$1" inspect -d errand@test -t 2 --json ping |
	    jq -e '.["errand@test"].ok == "pong"' >/dev/null
}

# online PYTHON: status, which waits for all that might answer, finds us.
online() {
	celery_do "$1" status -t 2 >"$D/status" &&
	    grep -q '1 node online' "$D/status"
}

# control PYTHON WHAT [ARGUMENT...]
control() {
	local python=$1
	shift
	celery_do "$python" control -d errand@test -t 60 --json "$@"
}

# says FILTER COMMAND...: what the command prints passes the filter.
says() {
	local filter=$1
	shift
	"$@" | jq -e "$filter" >/dev/null
}

sees() {
	local python=$1

	step "status and ping"
	expect_soon 20 answers "$python"
	expect_soon 20 online "$python"
	expect grep -q 'errand@test.*OK' "$D/status"

	step "what it is"
	expect says '.pool["max-concurrency"] == 2 and
	    (.pool.processes | length) == 2 and .pid > 1 and
	    .broker.transport == "redis"' inspect "$python" stats
	expect says 'index("errand.send_notification") and index("t.ok")' \
	    inspect "$python" registered
	expect says 'length == 1 and .[0].name == "errand" and
	    .[0].exchange.type == "direct"' inspect "$python" active_queues
	expect says '.task_default_queue == "errand"' inspect "$python" conf
	expect says '. == []' inspect "$python" reserved
	expect says '. == []' inspect "$python" scheduled
	expect says '.clock > 0' inspect "$python" clock
	expect says '.ok | test("errand:")' inspect "$python" report

	step "what it does"
	rm -f "$D/go" "$D/waits"
	new_job t.waits '{"n": 1}'
	expect_soon 20 says "length == 1 and .[0].id == \"$ID\" and
	    .[0].name == \"t.waits\" and .[0].worker_pid > 1" \
	    inspect "$python" active
	expect says ".[\"$ID\"][0] == \"active\"" \
	    inspect "$python" query_task "$ID"
	touch "$D/go"
	expect_soon 20 job_is "$ID" succeeded
	expect_soon 20 says '. == []' inspect "$python" active
	expect says '.total["t.waits"] > 0' inspect "$python" stats
}

revokes() {
	local python=$1

	step "a job that waits is revoked"
	new_job t.ok '{}' "now() + interval '1 hour'"
	control "$python" revoke "$ID" >/dev/null
	expect_soon 20 job_is "$ID" cancelled
	expect says "index(\"$ID\")" inspect "$python" revoked

	step "one that we have never heard of is revoked before it comes"
	celery_python "$python" <<-'END'
		import uuid
		from celery.exceptions import TaskRevokedError
		for id in (str(uuid.uuid4()), 'not a uuid'):
		    app.control.revoke(id)
		    while id not in (app.control.inspect(timeout=20,
		            destination=['errand@test']).revoked()
		            or {}).get('errand@test', []):
		        pass
		    r = app.send_task('t.ok', task_id=id)
		    try:
		        r.get(timeout=180)
		        raise SystemExit('it was run')
		    except TaskRevokedError:
		        pass
		    r.forget()
	END

	step "however many are revoked at once, none of them is run"
	celery_python "$python" <<-'END'
		import uuid
		from celery.exceptions import TaskRevokedError
		ids = [str(uuid.uuid4()) for _ in range(1500)]
		while not any('errand@test' in r for r in app.control.revoke(
		        ids, reply=True, timeout=5)):
		    pass
		sent = [app.send_task('t.ok', task_id=i)
		        for i in ids[::100] + ids[-10:-1]]
		for r in sent:
		    try:
		        r.get(timeout=180)
		        raise SystemExit('it was run')
		    except TaskRevokedError:
		        pass
		    r.forget()
	END

	step "one that runs is ended, and not run again"
	rm -f "$D/go" "$D/waits"
	new_job t.waits
	expect_soon 20 test -s "$D/waits"
	control "$python" revoke "$ID" >/dev/null
	expect job_is "$ID" running
	control "$python" terminate TERM "$ID" >/dev/null
	expect_soon 20 job_is "$ID" cancelled
	expect_same error "$(job_get "$ID" last_error)" \
	    "cancelled while it ran"
	expect_soon 20 nothing_held

	step "so do errandctl and the API, and who waits for it is told"
	rm -f "$D/go" "$D/waits"
	new_job t.waits
	expect_soon 20 test -s "$D/waits"
	as admin
	api POST "/jobs/$ID/cancel" -d ''
	expect_status 409
	api POST "/jobs/$ID/cancel" --json '{"terminate": true}'
	expect_status 202
	expect_soon 20 job_is "$ID" cancelled
	expect_soon 20 nothing_held
	rm -f "$D/waits"
	new_job t.waits
	expect_soon 20 test -s "$D/waits"
	# As if what was published had reached no pool.
	redis_q sadd errand:terminate "$ID" >/dev/null
	redis_q sadd errand:revoke "$ID" >/dev/null
	expect_soon 20 job_is "$ID" cancelled
	expect_soon 20 nothing_held
	rm -f "$D/waits"
	celery_python "$python" <<-'END' &
		from celery.exceptions import TaskRevokedError
		try:
		    app.send_task('t.waits').get(timeout=180)
		    raise SystemExit('it was run')
		except TaskRevokedError as e:
		    assert str(e) == 'terminated', repr(e)
	END
	expect_soon 60 test -s "$D/waits"
	"$BUILD/errandctl" -c "$D/errand.ini" jobs cancel --running --kind t.waits >/dev/null
	wait $! || fail "it was not told"
	expect_soon 20 nothing_held
}

steers() {
	local python=$1

	step "the pool grows and shrinks"
	control "$python" pool_grow 2 >/dev/null
	expect_soon 20 says '(.pool.processes | length) == 4' \
	    inspect "$python" stats
	control "$python" pool_shrink 2 >/dev/null
	expect_soon 20 says '(.pool.processes | length) == 2' \
	    inspect "$python" stats
	celery_do "$python" control -d errand@test -t 60 pool_shrink 2 \
	    >"$D/shrink" 2>&1 || true
	expect grep -qi 'none would be left' "$D/shrink"

	step "what it cannot do is refused"
	celery_python "$python" <<-'END'
		for method, args in (('rate_limit', dict(task_name='t.ok',
		        rate_limit='1/s')), ('no such method', {}),
		        ('pool_grow', dict(n=10**30)), ('pool_grow', dict(n='2')),
		        ('revoke', dict(task_id=[])), ('revoke', {})):
		    replies = app.control.broadcast(method, arguments=args, reply=True,
		        destination=['errand@test'], timeout=60, limit=1)
		    assert 'error' in replies[0]['errand@test'], (method, replies)
	END

	step "only those who are meant answer"
	celery_python "$python" <<-'END'
		def ping(timeout=60, **how):
		    return app.control.broadcast('ping', reply=True, limit=1,
		        timeout=timeout, **how)
		assert ping(), 'nobody'
		assert ping(pattern='errand@*', matcher='glob')
		assert not ping(timeout=2, pattern='other@*', matcher='glob')
		assert not ping(timeout=2, destination=['other@test'])
	END
}

# No answers stay where nobody fetches them.
no_replies() {
	local key ttl
	for key in $(redis_q --scan --pattern '*.reply.celery.pidbox'); do
		ttl=$(redis_q ttl "$key")
		[ "$key" = _kombu.binding.reply.celery.pidbox ] ||
		    [ "$ttl" != -1 ] || return 1
	done
}

# publish TEXT: as a control message.
publish() {
	[ "$(printf '%s' "$1" | redis_q -x publish /0.celery.pidbox)" = 1 ]
}

# broken BODY: publishes it in an envelope that is right.
broken() {
	publish "{\"body\":\"$(printf '%s' "$1" | base64 -w 0)\",
	    \"content-encoding\":\"utf-8\",\"content-type\":\"application/json\",
	    \"headers\":{\"clock\":1,\"expires\":0},\"properties\":{\"body_encoding\":\"base64\",
	    \"delivery_mode\":2,\"delivery_info\":{\"exchange\":\"celery.pidbox\",\"routing_key\":\"\"},
	    \"priority\":0,\"delivery_tag\":\"x\"}}"
}

bears() {
	local python=$1 each pid
	pid=$(pid_of worker)

	step "nothing that is sent disturbs it"
	for each in '' x '{}' '[]' null 1 '{"body":1}' '{"body":"e30="}' \
	    '{"body":"!!!","content-type":"application/json","properties":{"body_encoding":"base64"}}' \
	    '{"body":"gAN9cQAu","content-type":"application/x-python-serialize"}' \
	    "$(head -c 3000000 /dev/zero | tr '\0' '[')"; do
		expect publish "$each"
	done
	for each in '' '[]' '{}' null '{"method":1}' '{"method":""}' \
	    '{"method":"shutdown","destination":"errand@test"}' \
	    '{"method":"shutdown","destination":{"errand@test":1}}' \
	    '{"method":"shutdown","pattern":["x"]}' \
	    '{"method":"shutdown","pattern":"other*","matcher":"glob"}' \
	    '{"method":"shutdown","pattern":"(.*)*(.*)*(.*)*x","matcher":"pcre"}' \
	    '{"method":"shutdown","destination":["a",1,null,[]]}' \
	    '{"method":"ping","reply_to":"x"}' \
	    '{"method":"ping","reply_to":{"exchange":"x","routing_key":"y"}}' \
	    '{"method":"ping","reply_to":{"exchange":"reply.celery.pidbox","routing_key":"nobody"}}' \
	    '{"method":"ping","reply_to":{"exchange":"reply.celery.pidbox","routing_key":7}}' \
	    '{"method":"revoke","arguments":[]}' \
	    '{"method":"revoke","arguments":{"task_id":{"a":1}}}' \
	    '{"method":"revoke","arguments":{"task_id":[1,null,"",{}]}}' \
	    '{"method":"pool_grow","arguments":{"n":-1}}' \
	    '{"method":"pool_grow","arguments":{"n":99999999999}}' \
	    '{"method":"pool_shrink","arguments":{"n":2.5e300}}' \
	    '{"method":"query_task","arguments":{"ids":{"x":1}}}'; do
		expect broken "$each"
	done
	expect says '.ok == "pong"' inspect "$python" ping
	expect_same "the process" "$(pid_of worker)" "$pid"
	expect_same "answers for nobody" \
	    "$(redis_q exists nobody.reply.celery.pidbox)" 0
	expect says '(.pool.processes | length) > 0' inspect "$python" stats
	expect no_replies
}

ends() {
	local python=$1

	step "it is heard again after the broker was away"
	end redis
	begin redis
	expect_soon 30 answers "$python"

	step "shutdown finishes the job in hand"
	rm -f "$D/go" "$D/waits"
	new_job t.waits
	expect_soon 20 test -s "$D/waits"
	celery_do "$python" control -d errand@test -t 10 shutdown \
	    >"$D/shutdown" 2>&1 || true
	touch "$D/go"
	expect_soon 30 not alive worker
	expect job_is "$ID" succeeded
}

for python in "${PYTHONS[@]}"; do
	say "with Celery $(version_of "$python")"
	alive worker || begin worker
	sees "$python"
	revokes "$python"
	steers "$python"
	bears "$python"
	ends "$python"
done

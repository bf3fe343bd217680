#!/bin/bash
# SPDX-License-Identifier: ISC
# The log of errand.fcgi and of the pool arrives at a GELF input as strict as
# Graylog's, by each way there is: also when the input comes late, is frozen, is
# started again or refuses, and nobody waits for it.  What is lost is counted.
# The dollars in single quotes are jq's.
# shellcheck disable=SC2016
. "${srcdir:-.}/tests/lib/lib.sh"
. "$TOP/tests/lib/chaos.sh"
. "$TOP/tests/lib/lib-jobs.sh"
. "$TOP/tests/lib/lib-graylog.sh"
need jq openssl
PROCESSES=1
LOG=$D/log/errand.log

# ours: time, process and message of each line in the file; theirs: of each that
# has arrived.
ours() {
	jq -r '"\(.ts | sub("[0-9]{3}Z$"; "")) \(.pid) \(.msg)"' "$LOG" | sort
}
theirs() {
	arrived | jq -r '.stored // empty | "\(.timestamp * 1000 | round |
	    (. / 1000 | floor | todate | sub("Z"; "")) + "." +
	    (. % 1000 + 1000 | tostring | .[1:])) \(.pid) \(.message)"' | sort
}
missing() {
	comm -23 <(ours) <(theirs)
}
all_there() {
	[ -z "$(missing)" ] && nothing_refused
}

# asks ID...: requests with these ids, each answered.
asks() {
	local id
	for id; do
		api GET "/me?$id" -H "X-Request-ID: $id"
		expect_status 200
	done
}
has() {
	stored '.request_id == $id' --arg id "$1"
}

# runs: a job has been run, and the pool has told so.
told_of_job() {
	stored '.program == "errand-worker" and .job == $id and
	    .state == "succeeded"' --arg id "$ID"
}
runs() {
	new_job quick
	expect_soon 20 job_is "$ID" succeeded
	expect_soon 20 told_of_job
}

# anew SECTION.KEY=VALUE...: both programs with these settings, and a new log.
anew() {
	end worker fcgi
	set_ini "$@"
	rm -f "$LOG"
	begin fcgi 1
	begin worker
	expect_soon 20 ready
}

# ended: both programs end, and all they have ever said is there.
ended() {
	end worker fcgi
	expect_soon 10 all_there || { missing && fail "lines are missing"; }
}

stack_up log.format=json log.flush=50ms log.gelf_level=debug worker.children=1
job_script quick <<<'true'
job_script slow <<<'until [ -e go ]; do sleep 0.1; done'
begin worker

step "the input comes later than the programs"
graylog tcp
end graylog
anew "log.gelf=tcp://localhost:$GRAYLOG_PORT"
asks early-1 early-2
expect_soon 10 grep -q '"log server cannot be reached"' "$LOG"
graylog tcp
asks early-3
expect_soon 20 has early-1
expect_soon 20 has early-2
expect_soon 20 has early-3
expect_soon 20 grep -q '"log server is back"' "$LOG"
expect_soon 20 all_there
runs
expect stored '.method == "GET" and .status == 200 and .level == 6'
expect stored '.program == "errand.fcgi" and (.duration_us | type) == "number"'

step "the input is frozen, and nobody waits for it"
freeze graylog
asks frozen-{1..20}
new_job quick
expect_soon 20 job_is "$ID" succeeded
thaw graylog
expect_soon 20 has frozen-20
expect_soon 20 told_of_job

step "the input is started again between two lines"
for n in 1 2 3; do
	end graylog
	graylog tcp
	asks "again-$n"
	expect_soon 20 has "again-$n"
done

step "an input that closes its side, and only reads, gets each line once"
end graylog
graylog tcp --only-reads
for n in {1..5}; do
	asks "only-$n"
	expect_soon 20 has "only-$n"
done
again() {
	arrived | jq -r '.stored // empty | select(.message == "request") |
	    .request_id' | grep ^only- | sort | uniq -d
}
expect_soon 10 all_there
expect_same "what came twice" "$(again)" ''
end graylog
graylog tcp

step "a line arrives while a long command runs"
new_job quick
first=$ID
new_job slow
expect_soon 20 job_is "$ID" running
ID=$first
expect_soon 20 told_of_job
touch "$D/go"
ended
expect not grep -q 'lines were lost' "$LOG"

step "more than the buffer holds is counted"
end graylog
begin fcgi 1
begin worker
anew log.buffer=64k
path=/$(head -c 1500 /dev/zero | tr '\0' x)
for n in {1..100}; do
	api GET "$path$n"
	expect_status 404
done
expect_soon 10 grep -q '"log lines are being lost"' "$LOG"
graylog tcp
asks later
expect_soon 20 has later
expect_soon 20 stored '.message == "log lines were lost" and .lines > 20'
api GET /health
expect_json '.checks["log:lost"][0] | .status == "warn" and
    .observedValue > 20 and .observedUnit == "lines" and
    (.output | test("on their way to .log. gelf, [0-9]+ s ago"))'
"$BUILD/errandctl" -c "$D/errand.ini" health >"$D/health.log" || true
expect grep -q '^log .*warn .*lines .*gelf.*see to' "$D/health.log"
end worker fcgi
lost=$(jq -s 'map(select(.msg == "log lines were lost") | .lines) | add' "$LOG")
counted() {
	[ "$(missing | wc -l)" = "$lost" ] && nothing_refused
}
expect_soon 10 counted

step "datagrams, compressed or in chunks"
end graylog
GRAYLOG_PORT=''
graylog udp
begin fcgi 1
begin worker
for zip in on off; do
	anew "log.gelf=udp://127.0.0.1:$GRAYLOG_PORT" log.gelf_gzip=$zip
	asks "zip-$zip"
	api GET "$path" -H "X-Request-ID: long-$zip"
	expect_status 404
	expect_soon 20 has "zip-$zip"
	expect_soon 20 has "long-$zip"
	runs
done

step "requests, and an input that refuses them for a while"
end graylog
GRAYLOG_PORT=''
graylog http
anew "log.gelf=http://127.0.0.1:$GRAYLOG_PORT"
asks http-{1..20}
expect_soon 20 has http-20
runs
tell graylog USR1
asks refused-1 refused-2
expect_soon 10 grep -q 'it answered with status 503' "$LOG"
tell graylog USR2
asks taken
expect_soon 20 has refused-1
expect_soon 20 has refused-2
expect_soon 20 has taken
ended

step "TLS, and an input that is not who it says it is"
TOKEN=$(token --role user --user alice) # the one of the start may have expired
for name in ca other; do
	openssl req -x509 -newkey rsa:2048 -nodes -keyout "$D/$name.key" \
	    -out "$D/$name.pem" -days 30 -subj "/CN=$name" \
	    -addext subjectAltName=DNS:localhost >>"$D/log/setup.log" 2>&1 ||
	    fail "no certificate"
done
cat "$D/ca.pem" "$D/ca.key" >"$D/server.pem"
begin fcgi 1
begin worker
for kind in tcp http; do
	scheme=tls
	[ $kind = tcp ] || scheme=https
	end graylog
	GRAYLOG_PORT=''
	graylog $kind --tls "$D/server.pem"
	anew "log.gelf=$scheme://localhost:$GRAYLOG_PORT" \
	    "log.gelf_ca_file=$D/other.pem"
	graylog_away() {
		grep -q '"log server cannot be reached".*certificate' "$LOG"
	}
	asks "wrong-$scheme"
	expect_soon 10 graylog_away
	expect not has "wrong-$scheme"
	anew "log.gelf_ca_file=$D/ca.pem"
	asks "right-$scheme"
	expect_soon 20 has "right-$scheme"
	runs
	asks "last-$scheme"
	ended
	begin fcgi 1
	begin worker
done

#!/bin/bash
# SPDX-License-Identifier: ISC
# A process that is killed while it runs a job is replaced, and the job is run
# again at once; a job that kills each of them is given up.  Time limits end
# what takes too long, with all that it has started.
. "${srcdir:-.}/tests/lib/lib.sh"
. "$TOP/tests/lib/lib-jobs.sh"
. "$TOP/tests/lib/chaos.sh"
stack_up worker.children=3 worker.max_deaths=3

# Each run tells the process that runs it and the group of its command; strays
# are processes that have left that group.
job_script t.wait <<'END'
echo $PPID $$ >>runs
while [ ! -e go ]; do sleep .05; done
END
job_script t.poison <<'END'
echo $PPID $$ >>poison
kill -9 $PPID
sleep 60
END
job_script t.soft soft_limit=2s hard_limit=30s max_retries=1 \
    backoff=10ms <<'END'
echo $PPID $$ >>soft
sleep 61 &
setsid sleep 62 &
echo $! >>strays
timeout 63 sleep 64 &
echo $! >>strays
sleep 60
END
# The shell that runs it does not become it.
job_script t.tidy soft_limit=3s hard_limit=60s max_retries=0 <<'END'
trap 'sleep .5; : >tidied; exit 0' TERM
while :; do sleep .1; done
END
job_kind t.tidy command="$D/t.tidy; exit \$?"
# These have to come to their trap before their time is over.
job_script t.late soft_limit=3s hard_limit=60s max_retries=0 <<'END'
trap 'exit 0' TERM
sleep 60 &
wait
END
job_script t.deaf soft_limit=3s hard_limit=60s max_retries=0 <<'END'
trap '' TERM
echo $PPID $$ >>deaf
while :; do sleep .1; done
END
job_script t.hard soft_limit=0 hard_limit=2s <<'END'
echo $PPID $$ >>hard
env -i setsid sleep 62 &
echo $! >>strays
sleep 60
END
job_script t.once hard_limit=2s max_retries=0 <<'END'
echo $PPID $$ >>once
sleep 60
END
job_script t.pid <<'END'
echo $PPID >>pids
END
begin worker

runs() {
	[ -e "$D/$1" ] && [ "$(wc -l <"$D/$1")" = "$2" ]
}
is_gone() {
	! kill -0 "$1" 2>/dev/null
}
no_strays() {
	local each
	while read -r each; do
		is_gone "$each" || return 1
	done <"$D/strays"
}
no_group() {
	! ps -eo pgid=,stat= | awk -v g="$1" '$1 == g && $2 !~ /^Z/' | grep -q .
}

step "a killed child is replaced, and its job run again at once"
new_job t.wait
expect_soon 20 runs runs 1
read -r CHILD COMMAND <"$D/runs"
kill -9 "$CHILD"
expect_soon 20 runs runs 2
expect no_group "$COMMAND"
expect job_is "$ID" running
: >"$D/go"
expect_soon 20 job_is "$ID" succeeded
expect_same deaths "$(job_get "$ID" deaths)" 1
expect_same attempts "$(job_get "$ID" attempts)" 2
expect runs runs 2

step "a job that kills whoever runs it is given up"
new_job t.poison
expect_soon 30 job_is "$ID" failed
expect_same deaths "$(job_get "$ID" deaths)" 3
expect runs poison 3
expect_same error "$(job_get "$ID" last_error)" \
    'its process was killed by signal 9 (SIGKILL)'
expect_soon 10 nothing_held

step "the soft limit ends a command with all that it started"
new_job t.soft
expect_soon 30 job_is "$ID" failed
expect_same error "$(job_get "$ID" last_error)" 'soft time limit'
expect_same attempts "$(job_get "$ID" attempts)" 2
expect_same deaths "$(job_get "$ID" deaths)" 0
while read -r _ COMMAND; do
	expect no_group "$COMMAND"
done <"$D/soft"

expect_soon 10 no_strays

step "a program below a shell is asked to end, and has time to"
new_job t.tidy
expect_soon 30 job_is "$ID" succeeded
expect test -e "$D/tidied"

step "one that ends well after that has done its job"
new_job t.late
expect_soon 30 job_is "$ID" succeeded
expect_same attempts "$(job_get "$ID" attempts)" 1

step "a command that does not listen is killed"
new_job t.deaf
expect_soon 30 job_is "$ID" failed
expect_same error "$(job_get "$ID" last_error)" 'soft time limit'
read -r _ COMMAND <"$D/deaf"
expect no_group "$COMMAND"

step "the hard limit kills the process; that counts as a death"
new_job t.hard
expect_soon 40 job_is "$ID" failed
expect_same error "$(job_get "$ID" last_error)" \
    'its process was killed at the hard time limit of 2000 ms'
expect runs hard 3
expect_same "kills for it" "$(grep -c 'past its hard' "$D/log/errand.log")" 3
while read -r _ COMMAND; do
	expect no_group "$COMMAND"
done <"$D/hard"

expect_soon 10 no_strays

step "without retries nothing is run twice"
new_job t.once
expect_soon 30 job_is "$ID" failed
expect runs once 1
expect_same deaths "$(job_get "$ID" deaths)" 1

step "a command that cannot be started has not been tried"
for each in $(children_of "$(pid_of worker)"); do
	prlimit --pid "$each" --nofile=3:
done
new_job t.pid
expect_soon 20 job_is "$ID" retrying
expect_same attempts "$(job_get "$ID" attempts)" 0
expect_same error "$(job_get "$ID" last_error)" \
    'the command cannot be started: Too many open files'
for each in $(children_of "$(pid_of worker)"); do
	prlimit --pid "$each" --nofile=1024:
done
expect_soon 30 job_is "$ID" succeeded
expect_same attempts "$(job_get "$ID" attempts)" 1

step "an idle child that is killed is missed by nobody"
for each in $(children_of "$(pid_of worker)"); do
	kill -9 "$each"
done
new_job t.pid
expect_soon 20 job_is "$ID" succeeded
expect_same deaths "$(job_get "$ID" deaths)" 0

step "nobody needs the log file to go on"
mv "$D/log" "$D/log.away"
for each in $(children_of "$(pid_of worker)"); do
	kill -9 "$each"
done
new_job t.pid
expect_soon 20 job_is "$ID" succeeded
kill -HUP "$(pid_of worker)"
new_job t.pid
expect_soon 20 job_is "$ID" succeeded
mv "$D/log.away" "$D/log"

step "a child is replaced after its share of jobs"
end worker
: >"$D/pids"
set_ini worker.max_jobs_per_child=5 worker.children=1
begin worker
psql_q "INSERT INTO jobs (kind, relayed_at) SELECT 't.pid', now()
    FROM generate_series(1, 20)"
expect_soon 30 none_open
expect_same children "$(sort "$D/pids" | uniq -c | awk '{ print $1 }' |
    tr '\n' ' ')" '5 5 5 5 '
end worker

step "a child is replaced for its memory, or killed when it is far too much"
# A sanitizer has memory of its own.
if ! sanitized; then
	job_script t.heavy <<-'END'
		echo $PPID >>heavy
		while [ ! -e light ]; do sleep .05; done
	END
	set_ini worker.max_jobs_per_child=0 worker.max_memory_per_child=32m
	begin worker
	# heavy N: a job of N empty objects, which are large once they are read.
	heavy() {
		ID=$(psql_q "INSERT INTO jobs (kind, args, relayed_at)
		    SELECT 't.heavy', json_build_object('x', json_agg('{}'::json)),
		        now() FROM generate_series(1, $1) RETURNING id")
	}
	heavy 42000
	expect_soon 20 in_log 'child is replaced for its memory'
	expect job_is "$ID" running
	: >"$D/light"
	expect_soon 20 job_is "$ID" succeeded
	expect_same deaths "$(job_get "$ID" deaths)" 0
	read -r CHILD <"$D/heavy"
	expect_soon 10 is_gone "$CHILD"
	rm "$D/light"
	heavy 150000
	expect_soon 60 job_is "$ID" failed
	expect_same error "$(job_get "$ID" last_error)" \
	    'its process was killed, since it used far too much memory'
	end worker
fi

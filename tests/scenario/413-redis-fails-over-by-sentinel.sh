#!/bin/bash
# SPDX-License-Identifier: ISC
# Cache and broker are a primary with a replica that three sentinels watch.  The
# primary is killed, and stands still, amid writes and reads: another one is
# found, nothing stale is read, no job is lost, and nobody waits for longer than
# he does for any server.
. "${srcdir:-.}/tests/lib/lib.sh"
. "$TOP/tests/lib/chaos.sh"
. "$TOP/tests/lib/lib-jobs.sh"
need redis-cli python3
PROCESSES=3
stack_up redis.retry_interval=100ms cache.settle=500ms
end fcgi redis

# store_started NAME [ARGUMENT...]: a Redis on FREE; on_a_port.
store_started() {
	mkdir -p "$D/$1"
	launch "$1" redis-server --port "$FREE" --bind 127.0.0.1 --save '' \
	    --unixsocket "$RUN/$1.sock" --dir "$D/$1" --requirepass secret \
	    --masterauth secret --maxmemory 1gb --maxmemory-policy noeviction \
	    --repl-diskless-sync-delay 0 "${@:2}"
	await "$1" 20 store_up "$1"
}
store_q() {
	redis-cli -s "$RUN/$1.sock" --no-auth-warning -a secret "${@:2}" \
	    2>>"$D/log/setup.log"
}
store_up() {
	[ "$(store_q "$1" PING)" = PONG ]
}
on_a_port store_started one
one=$FREE
on_a_port store_started two --replicaof 127.0.0.1 "$one"
two=$FREE

# sentinel_started NAME: on FREE; on_a_port.
sentinel_started() {
	cat >"$D/$1.conf" <<-EOT
		port $FREE
		bind 127.0.0.1
		unixsocket "$RUN/$1.sock"
		dir "$D"
		requirepass watch
		sentinel monitor errand 127.0.0.1 $one 2
		sentinel auth-pass errand secret
		sentinel down-after-milliseconds errand 500
		sentinel failover-timeout errand 3000
		sentinel sentinel-pass watch
	EOT
	launch "$1" redis-server "$D/$1.conf" --sentinel
	await "$1" 20 sentinel_up "$1"
}
sentinel_q() {
	redis-cli -s "$RUN/$1.sock" --no-auth-warning -a watch "${@:2}" \
	    2>>"$D/log/setup.log"
}
sentinel_up() {
	[ "$(sentinel_q "$1" PING)" = PONG ]
}
address=''
for each in s1 s2 s3; do
	on_a_port sentinel_started "$each"
	address+="${address:+;}sentinel://:secret@127.0.0.1:$FREE"
done
# settled PORT: each sentinel knows the others, and the replica there is up.
settled() {
	local each
	for each in s1 s2 s3; do
		sentinel_q "$each" SENTINEL MASTER errand |
		    awk '{ getline value; of[$1] = value }
			END { exit !(of["num-other-sentinels"] == 2 &&
			    of["flags"] == "master") }' || return 1
		sentinel_q "$each" SENTINEL REPLICAS errand |
		    awk -v "port=$1" '{ getline value; of[$1] = value }
			$1 == "master-link-status" && value == "ok" &&
			    of["port"] == port && of["flags"] == "slave" { ok = 1 }
			END { exit !ok }' || return 1
	done
}
expect_soon 20 settled "$two"
# master SENTINEL: the name of the server that it calls so.
master() {
	case $(sentinel_q "$1" SENTINEL GET-MASTER-ADDR-BY-NAME errand |
	    tail -n 1) in
	"$one") echo one ;;
	"$two") echo two ;;
	esac
}
# master_is NAME: all say so, and it says so as well.
master_is() {
	local each
	for each in s1 s2 s3; do
		[ "$(master "$each")" = "$1" ] || return 1
	done
	[ "$(store_q "$1" ROLE | head -n 1)" = master ]
}
# agreed: sets FIRST and SECOND, the master and the other one.  A busy machine
# may have changed them.
agreed() {
	FIRST=one SECOND=two
	master_is one && return
	FIRST=two SECOND=one
	master_is two
}

# none_left: no job is open but those for others.
none_left() {
	psql_is "SELECT count(*) FROM jobs WHERE kind <> 't.stock'
	    AND state NOT IN ('succeeded', 'failed', 'cancelled')" 0
}
set_ini "redis.url=$address" redis.master_name=errand \
    redis.sentinel_password=watch redis.timeout=500ms broker.timeout=500ms
begin fcgi "$PROCESSES"
expect_soon 20 ready
begin worker
new_task '{"title": "A first"}'
TASK=/tasks/$ID
expect_soon 20 hits "$TASK"
expect_soon 20 none_open

step "what the keeper tells of some tasks leaves the entries of others"
relayed() {
	[ "$(grep -c ' relayed ' "$D/log/errand.log")" -gt "$1" ]
}
generation() {
	store_q "$FIRST" GET task:generation
}
# kept: over some seconds, in which sentinels are asked again.
kept() {
	local at before n
	agreed && hits "$TASK" || return 1
	before=$(generation)
	for n in 1 2 3 4; do
		at=$(grep -c ' relayed ' "$D/log/errand.log")
		send PATCH "/tasks/$OTHER" "{\"title\": \"A second, $n\"}"
		expect_soon 20 relayed "$at"
	done
	[ -n "$before" ] && [ "$(generation)" = "$before" ]
}
new_task '{"title": "A second"}'
OTHER=$ID
expect_soon 60 kept

step "the primary hands over, and goes on as if it were one, amid writes and reads"
load_begin coherence --no-errors
load_order hits
expect_soon 20 agreed
# For some seconds nobody tells it.  Who asks the sentinels later than others has
# cached reads there meanwhile, so that all shall ask at times of their own.
handed_over() {
	master_is "$SECOND" && return
	# Once is enough, or it would hand it back.
	[ "$(master s2)" = "$SECOND" ] ||
	    sentinel_q s2 SENTINEL FAILOVER errand >>"$D/log/setup.log"
	return 1
}
for each in $(fcgi_pids | head -n 2); do
	load_order writes
	kill -s TERM "$each"
	expect_soon 20 replaced "$each"
done
load_order hits
expect_soon 20 handed_over
load_order writes
load_order hits
load_order writes
expect_soon 30 settled "${!FIRST}"

step "the primary is killed amid writes and reads"
load_order hits
load_order writes
expect_soon 20 agreed
crash "$FIRST"
load_order writes
expect_soon 20 master_is "$SECOND"
load_order writes
load_order hits
expect_soon 30 none_left

step "a message that the old primary alone had is sent again"
sentinels() {
	local each
	for each in s1 s2 s3; do
		sentinel_q "$each" SENTINEL "$@" >>"$D/log/setup.log"
	done
}
# Ten times as long a replica may have been without its primary.
sentinels SET errand down-after-milliseconds 20000
# again: FIRST, as a replica of SECOND.
again() {
	on_a_port store_started "$FIRST" --replicaof 127.0.0.1 "${!SECOND}"
	printf -v "$FIRST" %s "$FREE"
	expect_soon 20 settled "$FREE"
}
again
expect_soon 20 agreed
load_order writes
job_kind t.stock queue=celery
end worker
begin worker
store_q "$SECOND" CONFIG SET masterauth wrong >>"$D/log/setup.log"
store_q "$SECOND" CLIENT KILL TYPE master >>"$D/log/setup.log"
# waiting NAME N: that server has so many messages for others.
waiting() {
	[ "$(store_q "$1" LLEN celery)" = "$2" ]
}
new_job t.stock
expect_soon 20 waiting "$FIRST" 1
expect waiting "$SECOND" 0
crash "$FIRST"
# A sentinel begins it when it is told to.
failed_over() {
	master_is "$SECOND" && return
	sentinel_q s1 SENTINEL FAILOVER errand >>"$D/log/setup.log"
	return 1
}
expect_soon 20 failed_over
expect_soon 20 waiting "$SECOND" 1

step "the primary stands still amid writes and reads"
store_q "$SECOND" CONFIG SET masterauth secret >>"$D/log/setup.log"
again
load_order hits
sentinels SET errand down-after-milliseconds 500
expect_soon 20 agreed
freeze "$FIRST"
load_order writes
expect_soon 20 master_is "$SECOND"
load_order writes
# For some seconds nobody has told it that it is none any more.
thaw "$FIRST"
load_order writes
load_order hits
load_end
expect_soon 30 none_left
expect records_fit

step "a sentinel that stands still is passed over"
freeze s1
end fcgi
begin fcgi "$PROCESSES"
expect_soon 20 ready
expect_soon 20 hits "$TASK"
well() {
	"$BUILD/errandctl" -c "$D/errand.ini" health >"$D/log/health.log" 2>&1
}
expect_soon 20 well
thaw s1

step "a sentinel that has lost the others, and names another one, is outvoted"
# As one does that is cut off together with a primary that is none any more.
on_a_port store_started three
three=$FREE
sentinel_q s1 SENTINEL REMOVE errand >>"$D/log/setup.log"
sentinel_q s1 SENTINEL MONITOR errand 127.0.0.1 "$three" 2 >>"$D/log/setup.log"
sentinel_q s1 SENTINEL SET errand auth-pass secret >>"$D/log/setup.log"
end fcgi worker
begin fcgi "$PROCESSES"
expect_soon 20 ready
expect_soon 20 hits "$TASK"
expect_same "what the other one was given" "$(store_q three DBSIZE)" 0
# Alone it is not enough; without Redis all is answered.
freeze s2
freeze s3
bypassed() {
	api_is 200 GET "$TASK" && [ "$(header X-Cache)" = bypass ]
}
expect_soon 20 bypassed
expect_same "what the other one was given" "$(store_q three DBSIZE)" 0
thaw s2
thaw s3
expect_soon 20 hits "$TASK"

step "what is wrong with the question is told"
set_ini redis.master_name=nobody
! well || fail "it is well"
expect grep -q 'know no master of the name' "$D/log/health.log"
set_ini redis.master_name=errand redis.sentinel_password=wrong
! well || fail "it is well"
expect grep -q 'a sentinel refused: ' "$D/log/health.log"

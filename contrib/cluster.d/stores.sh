# SPDX-License-Identifier: ISC
# shellcheck shell=bash
# Redis on the hosts of a cluster, and its sentinels.

STORES=(kv1 kv2)
SENTINELS=(kv1 kv2 kv3)

write_kv1() {
	write_store kv1 && write_sentinel kv1
}
write_kv2() {
	write_store kv2 "replicaof $(address kv1) 6379" && write_sentinel kv2
}
write_kv3() {
	write_sentinel kv3
}

write_store() {
	mkdir -p "$D/$1" && cat >"$D/$1/redis.conf" <<-EOT
		bind $(address "$1")
		dir $D/$1
		save ""
		appendonly yes
		requirepass $SECRET
		masterauth $SECRET
		repl-diskless-sync-delay 0
		repl-timeout 5
		maxmemory-policy noeviction
		${2:-}
	EOT
}

write_sentinel() {
	mkdir -p "$D/$1" && cat >"$D/$1/sentinel.conf" <<-EOT
		port 26379
		bind $(address "$1")
		dir $D/$1
		sentinel monitor errand $(address kv1) 6379 2
		sentinel auth-pass errand $SECRET
		sentinel down-after-milliseconds errand 1000
		sentinel failover-timeout errand 6000
		protected-mode no
	EOT
}

start_kv1() {
	start_store kv1 && start_kv3 kv1
}
start_kv2() {
	start_store kv2 && start_kv3 kv2
}
start_kv3() {
	starts "${1:-kv3}" "${1:-kv3}-sentinel" redis-server \
	    "$D/${1:-kv3}/sentinel.conf" --sentinel
}

start_store() {
	starts "$1" "$1" redis-server "$D/$1/redis.conf"
}

store_q() {
	on client redis-cli -h "$(address "$1")" --no-auth-warning -a "$SECRET" \
	    "${@:2}" 2>/dev/null
}
sentinel_q() {
	on client timeout 2 redis-cli -h "$(address "$1")" -p 26379 SENTINEL \
	    "${@:2}" 2>/dev/null
}

# master [SENTINEL]: the host that it calls so.
master() {
	local each at
	at=$(sentinel_q "${1:-kv3}" GET-MASTER-ADDR-BY-NAME errand | head -n 1)
	for each in "${STORES[@]}"; do
		[ "$(address "$each")" != "$at" ] || printf '%s\n' "$each"
	done
}

# stores_whole: all sentinels call the same one the master, it says so as well,
# and its replica has what it has.
stores_whole() {
	local each now
	now=$(master)
	[ -n "$now" ] || return 1
	for each in "${SENTINELS[@]}"; do
		[ "$(master "$each")" = "$now" ] &&
		    sentinel_q "$each" CKQUORUM errand | grep -q '^OK 3 ' &&
		    sentinel_q "$each" REPLICAS errand | awk '
			{ getline value; of[$1] = value }
			END { exit !(of["master-link-status"] == "ok" &&
			    of["flags"] == "slave") }' || return 1
	done
	store_q "$now" INFO replication | tr -d '\r' |
	    grep -q '^slave0:.*state=online'
}

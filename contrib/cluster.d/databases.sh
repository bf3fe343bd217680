# SPDX-License-Identifier: ISC
# shellcheck shell=bash
# PostgreSQL on the hosts of a cluster, under Patroni with etcd, and the pooler
# before it.

DATABASES=(db1 db2)

write_etcd() {
	:
}

start_etcd() {
	local args url
	url=http://$(address etcd)
	mapfile -t args < <(etcd_args "$D/etcd" "$url:2379" "$url:2380")
	starts etcd etcd etcd "${args[@]}"
}

write_db1() {
	write_database db1
}
write_db2() {
	write_database db2
}

write_database() {
	local own
	own=$(address "$1")
	patroni_conf "$1" "$own:5432" "$own:8008" "$(address etcd):2379" "$D/pg" \
	    "$SECRET" "$PREFIX.0/24" true >"$D/pg/$1.yml" && pg_give "$D/pg/$1.yml"
}

start_db1() {
	start_database db1
}
start_db2() {
	start_database db2
}

start_database() {
	starts "$1" "$1" "${PG_AS[@]}" env HOME="$D/pg" /usr/bin/patroni \
	    "$D/pg/$1.yml"
}

# patroni FILTER: what jq finds in what any of the nodes tells of all.
patroni() {
	local each at=()
	for each in "${DATABASES[@]}"; do
		at+=("$(address "$each"):8008")
	done
	on client bash -c '. "$1" && patroni_says "${@:2}"' - \
	    "$TOP/contrib/lib/patroni.sh" "$1" "${at[@]}"
}

primary() {
	patroni "$PATRONI_LEADER"
}

# databases_whole: one leads, and the other has all that it has.
databases_whole() {
	[ "$(patroni '.members | map(select(.role == "sync_standby" and .lag == 0
	    and (.state == "running" or .state == "streaming")
	    or .role == "leader" and .state == "running")) | length')" = 2 ]
}

# --- the pooler, behind which whoever is the primary now stands ---

write_pool() {
	local each own at=()
	own=$(address pool)
	for each in "${DATABASES[@]}"; do
		at+=("$each=$(address "$each"):5432=8008")
	done
	primary_conf "$own:5000" "${at[@]}" >"$D/primary.cfg" &&
	    printf '"errand" "%s"\n' "$SECRET" >"$D/pg/users" &&
	    pgbouncer_conf "$own" 6432 5000 "$D/pg/users" 20 \
		>"$D/pg/pgbouncer.ini" &&
	    pg_give "$D/pg/users" && pg_give "$D/pg/pgbouncer.ini"
}

start_pool() {
	starts pool primary haproxy -db -f "$D/primary.cfg" &&
	    starts pool pgbouncer "${PG_AS[@]}" "$(command -v pgbouncer)" \
		"$D/pg/pgbouncer.ini"
}

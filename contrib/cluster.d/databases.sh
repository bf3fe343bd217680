# SPDX-License-Identifier: ISC
# shellcheck shell=bash
# PostgreSQL on the hosts of a cluster, under Patroni with etcd, and the pooler
# before it.

DATABASES=(db1 db2)

write_etcd() {
	:
}

# By way of the old interface: by the new one a Patroni before 3.1 that stood still
# takes the lock from whoever has got it meanwhile, and what was written is lost.
start_etcd() {
	local url
	url=http://$(address etcd)
	starts etcd etcd etcd --data-dir "$D/etcd" --log-level error \
	    --enable-v2 --listen-peer-urls "$url:2380" --listen-client-urls "$url:2379" \
	    --advertise-client-urls "$url:2379"
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
	cat >"$D/pg/$1.yml" <<-EOT && pg_give "$D/pg/$1.yml"
		scope: errand
		name: $1
		restapi: {listen: "$own:8008", connect_address: "$own:8008"}
		etcd: {host: "$(address etcd):2379"}
		bootstrap:
		  dcs:
		    {ttl: 20, loop_wait: 2, retry_timeout: 3, master_start_timeout: 0,
		    synchronous_mode: true,
		    postgresql: {use_pg_rewind: true, parameters: {max_connections: 80}}}
		  initdb: [{encoding: UTF8}, {locale: C.UTF-8}, data-checksums]
		postgresql:
		  listen: $own:5432
		  connect_address: $own:5432
		  data_dir: $D/pg/$1
		  bin_dir: $PG_BIN
		  pgpass: $D/pg/$1.pass
		  authentication:
		    superuser: {username: postgres, password: $SECRET}
		    replication: {username: replicator, password: $SECRET}
		  parameters: {unix_socket_directories: ""}
		  pg_hba:
		    [host all all $PREFIX.0/24 scram-sha-256,
		    host replication replicator $PREFIX.0/24 scram-sha-256]
	EOT
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
	local each
	for each in "${DATABASES[@]}"; do
		on client curl -qfs --noproxy '*' -m 1 \
		    "http://$(address "$each"):8008/cluster" |
		    jq -er "$1" 2>/dev/null && return
	done
	return 1
}

primary() {
	patroni '.members[] | select(.role == "leader" and .state == "running").name'
}

# databases_whole: one leads, and the other has all that it has.
databases_whole() {
	[ "$(patroni '.members | map(select(.role == "sync_standby" and .lag == 0
	    and (.state == "running" or .state == "streaming")
	    or .role == "leader" and .state == "running")) | length')" = 2 ]
}

# --- the pooler, behind which whoever is the primary now stands ---

write_pool() {
	local each own
	own=$(address pool)
	{
		cat <<-EOT
			defaults
			  mode tcp
			  timeout connect 1s
			  timeout client 1h
			  timeout server 1h
			listen primary
			  bind $own:5000
			  option httpchk OPTIONS /primary
			  http-check expect status 200
			  timeout check 1s
			  default-server inter 500ms fall 2 rise 1 on-marked-down shutdown-sessions
		EOT
		for each in "${DATABASES[@]}"; do
			printf '  server %s %s:5432 check port 8008\n' "$each" \
			    "$(address "$each")"
		done
	} >"$D/primary.cfg" && printf '"errand" "%s"\n' "$SECRET" >"$D/pg/users" &&
	    cat >"$D/pg/pgbouncer.ini" <<-EOT && pg_give "$D/pg/users" &&
		[databases]
		errand = host=$own port=5000 dbname=errand
		[pgbouncer]
		listen_addr = $own
		listen_port = 6432
		unix_socket_dir =
		auth_type = scram-sha-256
		auth_file = $D/pg/users
		pool_mode = transaction
		default_pool_size = 20
		server_login_retry = 1
		server_connect_timeout = 2
	EOT
	    pg_give "$D/pg/pgbouncer.ini"
}

start_pool() {
	starts pool primary haproxy -db -f "$D/primary.cfg" &&
	    starts pool pgbouncer "${PG_AS[@]}" "$(command -v pgbouncer)" \
		"$D/pg/pgbouncer.ini"
}

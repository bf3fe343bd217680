# SPDX-License-Identifier: ISC
# shellcheck shell=bash
# Settings of PostgreSQL under Patroni with etcd, of the HAProxy that finds the
# primary, and of the PgBouncer before it.

# etcd_args FOLDER URL PEER: one word a line.  By the second version of its
# interface: by the third, a Patroni before 3.1 that stood still takes the lead back
# when it goes on, though another one leads, and what was written is lost.
etcd_args() {
	printf '%s\n' --data-dir "$1" --log-level error --enable-v2 \
	    --listen-peer-urls "$3" --listen-client-urls "$2" \
	    --advertise-client-urls "$2"
}

# patroni_conf NAME HOST:PORT REST ETCD FOLDER SECRET NET SYNC: FOLDER/NAME is its
# data, and NET may log in; SYNC is true or false.
patroni_conf() {
	cat <<-EOT
		scope: errand
		name: $1
		restapi: {listen: "$3", connect_address: "$3"}
		etcd: {host: "$4"}
		bootstrap:
		  dcs:
		    {ttl: 20, loop_wait: 2, retry_timeout: 3, master_start_timeout: 0,
		    synchronous_mode: $8,
		    postgresql: {use_pg_rewind: true, parameters: {max_connections: 80}}}
		  initdb: [{encoding: UTF8}, {locale: C.UTF-8}, data-checksums]
		postgresql:
		  listen: $2
		  connect_address: $2
		  data_dir: $5/$1
		  bin_dir: $PG_BIN
		  pgpass: $5/$1.pass
		  authentication:
		    superuser: {username: postgres, password: $6}
		    replication: {username: replicator, password: $6}
		  parameters: {unix_socket_directories: ""}
		  pg_hba:
		    [host all all $7 scram-sha-256,
		    host replication replicator $7 scram-sha-256]
	EOT
}

# primary_conf HOST:PORT NODE...: of HAProxy; a node is NAME=HOST:PORT=PORT, the
# last that of its Patroni.
primary_conf() {
	local each words
	cat <<-EOT
		defaults
		  mode tcp
		  timeout connect 1s
		  timeout client 1h
		  timeout server 1h
		listen primary
		  bind $1
		  option httpchk OPTIONS /primary
		  http-check expect status 200
		  timeout check 1s
		  default-server inter 500ms fall 2 rise 1 on-marked-down shutdown-sessions
	EOT
	for each in "${@:2}"; do
		IFS='=' read -ra words <<<"$each"
		printf '  server %s %s check port %s\n' "${words[@]}"
	done
}

# pgbouncer_conf HOST PORT PRIMARY-PORT USERS POOL-SIZE: before that HAProxy.
pgbouncer_conf() {
	cat <<-EOT
		[databases]
		errand = host=$1 port=$3 dbname=errand
		[pgbouncer]
		listen_addr = $1
		listen_port = $2
		unix_socket_dir =
		auth_type = scram-sha-256
		auth_file = $4
		pool_mode = transaction
		default_pool_size = $5
		server_login_retry = 1
		server_connect_timeout = 2
	EOT
}

# patroni_says FILTER HOST:PORT...: what jq finds in what any of these tells of all.
patroni_says() {
	local answer each
	for each in "${@:2}"; do
		# jq finds nothing wrong with no answer at all.
		answer=$(curl -qfs --noproxy '*' -m 1 "http://$each/cluster") &&
		    jq -er "$1" <<<"$answer" 2>/dev/null && return
	done
	return 1
}

# PATRONI_LEADER: the filter that names the one that leads.
# shellcheck disable=SC2034 # of those who read this
PATRONI_LEADER='.members[] |
    select(.role == "leader" and .state == "running").name'

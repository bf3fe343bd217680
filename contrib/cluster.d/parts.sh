# SPDX-License-Identifier: ISC
# shellcheck shell=bash
# What runs on the hosts of a cluster: each has a function write_NAME for its
# settings and start_NAME for its processes, which also starts it again.

APPS=(app1 app2 app3)
# shellcheck disable=SC2034 # of chaos.sh
WORKERS=(work1 work2)

# --- who knows whom: the issuer, and where mails go ---

write_client() {
	local realm=$D/www/realms/errand issuer
	local certs=protocol/openid-connect/certs
	issuer=http://$(address client)/realms/errand
	mkdir -p "$realm/.well-known" "$realm/${certs%/*}" &&
	    "$BUILD/errandctl" token --new-key "$D/key.pem" &&
	    "$BUILD/errandctl" token --key "$D/key.pem" --jwks >"$realm/$certs" &&
	    printf '{"issuer": "%s", "jwks_uri": "%s/%s"}\n' "$issuer" \
		"$issuer" "$certs" >"$realm/.well-known/openid-configuration" &&
	    cat >"$D/issuer.conf" <<-EOT
		server.modules = ( "mod_staticfile" )
		server.document-root = "$D/www"
		server.bind = "$(address client)"
		server.port = 80
		mimetype.assign = ( "" => "application/json" )
	EOT
}

start_client() {
	starts client issuer lighttpd -D -f "$D/issuer.conf"
}

write_mail() {
	mkdir -p "$D/mail"
}

start_mail() {
	starts mail mail "$TOP/contrib/mail-sink" 25 "$D/mail" "$(address mail)"
}

# --- Errand ---

# settings_of HOST: the file of its programs.
settings_of() {
	printf '%s/%s/errand.ini' "$D" "$1"
}

write_settings() {
	local each sentinels=''
	for each in "${SENTINELS[@]}"; do
		sentinels+="${sentinels:+;}sentinel://:$SECRET@$(address "$each"):26379"
	done
	mkdir -p "$D/$1" || return 1
	for each in "database.conninfo=$CONNINFO" \
	    database.prepared_statements=off "redis.url=$sentinels" \
	    redis.master_name=errand redis.timeout=500ms broker.timeout=500ms \
	    "auth.issuer=http://$(address client)/realms/errand" \
	    "mail.url=smtp://$(address mail):25" mail.timeout=5s \
	    "mail.templates=$TOP/etc/templates" mail.from=errand@example.org \
	    "log.file=$D/log/errand-$1.log" "worker.node=$1" \
	    stream.heartbeat=5s stream.retry=500ms \
	    "metrics.file=$D/$1/metrics"; do
		ini_set "$(settings_of "$1")" "${each%%.*}" \
		    "$(cut -d= -f1 <<<"${each#*.}")" "${each#*=}" || return 1
	done
	# What it does is to leave a line.
	for each in "command=jq -r .id >>$D/runs" max_retries=100 backoff=1s; do
		ini_set "$(settings_of "$1")" job:cluster.note "${each%%=*}" \
		    "${each#*=}" || return 1
	done
}

write_app() {
	write_settings "$1" && mkdir -p "$D/$1/upload" && {
		cat <<-EOT
			server.modules = ( "mod_fastcgi" )
			server.document-root = "$D/$1/none"
			server.bind = "$(address "$1")"
			server.port = 80
			server.errorlog = "$D/log/$1.log"
			server.upload-dirs = ( "$D/$1/upload" )
			server.tag = ""
		EOT
		sed -e "s#/run/errand/errand.sock#$D/$1/fcgi.sock#" \
		    -e "s#/run/errand/stream.sock#$D/$1/stream.sock#" \
		    -e "s#/usr/share/errand/errors#$D/errors#" \
		    "$TOP/etc/lighttpd/50-errand.conf"
	} >"$D/$1/lighttpd.conf"
}

start_app() {
	rm -f "$D/$1/fcgi.sock" "$D/$1/stream.sock"
	starts "$1" "$1-fcgi" spawn-fcgi -n -s "$D/$1/fcgi.sock" -M 0600 -- \
	    "$(command -v multiwatch)" -f 2 -t 100 -r 1000 -- \
	    "$BUILD/errand.fcgi" -c "$(settings_of "$1")" &&
	    starts "$1" "$1-stream" spawn-fcgi -n -s "$D/$1/stream.sock" \
		-M 0600 -b 1024 -- "$BUILD/errand-stream" -c "$(settings_of "$1")" &&
	    starts "$1" "$1" lighttpd -D -f "$D/$1/lighttpd.conf"
}

start_worker() {
	starts "$1" "$1" "$BUILD/errand-worker" -c "$(settings_of "$1")"
}

for each in app1 app2 app3; do
	eval "write_$each() { write_app $each; }
	    start_$each() { start_app $each; }"
done
for each in work1 work2; do
	eval "write_$each() { write_settings $each; }
	    start_$each() { start_worker $each; }"
done

app_ready() {
	on client curl -qfs --noproxy '*' -m 3 -o /dev/null \
	    "http://$(address "$1")/health/ready"
}

# --- the load balancer ---

write_lb() {
	local each
	{
		cat <<-EOT
			defaults
			  mode http
			  timeout connect 1s
			  timeout client 30s
			  timeout server 12s
			  timeout queue 2s
			  option redispatch
			frontend errand
			  bind $(address lb):80
			  default_backend errand
			backend errand
			  balance roundrobin
			  option httpchk GET /health/ready
			  http-check expect status 200
			  timeout check 2s
			  default-server inter 1s fall 2 rise 1 on-marked-down shutdown-sessions
		EOT
		for each in "${APPS[@]}"; do
			printf '  server %s %s:80 check\n' "$each" \
			    "$(address "$each")"
		done
	} >"$D/lb.cfg"
}

start_lb() {
	starts lb lb haproxy -db -f "$D/lb.cfg"
}

lb_ready() {
	app_ready lb
}

# --- all of it ---

apps_whole() {
	local each
	for each in "${APPS[@]}"; do
		app_ready "$each" || return 1
	done
	lb_ready
}

# whole: nothing is broken.
whole() {
	local each
	for each in "${HOSTS[@]}"; do
		host_runs "$each" || return 1
	done
	databases_whole && stores_whole && apps_whole
}

# part_write HOST, part_start HOST
part_write() {
	"write_$1"
}
part_start() {
	"start_$1"
}

#!/bin/bash
# SPDX-License-Identifier: ISC
# A sentinel that speaks TLS alone, and knows us as a user with the least rights,
# has two servers: that of the cache with a replica, and that of broker and
# results.  They speak TLS and know a user with few rights as well.  Another server
# becomes that of the cache; the broker stays where it is.
. "${srcdir:-.}/tests/lib/lib.sh"
. "$TOP/tests/lib/lib-jobs.sh"
. "$TOP/tests/lib/lib-tls.sh"
need openssl redis-cli redis-server
redis_has_tls
stack_up redis.retry_interval=50ms cache.settle=100ms
end fcgi redis

{
	authority ours && certificate server ours 'IP:127.0.0.1' &&
	    certificate me ours DNS:me.example
} >>"$D/log/setup.log" 2>&1 || fail "no certificates"
TLS_SECRET=secret
few=$(sed -n '/^    ACL SETUSER errand /,/^$/p' "$TOP/README.md" | tr '\n' ' ')
# server NAME [ARGUMENT...]: on the port FREE.
server() {
	tls_server "$1" server --save '' --masterauth secret \
	    --maxmemory 1gb --maxmemory-policy noeviction \
	    --repl-diskless-sync-delay 0 "${@:2}"
	# shellcheck disable=SC2086 # a word each, and patterns are for Redis alone
	(set -f && expect_same "Redis says" \
	    "$(tls_asked "$1" ${few//>SECRET/>few} | tr -d '\r')" OK)
}
server one
one=$FREE
server two --replicaof 127.0.0.1 "$one"
two=$FREE
server carrier
carrier=$FREE

least=$(grep -o 'ACL SETUSER errand on >SECRET -@all +sentinel[^ ]*' \
    "$TOP/etc/errand.ini.5")
least=${least/ACL SETUSER/user}
cat >"$D/sentinel.conf" <<-EOT
	${least/>SECRET/>watch}
	sentinel monitor cache 127.0.0.1 $one 1
	sentinel auth-pass cache secret
	sentinel down-after-milliseconds cache 60000
	sentinel monitor carrier 127.0.0.1 $carrier 1
	sentinel auth-pass carrier secret
	sentinel down-after-milliseconds carrier 60000
EOT
tls_server sentinel server "$D/sentinel.conf" --sentinel
# has_replica: it can become the server of the cache.
has_replica() {
	tls_asked sentinel SENTINEL REPLICAS cache | grep -q "^127.0.0.1:$two$" &&
	    tls_asked sentinel SENTINEL REPLICAS cache | grep -A 1 \
	        '^master-link-status$' | grep -q '^ok$'
}
expect_soon 30 has_replica
expect [ "$(redis-cli -s "$RUN/sentinel.sock" --no-auth-warning \
    --user errand -a watch SENTINEL MASTERS 2>&1 | grep -c NOPERM)" = 1 ]

cp "$D/ours.pem" "$RUN/ca.pem" # a line of errand.ini has an end
at="rediss+sentinel://errand:few@127.0.0.1:$FREE"
set_ini "redis.url=$at/1" redis.master_name=cache \
    "broker.url=$at/2" broker.master_name=carrier \
    "broker.result_url=$at/3?master_name=carrier" \
    redis.sentinel_username=errand redis.sentinel_password=watch \
    broker.sentinel_username=errand broker.sentinel_password=watch
for each in redis broker; do
	set_ini "$each.ca_file=$RUN/ca.pem" "$each.cert_file=$D/me.pem" \
	    "$each.key_file=$D/me.key"
done
well() {
	"$BUILD/errandctl" -c "$D/errand.ini" health >"$D/log/health.log" 2>&1
}
# size NAME DB
size() {
	tls_asked "$1" -n "$2" DBSIZE
}
hit() {
	api GET "/tasks/$ID"
	[ "$(header X-Cache)" = hit ]
}

step "the sentinel leads cache, broker and results to their servers"
begin fcgi 2
expect_soon 20 ready
begin worker
new_task '{"title": "By a sentinel, over TLS"}'
expect_soon 20 hit
expect_soon 30 none_open
expect_soon 20 well
expect [ "$(size one 1)" -gt 0 ]
expect [ "$(size carrier 2)" -gt 0 ]
expect_same "keys on the other one" "$(size carrier 1)" 0

step "another server becomes that of the cache"
failed_over() {
	[ "$(tls_asked two ROLE | head -n 1)" = master ] && return
	tls_asked sentinel SENTINEL FAILOVER cache >>"$D/log/setup.log"
	return 1
}
expect_soon 60 failed_over
send PATCH "/tasks/$ID" '{"title": "By a sentinel again"}'
expect_status 200
there() {
	hit && [ "$(size two 1)" -gt 0 ]
}
expect_soon 30 there
expect_json '.title == "By a sentinel again"'
expect_soon 30 none_open
expect_soon 20 well

step "a sentinel that is not to be trusted is not believed"
authority others >>"$D/log/setup.log" 2>&1 || fail "no authority"
set_ini "redis.ca_file=$D/others.pem"
! well || fail "it is well"
expect grep -q 'certificate is not accepted' "$D/log/health.log"
set_ini "redis.ca_file=$RUN/ca.pem" redis.sentinel_password=wrong
! well || fail "it is well"
expect grep -q 'a sentinel refused: ' "$D/log/health.log"

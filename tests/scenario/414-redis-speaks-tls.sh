#!/bin/bash
# SPDX-License-Identifier: ISC
# Cache and broker over TLS, on two servers that want to know who we are.  Who
# cannot prove who he is, server or we, is not talked to, and the log says why.
. "${srcdir:-.}/tests/lib/lib.sh"
. "$TOP/tests/lib/lib-jobs.sh"
. "$TOP/tests/lib/lib-tls.sh"
need openssl redis-cli redis-server
redis_has_tls
stack_up redis.retry_interval=50ms cache.settle=100ms
end fcgi

{
	authority ours && authority others &&
	    certificate local ours 'DNS:localhost,IP:127.0.0.1' &&
	    certificate elsewhere ours DNS:elsewhere.example &&
	    certificate me ours DNS:me.example
} >>"$D/log/setup.log" 2>&1 || fail "no certificates"

tls_server cache local --save '' --maxmemory 100mb
cache=$FREE
tls_server carrier local --save '' --maxmemory 100mb \
    --maxmemory-policy noeviction
carrier=$FREE

# told WORDS: by errandctl.
told() {
	"$BUILD/errandctl" -c "$D/errand.ini" health >"$D/log/health.log" 2>&1 ||
	    true
	grep -q "redis unreachable.*server=redis.*$1" "$D/log/health.log" ||
	    fail "$(cat "$D/log/health.log")"
}
well() {
	"$BUILD/errandctl" -c "$D/errand.ini" health >"$D/log/health.log" 2>&1
}

step "who cannot prove who he is is not talked to"
set_ini "redis.url=rediss://localhost:$cache/1" "redis.ca_file=$D/ours.pem"
told 'cert_file'
set_ini "redis.cert_file=$D/me.pem" "redis.key_file=$D/local.key"
told 'key_file cannot be read'
set_ini "redis.key_file=$D/me.key" "redis.ca_file=$D/others.pem"
told 'certificate is not accepted'
set_ini "redis.ca_file=$D/me.key"
told 'ca_file cannot be read'
tls_server stranger elsewhere --save '' --maxmemory 100mb
AT=$FREE
set_ini "redis.ca_file=$D/ours.pem" "redis.url=rediss://127.0.0.1:$AT/1"
told 'certificate is not accepted: IP address mismatch'
set_ini "redis.url=rediss://localhost:$AT/1"
told 'certificate is not accepted: hostname mismatch'
set_ini "redis.url=redis://localhost:$cache/1"
told 'reason'

step "and it is when a setting or the address says that names do not matter"
# works: what health says of that server.
works() {
	well || true
	grep -q '^redis *pass' "$D/log/health.log" ||
	    fail "$(cat "$D/log/health.log")"
}
set_ini "redis.url=rediss://localhost:$AT/1" redis.verify=chain
works
set_ini redis.verify=name "redis.url=rediss://localhost:$AT/1?ssl_cert_reqs=none"
works
end stranger

step "jobs and cache use it, each on its server, as Celery writes the address"
cp "$D/ours.pem" "$RUN/ca.pem" # a line of errand.ini has an end
tls="ssl_cert_reqs=CERT_REQUIRED&ssl_ca_certs=$RUN/ca.pem"
set_ini "redis.url=rediss://127.0.0.1:$cache/1" \
    "broker.url=rediss://localhost:$carrier/2?$tls" \
    "broker.result_url=rediss://localhost:$carrier/3?$tls" \
    "broker.cert_file=$D/me.pem" "broker.key_file=$D/me.key"
"$BUILD/errandctl" -c "$D/errand.ini" config check >"$D/log/check.log" 2>&1 ||
    fail "$(cat "$D/log/check.log")"
begin fcgi 2
expect_soon 20 ready
begin worker
new_task '{"title": "Over TLS"}'
hit() {
	api GET "/tasks/$ID"
	[ "$(header X-Cache)" = hit ]
}
expect_soon 20 hit
send PATCH "/tasks/$ID" '{"title": "Over TLS again"}'
expect_status 200
api GET "/tasks/$ID"
expect_json '.title == "Over TLS again"'
expect_soon 30 none_open
expect_soon 20 well
# keys NAME DB
keys() {
	redis-cli -s "$RUN/$1.sock" -n "$2" DBSIZE
}
expect [ "$(keys cache 1)" -gt 0 ]
expect [ "$(keys carrier 2)" -gt 0 ]

step "a large answer, and one that comes in pieces"
as admin
long=$(printf 'x%.0s' {1..9000})
for _ in {1..20}; do
	new_task "{\"title\": \"long\", \"description\": \"$long\"}"
done
many_hit() {
	api GET '/tasks?limit=20'
	expect_json '.data | length == 20'
	[ "$(header X-Cache)" = hit ]
}
set_ini cache.max_document=1m
end fcgi
begin fcgi 2
expect_soon 20 many_hit

step "a server that stands still is waited for no longer than any"
freeze cache
api GET "/tasks/$ID"
expect_status 200
expect_header X-Cache bypass
thaw cache
expect_soon 20 hit

step "an authority that is added to its file counts from the next try on"
certificate renewed others 'DNS:localhost,IP:127.0.0.1' \
    >>"$D/log/setup.log" 2>&1 || fail "no certificate"
redis-cli -s "$RUN/cache.sock" CONFIG SET tls-cert-file "$D/renewed.pem" \
    tls-key-file "$D/renewed.key" >>"$D/log/setup.log"
redis-cli -s "$RUN/cache.sock" CLIENT KILL TYPE normal >>"$D/log/setup.log"
# Who serves nobody looks where the address leads to, and says the same.
refused() {
	grep -q "$1.*reason=\"the certificate is not accepted" "$D/log/errand.log"
}
expect_soon 20 refused errand.fcgi
bypassed() {
	api GET "/tasks/$ID"
	[ "$(header X-Cache)" = bypass ]
}
expect_soon 20 bypassed
cat "$D/others.pem" >>"$D/ours.pem"
expect_soon 20 hit

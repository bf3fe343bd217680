# SPDX-License-Identifier: ISC
# shellcheck shell=bash
# Words for those who need certificates, and servers of Redis that want to see
# them, on top of lib.sh.
#
# TLS_SECRET  what these servers ask for, unless it is empty

curve=(ec -pkeyopt ec_paramgen_curve:prime256v1)

# certificate NAME AUTHORITY SAN: D/NAME.pem and D/NAME.key, signed by that.
certificate() {
	openssl req -newkey "${curve[@]}" -nodes -keyout "$D/$1.key" \
	    -out "$D/$1.csr" -subj "/CN=$1" &&
	    openssl x509 -req -in "$D/$1.csr" -CA "$D/$2.pem" \
	    -CAkey "$D/$2.key" -CAcreateserial -days 30 \
	    -extfile <(printf 'subjectAltName=%s' "$3") -out "$D/$1.pem"
}

# authority NAME: one that signs, D/NAME.pem and D/NAME.key.
authority() {
	openssl req -x509 -newkey "${curve[@]}" -nodes -keyout "$D/$1.key" \
	    -out "$D/$1.pem" -days 30 -subj "/CN=$1" \
	    -addext basicConstraints=critical,CA:TRUE
}

# redis_has_tls: or the test is skipped.  Settings of TLS are known without it.
redis_has_tls() {
	grep -q SSL_CTX_new \
	    "$(command -v "${ERRAND_REDIS_SERVER:-redis-server}")" ||
	    skip "this redis-server has no TLS"
}

# tls_asked NAME COMMAND...: what that server says.
tls_asked() {
	redis-cli -s "$RUN/$1.sock" --no-auth-warning \
	    ${TLS_SECRET:+-a "$TLS_SECRET"} "${@:2}" 2>>"$D/log/setup.log"
}
tls_up() {
	[ "$(tls_asked "$1" PING)" = PONG ]
}
tls_started() {
	mkdir -p "$D/$1"
	launch "$1" redis-server "${@:3}" --port 0 --tls-port "$FREE" \
	    --bind 127.0.0.1 --unixsocket "$RUN/$1.sock" --dir "$D/$1" \
	    --tls-cert-file "$D/$2.pem" --tls-key-file "$D/$2.key" \
	    --tls-ca-cert-file "$D/ours.pem" --tls-replication yes \
	    ${TLS_SECRET:+--requirepass "$TLS_SECRET"}
	await "$1" 20 tls_up "$1"
}
# tls_server NAME CERTIFICATE [ARGUMENT...]: a Redis of its own, on port FREE
# for those whom the authority "ours" knows.
tls_server() {
	on_a_port tls_started "$@"
}

# SPDX-License-Identifier: ISC
# shellcheck shell=bash
# Words for those who need certificates, on top of lib.sh.

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

# redis_has_tls: or the test is skipped.
redis_has_tls() {
	grep -q tls-cert-file \
	    "$(command -v "${ERRAND_REDIS_SERVER:-redis-server}")" ||
	    skip "this redis-server has no TLS"
}

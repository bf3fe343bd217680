#!/bin/bash
# SPDX-License-Identifier: ISC
# The GELF inputs of the tests take what two foreign senders send, and refuse
# what Graylog refuses; Graylog's own reader takes our datagrams.
# The dollars in single quotes are jq's.
# shellcheck disable=SC2016
. "${srcdir:-.}/tests/lib/lib.sh"
. "$TOP/tests/lib/lib-graylog.sh"
need jq openssl
peers=$(gelf_peers) ||
    skip "graypy and pygelf are not here: contrib/gelf-peers gets them"
stack_up

# inputs [ARGUMENT...]: one of each kind, on ports of their own; PORTS is JSON.
inputs() {
	! alive graylog || end graylog
	rm -f "$GRAYLOG"
	launch graylog "$TOP/tests/lib/graylog.py" "$GRAYLOG" --udp 0 --tcp 0 \
	    --http 0 "$@"
	await graylog 20 graylog_up || fail "the GELF server did not start"
	PORTS=$(jq -c 'select(.ports) | .ports' "$GRAYLOG")
}

step "messages of graypy and pygelf are stored"
openssl req -x509 -newkey rsa:2048 -nodes -keyout "$D/ca.key" \
    -out "$D/ca.pem" -days 30 -subj "/CN=localhost" \
    -addext subjectAltName=DNS:localhost >>"$D/log/setup.log" 2>&1 ||
    fail "no certificate"
cat "$D/ca.pem" "$D/ca.key" >"$D/server.pem"
cat >"$D/senders.py" <<'PYTHON'
import json, logging, os, sys
import graypy, pygelf
ports, kind, ca = json.loads(sys.argv[1]), sys.argv[2], sys.argv[3]
host = "localhost"
long = os.urandom(6000).hex()
if kind == "plain":
    handlers = {
        "graypy-udp": graypy.GELFUDPHandler("127.0.0.1", ports["udp"]),
        "graypy-tcp": graypy.GELFTCPHandler(host, ports["tcp"]),
        "graypy-http": graypy.GELFHTTPHandler(host, ports["http"]),
        "pygelf-udp": pygelf.GelfUdpHandler("127.0.0.1", ports["udp"],
                                            compress=True, chunk_size=1000),
        "pygelf-flat": pygelf.GelfUdpHandler("127.0.0.1", ports["udp"],
                                             compress=False, chunk_size=1000),
        "pygelf-tcp": pygelf.GelfTcpHandler(host, ports["tcp"]),
        "pygelf-http": pygelf.GelfHttpHandler(host, ports["http"],
                                              compress=True),
    }
else:
    handlers = {
        "pygelf-tls": pygelf.GelfTlsHandler(host=host, port=ports["tcp"],
                                            validate=True, ca_certs=ca),
        "pygelf-https": pygelf.GelfHttpsHandler(host, ports["http"],
                                                validate=True, ca_certs=ca),
    }
for name, handler in handlers.items():
    log = logging.Logger(name)
    log.addHandler(handler)
    log.error("short of %s", name)
    log.warning("long of %s %s", name, long)
    handler.close()
    print(name)
PYTHON
for kind in plain tls; do
	if [ $kind = plain ]; then
		inputs
	else
		inputs --tls "$D/server.pem"
	fi
	"$peers/bin/python" "$D/senders.py" "$PORTS" $kind "$D/ca.pem" \
	    >"$D/senders" 2>"$D/log/senders.log" || fail "a sender failed"
	while read -r name; do
		expect_soon 10 stored '.message == "short of " + $n and
		    .level == 3' --arg n "$name"
		expect_soon 10 stored '.message | startswith("long of " + $n)' \
		    --arg n "$name"
	done <"$D/senders"
	expect not grep '"lost"' "$GRAYLOG"
done

step "what Graylog does not keep is not kept"
inputs
cat >"$D/odd.py" <<'PYTHON'
import json, os, socket, sys, time, urllib.request, urllib.error
ports, out = json.loads(sys.argv[1]), sys.argv[2]
seen = len(open(out).readlines())


def news(least):
    """What was told since then, when that many lines are there."""
    global seen
    for _ in range(2000):
        lines = open(out).readlines()
        if len(lines) - seen >= least:
            break
        time.sleep(0.01)
    fresh = [json.loads(line) for line in lines[seen:]]
    seen = len(lines)
    return fresh


def udp(*datagrams):
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as s:
        for d in datagrams:
            s.sendto(d, ("127.0.0.1", ports["udp"]))


def message(**more):
    return json.dumps({"version": "1.1", "host": "h", "short_message": "m",
                       **more}).encode()


def tcp(data):
    with socket.create_connection(("127.0.0.1", ports["tcp"])) as s:
        s.sendall(data)
        s.shutdown(socket.SHUT_WR)
        s.settimeout(20)
        return s.recv(1)


def chunks(data, n, order=lambda x: x):
    ident, size = os.urandom(8), -(-len(data) // n)
    return order([b"\x1e\x0f" + ident + bytes([i, n]) +
                  data[i * size:(i + 1) * size] for i in range(n)])


def http(body, path="/gelf", method="POST"):
    request = urllib.request.Request(
        f"http://127.0.0.1:{ports['http']}{path}", body, method=method)
    try:
        return urllib.request.urlopen(request).status
    except urllib.error.HTTPError as error:
        return error.code


failed = False


def check(what, expected, got):
    global failed
    kinds = [next(iter(line)) for line in got]
    if kinds != expected:
        print(f"{what}: expected {expected}, got {got}")
        failed = True


S, L, D = "stored", "lost", "dropped"
for what, datagrams, expected in [
    ("plain", [message()], [S]),
    ("no host", [b'{"version":"1.1","short_message":"m"}'], [S]),
    ("blank host", [message(host=" ")], [L]),
    ("host 5", [message(host=5)], [L]),
    ("blank text", [message(short_message="  ")], [L]),
    ("text 7", [message(short_message=7)], [L]),
    ("no text", [b'{"host":"h","full_message":"x"}'], [L]),
    ("milliseconds", [message(timestamp=1795401000123)], [L]),
    ("text time", [message(timestamp="1795401000.5")], [S]),
    ("level 3 in text", [message(level="3")], [S]),
    ("level in words", [message(level="error")], [L]),
    ("boolean", [message(_a=True)], [D, S]),
    ("null", [message(_a=None)], [D, S]),
    ("blank field", [message(_a=" ")], [D, S]),
    ("reserved", [message(_source="x")], [D, S]),
    ("bad name", [b'{"host":"h","short_message":"m","_a b":1}'], [D, S]),
    ("trailing zero", [message() + b"\0"], [L]),
    ("trailing line feed", [message() + b"\n"], [S]),
    ("not JSON", [b"hello"], [L]),
    ("array", [b"[]"], [L]),
    ("byte-order mark", [b"\xef\xbb\xbf" + message()], [L]),
    ("two values", [message() + message()], [S]),
    ("largest field", [message(_big="x" * 32766)], [S]),
    ("too large", [message(_big="x" * 32767)], [L]),
    ("number first", [message(_n=5)], [S]),
    ("then a number's text", [message(_n="7")], [S]),
    ("then words", [message(_n="five")], [L]),
    ("text first", [message(_t="x")], [S]),
    ("then a number", [message(_t=5)], [S]),
    ("date first", [message(_d="2026-11-28")], [S]),
    ("then words", [message(_d="not a date")], [L]),
    ("128 chunks, backwards", chunks(message(full_message="y" * 9000), 128,
                                     lambda c: c[::-1]), [S]),
    ("one chunk", chunks(message(), 1), [S]),
    ("129 chunks", chunks(message(full_message="y" * 9000), 129)[:1], [L]),
]:
    udp(*datagrams)
    check(what, expected, news(len(expected)))
udp(*chunks(message(full_message="y" * 9000), 9)[:-1])
udp(message())
check("a chunk is missing", [S], news(1))
for what, data, expected in [
    ("two frames", message() + b"\0" + message() + b"\0", [S, S]),
    ("no zero at the end", message(), [S]),
    ("lines", message() + b"\n" + message() + b"\n\0", [S]),
    ("garbage between", b"xx\0" + message() + b"\0", [L, S]),
    ("empty frame closes", b"\0" + message() + b"\0", [L]),
    ("compressed frame closes", b"\x1f\x8b123\0" + message() + b"\0", [L]),
]:
    tcp(data)
    check(what, expected, news(len(expected)))
for what, arguments, status, expected in [
    ("good", (message(),), 202, [S]),
    ("bad JSON", (b"x",), 202, [L]),
    ("other path", (message(), "/"), 404, [L]),
    ("GET", (None, "/gelf", "GET"), 405, [L]),
    ("large", (message(full_message="x" * 65536),), 413, [L]),
]:
    got = http(*arguments)
    if got != status:
        print(f"{what}: status {got}, expected {status}")
        failed = True
    check(what, expected, news(len(expected)))
sys.exit(failed)
PYTHON
/usr/bin/python3 "$D/odd.py" "$PORTS" "$GRAYLOG" || fail "the input is not so"

step "Graylog's own reader takes our datagrams"
[ -x "$peers/go-gelf-reader" ] || skip "the rest: go-gelf needs Go (contrib/gelf-peers)"
reader_up() {
	[ -s "$D/log/reader.log" ]
}
launch reader "$peers/go-gelf-reader"
await reader 20 reader_up || fail "the reader did not start"
port=$(sed -n '1s/.*://p' "$D/log/reader.log")
# What gzip cannot make smaller.
path=/$(head -c 4000 /dev/urandom | base64 -w 0 | tr -d '/+=')
read_by_go() {
	sed 1d "$D/log/reader.log" | jq -e -n --arg p "$path-$1" \
	    '[inputs | select(.extra._path == $p and .level == 6 and
	    .version == "1.1" and .extra._status == 404)] | length == 1' \
	    >/dev/null
}
path=${path:0:2000}
for zip in on off; do
	end fcgi
	set_ini "log.gelf=udp://127.0.0.1:$port" log.gelf_gzip=$zip log.flush=50ms
	begin fcgi 1
	expect_soon 20 ready
	api GET "$path-$zip"
	expect_status 404
	expect_soon 20 read_by_go $zip
done
end fcgi
expect not grep '"lost"' "$D/log/reader.log"

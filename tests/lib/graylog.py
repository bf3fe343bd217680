#!/usr/bin/env python3
# SPDX-License-Identifier: ISC
"""GELF inputs as strict as those of a running Graylog.

graylog.py OUT [--udp PORT] [--tcp PORT] [--http PORT] [--tls FILE]
    [--only-reads]

Listens on 127.0.0.1, and adds a line of JSON to the file OUT for each thing that
happened: {"stored": {...}} with the fields as Graylog names them, {"lost": WHY}
where the whole message is lost or refused, and {"dropped": NAME} where a field
is.  FILE has a certificate and its key; then the TCP and HTTP inputs speak TLS.
A port of 0 is a free one; OUT begins with {"ports": {...}}.  SIGUSR1: the HTTP
input answers 503 from then on, SIGUSR2: 202 again.  With --only-reads the TCP
input closes its side of each connection at once, and reads on.
"""

import argparse
import gzip
import json
import re
import signal
import socket
import ssl
import threading
import time
import zlib

TERM_MAX = 32766  # bytes of a field that is found as a whole
FRAME_MAX = 2 * 1024 * 1024
BODY_MAX = 64 * 1024
RECEIVE = 256 * 1024  # of the UDP input
RESERVED = {"source", "message", "timestamp", "level", "streams", "host"}
DATE = re.compile(r"\d{4}(-\d\d(-\d\d(T.*)?)?)?|\d{4}/\d\d/\d\d.*")


class Lost(Exception):
    """The whole message is."""


class Store:
    """What is kept, and the types that fields have got."""

    def __init__(self, path):
        self.out = open(path, "w", encoding="utf-8")
        self.lock = threading.Lock()
        self.types = {}

    def tell(self, what, of):
        self.out.write(json.dumps({what: of}) + "\n")
        self.out.flush()

    def lost(self, why):
        with self.lock:
            self.tell("lost", why)

    def take(self, payload, sender, zero_ends=False):
        """One message, decompressed."""
        with self.lock:
            try:
                self.keep(parse(payload, zero_ends), sender)
            except Lost as why:
                self.tell("lost", str(why))

    def keep(self, message, sender):
        host = message.get("host", sender)
        if not isinstance(host, str) or not host.strip():
            raise Lost("host is blank or no text")
        short = message.get("short_message")
        if not isinstance(short, str) or not short.strip():
            raise Lost("short_message is missing, blank or no text")
        row = {"source": host, "message": short,
               "timestamp": timestamp_of(message.get("timestamp"))}
        if "level" in message:
            row["level"] = level_of(message["level"])
        for name, value in message.items():
            if name in ("version", "host", "short_message", "timestamp",
                        "level"):
                continue
            field = field_name(name)
            if field is None or value is None or isinstance(value, bool) or (
                    isinstance(value, str) and not value.strip()):
                self.tell("dropped", name)
                continue
            if isinstance(value, (dict, list)):
                value = json.dumps(value)
            row[field] = value
        self.index(row)
        self.tell("stored", row)

    def index(self, row):
        for field, value in row.items():
            if field in ("message", "full_message", "timestamp", "level"):
                continue
            if (isinstance(value, str)
                    and len(value.encode("utf-8", "replace")) > TERM_MAX):
                raise Lost(f"{field} is above {TERM_MAX} bytes")
            has = self.types.get(field)
            if has is None:
                has = self.types[field] = type_of(value)
            elif has == "number" and not is_number(value):
                raise Lost(f"{field} was a number before")
            elif has == "date" and type_of(value) != "date":
                raise Lost(f"{field} was a date before")


def parse(payload, zero_ends):
    if payload.endswith(b"\0") and not zero_ends:
        raise Lost("invalid JSON: a zero byte behind it")
    text = payload.decode("utf-8", "replace")
    try:
        message, _ = json.JSONDecoder(strict=False).raw_decode(text.lstrip(
            " \t\r\n"))
    except ValueError as why:
        raise Lost(f"invalid JSON: {why}") from None
    if not isinstance(message, dict):
        raise Lost("not an object")
    return message


def timestamp_of(value):
    if isinstance(value, str):
        try:
            value = float(value)
        except ValueError:
            return time.time()
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        return time.time()
    if value <= 0:
        return time.time()
    if value > 1e11:
        raise Lost("timestamp is in milliseconds")
    return int(value * 1000) / 1000


def level_of(value):
    if is_number(value):
        return int(float(value))
    raise Lost("level is no number")


def is_number(value):
    if isinstance(value, (int, float)):
        return True
    try:
        float(value)
    except ValueError:
        return False
    return True


def type_of(value):
    if isinstance(value, (int, float)):
        return "number"
    return "date" if DATE.fullmatch(value) else "text"


def field_name(name):
    name = name[1:] if name.startswith("_") else name
    if not re.fullmatch(r"[\w.\-]+", name, re.ASCII):
        return None
    name = name.replace(".", "_")
    if name in RESERVED or name.startswith("gl2_"):
        return None
    return name


def inflate(data):
    if data[:2] == b"\x1f\x8b":
        return gzip.decompress(data)
    if len(data) > 1 and data[0] == 0x78 and (data[0] * 256 + data[1]) % 31 == 0:
        return zlib.decompress(data)
    return data


class Chunks:
    """Messages of which not all parts have come."""

    def __init__(self):
        self.waiting = {}

    def take(self, data):
        """The whole message, or None."""
        if len(data) < 12:
            raise Lost("chunk without a head")
        ident, number, count = data[2:10], data[10], data[11]
        if count == 0 or count > 128 or number >= count:
            raise Lost(f"chunk {number} of {count}")
        now = time.monotonic()
        self.waiting = {k: v for k, v in self.waiting.items()
                        if now - v[0] <= 5}
        _, parts = self.waiting.setdefault(ident, (now, {}))
        parts.setdefault(number, data[12:])
        if len(parts) < count:
            return None
        del self.waiting[ident]
        return b"".join(parts[i] for i in range(count))


def serve_udp(sock, store):
    chunks = Chunks()
    while True:
        data, sender = sock.recvfrom(65536)
        try:
            if data[:2] == b"\x1e\x0f":
                data = chunks.take(data)
            if data is not None:
                store.take(inflate(data), sender[0])
        except Lost as why:
            store.lost(str(why))
        except (OSError, EOFError, zlib.error) as why:
            store.lost(f"not compressed well: {why}")


def frames(connection):
    """Zero-ended frames; the last one may lack its zero."""
    data = b""
    while True:
        more = connection.recv(65536)
        if not more:
            if data:
                yield data
            return
        data += more
        while b"\0" in data:
            frame, data = data.split(b"\0", 1)
            yield frame
        if len(data) > FRAME_MAX:
            raise Lost("frame above 2 MiB")


def serve_tcp(connection, sender, store):
    if OnlyReads.on:
        connection.shutdown(socket.SHUT_WR)
    for frame in frames(connection):
        if len(frame) < 2:
            raise Lost("empty frame: the connection is closed")
        if frame[:2] == b"\x1f\x8b":
            raise Lost("compressed frame: the connection is closed")
        store.take(frame, sender, zero_ends=True)


class OnlyReads:
    """What --only-reads turns on."""

    on = False


class Refusing:
    """What SIGUSR1 and SIGUSR2 turn on and off."""

    on = False


def read_request(stream):
    """Method, path, headers, body; None at the end."""
    line = stream.readline()
    if not line:
        return None
    method, path, _ = line.decode("ascii").split(" ", 2)
    headers = {}
    while True:
        line = stream.readline().decode("latin-1").strip()
        if not line:
            break
        name, value = line.split(":", 1)
        headers[name.strip().lower()] = value.strip()
    if headers.get("transfer-encoding", "").lower() == "chunked":
        body = b""
        while True:
            size = int(stream.readline().split(b";")[0], 16)
            body += stream.read(size)
            stream.readline()
            if size == 0:
                break
    else:
        body = stream.read(int(headers.get("content-length", "0")))
    return method, path, headers, body


def serve_http(connection, sender, store):
    stream = connection.makefile("rb")
    while True:
        request = read_request(stream)
        if request is None:
            return
        method, path, headers, body = request
        status = "202 Accepted"
        if path != "/gelf":
            status = "404 Not Found"
        elif method != "POST":
            status = "405 Method Not Allowed"
        elif len(body) > BODY_MAX:
            status = "413 Request Entity Too Large"
        elif Refusing.on:
            status = "503 Service Unavailable"
        close = headers.get("connection", "").lower() == "close"
        if status.startswith("202"):
            store.take(inflate(body), sender)
        elif not Refusing.on:
            store.lost(f"HTTP {status}")
        connection.sendall(
            f"HTTP/1.1 {status}\r\nContent-Length: 0\r\nConnection: "
            f"{'close' if close else 'keep-alive'}\r\n\r\n".encode())
        if close:
            return


def run_connection(connection, sender, serve, store, tls):
    try:
        if tls is not None:
            connection = tls.wrap_socket(connection, server_side=True)
        serve(connection, sender[0], store)
    except Lost as why:
        store.lost(str(why))
    except (OSError, ValueError, EOFError, zlib.error):
        pass  # whoever spoke is gone, or never spoke our language
    finally:
        connection.close()


def accept_all(sock, serve, store, tls):
    while True:
        connection, sender = sock.accept()
        threading.Thread(target=run_connection, daemon=True,
                         args=(connection, sender, serve, store, tls)).start()


def listen(kind, port):
    sock = socket.socket(socket.AF_INET, kind)
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    if kind == socket.SOCK_DGRAM:
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, RECEIVE)
    sock.bind(("127.0.0.1", port))
    if kind == socket.SOCK_STREAM:
        sock.listen(50)
    return sock


def set_refusing(on):
    Refusing.on = on


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("out")
    for name in ("udp", "tcp", "http"):
        parser.add_argument("--" + name, type=int)
    parser.add_argument("--tls")
    parser.add_argument("--only-reads", action="store_true")
    args = parser.parse_args()
    OnlyReads.on = args.only_reads
    signal.signal(signal.SIGUSR1, lambda *_: set_refusing(True))
    signal.signal(signal.SIGUSR2, lambda *_: set_refusing(False))
    tls = None
    if args.tls:
        tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        tls.load_cert_chain(args.tls)
    sockets = {}
    for name, kind in (("udp", socket.SOCK_DGRAM), ("tcp", socket.SOCK_STREAM),
                       ("http", socket.SOCK_STREAM)):
        if getattr(args, name) is not None:
            sockets[name] = listen(kind, getattr(args, name))
    store = Store(args.out)
    store.tell("ports", {k: v.getsockname()[1] for k, v in sockets.items()})
    for name, sock in sockets.items():
        if name == "udp":
            work, arguments = serve_udp, (sock, store)
        else:
            serve = serve_tcp if name == "tcp" else serve_http
            work, arguments = accept_all, (sock, serve, store, tls)
        threading.Thread(target=work, args=arguments, daemon=True).start()
    while True:
        signal.pause()


if __name__ == "__main__":
    main()

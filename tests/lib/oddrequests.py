# SPDX-License-Identifier: ISC
"""Requests that are odd, too large or malformed, and what may be answered.

A row is a name, the statuses that a web server or Errand behind it may give,
and the request.  "closed" is a connection that ends without an answer, "reset"
a stream of HTTP/2 that does; "fcgid:500" adds a status for one server only.
TOKEN and TASK stand for a token and the id of a task of its first version.
"""
K = 1024
HOST = "Host: errand.example"
BEARER = "Authorization: Bearer TOKEN"
JSON = "Content-Type: application/json"
BODY = b'{"title": "odd"}'
LENGTH = "Content-Length: 16"
CHUNKED = "Transfer-Encoding: chunked"
BROKEN = "400 413 fcgid:422 caddy:502"  # chunks that are none
FORGED = ["X-Forwarded-For", "X-Real-IP", "Client-IP", "True-Client-IP",
          "X-Client-IP", "CF-Connecting-IP", "Remote-Addr", "Remote_Addr",
          "X_Forwarded_For", "X-Forwarded-Host"]
FORGED = ["%s: 203.0.113.%d" % (name, i) for i, name in enumerate(FORGED)] + [
    "Forwarded: for=203.0.113.99;host=203.0.113.98;proto=gopher"]


def ask(method, target, *heads, body=b"", version="HTTP/1.1", host=HOST,
        auth=BEARER):
    """The bytes of a request."""
    lines = ["%s %s %s" % (method, target, version), host, auth, *heads]
    return "\r\n".join(line for line in lines if line is not None).encode(
        "latin-1") + b"\r\n\r\n" + body


def get(target, *heads, **how):
    """It reads something."""
    return ask("GET", target, *heads, **how)


def post(*heads, body=BODY, **how):
    """It makes a task."""
    return ask("POST", "/tasks", JSON, *heads, body=body, **how)


def patch(*heads):
    """It changes the task."""
    return ask("PATCH", "/tasks/TASK", JSON, LENGTH, *heads, body=BODY)


def padded(size):
    """A body of so many bytes that is right."""
    return BODY + b" " * (size - len(BODY))


def sized(size):
    """It makes a task with so large a body."""
    return post("Content-Length: %d" % size, body=padded(size))


def chunks(body, size=4096):
    """The body in chunks."""
    cut = [body[i:i + size] for i in range(0, len(body), size)]
    return b"".join(b"%x\r\n%s\r\n" % (len(c), c) for c in cut) + b"0\r\n\r\n"


def chunked(size):
    """It makes a task with so large a body, in chunks."""
    return post(CHUNKED, body=chunks(padded(size)))


def large(size):
    """A header of so many bytes."""
    return get("/me", "X-Large: " + "a" * size)


# What is cut off ends with the client's side of the connection.
ROWS = [
    ("plain", "200", get("/me")),
    # lengths
    ("length -5", "400", post("Content-Length: -5")),
    ("length -1", "400", post("Content-Length: -1")),
    ("length 2^63", "400 413", post("Content-Length: 9223372036854775808")),
    ("length 2^64+16", "400 413", post("Content-Length: 18446744073709551632")),
    ("length 10^30", "400 413", post("Content-Length: 1" + "0" * 30)),
    ("length 3 GiB", "413 closed caddy:502",
     post("Content-Length: 3221225472")),
    ("length text", "400", post("Content-Length: abc")),
    ("length +16", "400", post("Content-Length: +16")),
    ("length 0x10", "400", post("Content-Length: 0x10")),
    ("length empty", "400 411", post("Content-Length:", body=b"")),
    ("length 16, 16", "400 201", post("Content-Length: 16, 16")),
    ("length twice", "400 201", post(LENGTH, LENGTH)),
    ("two lengths", "400", post(LENGTH, "Content-Length: 17")),
    ("length and chunks", "400 201",
     post(LENGTH, CHUNKED, body=chunks(BODY))),
    ("no length", "400 411", post(body=b"")),
    ("cut body", "400 closed caddy:502 fcgid:500",
     post("Content-Length: 100")),
    # chunks
    ("chunks", "201", post(CHUNKED, body=chunks(BODY, 5))),
    ("chunks in HTTP/1.0", "201 400",
     post(CHUNKED, body=chunks(BODY), version="HTTP/1.0")),
    ("chunks with extensions", "201",
     post(CHUNKED, body=b"10;a=b\r\n" + BODY + b"\r\n0\r\n\r\n")),
    ("chunks with a trailer", "201 400", post(
        CHUNKED, body=b"10\r\n" + BODY +
        b"\r\n0\r\nAuthorization: Basic eA==\r\n\r\n")),
    ("chunk size text", BROKEN,
     post(CHUNKED, body=b"zz\r\n" + BODY + b"\r\n0\r\n\r\n")),
    ("chunk size negative", BROKEN,
     post(CHUNKED, body=b"-10\r\n" + BODY + b"\r\n0\r\n\r\n")),
    ("chunk size 16^20", BROKEN, post(
        CHUNKED, body=b"1" + b"0" * 20 + b"\r\n" + BODY + b"\r\n0\r\n\r\n")),
    ("chunk too long", BROKEN,
     post(CHUNKED, body=b"10\r\n" + BODY + b"XX0\r\n\r\n")),
    ("cut chunk", "400 closed caddy:502 fcgid:500",
     post(CHUNKED, body=b"10\r\n" + BODY[:5])),
    ("gzip, chunked", "400 501 haproxy:422 apache:201 fcgid:201",
     post("Transfer-Encoding: gzip, chunked", body=chunks(BODY))),
    ("no coding", "400 501", post("Transfer-Encoding: xchunked", LENGTH)),
    ("chunks twice", "400 501 201",
     post(CHUNKED, CHUNKED, body=chunks(BODY))),
    ("space before colon", "400",
     post("Transfer-Encoding : chunked", LENGTH)),
    ("tab before chunked", "201 400 501",
     post("Transfer-Encoding:\tchunked", body=chunks(BODY))),
    ("folded", "201 400 501",
     post("Transfer-Encoding:\r\n chunked", body=chunks(BODY))),
    # sizes
    ("header 8 KiB", "200", large(8 * K)),
    ("header 15 KiB", "200", large(15 * K)),
    ("header 16 KiB", "200 apache:400", large(16 * K)),
    ("header 32 KiB", "200 apache:400", large(32 * K)),
    ("header 64 KiB", "400 431 caddy:200", large(64 * K)),
    ("header 256 KiB", "400 431 caddy:200", large(256 * K)),
    ("90 headers", "200", get("/me", *["X-%d: a" % i for i in range(90)])),
    ("5000 headers", "400 431 caddy:200",
     get("/me", *["X-Many-%d: a" % i for i in range(5000)])),
    ("body 128 KiB", "201", sized(128 * K)),
    ("body 128 KiB + 1", "413", sized(128 * K + 1)),
    ("body 900 KiB", "413", sized(900 * K)),
    ("body 3 MiB", "413", sized(3000 * K)),
    ("chunks 40 KiB", "201", chunked(40 * K)),
    ("chunks 128 KiB", "201 haproxy:400", chunked(128 * K)),
    ("chunks 128 KiB + 1", "413 haproxy:400", chunked(128 * K + 1)),
    ("chunks 3 MiB", "413 haproxy:400", chunked(3000 * K)),
    ("path 9 KiB", "414 fcgid:403", get("/tasks/" + "a" * (9 * K))),
    ("path 20 KiB", "414", get("/tasks/" + "a" * (20 * K))),
    ("path 60 KiB", "414 431", get("/tasks/" + "a" * (60 * K))),
    ("query 9 KiB", "414", get("/tasks?title=" + "a" * (9 * K))),
    # targets
    ("%00", "400 404", get("/tasks/a%00b")),
    ("%00 in a query", "400 422", get("/tasks?title=a%00b")),
    ("%2F", "404", get("/tasks/a%2Fb")),
    ("%5C", "404", get("/tasks/a%5Cb")),
    ("..", "400", get("/tasks/../me")),
    (".. at the end", "400", get("/tasks/..")),
    (".. above all", "400", get("/../../me")),
    (".", "400", get("/./me")),
    ("%2e%2e", "400", get("/tasks/%2e%2e/me")),
    ("..%2F", "400 404", get("/tasks/..%2Fme")),
    ("//", "404", get("//me")),
    ("// inside", "404", get("/tasks//me")),
    ("/ at the end", "404", get("/me/")),
    ("backslash", "400 404", get("/tasks\\me")),
    ("%zz", "400", get("/tasks/%zz")),
    ("% at the end", "400", get("/tasks/%")),
    ("%0d%0a", "400", get("/tasks/a%0d%0aX-A:%20b")),
    ("%ff", "400 404", get("/tasks/%ff%fe")),
    ("%ff in a query", "400 422", get("/tasks?title=%ff")),
    ("%zz in a query", "400 422", get("/tasks?title=%zz")),
    ("raw UTF-8", "400 404", get("/tasks/\xc3\xa9")),
    ("bad UTF-8", "400 404", get("/tasks/\xff\xfe")),
    ("bad UTF-8 in a query", "400 422", get("/tasks?title=\xff")),
    ("fragment", "200 400 404", get("/me#a")),
    ("space", "400 404", get("/me a")),
    ("no slash", "400 404", get("me")),
    ("GET *", "400 404", get("*")),
    ("absolute", "200", get("http://errand.example/me")),
    ("absolute, elsewhere", "200 400 421", get("http://other.example/me")),
    ("absolute, no path", "400 404", get("http://errand.example")),
    ("absolute, FTP", "200 400", get("ftp://errand.example/me")),
    ("authority", "400 404", get("errand.example:80")),
    # versions, hosts and methods
    ("100-continue", "201", post(LENGTH, "Expect: 100-continue")),
    ("other expectation", "201 417", post(LENGTH, "Expect: 200-ok")),
    ("100-continue, too large", "413 closed caddy:502", post(
        "Content-Length: 3000000", "Expect: 100-continue", body=b"")),
    ("HTTP/1.0", "200", get("/me", version="HTTP/1.0", host=None)),
    ("HTTP/1.9", "200 505", get("/me", version="HTTP/1.9")),
    ("HTTP/3.7", "200 400 505", get("/me", version="HTTP/3.7")),
    ("HTTX/1.1", "400", get("/me", version="HTTX/1.1")),
    ("no host", "400 haproxy:200", get("/me", host=None)),
    ("two hosts", "400", get("/me", "Host: other.example")),
    ("bad host", "400 haproxy:200", get("/me", host="Host: a/../b")),
    ("HEAD", "200", ask("HEAD", "/me")),
    ("HEAD of nothing", "404", ask("HEAD", "/tasks/0")),
    ("OPTIONS *", "200 400", ask("OPTIONS", "*")),
    ("OPTIONS", "204", ask("OPTIONS", "/tasks")),
    ("TRACE", "405", ask("TRACE", "/me")),
    ("CONNECT", "400 404 405", ask("CONNECT", "errand.example:443")),
    ("CONNECT a path", "400 405", ask("CONNECT", "/me")),
    ("unknown method", "405 501", ask("FOO", "/me")),
    ("method in lower case", "400 405 501", ask("get", "/me")),
    ("long method", "400 405 501", ask("A" * 300, "/me")),
    ("no method", "400 501", ask("", "/me")),
    # conditions and ranges
    ("range", "200", get("/me", "Range: bytes=0-1")),
    ("range above the end", "200", get("/me", "Range: bytes=900000-")),
    ("If-Match list without it", "412", patch('If-Match: "77", "78"')),
    ("If-Match junk", "400", patch("If-Match: 1")),
    ("If-Match twice", "400", patch('If-Match: "77"', "If-Match: *")),
    ("If-Match 9 KiB", "412", patch(
        "If-Match: " + ", ".join('"%d"' % i for i in range(1000, 2200)))),
    ("If-Match list with it", "200", patch('If-Match: "77", "1"')),
    ("If-None-Match *", "304", get("/tasks/TASK", "If-None-Match: *")),
    ("no coding will do", "200 406",
     get("/tasks/TASK", "Accept-Encoding: identity;q=0, *;q=0")),
    # who asks
    ("two tokens", "400", get("/me", "Authorization: Bearer x")),
    ("basic", "401", get("/me", auth="Authorization: Basic eDp5")),
    ("empty token", "401", get("/me", auth="Authorization:")),
    ("token in no header", "401",
     get("/me", auth="Http_Authorization: Bearer TOKEN")),
    ("forged address", "200", get("/me", *FORGED)),
    ("Proxy", "200", get("/me", "Proxy: http://127.0.0.1:1/")),
    ("token named a connection's", "200 401",
     get("/me", "Connection: Authorization")),
    # headers
    ("NUL", "400 haproxy:200", get("/me", "X-A: a\0b")),
    ("8 bits", "200 400", get("/me", "X-A: \xff\xfe")),
    ("bare CR", "400", get("/me", "X-A: a\rX-B: c")),
    ("no colon", "400 nginx:200", get("/me", "abc")),
    ("no name", "400 caddy:200", get("/me", ": a")),
    ("lines end with LF", "200 400", get("/me").replace(b"\r\n", b"\n")),
    ("WebSocket", "200 400",
     get("/me", "Connection: Upgrade", "Upgrade: websocket")),
    ("body of a GET", "200 400", get("/me", "Content-Length: 3", body=b"abc")),
    ("two types", "400 415 201", post("Content-Type: text/plain", LENGTH)),
    ("gzip body", "415", post("Content-Encoding: gzip", LENGTH)),
    # no HTTP at all
    ("TLS", "400 closed", b"\x16\x03\x01\x00\xc8\x01\x00\x00\xc4" + b"\0" * 200),
    ("garbage", "400", b"\0\1\2\3\r\n\r\n"),
    ("long garbage", "400 414 431", b"A" * 100000 + b"\r\n\r\n"),
    ("nothing", "400 closed", b""),
]


def fields(method="GET", path="/me", more=(), **other):
    """The header of a request over HTTP/2."""
    pseudo = {"method": method, "scheme": "https", "path": path,
              "authority": "errand.example", **other}
    return [(":" + name, value) for name, value in pseudo.items()
            if value is not None] + [
                ("authorization", "Bearer TOKEN"), *more]


JSON2 = ("content-type", "application/json")
NO = "400 reset closed"
# Each is a header and a body.
ROWS2 = [
    ("plain", "200", fields(), None),
    ("no length", "201 411 fcgid:400", fields("POST", "/tasks", [JSON2]), BODY),
    ("length", "201", fields("POST", "/tasks", [
        JSON2, ("content-length", "16")]), BODY),
    ("short length", NO, fields("POST", "/tasks", [
        JSON2, ("content-length", "5")]), BODY),
    ("long length", NO + " caddy:502 fcgid:500", fields("POST", "/tasks", [
        JSON2, ("content-length", "50")]), BODY),
    ("negative length", NO, fields("POST", "/tasks", [
        JSON2, ("content-length", "-5")]), BODY),
    ("capitals", NO, fields(more=[("X-Capital", "a")]), None),
    ("connection", "200 " + NO, fields(more=[("connection", "close")]), None),
    ("chunked", "411 201 501 " + NO, fields("POST", "/tasks", [
        JSON2, ("transfer-encoding", "chunked")]), BODY),
    ("two tokens", "400", fields(more=[("authorization", "Bearer x")]), None),
    ("no path", NO, fields(path=None), None),
    ("empty path", NO + " 404", fields(path=""), None),
    ("path without slash", NO + " 404", fields(path="me"), None),
    ("OPTIONS *", "200 404 " + NO, fields("OPTIONS", "*"), None),
    ("absolute", "200 404 " + NO,
     fields(path="http://errand.example/me"), None),
    ("CONNECT", "404 405 501 " + NO,
     fields("CONNECT", path=None, scheme=None), None),
    ("TRACE", "405", fields("TRACE"), None),
    ("unknown method", "405 501", fields("FOO"), None),
    ("%00", "404 " + NO, fields(path="/tasks/a%00b"), None),
    ("..", "400", fields(path="/tasks/../me"), None),
    ("%2F", "404", fields(path="/tasks/a%2Fb"), None),
    ("CR LF in a header", "200 " + NO, fields(more=[("x", "a\r\nb: c")]), None),
    ("CR LF in the path", NO, fields(path="/me\r\nX: y"), None),
    ("other host", "200 421 " + NO, fields(more=[("host", "other")]), None),
    ("header 15 KiB", "200", fields(more=[("x-large", "a" * 15 * K)]), None),
    ("header 64 KiB", "431 " + NO + " caddy:200",
     fields(more=[("x-large", "a" * 64 * K)]), None),
    ("forged address", "200", fields(more=[
        tuple(line.lower().split(": ")) for line in FORGED]), None),
]

# SPDX-License-Identifier: ISC
"""Stands between programs and their servers, and does one fault at one point.

A point is the k-th exchange of a name since Faults.arm: "pg:JOB_START" runs
that statement, "redis:EVALSHA unacked 6" is a script whose first of 6 keys is
that, "mail:DATA" is a command of SMTP, "hook:POST" a request to a webhook.  What
is done there, to whom made the exchange:

  kill       it is killed, and its request never reaches the server
  kill-after it is killed when the server has done its work
  freeze     it is stopped for FROZEN seconds
  stand      the same for STANDING seconds, longer than any limit of the pool
  cut        the connection is cut when the server has done its work
  delay      the answer comes LATE seconds later
  error X    the request does not reach the server; the answer is error X
  passing X  the same, and for all of that name in the next PASSING seconds
  denied X   Redis does it, but without the right to command X
"""
import collections
import os
import re
import signal
import socket
import struct
import threading
import time

FROZEN = 6
STANDING = 60
LATE = 3
PASSING = 4
SQLSTATES = ("55P03", "42501", "40001", "57014")
REDIS_ERRORS = ("NOPERM", "WRONGTYPE", "OOM")
MAIL_ERRORS = ("451", "550")
HOOK_ERRORS = ("500", "503")
PASSING_ERRORS = {"pg": ("55P03", "42501", "39000"), "redis": ("NOPERM",),
                  "mail": (), "hook": ()}
RIGHTS = ("HSET", "ZADD", "LPUSH", "HDEL", "SETEX")
WRITES = re.compile("redis:EVALSHA (unacked [36]|errand:revoke)")
# What differs from job to job, process to process, and list to list.
NAMELESS = re.compile("(?<=errand:node:).*|(?<=errand:waiting:).*|"
                      "(?<=errand:sent:).*|\x06\x16\\d|"
                      "-?[0-9a-f]{8}-[-0-9a-f]{27}")
AFTER = ("kill-after", "cut", "delay")
TRIES = 3  # to meet a point: runs are not all alike


def faults_for(name, k=1):
    """All that can be done at the k-th exchange of that name; an error is one
    wherever it comes, so that only the first ones get them."""
    errors = {"pg": SQLSTATES, "redis": REDIS_ERRORS, "mail": MAIL_ERRORS,
              "hook": HOOK_ERRORS}
    to = name.split(":")[0]
    if k > 1:
        return ["kill", "kill-after", "freeze", "cut", "delay"]
    denied = RIGHTS if WRITES.match(name) else ()
    return ["kill", "kill-after", "freeze", "cut", "delay"] + \
        ["error " + e for e in errors[to]] + \
        ["passing " + e for e in PASSING_ERRORS[to]] + \
        ["denied " + c for c in denied]


def in_all(*runs):
    """The exchanges that each of these runs has had, and how often at least."""
    return {name: min(seen[name] for seen in runs) for name in runs[0]
            if all(name in seen for seen in runs)}


def met(run, *args):
    """Does it until its point was met; what is wrong, or None: it was not."""
    for _ in range(TRIES):
        wrong = run(*args)[0]
        if wrong is not None:
            return wrong
    return None


class Faults:
    """Counts exchanges, and knows whose turn it is.  redis(*words) sends a
    command to the server of these links."""

    def __init__(self, redis=None):
        self.lock = threading.Lock()
        self.redis = redis
        self.links = collections.Counter()  # of each process
        self.lag = self.pace = 0  # Redis: seconds an answer, bytes a second
        self.off()

    def off(self):
        with self.lock:
            self.counting, self.point, self.done = False, None, None
            self.seen = collections.Counter()

    def arm(self, point=None, fault=None):
        """Counts from now on; at the point (name, k) does the fault."""
        with self.lock:
            self.counting, self.point, self.fault = True, point, fault
            self.seen, self.done = collections.Counter(), None

    def judge(self, name):
        """The fault for this exchange, or None."""
        with self.lock:
            if not self.counting:
                return None
            self.seen[name] += 1
            if self.point is None or name != self.point[0]:
                return None
            if self.done:
                passing = self.fault.startswith("passing") and \
                    time.time() < self.done + PASSING
                return "error" + self.fault[7:] if passing else None
            if self.seen[name] != self.point[1]:
                return None
            self.done = time.time()
            return self.fault.replace("passing", "error")


def send_signal(pid, number):
    try:
        os.kill(pid, number)
    except (ProcessLookupError, TypeError):
        pass


def freeze(pid, seconds):
    send_signal(pid, signal.SIGSTOP)
    timer = threading.Timer(seconds, send_signal, (pid, signal.SIGCONT))
    timer.daemon = True
    timer.start()


class Link:
    """One connection of a program, and ours to the server."""

    def __init__(self, client, server, faults, pid):
        self.client, self.server = client, server
        self.faults, self.pid = faults, pid
        self.ahead = b""
        self.waiting = collections.deque()  # a fault or None for each request
        self.lock = threading.Lock()

    def close(self):
        for s in self.client, self.server:
            try:
                s.shutdown(socket.SHUT_RDWR)
            except OSError:
                pass

    def run(self):
        self.faults.links[self.pid] += 1
        ways = [threading.Thread(target=self.guard, args=(way,), daemon=True)
                for way in (self.upwards, self.downwards)]
        for way in ways:
            way.start()
        for way in ways:
            way.join()
        self.client.close()
        self.server.close()
        self.faults.links[self.pid] -= 1

    def guard(self, way):
        try:
            way()
        except (OSError, EOFError, ValueError):
            pass
        self.close()

    def request(self, name, data):
        """Passes it on, unless the fault is that it is not."""
        fault = self.faults.judge(name)
        if fault == "kill":
            send_signal(self.pid, signal.SIGKILL)
            raise EOFError
        if fault in ("freeze", "stand"):
            freeze(self.pid, FROZEN if fault == "freeze" else STANDING)
        with self.lock:
            if fault is None or not fault.startswith("error"):
                if fault is not None and fault.startswith("denied"):
                    self.faults.redis("ACL", "SETUSER", "default",
                                      "-" + fault[7:])
                    self.waiting.append(fault)
                else:
                    self.waiting.append(fault if fault in AFTER else None)
                self.server.sendall(data)
            elif self.waiting:
                self.waiting.append(self.error(fault[6:]))
            else:
                self.client.sendall(self.error(fault[6:]))

    def answered(self, data):
        """An answer is whole: gives it to the client, or does the fault."""
        with self.lock:
            fault = self.waiting.popleft() if self.waiting else None
        if fault == "kill-after":
            send_signal(self.pid, signal.SIGKILL)
            raise EOFError
        if fault == "cut":
            raise EOFError
        if fault == "delay":
            time.sleep(LATE)
        if isinstance(fault, str) and fault.startswith("denied"):
            self.faults.redis("ACL", "SETUSER", "default", "+" + fault[7:])
        self.client.sendall(data)
        with self.lock:
            while self.waiting and isinstance(self.waiting[0], bytes):
                self.client.sendall(self.waiting.popleft())


class Postgres(Link):
    status = b"I"

    def error(self, code):
        fields = b"SERROR\0VERROR\0C" + code.encode() + b"\0Mon purpose\0\0"
        status = b"I" if self.status == b"I" else b"E"
        return b"E" + struct.pack("!I", len(fields) + 4) + fields + \
            b"Z" + struct.pack("!I", 5) + status

    def upwards(self):
        f = self.client.makefile("rb")
        head = read(f, 4)
        self.server.sendall(head + read(f, struct.unpack("!I", head)[0] - 4))
        unit, names = b"", []
        while True:
            head = read(f, 5)
            kind = head[:1]
            body = read(f, struct.unpack("!I", head[1:])[0] - 4)
            unit += head + body
            if kind == b"Q":
                names.append(re.match(rb"\w*", body)[0].decode())
            elif kind == b"B":
                names.append(body.split(b"\0")[1].decode() or "plain")
            if kind in b"QS":
                self.request("pg:" + "+".join(names), unit)
            elif kind not in b"PBDECHF":
                self.server.sendall(unit)
            else:
                continue
            unit, names = b"", []

    def downwards(self):
        f = self.server.makefile("rb")
        data = b""
        while True:
            head = read(f, 5)
            data += head + read(f, struct.unpack("!I", head[1:])[0] - 4)
            if head[:1] == b"Z":
                self.status = data[-1:]
                self.answered(data)
                data = b""
            elif not self.waiting:
                self.client.sendall(data)
                data = b""


def read(f, n):
    data = f.read(n)
    if len(data) < n:
        raise EOFError
    return data


def resp(f):
    """One value of Redis's protocol, as bytes."""
    line = f.readline()
    if not line.endswith(b"\r\n"):
        raise EOFError
    if line[:1] in b"$=" and line[1:2] != b"-":
        return line + read(f, int(line[1:]) + 2)
    if line[:1] in b"*>~" and line[1:2] != b"-":
        return line + b"".join(resp(f) for _ in range(int(line[1:])))
    return line


def script_name(nkeys, words):
    """The first key and, since much is about what is taken, a third one, and
    whether the tag in front of the arguments is missing."""
    keys = [NAMELESS.sub("", w.decode(errors="replace")) for w in words[:3]]
    name = " %s %d" % (keys[0], min(nkeys, 6))
    if nkeys == 3:
        name += " " + keys[2] + ("" if words[3:4] != [b""] else " alone")
    return name


class Redis(Link):
    plain = False  # it has subscribed: no more question and answer

    def error(self, code):
        return ("-%s on purpose\r\n" % code).encode()

    def upwards(self):
        f = self.client.makefile("rb")
        while True:
            data = resp(f)
            words = re.findall(rb"\$\d+\r\n([^\r]*)\r\n", data[:4096])
            name = "redis:" + words[0].decode().upper()
            if name == "redis:EVALSHA":
                name += script_name(int(words[2]), words[3:])
            if b"SUBSCRIBE" in words[0].upper():
                self.plain = True
            if self.plain or name == "redis:SCRIPT":
                with self.lock:
                    self.waiting.append(None)
                    self.server.sendall(data)
            else:
                self.request(name, data)

    def downwards(self):
        f = self.server.makefile("rb")
        while True:
            data = resp(f)
            time.sleep(self.faults.lag + (len(data) / self.faults.pace
                                          if self.faults.pace else 0))
            self.answered(data)


class Mail(Link):
    def error(self, code):
        return ("%s on purpose\r\n" % code).encode()

    def upwards(self):
        f = self.client.makefile("rb")
        self.text = False
        while True:
            line = f.readline()
            if not line:
                raise EOFError
            if not self.text:
                word = line.split()[0].decode().upper()
                self.request("mail:" + word, line)
                self.text = word == "DATA"
            elif line == b".\r\n":
                self.text = False
                self.request("mail:.", line)
            else:
                self.server.sendall(line)

    def downwards(self):
        f = self.server.makefile("rb")
        data = b""
        while True:
            line = f.readline()
            if not line:
                raise EOFError
            data += line
            if line[3:4] != b"-":
                if line[:1] != b"3":
                    self.text = False
                self.answered(data)
                data = b""


class Hook(Link):
    """HTTP, as far as the pool and the endpoint of tests speak it."""

    def error(self, code):
        return ("HTTP/1.1 %s On Purpose\r\nContent-Length: 0\r\n\r\n" %
                code).encode()

    def message(self, f):
        """A head and its body."""
        data, length = b"", 0
        while not data.endswith(b"\r\n\r\n"):
            line = f.readline()
            if not line.endswith(b"\r\n"):
                raise EOFError
            data += line
            if line.lower().startswith(b"content-length:"):
                length = int(line.split(b":")[1])
        return data + read(f, length)

    def upwards(self):
        f = self.client.makefile("rb")
        while True:
            data = self.message(f)
            self.request("hook:" + data.split()[0].decode(), data)

    def downwards(self):
        f = self.server.makefile("rb")
        while True:
            self.answered(self.message(f))


def peer_of_unix(client, _):
    raw = client.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, 12)
    return struct.unpack("3i", raw)[0]


def peer_of_tcp(client, links):
    """The process at the other end, by the tables of the kernel.  It is mostly
    one of those that have a link; only then is it found soon where many run."""
    port = ":%04X" % client.getpeername()[1]
    with open("/proc/net/tcp", encoding="ascii") as table:
        inodes = [line.split()[9] for line in table
                  if line.split()[1].endswith(port)]
    likely = [str(pid) for pid in list(links) if pid and links[pid] > 0]
    for pid in likely + [p for p in os.listdir("/proc") if p.isdigit()]:
        try:
            for fd in os.listdir("/proc/%s/fd" % pid):
                at = os.readlink("/proc/%s/fd/%s" % (pid, fd))
                if at[8:-1] in inodes and int(pid) != os.getpid():
                    return int(pid)
        except OSError:
            continue
    return None


def stand(kind, faults, listener, connect):
    """Serves a listening socket for ever; connect() makes one to the server."""
    peer = peer_of_unix if listener.family == socket.AF_UNIX else peer_of_tcp

    def attend(client):
        try:
            server = connect()
        except OSError:
            client.close()
            return
        kind(client, server, faults, peer(client, faults.links)).run()

    def loop():
        while True:
            threading.Thread(target=attend, args=(listener.accept()[0],),
                             daemon=True).start()

    threading.Thread(target=loop, daemon=True).start()


def unix_listener(path):
    s = socket.socket(socket.AF_UNIX)
    s.bind(path)
    s.listen(128)
    return s


def unix_connect(path):
    def connect():
        s = socket.socket(socket.AF_UNIX)
        s.connect(path)
        return s
    return connect

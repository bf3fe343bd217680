#!/usr/bin/python3
# SPDX-License-Identifier: ISC
"""Does each fault of faults.py at each exchange of a write, and judges.

usage: crashwrites.py FOLDER RUN BUILD SHARE ONLY

PG in the environment leads to the database, TOKEN is an administrator's.
FOLDER has errand.ini, whose servers are the sockets pg/.s.PGSQL.5432 and
redis.sock in RUN.  A pool of workers is there, which makes up for writers that
die.  Two errand.fcgi serve: one writes, and gets its servers through proxies;
the other one reads, past them.

First each write is made without a fault, by a process that has its connections
and by one that has none, and the exchanges are noted.  Then it is made again
with each fault at each of them.
Afterwards: what was acknowledged is there; what was not is there as a whole or
not at all, and once; reads through both processes are as the database, at once
if the write was acknowledged and Redis told, else soon; a state that is gone
cannot be changed any more, and the same change sent again is made once.  KEYED
is a POST with an Idempotency-Key, so that this holds for it as well.  The last
line says "N points, M violations"; status 0 if M is 0.
"""
import atexit
import json
import os
import re
import signal
import socket
import struct
import subprocess
import sys
import threading
import time
import uuid

import faults
import servers

FOLDER, RUN, BUILD, SHARE, ONLY = sys.argv[1:6]
INI = os.path.join(FOLDER, "errand.ini")
SOON = 20  # seconds, until what nobody was told is what all see
PATIENCE = 30
AFTERWARDS = 1  # for what is done when the answer is out
BEGIN, PARAMS, STDIN, STDOUT = 1, 4, 5, 6

WHOLE = """
WITH events AS (SELECT task_id AS id, count(*) AS n, max(version) AS v,
    bool_or(action = 'deleted') AS gone FROM task_events GROUP BY task_id),
work AS (SELECT task_id AS id, count(*) AS n,
    count(*) FILTER (WHERE kind = 'errand.send_notification') AS mails
    FROM jobs GROUP BY task_id)
SELECT count(*) FROM (SELECT id FROM tasks UNION SELECT task_id
    FROM task_events) AS ids LEFT JOIN tasks USING (id)
    LEFT JOIN events USING (id) LEFT JOIN work USING (id)
WHERE (work.mails, work.n, events.v, events.gone)
    IS DISTINCT FROM (1, 1, events.n, tasks.id IS NULL)
    OR tasks.version <> events.v"""


def length(text):
    return struct.pack(">I", len(text) | 0x80000000)


def stream(kind, content):
    records = b""
    for part in (content, b""):
        records += struct.pack(">BBHHBB", 1, kind, 1, len(part), 0, 0) + part
        if not part:
            break
    return records


class Answer:
    """status is 0 if there was none."""

    def __init__(self, data):
        out = b""
        while len(data) >= 8:
            _, kind, _, size, padding, _ = struct.unpack(">BBHHBB", data[:8])
            if kind == STDOUT:
                out += data[8:8 + size]
            data = data[8 + size + padding:]
        head, _, body = out.partition(b"\r\n\r\n")
        fields = dict(re.findall(r"(?m)^([\w-]+): *(.*?)\r?$", head.decode()))
        self.status = int(fields["Status"][:3]) if "Status" in fields else 0
        self.tag = fields.get("ETag")
        self.json = json.loads(body) if body[:1] in (b"{", b"[") else None


class Server:
    """An errand.fcgi, which is started again when it ends."""

    def __init__(self, name, ini):
        self.ini, self.path = ini, os.path.join(RUN, name + ".sock")
        self.listener = faults.unix_listener(self.path)
        self.log = open(os.path.join(FOLDER, "log", name + ".log"), "ab")
        self.process = None
        self.start()

    def start(self):
        self.process = subprocess.Popen(
            [BUILD + "/errand.fcgi", "-c", self.ini], stdin=self.listener,
            stdout=self.log, stderr=self.log)
        atexit.register(self.process.kill)

    def keep(self):
        if self.process.poll() is not None:
            atexit.unregister(self.process.kill)
            self.start()

    def anew(self):
        """Without a connection to anything."""
        self.process.kill()
        self.process.wait()
        self.keep()

    def ask(self, method, uri, body=None, tag=None, key=None):
        text = b"" if body is None else json.dumps(body).encode()
        pairs = [("REQUEST_METHOD", method), ("REQUEST_URI", uri),
                 ("REMOTE_ADDR", "127.0.0.1"),
                 ("HTTP_AUTHORIZATION", "Bearer " + os.environ["TOKEN"])]
        if text:
            pairs += [("CONTENT_LENGTH", str(len(text))),
                      ("CONTENT_TYPE", "application/json")]
        if tag:
            pairs.append(("HTTP_IF_MATCH", tag))
        if key:
            pairs.append(("HTTP_IDEMPOTENCY_KEY", '"%s"' % key))
        params = b"".join(length(n.encode()) + length(v.encode()) +
                          n.encode() + v.encode() for n, v in pairs)
        s = socket.socket(socket.AF_UNIX)
        s.settimeout(PATIENCE)
        data = b""
        try:
            s.connect(self.path)
            s.sendall(struct.pack(">BBHHBBHB5x", 1, BEGIN, 1, 8, 0, 0, 1, 0) +
                      stream(PARAMS, params) + stream(STDIN, text))
            while chunk := s.recv(65536):
                data += chunk
        except OSError:
            data = b""
        s.close()
        return Answer(data)

    def surely(self, *what):
        """The same, until there is an answer that is one."""
        end = time.time() + PATIENCE
        while True:
            self.keep()
            answer = self.ask(*what)
            if answer.status not in (0, 503) + (
                    (409,) if what[4:] else ()) or time.time() > end:
                return answer
            time.sleep(0.1)


class Writes:
    """Both processes, and what is known of a task."""

    def __init__(self):
        self.sql = servers.Sql(os.environ["PG"])
        self.faults = faults.Faults(servers.Redis(RUN + "/redis.sock"))
        self.writer = Server("writer", self.stand_between())
        self.reader = Server("reader", INI)

    def stand_between(self):
        at = RUN + "/faults"
        os.makedirs(at, exist_ok=True)
        faults.stand(faults.Postgres, self.faults,
                     faults.unix_listener(at + "/.s.PGSQL.5432"),
                     faults.unix_connect(RUN + "/pg/.s.PGSQL.5432"))
        faults.stand(faults.Redis, self.faults,
                     faults.unix_listener(at + "/redis.sock"),
                     faults.unix_connect(RUN + "/redis.sock"))
        with open(INI, encoding="utf-8") as ini:
            text = ini.read()
        text = text.replace("host=%s/pg" % RUN,
                            "application_name=writer host=" + at)
        text = text.replace(RUN + "/redis.sock", at + "/redis.sock")
        path = os.path.join(FOLDER, "writer.ini")
        with open(path, "w", encoding="utf-8") as ini:
            ini.write(text)
        return path

    # --- what a write is ---

    def prepare(self):
        """A task that both have in their cache, in lists as well."""
        self.title = "t" + uuid.uuid4().hex
        made = self.reader.surely("POST", "/tasks", {"title": self.title})
        self.id, self.tag = made.json["id"], made.tag
        for server in self.writer, self.reader:
            for uri in self.uris():
                server.surely("GET", uri)

    def uris(self):
        return ["/tasks/" + self.id, "/tasks?limit=5",
                "/tasks?title=" + self.title]

    def what(self, write):
        """Method, address, body, entity tag, key."""
        uri = "/tasks/" + self.id
        return {"POST": ("POST", "/tasks", {"title": "n" + self.title}),
                "KEYED": ("POST", "/tasks", {"title": "n" + self.title}, None,
                          self.title),
                "PUT": ("PUT", uri, {"title": "n" + self.title,
                                     "status": "completed"}, self.tag),
                "PATCH": ("PATCH", uri, {"title": "n" + self.title}, self.tag),
                "DELETE": ("DELETE", uri, None, self.tag)}[write]

    def happened(self, write):
        """How often, as the database has it."""
        new = int(self.sql("SELECT count(*) FROM tasks WHERE title = 'n%s'" %
                           self.title)[0][0])
        if write in ("POST", "KEYED"):
            return new
        rows = self.sql("SELECT version FROM tasks WHERE id = '%s'" % self.id)
        if write == "DELETE":
            return 1 - len(rows)
        return int(rows[0][0]) - 1 if rows and (
            new or rows[0][0] == "1") else -1

    # --- what is right ---

    def stale(self, server):
        """What this process tells of the task that is not so, or None."""
        row = self.sql("SELECT version, title FROM tasks WHERE id = '%s'" %
                       self.id)
        got = server.surely("GET", "/tasks/" + self.id)
        if (got.status, got.json and got.json.get("title")) != \
                ((200, row[0][1]) if row else (404, None)) and \
                (row or got.status != 404):
            return "the task reads %d %s" % (got.status, got.json)
        for uri in self.uris()[1:]:
            got = server.surely("GET", uri)
            if got.status != 200:
                return "%s reads %d" % (uri, got.status)
            there = sorted(r[0] for r in self.sql(
                "SELECT title FROM tasks WHERE title LIKE '%%%s'" %
                self.title))
            names = sorted(t["title"] for t in got.json["data"]
                           if t["title"].endswith(self.title))
            if names != there:
                return "%s reads %s" % (uri, names)
        return None

    def fresh(self, acknowledged):
        """What was told to the writer holds at once; else soon."""
        wrong, end = [], time.time() + SOON
        for name, server in (("reader", self.reader), ("writer", self.writer)):
            why = self.stale(server)
            while why and not acknowledged and time.time() < end:
                time.sleep(0.2)
                why = self.stale(server)
            if why:
                wrong.append("through the %s %s" % (name, why))
        return wrong

    def ask(self, what):
        """The answer, and the process that was to give it.  Who dies before it
        takes a request leaves it to the next one."""
        answers, pid = [], self.writer.process.pid
        thread = threading.Thread(
            target=lambda: answers.append(self.writer.ask(*what)))
        thread.start()
        while thread.is_alive():
            self.writer.keep()
            thread.join(0.02)
        return answers[0], pid

    def calm(self, pid):
        """What a process that died has sent has come to its end."""
        end = time.time() + SOON
        while time.time() < end and (self.faults.links[pid] or self.sql(
                "SELECT FROM pg_stat_activity WHERE application_name ="
                " 'writer' AND state <> 'idle'")):
            time.sleep(0.02)

    def judge(self, write, answer, untold):
        """untold: Redis may not have heard of it, so that reads may be old for
        a while."""
        wrong, n = [], self.happened(write)
        acknowledged = 200 <= answer.status < 300
        if n not in ((1,) if acknowledged else (0, 1)):
            wrong.append("answered %d, and happened %d times" %
                         (answer.status, n))
        if not acknowledged and answer.status not in (0, 500, 503):
            wrong.append("answered %d" % answer.status)
        if self.sql(WHOLE)[0][0] != "0":
            wrong.append("records do not fit")
        wrong += self.fresh(acknowledged and not untold)
        if write == "KEYED":
            again = self.reader.surely(*self.what(write))
            if again.status != 201:
                wrong.append("sent again it is answered %d" % again.status)
            elif acknowledged and again.json != answer.json:
                wrong.append("sent again it is answered otherwise")
            elif not self.sql("SELECT id FROM tasks WHERE id = '%s'" %
                              again.json["id"]):
                wrong.append("sent again, the answer names no task")
            if self.happened(write) != 1:
                wrong.append("sent twice it happened %d times" %
                             self.happened(write))
            wrong += self.fresh(True)
        elif write != "POST":
            again = self.reader.surely(*self.what(write))
            gone = 404 if write == "DELETE" else 412
            if n == 1 and again.status != gone:
                wrong.append("sent again it is answered %d" % again.status)
            if n == 0 and not 200 <= again.status < 300:
                wrong.append("sent again it is refused: %d" % again.status)
            if self.happened(write) != 1:
                wrong.append("sent twice it happened %d times" %
                             self.happened(write))
            wrong += self.fresh(True)
        if self.sql(WHOLE)[0][0] != "0":
            wrong.append("records do not fit afterwards")
        return wrong

    def run(self, write, cold, point=None, fault=None):
        """What is wrong, or None if the fault was not met; what was seen."""
        self.writer.keep()
        self.prepare()
        if cold:
            self.writer.anew()
        self.faults.arm(point, fault)
        answer, pid = self.ask(self.what(write))
        end = time.time() + AFTERWARDS
        while point and not self.faults.done and time.time() < end:
            time.sleep(0.02)
        seen, done = dict(self.faults.seen), self.faults.done
        self.faults.off()
        if answer.status == 0:
            self.calm(pid)
        if point is not None and done is None:
            return None, seen
        return self.judge(write, answer, point is not None and
                          point[0].startswith("redis:")), seen


def main():
    writes = Writes()
    work, violations, count = [], 0, 0
    for write in "POST", "KEYED", "PUT", "PATCH", "DELETE":
        for cold in False, True:
            wrong, seen = writes.run(write, cold)
            how = "%s by a %s process" % (write, "new" if cold else "running")
            for sentence in wrong:
                violations += 1
                print("without a fault: %s: %s" % (how, sentence), flush=True)
            for name in sorted(seen):
                for k in range(1, min(seen[name], 2) + 1):
                    for fault in faults.faults_for(name, k):
                        work.append((write, cold, (name, k), fault,
                                     "%s, %s, %d: %s" % (how, name, k, fault)))
    work = [w for w in work if re.search(ONLY, w[4])]
    share = int(SHARE)
    for write, cold, point, fault, name in work[share // 2::share]:
        wrong = faults.met(writes.run, write, cold, point, fault)
        if wrong is None:
            print("left out, since it comes in few runs: " + name, flush=True)
            continue
        count += 1
        violations += len(wrong) > 0
        print("%s %s%s" % ("WRONG" if wrong else "held ", name,
                           "".join("; " + w for w in wrong)), flush=True)
    print("%d points, %d violations" % (count, violations))
    return violations > 0


if __name__ == "__main__":
    threading.excepthook = lambda args: None
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    sys.exit(main())

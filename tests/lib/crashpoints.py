#!/usr/bin/python3
# SPDX-License-Identifier: ISC
"""Does each fault of faults.py at each exchange of a pool, and judges.

usage: crashpoints.py FOLDER RUN WORKER SHARE ONLY

PG in the environment leads to the database.  FOLDER has errand.ini, whose servers are the sockets pg/.s.PGSQL.5432 and
redis.sock in RUN.  The pool WORKER gets them through RUN/faults.  First all
sorts of jobs are run without a fault, and the exchanges are noted.  Then, for
each of them and each fault (or every SHARE-th of these pairs whose name matches
the regular expression ONLY), the same jobs are run again with that one fault; when all has come to rest: each row is final
and says what became of the job; it ran at least once and did not begin once
its end was on record; who sent a message was told what the row says; nothing
is left in a queue or in anybody's hands; the pool stops, with all that it
started.  The last line says "N points, M violations"; status 0 if M is 0.
"""
import atexit
import base64
import collections
import json
import os
import re
import signal
import socket
import subprocess
import sys
import threading
import time
import uuid

import faults

FOLDER, RUN, WORKER, SHARE, ONLY = sys.argv[1:]
SETTLED = 90  # seconds, for all that a fault may need to be made good
INI = os.path.join(FOLDER, "faults.ini")
RAN = os.path.join(FOLDER, "ran")

# name, kind, state at the end, result that its sender finds (or None), how
# often it runs at least and, without a fault, at most
ROWS = [("ok", "t.ok", "succeeded", 1),
        ("twice", "t.twice", "succeeded", 2),
        ("bad", "t.bad", "failed", 1),
        ("analytics", "errand.record_analytics", "succeeded", 0),
        ("mail", "errand.send_notification", "succeeded", 0),
        ("foreign", "t.foreign", "published", 0),
        ("cancelled", "t.ok", "cancelled", 0)]
MESSAGES = [("sent", "t.ok", {}, "succeeded", "SUCCESS", 1),
            ("sent-bad", "t.bad", {}, "failed", "FAILURE", 1),
            ("ignored", "t.ok", {"ignore_result": True}, "succeeded", None, 1),
            ("eta", "t.ok", {"eta": 1}, "succeeded", "SUCCESS", 1),
            ("expired", "t.ok", {"expires": -5}, "cancelled", "REVOKED", 0),
            ("prior", "t.ok", {"priority": 6}, "succeeded", "SUCCESS", 1),
            ("copied", "t.ok", {"copies": 2}, "succeeded", "SUCCESS", 1)]


def sql(text):
    env = dict(os.environ, PGOPTIONS="-c statement_timeout=20s")
    out = subprocess.run(["psql", "-XAtq", "-v", "ON_ERROR_STOP=1", "-d",
                          os.environ["PG"], "-c", text],
                         env=env, check=True, stdout=subprocess.PIPE)
    return [line.split("|") for line in out.stdout.decode().splitlines()]


def redis(*words):
    out = subprocess.run(["redis-cli", "-s", RUN + "/redis.sock", *words],
                         check=True, stdout=subprocess.PIPE)
    return out.stdout.decode().strip()


def iso(seconds):
    t = time.time() + seconds
    return time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(t)) + "+00:00"


def push(ident, kind, more):
    headers = {"lang": "py", "task": kind, "id": ident, "root_id": ident,
               "retries": 0, "timelimit": [None, None],
               "ignore_result": more.get("ignore_result", False)}
    for key in "eta", "expires":
        headers[key] = iso(more[key]) if key in more else None
    body = [[], {"name": ident}, {"callbacks": None, "errbacks": None,
                                  "chain": None, "chord": None}]
    priority = more.get("priority", 0)
    queue = "errand" + ("\x06\x16%d" % priority if priority else "")
    for _ in range(more.get("copies", 1)):
        redis("LPUSH", queue, json.dumps({
            "body": base64.b64encode(json.dumps(body).encode()).decode(),
            "content-encoding": "utf-8", "content-type": "application/json",
            "headers": headers,
            "properties": {
                "correlation_id": ident, "reply_to": str(uuid.uuid4()),
                "delivery_mode": 2, "priority": priority,
                "delivery_info": {"exchange": "", "routing_key": "errand"},
                "body_encoding": "base64",
                "delivery_tag": str(uuid.uuid4())}}))


class Pool:
    """The pool, which is started again if the fault was its end."""

    def __init__(self):
        atexit.register(self.kill)  # should anything go wrong here
        self.log = open(os.path.join(FOLDER, "log", "pool.log"), "ab")
        self.start()

    def start(self):
        self.process = subprocess.Popen(
            [WORKER, "-c", INI], stdin=subprocess.DEVNULL, stdout=self.log,
            stderr=self.log, start_new_session=True)

    def keep(self):
        if self.process.poll() is not None:
            self.start()

    def kill(self):
        try:
            os.killpg(self.process.pid, signal.SIGKILL)
        except ProcessLookupError:
            pass

    def stop(self):
        """What is wrong with how it stops, or None."""
        self.keep()
        self.process.terminate()
        try:
            self.process.wait(40)
        except subprocess.TimeoutExpired:
            self.kill()
            self.process.wait()
            return "the pool does not stop"
        for _ in range(100):
            out = subprocess.run(["ps", "-o", "pid=", "-s",
                                  str(self.process.pid)],
                                 stdout=subprocess.PIPE, check=False)
            if not out.stdout.split():
                return None
            time.sleep(0.05)
        self.kill()
        return "it leaves a process behind"


def clean():
    sql("TRUNCATE jobs")
    redis("FLUSHALL")
    open(RAN, "w", encoding="ascii").close()
    for name in os.listdir(FOLDER):
        if name.startswith("twice."):
            os.unlink(os.path.join(FOLDER, name))


def put_jobs():
    """All sorts; name to id."""
    ids = {}
    task = {"id": str(uuid.uuid4()), "title": "x", "status": "pending",
            "created_by": "alice", "created_at": iso(0), "event": "created",
            "email": "alice@example.org"}
    for name, kind, state, _ in ROWS:
        ids[name] = str(uuid.uuid4())
        args = task if name == "mail" else {"name": ids[name]}
        sql("INSERT INTO jobs (id, kind, args, state, relayed_at%s) VALUES"
            " ('%s', '%s', '%s', '%s', now()%s)" %
            (", finished_at" if state == "cancelled" else "", ids[name], kind,
             json.dumps(args), "cancelled" if state == "cancelled" else
             "queued", ", now()" if state == "cancelled" else ""))
    for name, kind, more, _, _, _ in MESSAGES:
        ids[name] = str(uuid.uuid4())
        push(ids[name], kind, more)
    return ids


def told(ident):
    """What the sender of a message was told, or None."""
    text = redis("GET", "celery-task-meta-" + ident)
    return json.loads(text)["status"] if text else None


def at_rest(ids):
    """True when nothing more will happen."""
    rows = {r[0]: r[1] for r in sql("SELECT coalesce(message_id, id::text),"
                                    " state FROM jobs")}
    final = all(rows.get(ids[n]) in ("succeeded", "failed", "cancelled") or
                n == "expired" and told(ids[n])
                for n in ids if n != "foreign")
    return final and rows.get(ids["foreign"]) == "published" and \
        left_over() == []


def left_over():
    found = []
    for key in redis("KEYS", "*").splitlines():
        if key.startswith(("errand\x06", "unacked")) or key == "errand":
            if key != "unacked_mutex":
                found.append(key)
    return found


def runs():
    """id to the times at which it began."""
    began = collections.defaultdict(list)
    with open(RAN, encoding="ascii") as f:
        for line in f:
            ident, at = line.split()
            began[ident].append(float(at))
    return began


def judge(ids, plain):
    """All that is wrong, as sentences.  plain: nothing was done to it."""
    wrong = []
    rows = {r[0]: r for r in sql(
        "SELECT coalesce(message_id, id::text), state, coalesce(extract(epoch"
        " FROM finished_at), 0), count(*) OVER (PARTITION BY"
        " coalesce(message_id, id::text)) FROM jobs")}
    began = runs()

    def look(name, want, least):
        row, starts = rows.get(ids[name]), began[ids[name]]
        if row is None and want == "cancelled":
            return want  # it needs none: it was late, and its sender is told
        if row is None:
            wrong.append("%s has no row" % name)
            return "?"
        if row[1] != want:
            wrong.append("%s is %s" % (name, row[1]))
        if row[3] != "1":
            wrong.append("%s has %s rows" % (name, row[3]))
        if row[1] == "succeeded" and len(starts) < least:
            wrong.append("%s ran %d times" % (name, len(starts)))
        if plain and len(starts) != least:
            wrong.append("%s ran %d times" % (name, len(starts)))
        if any(at > float(row[2]) > 0 for at in starts):
            wrong.append("%s began after its end was on record" % name)
        return row[1]

    for name, _, state, least in ROWS:
        look(name, state, least)
    for name, _, _, state, result, least in MESSAGES:
        want = {"succeeded": "SUCCESS", "failed": "FAILURE",
                "cancelled": "REVOKED"}.get(look(name, state, least))
        status = told(ids[name])
        if result is not None and status != want:
            wrong.append("the sender of %s was told %s" % (name, status))
    if int(redis("LLEN", "foreign")) < 1:
        wrong.append("the message for others is gone")
    if left_over():
        wrong.append("left: " + " ".join(left_over()))
    return wrong


def run(all_faults, point=None, fault=None):
    """One run with a pool of its own.  What is wrong, or None if the fault was
    not met; and the exchanges that were seen."""
    clean()
    all_faults.arm(point, fault)
    pool = Pool()
    ids = put_jobs()
    end = time.time() + SETTLED
    while time.time() < end and not at_rest(ids):
        pool.keep()
        time.sleep(0.1)
    stopped = pool.stop()
    seen, done = dict(all_faults.seen), all_faults.done
    all_faults.off()
    if point is not None and done is None:
        return None, seen
    wrong = judge(ids, point is None)
    if fault == "error 550":  # that is for good, and so is what comes of it
        wrong = [w for w in wrong if w != "mail is failed"]
    return wrong + ([stopped] if stopped else []), seen


def mail_connect(port):
    return lambda: socket.create_connection(("127.0.0.1", port), 10)


def stand_between():
    """The proxies, and settings that lead to them."""
    f = faults.Faults()
    os.makedirs(RUN + "/faults", exist_ok=True)
    faults.stand(faults.Postgres, f,
                 faults.unix_listener(RUN + "/faults/.s.PGSQL.5432"),
                 faults.unix_connect(RUN + "/pg/.s.PGSQL.5432"))
    faults.stand(faults.Redis, f,
                 faults.unix_listener(RUN + "/faults/redis.sock"),
                 faults.unix_connect(RUN + "/redis.sock"))
    mail = socket.create_server(("127.0.0.1", 0))
    with open(os.path.join(FOLDER, "errand.ini"), encoding="utf-8") as ini:
        text = ini.read()
    real = [line for line in text.splitlines() if line.startswith("url")]
    port = int([x for x in real if "smtp:" in x][0].rsplit(":", 1)[1])
    faults.stand(faults.Mail, f, mail, mail_connect(port))
    text = text.replace("host=%s/pg" % RUN, "host=%s/faults" % RUN)
    text = text.replace("unix://%s/redis.sock" % RUN,
                        "unix://%s/faults/redis.sock" % RUN)
    text = text.replace(":%d" % port, ":%d" % mail.getsockname()[1])
    with open(INI, "w", encoding="utf-8") as ini:
        ini.write(text)
    return f


def points_of(seen):
    """Each exchange by its name: the first two times, in pairs with faults."""
    return [((name, k), fault) for name in sorted(seen)
            for k in range(1, min(seen[name], 2) + 1)
            for fault in faults.faults_for(name)]


def main():
    all_faults = stand_between()
    wrong, seen = run(all_faults)
    count, violations = 0, len(wrong)
    for sentence in wrong:
        print("without a fault: " + sentence)
    pairs = [(point, fault, "%s, %d: %s" % (*point, fault))
             for point, fault in points_of(seen)]
    pairs = [pair for pair in pairs if re.search(ONLY, pair[2])]
    for point, fault, name in pairs[int(SHARE) // 2::int(SHARE)]:
        wrong, _ = run(all_faults, point, fault)
        if wrong is None:
            print("not met: " + name, flush=True)
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

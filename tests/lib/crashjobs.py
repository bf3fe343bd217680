# SPDX-License-Identifier: ISC
"""The sorts of job that crashpoints.py has a pool run, and what is right.

A sort is put there before the pool starts, as a row or as a message, and some
are acted on while the pool runs: cancelled, revoked, done by a stock worker.
"""
import base64
import collections
import datetime
import glob
import json
import os
import subprocess
import time
import uuid

FINAL = ("succeeded", "failed", "cancelled")
STATUS = {"succeeded": "SUCCESS", "failed": "FAILURE", "cancelled": "REVOKED"}

# by: "row" as a change of a task puts it there, "message" as a stock sender
# does.  state: of the row at the end; None: there is none.  runs: how often it
# begins, at least, and at most where nothing was killed; with least, at least
# so often.  told: what its sender finds; None: nothing.
Sort = collections.namedtuple("Sort", "by kind state runs told least more",
                              defaults=(None, None, {}))
SORTS = {
    "ok": Sort("row", "t.ok", "succeeded", 1),
    "twice": Sort("row", "t.twice", "succeeded", 2),
    "bad": Sort("row", "t.bad", "failed", 1),
    "analytics": Sort("row", "errand.record_analytics", "succeeded", 0),
    "mail": Sort("row", "errand.send_notification", "succeeded", 0),
    "slow": Sort("row", "t.slow", "succeeded", 2, None, 1),
    "unwanted": Sort("row", "t.ok", "cancelled", 0, None, None, {"eta": 3600}),
    "foreign": Sort("row", "t.foreign", "published", 0),
    "stock": Sort("row", "t.stock", "succeeded", 1),
    "stock-bad": Sort("row", "t.stock", "failed", 1),
    "stock-quiet": Sort("row", "t.stock", "published", 1),
    "stock-was": Sort("row", "t.stock", "succeeded", 0, None, None,
                      {"was": True}),
    "shared-was": Sort("row", "t.ok", "succeeded", 0, None, None,
                       {"was": True, "sent": True}),
    "sent": Sort("message", "t.ok", "succeeded", 1, "SUCCESS"),
    "sent-bad": Sort("message", "t.bad", "failed", 1, "FAILURE"),
    "sent-twice": Sort("message", "t.twice", "succeeded", 2, "SUCCESS"),
    "ignored": Sort("message", "t.ok", "succeeded", 1, None, None,
                    {"ignore_result": True}),
    "eta": Sort("message", "t.ok", "succeeded", 1, "SUCCESS", None,
                {"eta": 1}),
    "expires": Sort("message", "t.ok", "succeeded", 1, "SUCCESS", None,
                    {"expires": 3600}),
    "expired": Sort("message", "t.ok", "cancelled", 0, "REVOKED", None,
                    {"expires": -5}),
    "prior": Sort("message", "t.ok", "succeeded", 1, "SUCCESS", None,
                  {"priority": 6}),
    "copied": Sort("message", "t.ok", "succeeded", 1, "SUCCESS", None,
                   {"copies": 2}),
    "tagless": Sort("message", "t.tagless", "succeeded", 1, "SUCCESS"),
    "cancelled": Sort("message", "t.ok", "cancelled", 0, "REVOKED", None,
                      {"eta": 3600}),
    "revoked": Sort("message", "t.ok", "cancelled", 0, "REVOKED", None,
                    {"later": True}),
    "unknown": Sort("message", "t.nobody", None, 0, "FAILURE"),
    "part": Sort("message", "t.ok", "succeeded", 1, "SUCCESS", None,
                 {"index": 0, "chord": "body"}),
    "part-twice": Sort("message", "t.twice", "succeeded", 2, "SUCCESS", None,
                       {"index": 1, "chord": "body"}),
    "body": Sort("message", "t.ok", "succeeded", 1, "SUCCESS", None,
                 {"later": True}),
    "chain": Sort("message", "t.ok", "succeeded", 1, "SUCCESS", None,
                  {"chain": "next"}),
    "next": Sort("message", "t.ok", "succeeded", 1, "SUCCESS", None,
                 {"later": True}),
}
STOCK = [name for name in SORTS if SORTS[name].kind == "t.stock"]
CHANGES = 3  # of tasks, which the statistics count
CHORE = 10  # seconds, for a job of the pool itself that has just come
ASK_AGAIN = 3  # seconds, for the answer to a revocation


def iso(seconds):
    t = time.time() + seconds
    return time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(t)) + "+00:00"


def when(text):
    """Seconds of a time of the pool's, or 0."""
    try:
        t = datetime.datetime.fromisoformat(text)
    except (TypeError, ValueError):
        return 0
    return t.replace(tzinfo=t.tzinfo or datetime.timezone.utc).timestamp()


def envelope(headers, body, routing, more):
    """A message as kombu makes it."""
    properties = {"delivery_mode": 2, "priority": 0, "body_encoding": "base64",
                  "delivery_info": routing, "delivery_tag": str(uuid.uuid4())}
    return json.dumps({
        "body": base64.b64encode(json.dumps(body).encode()).decode(),
        "content-encoding": "utf-8", "content-type": "application/json",
        "headers": headers, "properties": dict(properties, **more)})


class Jobs:
    """One of each sort, in one database and one broker."""

    def __init__(self, folder, sql, redis, cancel, hooks):
        self.folder, self.sql, self.redis = folder, sql, redis
        self.cancel = cancel  # a command but for the id
        self.hooks = hooks
        self.clock_is_right = True  # that of the pool
        self.ran = os.path.join(folder, "ran")

    # --- put there ---

    def clean(self):
        self.sql("TRUNCATE jobs, job_tells, task_events, stats_days")
        self.redis("ACL", "SETUSER", "default", "+@all")
        self.redis("FLUSHALL")
        open(self.ran, "w", encoding="ascii").close()
        for path in glob.glob(self.folder + "/twice.*") + \
                glob.glob(self.folder + "/slow.*"):
            os.unlink(path)

    def put(self):
        self.began = time.time()
        self.ids = {name: str(uuid.uuid4()) for name in SORTS}
        self.names = {self.ids[name]: name for name in SORTS}
        self.final_at = {}  # name to when its sender was seen to be told
        self.waits = {"cancelled", "unwanted", "revoked"}
        self.asked = 0
        self.group = str(uuid.uuid4())
        self.redis("SET", "celery-taskset-meta-%s.s" % self.group, 2)
        self.sql("INSERT INTO task_events (task_id, version, action, actor,"
                 " status_now) SELECT gen_random_uuid(), 1, 'created', 'x',"
                 " CASE WHEN n > 0 THEN 'pending'::task_status END"
                 " FROM generate_series(0, %d) AS n" % CHANGES)
        self.hooks.put()
        for name, sort in SORTS.items():
            if sort.by == "row":
                self.put_row(name, sort)
            elif not sort.more.get("later"):
                self.push(name, sort)

    def put_row(self, name, sort):
        ident, args = self.ids[name], {"name": self.ids[name]}
        if name == "mail":
            args = {"id": ident, "title": ident, "status": "pending",
                    "created_by": "alice", "created_at": iso(0),
                    "event": "created", "email": "alice@example.org"}
        was = "was" in sort.more
        if was:  # a worker did it, and then the broker lost all but that
            self.store(ident, "SUCCESS")
        sent = "sent" in sort.more  # by somebody whom a worker shares with us
        self.sql("INSERT INTO jobs (id, message_id, kind, args, state,"
                 " relayed_at, run_at, published_at) VALUES ('%s', %s, '%s',"
                 " '%s', '%s', now(), now() + interval '%d s', %s)" %
                 (ident, "'%s'" % ident if sent else "NULL", sort.kind,
                  json.dumps({"args": [], "kwargs": args} if sent else args),
                  "published" if was else "queued", sort.more.get("eta", 0),
                  "now() - interval '1 min'" if was else "NULL"))

    def sig(self, name):
        """What follows in a canvas."""
        return {"task": SORTS[name].kind, "args": [],
                "kwargs": {"name": self.ids[name]},
                "options": {"task_id": self.ids[name]}, "subtask_type": None,
                "immutable": True}

    def push(self, name, sort):
        ident, more = self.ids[name], sort.more
        headers = {"lang": "py", "task": sort.kind, "id": ident,
                   "root_id": ident, "retries": 0, "timelimit": [None, None],
                   "ignore_result": more.get("ignore_result", False)}
        for key in "eta", "expires":
            headers[key] = iso(more[key]) if key in more else None
        embed = {"callbacks": None, "errbacks": None, "chain": None,
                 "chord": None}
        if "chord" in more:
            headers.update(group=self.group, group_index=more["index"])
            embed["chord"] = self.sig(more["chord"])
        if "chain" in more:
            embed["chain"] = [self.sig(more["chain"])]
        body = [[], {"name": ident}, embed]
        priority = more.get("priority", 0)
        for _ in range(more.get("copies", 1)):
            self.redis("LPUSH", "errand" + ("\x06\x16%d" % priority
                                            if priority else ""),
                       envelope(headers, body,
                                {"exchange": "", "routing_key": "errand"},
                                {"correlation_id": ident, "priority": priority,
                                 "reply_to": str(uuid.uuid4())}))

    # --- acted on ---

    def store(self, ident, status):
        text = json.dumps({"status": status, "result": None if status ==
                           "SUCCESS" else {"exc_type": "ValueError",
                                           "exc_message": ["no"],
                                           "exc_module": "builtins"},
                           "traceback": None, "children": [],
                           "date_done": iso(0), "task_id": ident})
        self.redis("SETEX", "celery-task-meta-" + ident, 3600, text)

    def act(self):
        """What others do, a little at a time."""
        self.be_worker()
        states = self.states()
        for name in "cancelled", "unwanted":
            if name in self.waits and states.get(self.ids[name]) == "queued" \
                    and subprocess.run(
                        self.cancel + [self.ids[name]], check=False,
                        stdout=subprocess.DEVNULL,
                        stderr=subprocess.DEVNULL).returncode == 0:
                self.waits.discard(name)
        if "revoked" in self.waits:
            self.revoke()

    def be_worker(self):
        """A stock worker takes what is for it."""
        while True:
            text = self.redis("RPOP", "stock")
            if text is None:
                return
            ident = json.loads(text)["headers"]["id"]
            name = self.names.get(ident)
            with open(self.ran, "a", encoding="ascii") as ran:
                ran.write("%s %f\n" % (ident, time.time()))
            if name == "stock-bad":
                self.store(ident, "FAILURE")
            elif name != "stock-quiet":
                self.store(ident, "SUCCESS")

    def revoke(self):
        """Its message is only sent when the pool has said that it knows."""
        answers = "asker.reply.celery.pidbox"
        text = self.redis("RPOP", answers)
        body = text and json.loads(base64.b64decode(json.loads(text)["body"]))
        if body and any("ok" in v for v in body.values()):
            self.waits.discard("revoked")
            self.push("revoked", SORTS["revoked"])
        elif time.time() > self.asked + ASK_AGAIN:
            self.asked = time.time()
            self.redis("SADD", "_kombu.binding.reply.celery.pidbox",
                       "asker\x06\x16\x06\x16" + answers)
            self.redis("PUBLISH", "/0.celery.pidbox", envelope(
                {"clock": 1, "expires": 0},
                {"method": "revoke", "ticket": "t", "destination": None,
                 "arguments": {"task_id": self.ids["revoked"],
                               "terminate": False, "signal": "SIGTERM"},
                 "reply_to": {"exchange": "reply.celery.pidbox",
                              "routing_key": "asker"}},
                {"exchange": "celery.pidbox", "routing_key": ""}, {}))

    # --- judged ---

    def states(self):
        return dict(self.sql("SELECT coalesce(message_id, id::text), state"
                             " FROM jobs"))

    def counted(self):
        """How many changes, by the statistics."""
        return int(self.sql("SELECT coalesce(sum(created), 0)"
                            " FROM stats_days")[0][0])

    def told(self):
        """name to what its sender finds; notes when that was final first."""
        now = time.time()
        names = [n for n in SORTS if SORTS[n].by == "message"]
        texts = self.redis("MGET", *["celery-task-meta-" + self.ids[n]
                                     for n in names])
        metas = {n: json.loads(t) for n, t in zip(names, texts)
                 if t is not None}
        for name, meta in metas.items():
            if meta["status"] in STATUS.values():
                at = when(meta.get("date_done")) if self.clock_is_right else 0
                self.final_at.setdefault(name, min(now, at or now))
        return {name: meta["status"] for name, meta in metas.items()}

    def left(self):
        """What is still in queues or in hands."""
        return [key for key in self.redis("KEYS", "*")
                if key.startswith(("errand\x06", "unacked", "stock",
                                   "errand:waiting:")) or key == "errand"
                if key != "unacked_mutex"]

    def runs(self):
        """id to the times at which it began."""
        began = collections.defaultdict(list)
        with open(self.ran, encoding="ascii") as f:
            for line in f:
                ident, at = line.split()
                began[ident].append(float(at))
        return began

    def at_rest(self, but=()):
        """True when nothing more will happen, but to these."""
        told, states, began = self.told(), self.states(), self.runs()
        for name, sort in SORTS.items():
            if name in but:
                continue
            if name in self.waits:
                return False
            state = states.get(self.ids[name])
            if sort.told and told.get(name) not in STATUS.values():
                return False
            if sort.state == "published":
                if state != "published" or \
                        len(began[self.ids[name]]) < sort.runs:
                    return False
            elif sort.state and state not in FINAL and name != "expired":
                return False
        return but or self.left() == [] and self.counted() >= CHANGES and \
            self.hooks.at_rest()

    def judge(self, exact, refused=()):
        """All that is wrong, as sentences.  exact: no process was killed, so
        that nothing may have begun oftener than it should; refused: these may
        have failed."""
        wrong = []
        rows = {r[0]: r for r in self.sql(
            "SELECT coalesce(message_id, id::text), state, coalesce(extract("
            "epoch FROM finished_at), 0), count(*) OVER (PARTITION BY"
            " coalesce(message_id, id::text)) FROM jobs")}
        told, began = self.told(), self.runs()
        for name, sort in SORTS.items():
            row = rows.get(self.ids[name])
            starts = began[self.ids[name]]
            state = row[1] if row else None
            if name == "expired" and row is None:
                state = "cancelled"  # it needs none: its sender is told
            if state != sort.state and not (name in refused and
                                            state == "failed"):
                wrong.append("%s is %s" % (name, state))
            if row and row[3] != "1":
                wrong.append("%s has %s rows" % (name, row[3]))
            least = sort.runs if sort.least is None else sort.least
            if len(starts) < least or (len(starts) > sort.runs and (
                    exact and name not in STOCK or sort.runs == 0)):
                wrong.append("%s ran %d times" % (name, len(starts)))
            # A stock worker runs whatever it gets.
            end = float(row[2]) if row and name not in STOCK else 0
            if any(at > end > 0 for at in starts):
                wrong.append("%s began after its end was on record" % name)
            if any(at > self.final_at.get(name, at) for at in starts):
                wrong.append("%s began after its sender was told" % name)
            want = STATUS.get(state, sort.told) if sort.told else None
            if told.get(name) != want:
                wrong.append("the sender of %s was told %s" %
                             (name, told.get(name)))
        if self.counted() != CHANGES:
            wrong.append("%d changes are counted as %d" %
                         (CHANGES, self.counted()))
        if self.redis("LLEN", "foreign") < 1:
            wrong.append("the message for others is gone")
        if self.redis("LLEN", "errand.unregistered") < 1:
            wrong.append("the message of an unknown kind is gone")
        left, end = self.left(), time.time() + CHORE
        while left and time.time() < end:
            time.sleep(0.2)
            left = self.left()
        if left:
            wrong.append("left: " + " ".join(left))
        return wrong

    def mails(self, folder):
        """How many have arrived of its mail."""
        want, n = self.ids["mail"].encode(), 0
        for path in glob.glob(folder + "/*.eml"):
            if os.stat(path).st_mtime >= self.began - 1:
                with open(path, "rb") as f:
                    n += want in f.read()
        return n

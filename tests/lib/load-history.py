#!/usr/bin/env python3
# SPDX-License-Identifier: ISC
"""Works on tasks, and writes down what tests/lib/judge.py judges.

usage: load-history.py FILE

Six threads create, read, change and delete a few tasks; after some operations
on a task another one takes its place.  One makes jobs, with psql by ERRAND_PG,
and one follows the stream, which has to have each version once.
A change is sent with an X-Request-ID of its key and its begin, for what the log
tells of it.  A creation without an answer is asked for again with its Idempotency-Key, all
else never.  Orders: "more" waits until some operations were answered that began
later; "last" ends the work, reads each task once more, and waits until who
followed the stream has what is there.
"""
import itertools
import os
import random
import subprocess
import sys
import time
import uuid

import follower
import load

load.TIMEOUT = 20
HOT = 10
WORK = 70  # operations on a task
PAUSE = 0.03
VAGUE = (0, 409, 500, 502, 503, 504)
KINDS = ("read",) * 9 + ("fresh",) * 2 + ("change",) * 3 + ("careful",) * 4 + \
    ("late",) + ("delete",)


class Task:
    def __init__(self, key, answer):
        self.key = key
        self.id = answer.json()["id"]
        self.left = WORK
        self.version = 0
        self.tags = {}
        self.learn(answer)

    def learn(self, answer):
        """What the answer calls its version."""
        version = answer.version()
        self.tags[version] = answer.headers["ETag"]
        self.version = max(self.version, version)

    def before(self, version):
        """The one that is known before that one."""
        return max((each for each in list(self.tags) if each < version),
                   default=version)


class Worker:
    def __init__(self, path):
        self.load = load.Load()
        self.out = open(path, "w", encoding="ascii")
        self.name = "%06x" % random.getrandbits(24)
        self.numbers = itertools.count()
        self.tasks = []
        self.retired = []
        self.working = True
        self.follower = follower.Follower(self.load)
        self.asked = 0.0

    def line(self, *words):
        with self.load.lock:
            self.out.write(" ".join(str(word) for word in words) + "\n")
            self.out.flush()

    def op(self, key, begun, what, condition, value, answer):
        """answer: None if nobody knows."""
        ended = time.monotonic()
        self.line("op", key, "%.6f" % begun, "-" if answer is None else
                  "%.6f" % ended, what, condition or "-", value or "-",
                  answer or "?")
        self.load.count("vague" if answer is None else what)
        if answer is not None:
            with self.load.lock:
                self.asked = max(self.asked, begun)

    # Operations.

    @staticmethod
    def names(key, begun, headers=None):
        return {"X-Request-ID": "%s.%.6f" % (key, begun), **(headers or {})}

    def create(self, client):
        key = "%s-%d" % (self.name, next(self.numbers))
        value = "v%d" % next(self.numbers)
        begun, once = time.monotonic(), {"Idempotency-Key": str(uuid.uuid4())}
        while True:
            answer = client.ask("POST", "/tasks", {
                "title": "%s %s" % (key, value)}, headers=once)
            if answer.status not in VAGUE:
                break
            if not self.working:
                return self.op(key, begun, "create", None, value, None)
            self.load.stop.wait(0.3)
        if answer.status != 201:
            return self.odd("POST", answer)
        self.op(key, begun, "create", None, value,
                "201:%d" % answer.version())
        with self.load.lock:
            self.tasks.append(Task(key, answer))

    def change(self, client, task, condition):
        value, begun = "v%d" % next(self.numbers), time.monotonic()
        answer = client.ask(
            "PATCH", "/tasks/" + task.id,
            {"title": "%s %s" % (task.key, value)},
            headers=self.names(task.key, begun, condition and {
                "If-Match": task.tags[condition]}))
        told = self.told_by(answer, (200, 404, 412), "PATCH")
        if answer.status == 200:
            told = "200:%d" % answer.version()
            with self.load.lock:
                task.learn(answer)
        self.op(task.key, begun, "change", condition, value, told)

    def delete(self, client, task, condition):
        begun = time.monotonic()
        answer = client.ask(
            "DELETE", "/tasks/" + task.id, token="admin",
            headers=self.names(task.key, begun, {
                "If-Match": task.tags[condition]}))
        self.op(task.key, begun, "delete", condition, None,
                self.told_by(answer, (204, 404, 412), "DELETE"))

    def read(self, client, task, condition=None):
        begun = time.monotonic()
        answer = client.ask("GET", "/tasks/" + task.id,
                            headers=condition and {
                                "If-None-Match": task.tags[condition]})
        told = self.told_by(answer, (200, 304, 404), "GET")
        if told is None:
            self.load.count("reads without an answer")
            return False
        if answer.status == 200:
            title = answer.json()["title"].split()
            told = "200:%d:%s" % (answer.version(), title[1])
            if title[0] != task.key:
                self.load.fault("%s reads as %s" % (task.key, title))
            with self.load.lock:
                task.learn(answer)
            self.load.count(answer.headers["X-Cache"])
        self.op(task.key, begun, "read", condition, None, told)
        return True

    def told_by(self, answer, known, what):
        if answer.status in known:
            return str(answer.status)
        if answer.status not in VAGUE:
            self.odd(what, answer)
        return None

    def odd(self, what, answer):
        self.load.fault("%s: %d %s" % (what, answer.status, answer.body))

    # Threads.

    def turn(self, client):
        self.load.stop.wait(PAUSE * random.random() * 2)
        if not self.working:
            return
        with self.load.lock:
            few = len(self.tasks) < HOT
            task = random.choice(self.tasks) if self.tasks else None
            if task is not None:
                task.left -= 1
                if task.left <= 0 and task in self.tasks:
                    self.tasks.remove(task)
                    self.retired.append(task)
        if few:
            self.create(client)
        if task is None:
            return
        kind, version = random.choice(KINDS), task.version
        if kind == "read":
            self.read(client, task)
        elif kind == "fresh":
            self.read(client, task, version)
        elif kind == "delete":
            self.delete(client, task, version)
        else:
            self.change(client, task, {"change": None, "careful": version,
                                       "late": task.before(version)}[kind])

    def jobs(self, _):
        self.load.stop.wait(0.7)
        if not self.working:
            return
        number = str(uuid.uuid4())
        try:
            done = subprocess.run(
                ["psql", "-XAtq", "-v", "ON_ERROR_STOP=1", "-d",
                 os.environ["ERRAND_PG"] + " connect_timeout=3", "-c",
                 "INSERT INTO jobs (id, kind, args, run_at, relayed_at) VALUES"
                 " ('%s', 'cluster.note', '{}', now(), now())" % number],
                timeout=15, stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL, check=False).returncode == 0
        except subprocess.TimeoutExpired:
            done = False
        if done:
            self.line("job", number)
        self.load.count("jobs" if done else "jobs without an answer")

    # Orders.

    def more(self):
        now = time.monotonic()
        goal = self.load.counted("change") + 20
        while (self.asked < now or self.load.counted("change") < goal) and \
                not self.load.faults:
            self.load.stop.wait(0.05)

    def last(self):
        self.working = False
        time.sleep(1)
        client = load.Client()
        for task in self.tasks + self.retired:
            while not self.read(client, task):
                self.load.stop.wait(0.3)
        self.all_told(client)
        client.close()

    def all_told(self, client):
        deadline = time.monotonic() + 120
        tasks, _ = follower.all_tasks(client)
        while tasks is None or tasks != self.follower.tasks:
            if time.monotonic() > deadline:
                return self.load.fault("who follows has other tasks")
            self.load.stop.wait(0.3)
            tasks, _ = follower.all_tasks(client)

    def run(self):
        for _ in range(6):
            self.load.thread(self.turn)
        self.load.thread(self.jobs)
        self.load.thread(self.follower.turn)
        status = self.load.run({"more": self.more, "last": self.last})
        self.out.close()
        return status


if __name__ == "__main__":
    sys.exit(Worker(sys.argv[1]).run())

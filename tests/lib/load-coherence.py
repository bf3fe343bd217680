#!/usr/bin/env python3
# SPDX-License-Identifier: ISC
"""Writes and reads a few hot tasks and lists, and catches stale reads.

usage: load-coherence.py [--no-errors]

Once a change was answered with a version, no read that begins later may show
an older one.  Lists show no versions; there updated_at, which never goes back,
stands for it, and a task must be in the list of its status and in no other.
With --no-errors each request must succeed.

ERRAND_OWNERS has pairs of words, an owner and a token of his; then each task has
an owner, and whoever is no other than he, and no administrator, must never see it.

Orders: "lenient" and "strict" (stale reads that began under lenient are only
counted), "hits" (waits until the cache has served some), "writes".
"""
import os
import random
import sys
import threading
import uuid

from load import Client, Load

HOT = 4
STATUSES = ("pending", "in-progress", "completed")
BROKEN = (0, 500, 502, 503, 504)


def owners():
    """Tokens by their owner; all are one owner's if nothing is said."""
    words = os.environ.get("ERRAND_OWNERS", "all user").split()
    tokens = {}
    for owner, token in zip(words[::2], words[1::2]):
        tokens.setdefault(owner, []).append(token)
    return tokens


class Task:
    """What is known of a task for sure: the newest answered change."""

    def __init__(self, answer, owner):
        self.lock = threading.Lock()
        self.owner = owner
        self.id = answer.json()["id"]
        self.version = 0
        self.updated = ""
        self.status = None
        self.begun = self.ended = 0
        self.vague = False  # a change went wrong; it may still happen
        self.learn(answer)

    def learn(self, answer):
        """A change was answered."""
        document = answer.json()
        with self.lock:
            if answer.version() > self.version:
                self.version = answer.version()
                self.updated = document["updated_at"]
                self.status = document["status"]

    def known(self):
        """version, updated, the status if it is sure, and a stamp."""
        with self.lock:
            sure = self.begun == self.ended and not self.vague
            return (self.version, self.updated,
                    self.status if sure else None, self.begun)


class Coherence:
    def __init__(self, no_errors):
        self.load = Load()
        self.no_errors = no_errors
        self.strict = True
        self.owners = owners()
        client = Client()
        self.tasks = [self.create(client, n) for n in range(HOT)]
        client.close()

    def create(self, client, n):
        owner = list(self.owners)[n % len(self.owners)]
        answer = client.ask("POST", "/tasks", {"title": "hot %d" % n},
                            token=random.choice(self.owners[owner]))
        if answer.status != 201:
            sys.exit("POST /tasks: %d %s" % (answer.status, answer.body))
        return Task(answer, owner)

    def somebody(self):
        """An owner, None for an administrator; and a token."""
        owner = random.choice(list(self.owners))
        if len(self.owners) > 1 and random.random() < 0.2:
            return None, "admin"
        return owner, random.choice(self.owners[owner])

    def leaked(self, text):
        self.load.fault("told to a stranger: " + text)

    def stale(self, strict, text):
        if strict:
            self.load.fault("stale: " + text)
        else:
            self.load.count("tolerated")

    def fine(self, answer, wanted, what):
        """False if the request failed in a way that may be."""
        if answer.status in wanted:
            return True
        if self.no_errors or answer.status not in BROKEN:
            self.load.fault("%s: %d %s" % (what, answer.status, answer.body))
        self.load.count("errors")
        return False

    # Changes.

    def write(self, client):
        task = random.choice(self.tasks)
        number = random.randrange(10 ** 9)
        with task.lock:
            task.begun += 1
        answer = client.ask("PATCH", "/tasks/" + task.id, {
            "title": "hot %d" % number, "status": random.choice(STATUSES)},
            token=random.choice(self.owners[task.owner]))
        done = self.fine(answer, (200,), "PATCH")
        if done:
            task.learn(answer)
            self.load.count("writes")
        with task.lock:
            task.ended += 1
            task.vague = task.vague or not done

    def churn(self, client):
        """A task comes and goes, and everybody sees it at once."""
        strict = self.strict
        key = random.choice((None, {"Idempotency-Key": str(uuid.uuid4())}))
        owner = random.choice(list(self.owners))
        token = random.choice(self.owners[owner])
        answer = client.ask("POST", "/tasks", {"title": "churn"},
                            headers=key, token=token)
        if not self.fine(answer, (201,), "POST"):
            return
        path = answer.headers["Location"]
        self.seen_by_all(client, strict, path, owner)
        answer = client.ask("DELETE", path, token="admin")
        if self.fine(answer, (204,), "DELETE"):
            self.seen(client, strict, path, token, False)

    def seen_by_all(self, client, strict, path, owner):
        for each, tokens in self.owners.items():
            self.seen(client, strict, path, random.choice(tokens),
                      each == owner)

    def seen(self, client, strict, path, token, there):
        answer = client.ask("GET", path, token=token)
        wanted = 200 if there else 404
        if self.fine(answer, (200, 404), "GET") and answer.status != wanted:
            self.stale(strict, "%s: %d" % (path, answer.status))
        answer = client.ask("GET", "/tasks?title=churn&limit=100", token=token)
        if not self.fine(answer, (200,), "GET list"):
            return
        listed = any(path.endswith(each["id"])
                     for each in answer.json()["data"])
        if listed != there:
            self.stale(strict, "%s listed: %s" % (path, listed))

    # Reads.

    def read(self, client):
        random.choice((self.read_task, self.read_task, self.read_list))(client)
        self.load.count("reads")

    def hit(self, answer):
        if answer.headers["X-Cache"] == "hit":
            self.load.count("hits")

    def read_task(self, client):
        task, strict = random.choice(self.tasks), self.strict
        version = task.known()[0]
        owner, token = self.somebody()
        headers = {}
        if random.random() < 0.2:
            headers["If-None-Match"] = '"%d"' % version
        answer = client.ask("GET", "/tasks/" + task.id, headers=headers,
                            token=token)
        if owner not in (None, task.owner):
            if self.fine(answer, (404,), "GET of a stranger"):
                self.load.count("strangers")
            elif answer.status in (200, 304):
                self.leaked(task.id)
            return
        if not self.fine(answer, (200, 304), "GET"):
            return
        self.hit(answer)
        if answer.version() < version:
            self.stale(strict, "task at %d instead of %d (%s)" % (
                answer.version(), version, answer.headers["X-Cache"]))

    def read_list(self, client):
        status = random.choice((None,) + STATUSES)
        path = "/tasks?title=hot&limit=100"
        if status is not None:
            path += "&status=" + status
        before, strict = [task.known() for task in self.tasks], self.strict
        owner, token = self.somebody()
        answer = client.ask("GET", path, token=token)
        if not self.fine(answer, (200,), "GET list"):
            return
        self.hit(answer)
        shown = {each["id"]: each for each in answer.json()["data"]}
        where = " (%s, %s)" % (path, answer.headers["X-Cache"])
        for task, known in zip(self.tasks, before):
            if owner not in (None, task.owner):
                if task.id in shown:
                    self.leaked(task.id + where)
                continue
            self.judge(strict, task, known, status, shown.get(task.id), where)

    def judge(self, strict, task, known, status, shown, where):
        """One task, as known before the list was asked for, and as shown."""
        _, updated, sure, begun = known
        if shown is not None and shown["updated_at"] < updated:
            self.stale(strict, "list with a task of %s instead of %s%s" % (
                shown["updated_at"], updated, where))
        if status is None:
            expected = True
        elif sure is not None and task.known()[3] == begun:
            expected = sure == status
        else:
            return
        if (shown is not None) != expected:
            self.stale(strict, "%s is %s and %s%s" % (
                task.id, sure, "listed" if shown else "not listed", where))
        self.load.count("judged")

    # Orders.

    def be(self, strict):
        self.strict = strict

    def more(self, what):
        goal = self.load.counted(what) + 30
        while self.load.counted(what) < goal and not self.load.faults:
            self.load.stop.wait(0.01)

    def run(self):
        for _ in range(3):
            self.load.thread(self.write)
        for _ in range(4):
            self.load.thread(self.read)
        self.load.thread(self.churn)
        return self.load.run({
            "strict": lambda: self.be(True),
            "lenient": lambda: self.be(False),
            "hits": lambda: self.more("hits"),
            "writes": lambda: self.more("writes")})


if __name__ == "__main__":
    sys.exit(Coherence("--no-errors" in sys.argv[1:]).run())

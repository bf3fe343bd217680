#!/usr/bin/env python3
# SPDX-License-Identifier: ISC
"""Writes tasks, and builds replicas of them from the list and the changes.

usage: load-replica.py FOLDER [PAGE]

Three threads write.  One follows all changes from the beginning.  Orders:
"more" waits until some more was written; "replica" begins another replica,
reads the list, and has it follow from then on; "end" stops the writers, waits
until everybody has heard of a last task, and writes to FOLDER what they have:
"events", the numbers of all events in the order in which they came, and one
"replica-N" each, a line of JSON for a task.  PAGE is how much is read at once.
"""
import json
import os
import random
import sys
import threading
import time

from load import Client, Load

PAGE = int((sys.argv[2:] or ["7"])[0])  # few, so that there are many pages
WRITERS = 3


class Replica:
    """Tasks by their id, and where to go on."""

    def __init__(self, client, load):
        self.client = client
        self.load = load
        self.tasks = {}
        self.since = None
        self.events = []

    def get(self, path):
        answer = self.client.ask("GET", path)
        if answer.status != 200:
            self.load.fault("%s: %d %s" % (path, answer.status, answer.body))
            raise RuntimeError(path)
        return answer

    def read_list(self):
        cursor = ""
        while cursor is not None:
            answer = self.get("/tasks?limit=%d%s" % (PAGE, cursor))
            if self.since is None:
                self.since = answer.headers["X-Changes-Cursor"]
            page = answer.json()
            self.tasks.update((task["id"], task) for task in page["data"])
            cursor = page["next_cursor"] and "&cursor=" + page["next_cursor"]

    def follow(self):
        """Reads all that there is; returns the last task that was heard of."""
        last = None
        while True:
            answer = self.get("/tasks/changes?limit=%d%s" % (
                PAGE, "&since=" + self.since if self.since else ""))
            page = answer.json()
            self.since = page["next_cursor"]
            for change in page["data"]:
                last = change["task_id"]
                self.events.append(change["id"])
                if change["deleted"]:
                    self.tasks.pop(last, None)
                else:
                    self.tasks[last] = change["task"]
            if "Link" not in answer.headers:
                return last


class Replicas:
    def __init__(self, folder):
        self.folder = folder
        self.load = Load()
        self.all = []
        self.writing = True
        self.idle = set()
        self.following, self.still = True, threading.Event()
        self.follower = None

    def write(self, client, ids):
        if not self.writing:
            with self.load.lock:
                self.idle.add(threading.get_ident())
            self.load.stop.wait(0.01)
            return
        kind = random.random()
        if kind < 0.4 or len(ids) < 5:
            answer = client.ask("POST", "/tasks", {"title": "new"})
            ids.append(answer.json()["id"])
        elif kind < 0.8:
            answer = client.ask("PATCH", "/tasks/" + random.choice(ids), {
                "title": "%x" % random.getrandbits(40),
                "status": random.choice(("pending", "completed"))})
        else:
            answer = client.ask("DELETE", "/tasks/" + ids.pop(
                random.randrange(len(ids))), token="admin")
        if answer.status not in (200, 201, 204):
            self.load.fault("a change: %d" % answer.status)
        self.load.count("changes")

    def turn(self, client):
        """Of those who follow: all that there are."""
        if not self.following:
            self.still.set()
            self.load.stop.wait(0.01)
            return
        if self.follower is None:
            self.follower = Replica(client, self.load)
        self.follower.follow()
        with self.load.lock:
            replicas = list(self.all)
        for each in replicas:
            each.follow()

    def more(self):
        goal = self.load.counted("changes") + 60
        while self.load.counted("changes") < goal and not self.load.faults:
            self.load.stop.wait(0.01)

    def replica(self):
        """Reads from here, follows by the other thread's connection."""
        client = Client()
        replica = Replica(client, self.load)
        replica.read_list()
        client.close()
        with self.load.lock:
            self.all.append(replica)

    def end(self):
        self.writing = False
        deadline = time.monotonic() + 60
        while len(self.idle) < WRITERS and not self.load.faults:
            self.load.stop.wait(0.01)
        client = Client()
        last = client.ask("POST", "/tasks", {"title": "last"}).json()["id"]
        client.close()
        while any(last not in each.tasks for each in self.everybody()):
            if time.monotonic() > deadline or self.load.faults:
                self.load.fault("the last task does not come")
                return
            self.load.stop.wait(0.01)
        # Others may write on.
        self.following = False
        self.still.wait(60)
        self.save("events", self.follower.events)
        for n, each in enumerate(self.everybody()):
            self.save("replica-%d" % n, sorted(
                json.dumps(task, sort_keys=True, ensure_ascii=False)
                for task in each.tasks.values()))

    def everybody(self):
        return [self.follower] + self.all

    def save(self, name, lines):
        with open(os.path.join(self.folder, name), "w",
                  encoding="utf-8") as out:
            out.writelines("%s\n" % line for line in lines)

    def run(self):
        for _ in range(WRITERS):
            self.load.thread(self.write, [])
        self.load.thread(self.turn)
        return self.load.run({"more": self.more, "replica": self.replica,
                              "end": self.end})


if __name__ == "__main__":
    sys.exit(Replicas(sys.argv[1]).run())

#!/usr/bin/env python3
# SPDX-License-Identifier: ISC
"""Makes requests of all kinds; each order is "N": at least N more of them.

usage: load-mix.py
"""
import base64
import itertools
import json
import os
import random
import sys

from load import Client, Load

BODY_LIMIT = 128 * 1024
PARTS = os.environ["ERRAND_USER_TOKEN"].split(".")


def bad_token():
    """A token of its own each time, with a signature that does not fit."""
    claims = {"iss": "nobody", "sub": "%x" % random.getrandbits(64)}
    middle = base64.urlsafe_b64encode(json.dumps(claims).encode())
    return ".".join((PARTS[0], middle.decode().rstrip("="), PARTS[2]))


class Mix:
    def __init__(self):
        self.load = Load()
        self.done = itertools.count()
        client = Client()
        self.ids = [client.ask("POST", "/tasks", {"title": "mix"}).json()["id"]
                    for _ in range(20)]
        client.close()
        self.kinds = (
            self.get, self.get, self.get, self.list, self.create, self.patch,
            self.bad, self.big, self.stranger, self.events, self.plain)

    def ask(self, client, wanted, *args, **more):
        answer = client.ask(*args, **more)
        if answer.status != wanted:
            self.load.fault("%s: %d instead of %d: %s" % (
                args[:2], answer.status, wanted, answer.body[:500]))
        self.load.count("requests")
        return answer

    def path(self):
        return "/tasks/" + random.choice(self.ids)

    def get(self, client):
        self.ask(client, 200, "GET", self.path())

    def list(self, client):
        self.ask(client, 200, "GET", "/tasks?limit=%d&sort=%s&title=%s" % (
            random.randint(1, 100), random.choice(("title", "-status")),
            random.choice(("mi", "x", "%C3%A4"))))

    def create(self, client):
        answer = self.ask(client, 201, "POST", "/tasks", {
            "title": "mix", "description": "d" * random.randrange(10000)})
        self.ask(client, 204, "DELETE", answer.headers["Location"],
                 token="admin")

    def patch(self, client):
        self.ask(client, 200, "PATCH", self.path(), {
            "description": "%x" % random.getrandbits(random.randint(1, 9999))})

    def bad(self, client):
        body, status = random.choice((
            (b'{"title": "a", "title": "b"}', 400), (b"[[[[", 400),
            (b'{"title": "' + b"x" * 1000 + b'"}', 422),
            (b'{"titel": 1, "status": 2, "x": []}', 422)))
        self.ask(client, status, "POST", "/tasks", body)

    def big(self, client):
        self.ask(client, 413, "POST", "/tasks",
                 b"[" * (BODY_LIMIT + random.randint(1, 100000)))

    def stranger(self, client):
        self.ask(client, 401, "GET", self.path(), token=bad_token())

    def events(self, client):
        self.ask(client, 200, "GET", self.path() + "/events?limit=5")

    def plain(self, client):
        self.ask(client, 404, "GET", "/nowhere/%x" % random.getrandbits(400))
        self.ask(client, 404, "GET", "/tasks/no-such-id")
        self.ask(client, 422, "GET", "/tasks?sort=%x" % random.getrandbits(40))
        self.ask(client, 200, "GET", "/openapi.json", token=None)
        self.ask(client, 200, "GET", "/health")

    def turn(self, client):
        for _ in range(50):
            random.choice(self.kinds)(client)

    def run(self):
        """No load unless ordered: who measures wants it quiet."""
        status = 0
        for n, line in enumerate(sys.stdin, 1):
            part = self.load = Load()
            goal = int(line)
            for _ in range(4):
                part.thread(self.until, goal)
            for each in part.threads:
                each.start()
            for each in part.threads:
                each.join()
            print("done", n, part.counts, flush=True)
            status = status or len(part.faults)
        return 1 if status else 0

    def until(self, client, goal):
        if self.load.counted("requests") >= goal:
            self.load.stop.set()
        else:
            self.turn(client)


if __name__ == "__main__":
    sys.exit(Mix().run())

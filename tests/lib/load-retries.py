#!/usr/bin/env python3
# SPDX-License-Identifier: ISC
"""Clients that each make one task, and send it again until that is answered.

usage: load-retries.py FILE CLIENTS [THREADS]

Each has a key of its own, and sends the request once more behind each answer
that is none, and twice more behind the first that is: all must be the same.
FILE gets the ids of the tasks.
"""
import queue
import sys
import time
import uuid

from load import Load

PATIENCE = 120  # seconds, for one task
AGAIN = (0, 409, 500, 502, 503, 504)


class Retries:
    def __init__(self, path, clients):
        self.load = Load()
        self.out = open(path, "w", encoding="ascii")
        self.waiting = queue.Queue()
        for n in range(clients):
            self.waiting.put(n)

    def ask(self, client, n, key):
        """The answer that is one."""
        end = time.time() + PATIENCE
        while True:
            answer = client.ask("POST", "/tasks", {"title": "task %d" % n},
                                headers={"Idempotency-Key": '"%s"' % key})
            if answer.status not in AGAIN or time.time() > end:
                return answer
            self.load.count("again")
            client.close()
            time.sleep(0.02)

    def turn(self, client):
        try:
            n = self.waiting.get_nowait()
        except queue.Empty:
            self.load.stop.wait(0.05)
            return
        key = uuid.uuid4()
        answers = [self.ask(client, n, key) for _ in range(3)]
        if {a.status for a in answers} != {201} or \
                len({a.body for a in answers}) != 1 or \
                any("Idempotency-Replayed" not in a.headers
                    for a in answers[1:]):
            self.load.fault("task %d: %s" % (n, [(a.status, a.body)
                                                 for a in answers]))
            return
        with self.load.lock:
            self.out.write(answers[0].json()["id"] + "\n")
        self.load.count("created")

    def all(self, clients):
        """Order: waits until all are made."""
        while self.load.counted("created") < clients and \
                not self.load.faults:
            self.load.stop.wait(0.01)

    def some(self):
        """Order: waits until some more were made, or all."""
        goal = self.load.counted("created") + 8
        while self.load.counted("created") < goal and \
                not self.waiting.empty() and not self.load.faults:
            self.load.stop.wait(0.005)

    def run(self, clients, threads):
        for _ in range(threads):
            self.load.thread(self.turn)
        status = self.load.run({"some": self.some,
                                "all": lambda: self.all(clients)})
        self.out.close()
        return status


if __name__ == "__main__":
    CLIENTS = int(sys.argv[2])
    sys.exit(Retries(sys.argv[1], CLIENTS).run(
        CLIENTS, int(sys.argv[3]) if len(sys.argv) > 3 else 8))

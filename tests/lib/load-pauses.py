#!/usr/bin/env python3
# SPDX-License-Identifier: ISC
"""Creates tasks steadily, and tells for how long that was not possible.

usage: load-pauses.py FILE

FILE gets the id of each that was answered 201.  Orders: "mark"; "pause" waits
until a task was created that was asked for later than the order was given, and
prints the longest time since "mark" in which none was.
"""
import itertools
import sys
import time

from load import Load

EVERY = 0.02


class Pauses:
    def __init__(self, path):
        self.load = Load()
        self.out = open(path, "w", encoding="ascii")
        self.last = self.asked = time.monotonic()
        self.longest = 0

    def turn(self, client, numbers):
        asked = time.monotonic()
        answer = client.ask("POST", "/tasks",
                            {"title": "steady %d" % next(numbers)})
        with self.load.lock:
            if answer.status == 201:
                now = time.monotonic()
                self.longest = max(self.longest, now - self.last)
                self.last, self.asked = now, asked
                self.out.write(answer.json()["id"] + "\n")
        self.load.count("created" if answer.status == 201 else
                        "answered %d" % answer.status)
        if answer.status not in (0, 201, 500, 502, 503, 504):
            self.load.fault("POST /tasks: %d" % answer.status)
        self.load.stop.wait(EVERY)

    def mark(self):
        with self.load.lock:
            self.last, self.longest = time.monotonic(), 0

    def pause(self):
        now = time.monotonic()
        while self.asked < now and not self.load.faults:
            self.load.stop.wait(0.01)
        print("pause %.2f" % self.longest, flush=True)

    def run(self):
        for _ in range(2):
            self.load.thread(self.turn, itertools.count())
        status = self.load.run({"mark": self.mark, "pause": self.pause})
        self.out.close()
        return status


if __name__ == "__main__":
    sys.exit(Pauses(sys.argv[1]).run())

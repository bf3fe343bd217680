#!/usr/bin/env python3
# SPDX-License-Identifier: ISC
"""Creates tasks, and writes the id of each that was answered 201 to a file.

usage: load-creates.py FILE THREADS
"""
import itertools
import sys

from load import Load


class Creates:
    def __init__(self, path):
        self.load = Load()
        self.out = open(path, "w", encoding="ascii")

    def turn(self, client, name, numbers):
        answer = client.ask("POST", "/tasks", {
            "title": "%d-%d" % (name, next(numbers)), "description": "x" * 500})
        if answer.status == 201:
            with self.load.lock:
                self.out.write(answer.json()["id"] + "\n")
            self.load.count("created")
        elif answer.status in (0, 500, 502, 503, 504):
            self.load.count("failed")
            client.close()
        else:
            self.load.fault("POST /tasks: %d" % answer.status)

    def more(self):
        """Order: waits until some more were created."""
        goal = self.load.counted("created") + 50
        while self.load.counted("created") < goal and not self.load.faults:
            self.load.stop.wait(0.01)

    def run(self, threads):
        for name in range(threads):
            self.load.thread(self.turn, name, itertools.count())
        status = self.load.run({"more": self.more})
        self.out.close()
        return status


if __name__ == "__main__":
    sys.exit(Creates(sys.argv[1]).run(int(sys.argv[2])))

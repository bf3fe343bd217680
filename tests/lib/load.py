# SPDX-License-Identifier: ISC
"""What the load drivers share: an HTTP client, threads, orders on stdin.

A driver runs until its standard input ends.  Each line there is an order; it
is answered by the line "done N" on standard output, N counting from 1.  The
environment says where to: ERRAND_URL, ERRAND_USER_TOKEN, ERRAND_ADMIN_TOKEN.
"""
import http.client
import json
import os
import sys
import threading
import urllib.parse

TIMEOUT = 60
URL = urllib.parse.urlsplit(os.environ["ERRAND_URL"])
TOKENS = {
    "user": os.environ["ERRAND_USER_TOKEN"],
    "admin": os.environ["ERRAND_ADMIN_TOKEN"],
}


class Answer:
    """Status 0 is no answer at all."""

    def __init__(self, status, headers, body):
        self.status = status
        self.headers = headers
        self.body = body

    def json(self):
        return json.loads(self.body)

    def version(self):
        return int(self.headers["ETag"].strip('"').partition("-")[0])


class Client:
    """One connection, made anew when it breaks.  Nothing is sent twice."""

    def __init__(self):
        self.connection = None

    def ask(self, method, path, value=None, token="user", headers=None):
        """One request; value is sent as JSON, bytes are sent as they are."""
        send = dict(headers or {})
        if token is not None:
            send["Authorization"] = "Bearer " + TOKENS.get(token, token)
        if value is not None:
            send.setdefault("Content-Type", "application/json")
            if not isinstance(value, bytes):
                value = json.dumps(value).encode()
        try:
            return self._exchange(method, URL.path + path, value, send)
        except (OSError, http.client.HTTPException):
            self.close()
            return Answer(0, {}, b"")

    def _exchange(self, method, path, body, headers):
        if self.connection is None:
            self.connection = http.client.HTTPConnection(
                URL.hostname, URL.port, timeout=TIMEOUT)
        self.connection.request(method, path, body, headers)
        answer = self.connection.getresponse()
        return Answer(answer.status, answer.headers, answer.read())

    def close(self):
        if self.connection is not None:
            self.connection.close()
        self.connection = None


class Load:
    """Runs functions in threads until standard input ends."""

    def __init__(self):
        self.lock = threading.Lock()
        self.stop = threading.Event()
        self.faults = []
        self.counts = {}
        self.threads = []

    def count(self, what, n=1):
        with self.lock:
            self.counts[what] = self.counts.get(what, 0) + n

    def counted(self, what):
        with self.lock:
            return self.counts.get(what, 0)

    def fault(self, text):
        """What must not happen: the first ones are told, all make it fail."""
        with self.lock:
            self.faults.append(text)
            if len(self.faults) <= 10:
                print("FAULT:", text, flush=True)

    def thread(self, turn, *args):
        """turn(client, *args) again and again."""
        def run():
            client = Client()
            try:
                while not self.stop.is_set():
                    turn(client, *args)
            except Exception as problem:  # pylint: disable=broad-except
                self.fault(repr(problem))
                raise
            finally:
                client.close()
        self.threads.append(threading.Thread(target=run))

    def run(self, orders=None):
        """Returns the exit status.  orders: functions by their word."""
        for each in self.threads:
            each.start()
        for n, line in enumerate(sys.stdin, 1):
            (orders or {})[line.strip()]()
            print("done", n, flush=True)
        self.stop.set()
        for each in self.threads:
            each.join()
        print("sum:", json.dumps(self.counts, sort_keys=True),
              "faults:", len(self.faults), flush=True)
        return 1 if self.faults else 0

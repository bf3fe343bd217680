# SPDX-License-Identifier: ISC
"""Asks PostgreSQL and Redis, each over one connection that stays."""
import os
import socket
import subprocess
import threading


class Sql:
    """psql, which is asked again and again; a mistake is an error here."""

    def __init__(self, conninfo):
        env = dict(os.environ, PGOPTIONS="-c statement_timeout=20s")
        self.psql = subprocess.Popen(
            ["psql", "-XAtq", "-v", "ON_ERROR_STOP=1", "-d", conninfo],
            env=env, stdin=subprocess.PIPE, stdout=subprocess.PIPE)

    def __call__(self, text):
        """The rows, as lists of texts."""
        self.psql.stdin.write(("%s;\n\\echo that was all\n" %
                               text).encode())
        self.psql.stdin.flush()
        rows = []
        for line in self.psql.stdout:
            line = line.decode().rstrip("\n")
            if line == "that was all":
                return rows
            rows.append(line.split("|"))
        raise RuntimeError("PostgreSQL refuses: " + text)


class RedisError(Exception):
    """What the server says."""


class Redis:
    """A connection to a socket; threads may share it."""

    def __init__(self, path):
        self.lock = threading.Lock()
        self.socket = socket.socket(socket.AF_UNIX)
        self.socket.connect(path)
        self.file = self.socket.makefile("rb")

    def __call__(self, *words):
        data = b"*%d\r\n" % len(words)
        for word in words:
            word = word if isinstance(word, bytes) else str(word).encode()
            data += b"$%d\r\n%s\r\n" % (len(word), word)
        with self.lock:
            self.socket.sendall(data)
            return self.value()

    def value(self):
        """One value: None, a number, a text or a list."""
        line = self.file.readline()
        if not line.endswith(b"\r\n"):
            raise EOFError
        kind, rest = line[:1], line[1:-2]
        if kind == b"-":
            raise RedisError(rest.decode())
        if kind == b":":
            return int(rest)
        if kind == b"+":
            return rest.decode()
        if rest == b"-1":
            return None
        if kind == b"$":
            return self.file.read(int(rest) + 2)[:-2].decode(errors="replace")
        return [self.value() for _ in range(int(rest))]

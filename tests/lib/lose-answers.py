#!/usr/bin/python3
# SPDX-License-Identifier: ISC
"""Passes requests of MCP on, and loses the first answer to each creation.

usage: lose-answers.py PORT TOKEN

It prints its own port on 127.0.0.1 and passes what it gets on to PORT there, with
TOKEN if a request has none.  When a task is created by a tool, and none of that
title was before, then the server makes it, and the connection is closed instead of
an answer.
"""
import http.client
import json
import sys
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

TARGET = int(sys.argv[1])
TOKEN = sys.argv[2]
LOST: set[str] = set()


def created(body: bytes) -> str:
    """The title of what is created, or nothing."""
    try:
        params = json.loads(body)["params"]
        if params["name"] == "create_task":
            return str(params["arguments"]["title"])
    except (ValueError, KeyError, TypeError):
        pass
    return ""


class Passing(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def pass_on(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        headers = {name: value for name, value in self.headers.items()
                   if name.lower() not in ("connection", "content-length")}
        headers.setdefault("Authorization", f"Bearer {TOKEN}")
        to = http.client.HTTPConnection("127.0.0.1", TARGET, timeout=60)
        to.request(self.command, self.path, body, headers)
        answer = to.getresponse()
        text = answer.read()
        title = created(body)
        if title and title not in LOST:
            LOST.add(title)
            print("lost:", answer.status, title, flush=True)
            self.close_connection = True
            return
        self.send_response(answer.status)
        for name, value in answer.getheaders():
            if name.lower() not in ("connection", "content-length", "date",
                                    "server", "transfer-encoding"):
                self.send_header(name, value)
        self.send_header("Content-Length", str(len(text)))
        self.end_headers()
        self.wfile.write(text)

    do_GET = do_POST = do_DELETE = pass_on

    def log_message(self, format: str, *args: object) -> None:
        print(format % args, flush=True)


server = ThreadingHTTPServer(("127.0.0.1", 0), Passing)
print("port", server.server_address[1], flush=True)
server.serve_forever()

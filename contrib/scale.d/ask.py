#!/usr/bin/python3
# SPDX-License-Identifier: ISC
"""Asks a service each question, and says how long that took.

    ask.py times shared|own PORT TOKENS IDS RUNS
    ask.py plans shared|own PORT TOKENS IDS LOG
    ask.py log LOG OFFSET

times prints name, the least, the median and the first time in ms; plans prints
name, blocks, indexes, and tables that are read whole, of the statement that read
most blocks.  TOKENS is a file with three tokens, a line each: of a user, of an
administrator, and of a user who has own tasks.  IDS has ids of tasks, LOG is the
log of PostgreSQL with plans in it (auto_explain).  log prints for each statement
about tasks and events in it, behind OFFSET, how often it was there, blocks at first
and at last, indexes, tables read whole, and the statement.
"""
import datetime
import http.client
import json
import random
import re
import statistics
import sys
import time

DAY = datetime.timedelta(days=1)
LONG_AGO = datetime.date.today() - 365 * DAY


def days(first, number):
    return f"created_from={first}&created_to={first + number * DAY}"


def title(client):
    return {"title": f"Buy milk {random.random()}"}


def bulk(client):
    return [{"op": "create", "task": {"title": "Buy bread"}}] * 20


# Name, method, path, body, and which token.
QUESTIONS = [
    (f"first page, by `{sort}`", "GET", f"/tasks?sort={sort}", None, 0)
    for sort in ("created_at", "-created_at", "updated_at", "-updated_at",
                 "title", "-title", "status", "-status")
] + [
    ("page behind a cursor, a year back", "GET", "/tasks?{back}", None, 0),
    ("one status", "GET", "/tasks?status=pending", None, 0),
    ("two statuses", "GET", "/tasks?status=pending,in-progress", None, 0),
    ("one status, by `-updated_at`", "GET",
     "/tasks?status=pending&sort=-updated_at", None, 0),
    ("title: word of 500 tasks", "GET", "/tasks?title=xylograph", None, 0),
    ("title: word of 1 %", "GET", "/tasks?title=jalor", None, 0),
    ("title: word of 8 %", "GET", "/tasks?title=mihosta", None, 0),
    ("title: word that no title has", "GET", "/tasks?title=qqqqq", None, 0),
    ("title: two characters that none has", "GET", "/tasks?title=qx", None, 0),
    ("title: rare word, by `title`", "GET",
     "/tasks?title=xylograph&sort=title", None, 0),
    ("created on one day", "GET", f"/tasks?{days(LONG_AGO, 1)}", None, 0),
    ("created on one day, by `title`", "GET",
     f"/tasks?{days(LONG_AGO, 1)}&sort=title", None, 0),
    ("created in an old month, by `-updated_at`", "GET",
     f"/tasks?{days(LONG_AGO, 30)}&sort=-updated_at", None, 0),
    ("of the busiest creator", "GET", "/tasks?created_by=user0000", None, 0),
    ("of the busiest creator, by `title`", "GET",
     "/tasks?created_by=user0000&sort=title", None, 0),
    ("of a rare creator", "GET", "/tasks?created_by=user4900", None, 0),
    ("of a rare creator, by `title`", "GET",
     "/tasks?created_by=user4900&sort=title", None, 0),
    ("offset 10 000", "GET", "/tasks?offset=10000", None, 0),
    ("count of all", "GET", "/tasks?limit=1&count=exact", None, 0),
    ("count of one status", "GET",
     "/tasks?limit=1&count=exact&status=pending", None, 0),
    ("count, rare word", "GET",
     "/tasks?limit=1&count=exact&title=xylograph", None, 0),
    ("own tasks, first page", "GET", "/tasks", None, 2),
    ("own tasks, by `-updated_at`", "GET", "/tasks?sort=-updated_at", None, 2),
    ("own tasks, by `title`", "GET", "/tasks?sort=title", None, 2),
    ("own tasks, one status", "GET", "/tasks?status=in-progress", None, 2),
    ("own statistics", "GET", "/stats", None, 2),
    ("one task", "GET", "/tasks/{id}", None, 0),
    ("its history", "GET", "/tasks/{id}/events", None, 0),
    ("100 changes, from the first on", "GET", "/tasks/changes?limit=100", None,
     0),
    ("100 changes, behind 2000", "GET", "/tasks/changes?limit=100&since={behind}",
     None, 0),
    ("changes, at the end", "GET", "/tasks/changes?since={end}", None, 0),
    ("own changes, at the end", "GET", "/tasks/changes?since={own}", None, 2),
    ("statistics", "GET", "/stats", None, 0),
    ("creation", "POST", "/tasks", title, 0),
    ("change", "PATCH", "/tasks/{id}", title, 0),
    ("deletion", "DELETE", "/tasks/{id}", None, 1),
    ("20 creations at once", "POST", "/tasks/bulk", bulk, 0),
    ("a week as NDJSON, each 1000 tasks", "GET", f"/tasks?{days(LONG_AGO, 7)}",
     "ndjson", 0),
]


class Client:
    def __init__(self, port, tokens, ids):
        self.http = http.client.HTTPConnection("127.0.0.1", int(port))
        with open(tokens, encoding="ascii") as file:
            self.tokens = file.read().split()
        with open(ids, encoding="ascii") as file:
            self.ids = file.read().split()
        self.places = {}

    def send(self, method, path, body, who, accept=None):
        headers = {"Authorization": "Bearer " + self.tokens[who]}
        if accept:
            headers["Accept"] = accept
        if body is not None:
            headers["Content-Type"] = "application/json"
            body = json.dumps(body)
        begin = time.monotonic()
        self.http.request(method, path, body, headers)
        answer = self.http.getresponse()
        text = answer.read()
        took = (time.monotonic() - begin) * 1000
        return answer.status, text, answer, took

    def place(self, name):
        """A parameter that says where to go on, as the service gives it."""
        if name == "back":
            until = f"created_to={LONG_AGO}"
            _, text, _, _ = self.send("GET", f"/tasks?{until}", None, 0)
            return f"{until}&cursor={json.loads(text)['next_cursor']}"
        since = "" if name == "behind" else "since=now&"
        for _ in range(20 if name == "behind" else 1):
            _, text, _, _ = self.send("GET",
                                      f"/tasks/changes?{since}limit=100", None,
                                      2 if name == "own" else 0)
            since = f"since={json.loads(text)['next_cursor']}&"
        return since[len("since="):-1]

    def ask(self, question):
        name, method, path, body, who = question
        accept = None
        for word in re.findall(r"\{(\w+)\}", path):
            if word == "id":
                value = self.ids.pop() if method == "DELETE" else random.choice(
                    self.ids)
            else:
                if word not in self.places:
                    self.places[word] = self.place(word)
                value = self.places[word]
            path = path.replace("{" + word + "}", value)
        if body == "ndjson":
            accept, body = "application/x-ndjson", None
        elif body is not None:
            body = body(self)
        status, text, _, took = self.send(method, path, body, who, accept)
        if accept:
            took *= 1000 / max(1, text.count(b"\n"))
        return status, took


def times(client, questions, runs):
    for question in questions:
        took = []
        for _ in range(int(runs)):
            status, ms = client.ask(question)
            took.append(ms)
        note = "" if status < 300 else f" ({status})"
        print(question[0] + note, *(f"{ms:.2f}" for ms in (
            min(took), statistics.median(took), took[0])), sep="\t", flush=True)


def plans_of(text):
    """Each plan: statement, blocks, indexes, tables that are read whole."""
    for plan in re.split(r"^\S.*plan:$", text, flags=re.M)[1:]:
        plan = re.split(r"^\S", plan, maxsplit=1, flags=re.M)[0]
        query, body = plan.lstrip().split("\n", 1)
        blocks = re.search(r"Buffers: shared(?: hit=(\d+))?(?: read=(\d+))?",
                           body)
        read = sum(int(n or 0) for n in blocks.groups()) if blocks else 0
        indexes = re.findall(r"Scan (?:Backward )?using (\w+)"
                             r"|Bitmap Index Scan on (\w+)", body)
        whole = re.findall(r"Seq Scan on (tasks|task_events|jobs)\b", body)
        yield (query[len("Query Text: "):], read,
               ", ".join(sorted({a or b for a, b in indexes})) or "-",
               ", ".join(sorted(set(whole))) or "-")


def plans(client, questions, log):
    with open(log, encoding="utf-8", errors="replace") as file:
        for question in questions:
            file.seek(0, 2)
            client.ask(question)
            # A list also asks where the log ends; that is another question.
            found = [plan for plan in plans_of(file.read())
                     if "log_purged" not in plan[0] or
                     question[2].startswith("/tasks/changes")]
            _, read, indexes, whole = max(found, key=lambda plan: plan[1],
                                          default=("", 0, "?", "?"))
            print(question[0], read, indexes, whole, sep="\t", flush=True)


def statements(log, offset):
    found = {}
    with open(log, encoding="utf-8", errors="replace") as file:
        file.seek(int(offset))
        for query, read, indexes, whole in plans_of(file.read()):
            one = found.setdefault((query[:100], indexes, whole), [0, read, 0])
            one[0] += 1
            one[2] = read
    for (query, indexes, whole), (n, first, last) in found.items():
        if "task" in indexes + whole:
            print(n, first, last, indexes, whole, query, sep="\t")


def main():
    words = sys.argv[1:]
    if len(words) == 3 and words[0] == "log":
        statements(words[1], words[2])
        return
    if len(words) != 6 or words[0] not in ("times", "plans"):
        sys.exit(__doc__)
    client = Client(*words[2:5])
    own = words[1] == "own"
    questions = [q for q in QUESTIONS if (q[4] == 2) == own]
    {"times": times, "plans": plans}[words[0]](client, questions, words[5])


if __name__ == "__main__":
    main()

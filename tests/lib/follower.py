# SPDX-License-Identifier: ISC
"""A replica of all tasks, made of a list and of the stream behind it."""
import http.client
import json

import load


def pages(client, path):
    """Each answer to GET path, and to what is behind it; None if one fails."""
    cursor = ""
    while cursor is not None:
        answer = client.ask("GET", path + cursor)
        if answer.status != 200:
            yield None
            return
        yield answer
        cursor = answer.json()["next_cursor"]
        cursor = cursor and "&cursor=" + cursor


def all_tasks(client):
    """By their ids, and the place in the log before; or None."""
    tasks, place = {}, None
    for answer in pages(client, "/tasks?sort=created_at&limit=100"):
        if answer is None:
            return None, None
        place = place or answer.headers["X-Changes-Cursor"]
        tasks.update((task["id"], task) for task in answer.json()["data"])
    return tasks, place


class Follower:
    """Comes back as EventSource does, and begins anew when it is told to."""

    def __init__(self, driver):
        self.driver = driver
        self.tasks = None
        self.place = None
        self.seen = {}

    def turn(self, client):
        if self.tasks is None:
            self.seen = {}
            self.tasks, self.place = all_tasks(client)
            self.driver.count("lists for the stream")
        if self.tasks is not None:
            try:
                self.stream()
            except (OSError, http.client.HTTPException):
                self.driver.count("streams that broke")
        self.driver.stop.wait(0.3)

    def stream(self):
        connection = http.client.HTTPConnection(
            load.URL.hostname, load.URL.port, timeout=load.TIMEOUT)
        try:
            connection.request("GET", load.URL.path + "/tasks/stream", headers={
                "Authorization": "Bearer " + load.TOKENS["user"],
                "Last-Event-ID": self.place or ""})
            answer = connection.getresponse()
            if answer.status == 200:
                self.take(answer)
            elif answer.status == 410:
                self.tasks = None
            elif answer.status not in (500, 502, 503, 504):
                self.driver.fault("the stream: %d %r" % (
                    answer.status, answer.read()))
        finally:
            connection.close()

    def take(self, lines):
        """An event that is cut off does not count, nor does its id."""
        data = place = None
        for raw in lines:
            word, _, rest = raw.decode().rstrip("\n").partition(": ")
            if word == "data":
                data = rest
            elif word == "id":
                place = rest
            elif word == "":
                if data is not None:
                    self.change(json.loads(data)["data"])
                self.place, data = place or self.place, None
            if self.driver.stop.is_set():
                return

    def change(self, event):
        number, version = event["task_id"], event["version"]
        before = self.seen.get(number)
        if before is not None and version != before + 1:
            self.driver.fault("the stream has version %d of %s behind %d" % (
                version, number, before))
        self.seen[number] = version
        self.driver.count("events")
        if event["deleted"]:
            self.tasks.pop(number, None)
        else:
            self.tasks[number] = event["task"]

# SPDX-License-Identifier: ISC
"""Makes tasks and reads them back until a file is there; counts what failed.

The environment says where: ERRAND_URL, ERRAND_TOKEN, ERRAND_STOP (the file).
Each request has a connection of its own, as a Service shares out connections.
At the end each task that was acknowledged must be there.
"""
import json
import os
import sys
import threading
import time
import urllib.error
import urllib.request

URL = os.environ["ERRAND_URL"]
TOKEN = os.environ["ERRAND_TOKEN"]
STOP = os.environ["ERRAND_STOP"]
CLIENTS = 4
LONGEST = 1800

lock = threading.Lock()
made = []
asked = 0
failed = 0
opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))


def ask(method, path, body=None):
    """The status and the JSON of the answer; status 0 is none at all."""
    request = urllib.request.Request(
        URL + path, method=method,
        data=None if body is None else json.dumps(body).encode(),
        headers={"Authorization": "Bearer " + TOKEN,
                 "Content-Type": "application/json"})
    try:
        with opener.open(request, timeout=60) as answer:
            return answer.status, json.load(answer)
    except urllib.error.HTTPError as e:
        return e.code, None
    except (OSError, ValueError) as e:
        print(time.strftime("%T"), method, path, repr(e), file=sys.stderr)
        return 0, None


def count(good, what):
    global asked, failed
    with lock:
        asked += 1
        failed += not good
    if not good:
        print(time.strftime("%T"), what, file=sys.stderr, flush=True)


def client(number):
    end = time.monotonic() + LONGEST
    n = 0
    while not os.path.exists(STOP) and time.monotonic() < end:
        n += 1
        status, task = ask("POST", "/tasks", {"title": f"{number}.{n}"})
        count(status == 201, f"POST {status}")
        if status == 201:
            with lock:
                made.append(task["id"])
            status, _ = ask("GET", f"/tasks/{task['id']}")
            count(status == 200, f"GET {status}")
        time.sleep(0.05)


print("begun", flush=True)
threads = [threading.Thread(target=client, args=(i,)) for i in range(CLIENTS)]
for t in threads:
    t.start()
for t in threads:
    t.join()
lost = sum(ask("GET", f"/tasks/{id}")[0] != 200 for id in made)
print(f"{asked} requests, {failed} failed", flush=True)
if lost:
    print(f"{lost} tasks are lost", file=sys.stderr)
sys.exit(lost != 0)

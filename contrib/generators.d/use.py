# SPDX-License-Identifier: ISC
"""Speaks with a running service through the client of openapi-python-client."""
import os
import time

from errand_client import AuthenticatedClient, Client
from errand_client.api.jobs import list_jobs
from errand_client.api.service import get_health, get_me, get_stats
from errand_client.api.tasks import (create_task, delete_task, get_task,
                                     list_changes, list_task_events, list_tasks, update_task)
from errand_client.models import (Changes, FaultsProblem, FirstValues, Health,
                                  JobList, ListTasksSort, Me, Problem, Stats,
                                  Status, Task, TaskPatch, WholeTask)

URL = os.environ["ERRAND_URL"]
user = AuthenticatedClient(base_url=URL, token=os.environ["ERRAND_USER_TOKEN"])
admin = AuthenticatedClient(base_url=URL, token=os.environ["ERRAND_ADMIN_TOKEN"])


def answered(reply, status, kind=None):
    assert reply.status_code == status, (reply.status_code, reply.content)
    if kind is not None:
        assert isinstance(reply.parsed, kind), reply.parsed
    return reply.parsed


reply = create_task.sync_detailed(client=user, body=WholeTask(title="Python"))
task = answered(reply, 201, Task)
tag = reply.headers["ETag"]
assert task.status == Status.PENDING and task.description is None, task
assert task.created_at.utcoffset().total_seconds() == 0, task

reply = list_tasks.sync_detailed(
    client=user, status=[Status.PENDING, Status.COMPLETED], title="Python",
    sort=ListTasksSort.VALUE_1, limit=1, created_from="2026-01-01",
    count="exact")
page, since = reply.parsed, reply.headers["X-Changes-Cursor"]
assert page.data[0].id == task.id and page.count >= 1, page

reply = get_task.sync_detailed(task.id, client=user, if_none_match=tag)
answered(reply, 304)

change = TaskPatch(status=Status.COMPLETED, description=None)
reply = update_task.sync_detailed(task.id, client=user, body=change, if_match=tag)
assert answered(reply, 200, Task).status == Status.COMPLETED
reply = update_task.sync_detailed(task.id, client=user, body=change, if_match=tag)
answered(reply, 412, Problem)

reply = create_task.sync_detailed(client=user, body=WholeTask(title=""))
fault = answered(reply, 422, FaultsProblem).errors[0]
assert fault.loc == ["body", "title"], fault
assert fault.type_ == "string_too_short", fault

reply = delete_task.sync_detailed(task.id, client=user)
assert answered(reply, 403, Problem).status == 403

events = list_task_events.sync(task.id, client=user).data
assert isinstance(events[0].changes, Changes), events
assert isinstance(events[1].changes, FirstValues), events

answered(list_jobs.sync_detailed(client=admin), 200, JobList)
answered(get_stats.sync_detailed(client=user), 200, Stats)
answered(get_me.sync_detailed(client=user), 200, Me)
answered(get_health.sync_detailed(client=Client(base_url=URL)), 200, Health)
answered(delete_task.sync_detailed(task.id, client=admin), 204)

deadline = time.monotonic() + 30
while True:
    changes = [c for c in list_changes.sync(client=user, since=since,
                                            limit=100).data
               if c.task_id == task.id]
    if changes and changes[-1].action == "deleted":
        break
    assert time.monotonic() < deadline, changes
    time.sleep(0.1)
assert changes[-1].deleted and changes[-1].task is None, changes

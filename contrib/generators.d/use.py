# SPDX-License-Identifier: ISC
"""Speaks with a running service through the client of openapi-python-client."""
import os
import time
from datetime import timedelta
from typing import Any, TypeVar

from errand_client import AuthenticatedClient, Client
from errand_client.api.jobs import list_jobs
from errand_client.api.service import get_health, get_me, get_stats
from errand_client.api.tasks import (create_task, delete_task, get_task,
                                     list_changes, list_task_events, list_tasks, update_task)
from errand_client.models import (ChangeList, Changes, EventList, FaultsProblem,
                                  FirstValues, Health, JobList, ListTasksSort,
                                  Me, Problem, Stats, Status, Task, TaskList,
                                  TaskPatch, WholeTask)
from errand_client.types import Response

T = TypeVar("T")
URL = os.environ["ERRAND_URL"]
user = AuthenticatedClient(base_url=URL, token=os.environ["ERRAND_USER_TOKEN"])
admin = AuthenticatedClient(base_url=URL, token=os.environ["ERRAND_ADMIN_TOKEN"])


def has_status(reply: Response[Any], status: int) -> None:
    assert reply.status_code == status, (reply.status_code, reply.content)


def answered(reply: Response[Any], status: int, kind: type[T]) -> T:
    has_status(reply, status)
    assert isinstance(reply.parsed, kind), reply.parsed
    return reply.parsed


made = create_task.sync_detailed(client=user, body=WholeTask(title="Python"))
task = answered(made, 201, Task)
tag = made.headers["ETag"]
assert task.status == Status.PENDING and task.description is None, task
assert task.created_at.utcoffset() == timedelta(0), task

listed = list_tasks.sync_detailed(
    client=user, status=[Status.PENDING, Status.COMPLETED], title="Python",
    sort=ListTasksSort.VALUE_1, limit=1, created_from="2026-01-01",
    count="exact")
page, since = answered(listed, 200, TaskList), listed.headers["X-Changes-Cursor"]
assert page.data[0].id == task.id and page.count, page

has_status(get_task.sync_detailed(task.id, client=user, if_none_match=tag), 304)

change = TaskPatch(status=Status.COMPLETED, description=None)
changed = update_task.sync_detailed(task.id, client=user, body=change, if_match=tag)
assert answered(changed, 200, Task).status == Status.COMPLETED
changed = update_task.sync_detailed(task.id, client=user, body=change, if_match=tag)
answered(changed, 412, Problem)

made = create_task.sync_detailed(client=user, body=WholeTask(title=""))
fault = answered(made, 422, FaultsProblem).errors[0]
assert fault.loc == ["body", "title"], fault
assert fault.type_ == "string_too_short", fault

refused = delete_task.sync_detailed(task.id, client=user)
assert answered(refused, 403, Problem).status == 403

events = answered(list_task_events.sync_detailed(task.id, client=user), 200,
                  EventList).data
assert isinstance(events[0].changes, Changes), events
assert isinstance(events[1].changes, FirstValues), events

answered(list_jobs.sync_detailed(client=admin), 200, JobList)
answered(get_stats.sync_detailed(client=user), 200, Stats)
answered(get_me.sync_detailed(client=user), 200, Me)
answered(get_health.sync_detailed(client=Client(base_url=URL)), 200, Health)
has_status(delete_task.sync_detailed(task.id, client=admin), 204)

deadline = time.monotonic() + 30
while True:
    followed = list_changes.sync_detailed(client=user, since=since, limit=100)
    changes = [c for c in answered(followed, 200, ChangeList).data
               if c.task_id == task.id]
    if changes and changes[-1].action == "deleted":
        break
    assert time.monotonic() < deadline, changes
    time.sleep(0.1)
assert changes[-1].deleted and changes[-1].task is None, changes

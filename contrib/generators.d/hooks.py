# SPDX-License-Identifier: ISC
"""What the document alone cannot say of a request that is right."""
import re
import uuid

import schemathesis
from schemathesis.core import NOT_SET

# What each operation of a bulk has, beside "op".
MEMBERS = {"create": ("task",), "change": ("id", "task"), "delete": ("id",)}


def is_sendable(text):
    return not any(c < " " or c == "\x7f" for c in str(text))


@schemathesis.hook
def filter_case(context, case):
    """Web servers pass on no header that has no value, and by themselves refuse
    addresses with control characters."""
    query, path = case.query or {}, case.path_parameters or {}
    said = (*query, *query.values(), *path.values())
    return all(value != "" for value in (case.headers or {}).values()) and \
        all(is_sendable(value) for value in said)


# What If-Match is: of a pattern with alternatives, texts are made that do not fit.
TAGS = re.compile(r'\*|(W/)?"[!#-~]*"(, ?(W/)?"[!#-~]*")*')


def fit_headers(headers):
    if "Idempotency-Key" in headers:
        # A key is good for one request, and so is the example of one.
        headers["Idempotency-Key"] = f'"{uuid.uuid4()}"'
    if "Prefer" in headers:
        # The one of the document waits for 20 seconds.
        headers["Prefer"] = "wait=1"
    if not TAGS.fullmatch(headers.get("If-Match", "*")):
        headers["If-Match"] = "*"


def fit_query(query, is_stateful):
    # Words of the service, good where it said them: at random, they are refused.
    query.pop("cursor", None)
    if not is_stateful:
        query.pop("since", None)
    # At random, they are no times, and the end is before the beginning.
    for name in list(query):
        if name in ("created_from", "created_to"):
            query[name] = "2026-11-22"
        if name.endswith(("_from", ".from")):
            query.pop(name[:-len("from")] + "to", None)


def fit_operation(operation):
    names = MEMBERS.get(operation.get("op"), ())
    fits = {"op": operation["op"], "id": str(uuid.uuid4()), "task": {}}
    fits["task"].update(operation.get("task") or {})
    fits["task"].setdefault("title", "of a bulk")
    return {name: fits[name] for name in ("op", *names)}


def fit_number(value):
    return int(value) if isinstance(value, float) and value.is_integer() else value


def fit_body(label, body):
    if isinstance(body, dict):
        # 1.0 is an integer for JSON Schema; the service wants it as 1.
        body = {name: fit_number(value) for name, value in body.items()}
    if label == "POST /jobs":
        # Kinds are those of the operator, which contrib/generators has set.
        return {**body, "kind": "reports.monthly"}
    if label == "POST /tasks/bulk":
        # So many does a service take that says nothing of it.
        return [fit_operation(each) for each in body[:100]]
    if label in ("POST /webhooks", "PATCH /webhooks/{id}") and "url" in body:
        # At random, hosts are addresses of private networks, or none at all.
        return {**body, "url": f"https://{uuid.uuid4()}.example/"}
    return body


@schemathesis.hook
def before_call(context, case, kwargs):
    if case.meta is None or case.meta.generation.mode.is_negative:
        return
    if case.headers:
        fit_headers(case.headers)
    if case.query:
        fit_query(case.query, case.meta.phase.name.value == "stateful")
    if case.body is not NOT_SET:
        # A body that may be left out is wrong once it is set to nothing.
        case.body = fit_body(case.operation.label, case.body)

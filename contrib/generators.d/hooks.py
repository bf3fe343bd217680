# SPDX-License-Identifier: ISC
"""What the document alone cannot say of a request that is right."""
import uuid

import schemathesis

# What each operation of a bulk has, beside "op".
MEMBERS = {"create": ("task",), "change": ("id", "task"), "delete": ("id",)}


def is_sendable(text):
    return not any(c < " " or c == "\x7f" for c in str(text))


@schemathesis.hook
def filter_case(context, case):
    """Web servers pass on no header that has no value, and by themselves refuse
    addresses with control characters."""
    return all(value != "" for value in (case.headers or {}).values()) and \
        all(is_sendable(value) for value in (case.query or {}).values())


def fit_operation(operation):
    names = MEMBERS.get(operation.get("op"), ())
    fits = {"op": operation["op"], "id": str(uuid.uuid4()), "task": {}}
    fits["task"].update(operation.get("task") or {})
    fits["task"].setdefault("title", "of a bulk")
    return {name: fits[name] for name in ("op", *names)}


def fit_body(label, body):
    if label == "POST /jobs":
        # Kinds are those of the operator, which contrib/generators has set.
        return {**body, "kind": "reports.monthly"}
    if label == "POST /tasks/bulk":
        return [fit_operation(each) for each in body]
    return body


@schemathesis.hook
def before_call(context, case, kwargs):
    if case.meta is None or case.meta.generation.mode.is_negative:
        return
    if case.headers and "Idempotency-Key" in case.headers:
        # A key is good for one request, and so is the example of one.
        case.headers["Idempotency-Key"] = f'"{uuid.uuid4()}"'
    if case.query:
        # Words of the service, good where it said them: at random, they are
        # refused.
        case.query.pop("cursor", None)
        if case.meta.phase.name.value != "stateful":
            case.query.pop("since", None)
    case.body = fit_body(case.operation.label, case.body)

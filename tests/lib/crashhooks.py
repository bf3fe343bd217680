# SPDX-License-Identifier: ISC
"""The webhook that crashpoints.py has a pool tell of changes, and what is right.

A change becomes a delivery, and that a request to tests/lib/webhook-endpoint,
which is asked through a proxy, so that faults happen there as well.
"""
import base64
import hashlib
import hmac
import json
import os
import uuid

CHANGES = 2  # that it is to be told of
# Notes whose end is put on record though it was.
AGAIN = """CREATE TABLE ended_again (id uuid);
CREATE FUNCTION ended_again() RETURNS trigger LANGUAGE plpgsql AS
    'BEGIN INSERT INTO ended_again VALUES (OLD.id); RETURN NULL; END';
CREATE TRIGGER ended_again AFTER UPDATE ON webhook_deliveries FOR EACH ROW
    WHEN (OLD.state <> 'pending') EXECUTE FUNCTION ended_again()"""
SECRET = base64.b64encode(b"of thirty-two bytes, as it is.. ").decode()


def signed(one):
    """Its signature is that of its body, made with the secret."""
    head = one["headers"]
    text = ("%s.%s." % (head["webhook-id"], head["webhook-timestamp"])
            ).encode() + base64.b64decode(one["body"])
    tag = hmac.new(base64.b64decode(SECRET), text, hashlib.sha256).digest()
    return "v1," + base64.b64encode(tag).decode() in \
        head["webhook-signature"].split()


class Hooks:
    """One webhook in one database; log: where the endpoint notes what it was
    asked; name: of its path there."""

    def __init__(self, sql, log, name, port):
        self.sql, self.log = sql, log
        self.path, self.port = "/ok-" + name, port
        sql(AGAIN)

    def put(self):
        self.sql("TRUNCATE webhooks, webhook_deliveries, ended_again")
        self.began = os.path.getsize(self.log)
        self.hook = str(uuid.uuid4())
        self.sql("INSERT INTO webhooks (id, url, events, secret, created_by)"
                 " VALUES ('%s', 'http://127.0.0.1:%d%s', '{task.deleted}',"
                 " 'whsec_%s', 'x')" %
                 (self.hook, self.port, self.path, SECRET))
        self.sql("INSERT INTO task_events (task_id, version, action, actor)"
                 " SELECT gen_random_uuid(), 2, 'deleted', 'x'"
                 " FROM generate_series(1, %d)" % CHANGES)

    def asked(self):
        """The requests of this run that the endpoint had."""
        with open(self.log, encoding="utf-8") as f:
            f.seek(self.began)
            lines = f.read().splitlines()
        return [one for one in map(json.loads, lines)
                if one["path"] == self.path]

    def deliveries(self):
        return self.sql(
            "SELECT d.id, coalesce(d.event, 0), d.state, coalesce(j.state::text"
            ", 'gone'), translate(encode(convert_to(d.body, 'UTF8'), 'base64'),"
            " E'\\n', ''), coalesce(extract(epoch FROM d.finished_at), 0)"
            " FROM webhook_deliveries AS d LEFT JOIN jobs AS j"
            " ON j.id = d.job_id")

    def at_rest(self):
        """All is told, and nothing more will happen."""
        rows = self.deliveries()
        return len(rows) >= CHANGES and all(
            row[3] not in ("queued", "published", "running", "retrying")
            for row in rows)

    def judge(self):
        """All that is wrong, as sentences."""
        rows, asked, wrong = self.deliveries(), self.asked(), []
        told = {one["headers"]["webhook-id"] for one in asked}
        events = {row[0] for row in self.sql(
            "SELECT id FROM task_events WHERE action = 'deleted'")}
        if len(rows) != CHANGES or {row[1] for row in rows} != events:
            wrong.append("%d changes became %d deliveries" %
                         (CHANGES, len(rows)))
        if self.sql("SELECT (xid, id) = (SELECT xid, id FROM task_events"
                    " ORDER BY xid DESC, id DESC LIMIT 1) FROM log_readers"
                    " WHERE name = 'webhooks'") != [["t"]]:
            wrong.append("the reader of the log is not at its end")
        for ident, event, state, job, body, end in rows:
            if (state, job) != ("delivered", "succeeded"):
                wrong.append("the delivery of %s is %s, its job %s" %
                             (event, state, job))
            mine = [one for one in asked
                    if one["headers"]["webhook-id"] == ident]
            if not mine:
                wrong.append("%s was never sent" % event)
            if any(one["body"] != body or not signed(one) for one in mine):
                wrong.append("%s was sent otherwise" % event)
            if any(one["at"] > float(end) > 0 for one in mine) or \
                    self.sql("SELECT id FROM ended_again WHERE id = '%s'" %
                             ident):
                wrong.append("%s was sent once it was known to be taken" %
                             event)
        if told - {row[0] for row in rows}:
            wrong.append("something else was sent")
        return wrong

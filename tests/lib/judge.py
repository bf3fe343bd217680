#!/usr/bin/env python3
# SPDX-License-Identifier: ISC
"""Judges what clients saw of a service: tests/lib/judge.py FILE [SECONDS]

The file is a history, one word after the other in a line:

    op KEY BEGUN ENDED WHAT CONDITION VALUE ANSWER
    task KEY ID      a task that is there at the end
    job ID           was acknowledged
    row ID STATE N   a job at the end, whose run was begun N times
    run ID           a run of a job has begun
    watched          mails are told as well
    untold KEY BEGUN a change of which its writer could not tell the cache
    mail KEY ID      one about that task came, with that Message-ID

KEY is what the client calls a task, WHAT is create, change, delete or read.
CONDITION is the version that If-Match names (of a read, If-None-Match), VALUE
what is written.  ANSWER is the status, then the version, then the value that
was read, as in 200:3:blue.  "-" stands for none, and "?" for an answer that
nobody got: such an operation happens later, once, or never.

Each task must be linearizable as a register with versions: there is an order
of its operations in which each has its effect at one moment between its begin
and its end, and its answer is right.  It is searched for as in Lowe, "Testing
for linearizability" (2017), after Wing and Gong: operations take effect as late
as possible, when one of them has to have ended.  What changes nothing is done as
soon as its answer is right, which loses no order.

Exit status 1: there is no such order, or something was lost or done twice.  Behind
a change that is untold or without an answer, reads may show for SECONDS what was
before; this is told as late, and is no fault.
"""
import collections
import sys

MOST = 100000  # states of knowledge about one task; more is not searched
NEVER, GONE = "never there", "gone"

Op = collections.namedtuple(
    "Op", "key begun ended what condition value answer line")


class TooHard(Exception):
    pass


def effect(op, state):
    """What state becomes, and the answer."""
    if op.what == "create":
        return ((1, op.value), "201:1") if state == NEVER else (state, None)
    if state in (NEVER, GONE):
        return state, "404"
    if op.what == "read":
        if op.condition == str(state[0]):
            return state, "304"
        return state, "200:%d:%s" % state
    if op.condition not in ("-", str(state[0])):
        return state, "412"
    if op.what == "delete":
        return GONE, "204"
    return (state[0] + 1, op.value), "200:%d" % (state[0] + 1)


def step(op, state):
    """What state becomes if op may take effect now, else None."""
    then, answer = effect(op, state)
    if op.answer == "?":
        return then if then != state else None
    return then if answer == op.answer else None


def quiet(state, done, pending):
    """done with all that is right now and changes nothing."""
    return done | {n for n, op in pending.items()
                   if n not in done and step(op, state) == state}


def until(n, known, pending):
    """What may be known when operation n has ended, from what was known."""
    seen, work, after = set(), list(known), set()
    while work:
        state, done = work.pop()
        done = quiet(state, done, pending)
        if (state, done) in seen:
            continue
        seen.add((state, done))
        if len(seen) > MOST:
            raise TooHard
        if n in done:
            after.add((state, done - {n}))
            continue
        tried = set()
        for other, op in pending.items():
            like = op[3:-1] if op.answer == "?" else other
            if other not in done and like not in tried:
                tried.add(like)
                then = step(op, state)
                if then is not None:
                    work.append((then, done | {other}))
    return after


def told(known):
    states = sorted({str(state) for state, _ in known})
    return " or ".join(states[:4]) + (" ..." if len(states) > 4 else "")


def alike(ops):
    """The same operations, but those without an answer whose values nobody has
    read write the same; of such as are alike only the first is tried."""
    read = {op.answer.rpartition(":")[2] for op in ops if op.what == "read"}
    return [op._replace(value="*") if op.answer == "?" and
            op.what == "change" and op.value not in read else op for op in ops]


def judge_task(ops):
    """None, or the operation that nothing explains."""
    ops = alike(ops)
    events = []
    for n, op in enumerate(ops):
        events.append((op.begun, 0, n))
        if op.answer != "?":
            events.append((op.ended, 1, n))
    known, pending = {(NEVER, frozenset())}, {}
    for _, ends, n in sorted(events):
        if not ends:
            pending[n] = ops[n]
            continue
        try:
            after = until(n, known, pending)
        except TooHard:
            return "%s: too many orders to search" % ops[n].line
        if not after:
            return "%s: it was %s" % (ops[n].line, told(known))
        known = after
        del pending[n]
    return None


class History:
    def __init__(self, lines):
        self.ops = collections.defaultdict(list)
        self.tasks = collections.defaultdict(set)
        self.jobs = set()
        self.rows = {}
        self.runs = collections.Counter()
        self.mails = collections.defaultdict(list)
        self.untold = set()
        self.watched = False
        self.faults = []
        self.late = []
        for line in lines:
            words = line.split()
            if words and not words[0].startswith("#"):
                getattr(self, "take_" + words[0])(line.strip(), *words[1:])

    def take_op(self, line, key, begun, ended, *rest):
        self.ops[key].append(Op._make((key, float(begun), float(
            "inf" if ended == "-" else ended), *rest, line)))

    def take_task(self, _, key, number):
        self.tasks[key].add(number)

    def take_job(self, _, number):
        self.jobs.add(number)

    def take_row(self, line, number, state, runs):
        if number in self.rows:
            self.faults.append("%s: it has two rows" % line)
        self.rows[number] = (state, int(runs))

    def take_run(self, _, number):
        self.runs[number] += 1

    def take_watched(self, _):
        self.watched = True

    def take_untold(self, _, key, begun):
        self.untold.add((key, float(begun)))

    def take_mail(self, _, key, number):
        self.mails[key].append(number)

    def lenient(self, ops, grace):
        """The same operations, but reads that may be late begin earlier."""
        untold = [op for op in ops if op.what != "read" and (
            op.answer == "?" or (op.key, op.begun) in self.untold)]
        return [op._replace(begun=op.begun - grace) if op.what == "read" and
                any(each.begun < op.ended and op.begun < each.ended + grace
                    for each in untold) else op for op in ops]

    def judge(self, grace=0.0):
        for ops in self.ops.values():
            fault = judge_task(ops)
            if fault and grace and not judge_task(self.lenient(ops, grace)):
                self.late.append(fault)
            elif fault:
                self.faults.append(fault)
        for key, numbers in self.tasks.items():
            if len(numbers) > 1:
                self.faults.append("%s was made %d times" % (
                    key, len(numbers)))
        self.judge_jobs()
        self.judge_mails()
        return self.faults

    def judge_jobs(self):
        for number in self.jobs | set(self.runs):
            if number not in self.rows:
                self.faults.append("job %s is lost" % number)
        for number, (state, begun) in self.rows.items():
            ran = self.runs[number]
            if state != "succeeded" or ran == 0:
                self.faults.append("job %s is %s, with %d runs" % (
                    number, state, ran))
            elif ran > begun:
                self.faults.append("job %s was run %d times, begun %d" % (
                    number, ran, begun))

    def judge_mails(self):
        used = {}
        for key, numbers in self.mails.items():
            if len(set(numbers)) > 1:
                self.faults.append("%s has mails of %d names" % (
                    key, len(set(numbers))))
            for number in numbers:
                if used.setdefault(number, key) != key:
                    self.faults.append("%s and %s have mails of one name" % (
                        used[number], key))
        for key, ops in self.ops.items():
            if self.watched and key not in self.mails and any(
                    op.answer.startswith("201") for op in ops):
                self.faults.append("%s has no mail" % key)

    def __str__(self):
        ops = [op for each in self.ops.values() for op in each]
        return ("%d operations on %d tasks, %d of them without an answer; "
                "%d jobs in %d runs; %d mails for %d tasks" % (
                    len(ops), len(self.ops),
                    sum(op.answer == "?" for op in ops), len(self.rows),
                    sum(self.runs.values()),
                    sum(len(each) for each in self.mails.values()),
                    len(self.mails)))


def main():
    if len(sys.argv) not in (2, 3):
        sys.exit("usage: judge.py FILE [SECONDS]")
    with open(sys.argv[1], encoding="utf-8") as lines:
        history = History(lines)
    faults = history.judge(float(sys.argv[2]) if len(sys.argv) > 2 else 0)
    for fault in faults[:40]:
        print("FAULT:", fault)
    for fault in history.late[:40]:
        print("late:", fault)
    print("%s: %d late, %d faults" % (
        history, len(history.late), len(faults)))
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main())

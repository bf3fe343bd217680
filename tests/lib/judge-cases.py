#!/usr/bin/env python3
# SPDX-License-Identifier: ISC
"""Holds tests/lib/judge.py to what is known of histories.

usage: judge-cases.py TABLE

First those of the table (tests/data/histories).  Then made-up ones: a register
answers clients whose operations overlap, which fits; then one answer is changed,
and whether that fits is found by trying every order of the operations.
"""
import itertools
import random
import sys

import judge

SEED = 17
ROUNDS = 1500
AGE = 0.7  # at most so long before or behind its effect


def table(path):
    """The verdict, the sentence and the lines of each."""
    cases = []
    with open(path, encoding="utf-8") as lines:
        for line in lines:
            if line.startswith("= "):
                _, verdict, name = line.rstrip("\n").split(" ", 2)
                cases.append((verdict, name, []))
            elif cases:
                cases[-1][2].append(line)
    return cases


def verdict_of(lines):
    history = judge.History(lines)
    if history.judge(0.5):
        return "refused"
    return "late" if history.late else "fits"


def made_up(chance):
    """A history of one task, as a register would answer."""
    state, ops = judge.NEVER, []
    for n in range(chance.randint(3, 6)):
        what = "create" if n == 0 else chance.choice(
            ("read", "read", "change", "change", "delete"))
        condition, value = "-", "-"
        if what != "create" and chance.random() < 0.4:
            condition = str(chance.randint(1, 3))
        if what in ("create", "change"):
            value = "v%d" % n
        op = judge.Op("k", n - AGE * chance.random() * 2,
                      n + AGE * chance.random() * 2, what, condition, value,
                      None, "op %d" % n)
        state, answer = judge.effect(op, state)
        ops.append(op._replace(answer=answer))
    return [op._replace(answer="?") if op.what != "read" and
            chance.random() < 0.2 else op for op in ops]


def damaged(ops, chance):
    n = chance.randrange(len(ops))
    return [op._replace(answer=chance.choice(
        [each.answer for each in ops if each.what == op.what] +
        ["404", "200:%d" % chance.randint(1, 4), "412"]))
            if i == n and op.answer != "?" else op
            for i, op in enumerate(ops)]


def order_fits(order):
    """They may happen in this order: none begins after a later one ended."""
    state = judge.NEVER
    for n, op in enumerate(order):
        if any(later.answer != "?" and later.ended < op.begun
               for later in order[n + 1:]):
            return False
        state, answer = judge.effect(op, state)
        if op.answer not in ("?", answer):
            return False
    return True


def some_order_fits(ops):
    """Those without an answer may be left out."""
    vague = [op for op in ops if op.answer == "?"]
    for n in range(len(vague) + 1):
        for left_out in itertools.combinations(vague, n):
            rest = [op for op in ops if op not in left_out]
            if any(map(order_fits, itertools.permutations(rest))):
                return True
    return False


def main():
    faults = 0
    cases = table(sys.argv[1])
    for verdict, name, lines in cases:
        got = verdict_of(lines)
        if got != verdict:
            print("FAULT: %s: %s instead of %s" % (name, got, verdict))
            faults += 1
    chance = random.Random(SEED)
    refused = 0
    for n in range(ROUNDS):
        ops = made_up(chance)
        if judge.judge_task(ops):
            print("FAULT: %d: a register's history is refused: %s" % (n, ops))
            faults += 1
        ops = damaged(ops, chance)
        fits = some_order_fits(ops)
        refused += not fits
        if fits != (judge.judge_task(ops) is None):
            print("FAULT: %d: fits: %s, but judged otherwise: %s" % (
                n, fits, ops))
            faults += 1
    print("%d histories of the table; %d made up, %d of them refused" % (
        len(cases), 2 * ROUNDS, refused))
    return 1 if faults or refused < ROUNDS / 10 or len(cases) < 30 else 0


if __name__ == "__main__":
    sys.exit(main())

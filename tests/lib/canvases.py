# SPDX-License-Identifier: ISC
# Canvases for scenario 98: each is run by a stock worker alone, by the pool
# alone, and by both in turn, and all must end alike.  canvases.py NAME
import itertools
import sys
import time

from celery import VERSION, chain, chord, group, signature
from celery.result import AsyncResult, GroupResult

from tapp import app

PATIENCE = 60
STOCK, OURS = ('s', 'stock'), ('o', 'errand')


class By:
    """Makes signatures for whoever is next: stock worker, pool, or in turn."""

    def __init__(self, *who):
        self.who = itertools.cycle(who)

    def make(self, name, args, options):
        prefix, queue = next(self.who)
        return signature('%s.%s' % (prefix, name), args=args, app=app,
                         queue=queue, **options)

    def __getattr__(self, name):
        return lambda *args, **options: self.make(name, args, options)


def ended(result):
    """How it ended, as its sender sees it."""
    until = time.time() + PATIENCE
    while not result.ready():
        if time.time() > until:
            return 'PENDING'
        time.sleep(.02)
    if isinstance(result, GroupResult):
        return [ended(r) for r in result.results]
    if result.state == 'SUCCESS':
        return result.result
    text = str(result.result).split('\n')[0]
    for word in 'Dependency', 'no way':
        if word in text:
            text = word
    return result.state, type(result.result).__name__, text


def notes(count):
    """What tasks have noted, once it is so many."""
    until = time.time() + PATIENCE
    lines = []
    while time.time() < until and len(lines) < count:
        time.sleep(.02)
        with open('notes') as f:
            lines = f.read().splitlines()
    return lines


def alike(name, canvas, expected):
    """canvas(by) runs it, and tells how it ended."""
    for who, by in (('stock', By(STOCK)), ('pool', By(OURS)),
                    ('pool first', By(OURS, STOCK)),
                    ('stock first', By(STOCK, OURS))):
        open('notes', 'w').close()
        got = canvas(by)
        print(name, who, got, flush=True)
        if got != expected:
            print('%s by %s: %r, expected %r' % (name, who, got, expected))
            sys.exit(1)


def run(make):
    return lambda by: ended(make(by).apply_async())


def chains():
    alike('chain', run(lambda t: chain(t.sum(1), t.sum(2), t.sum(3))), 6)
    alike('immutable', run(lambda t: chain(
        t.sum(1), t.sum(2, immutable=True), t.sum(3))), 5)

    def link(t):
        r = t.sum(1).apply_async(link=[t.sum(10), t.sum(20)])
        ended(r)
        return [sorted(ended(c) for c in g.results) for g in r.children]
    alike('two links', link, [[11, 21]])

    def one(t):
        r = t.sum(1).apply_async(link=t.sum(10))
        ended(r)
        return [ended(c) for c in r.children]
    alike('link', one, [11])

    def untold(t):
        t.sum(1, ignore_result=True).apply_async(link=t.note())
        return len(notes(1))
    alike('link of what nobody waits for', untold, 1)


def groups():
    alike('group', run(lambda t: group(t.sum(1), t.sum(2))), [1, 2])
    alike('group in a chain', run(lambda t: chain(
        t.sum(1), group(t.sum(2), t.sum(3)))), [3, 4])
    alike('chain in a group', run(lambda t: group(
        chain(t.sum(1), t.sum(2)), t.sum(3))), [3, 3])


def chords():
    alike('chord', run(lambda t: chord(
        [t.sum(1), t.sum(2)], t.sum(10))), 13)
    alike('one part', run(lambda t: chord([t.sum(1)], t.sum(10))), 11)
    alike('chord in a chain', run(lambda t: chain(
        t.sum(1), group(t.sum(2), t.sum(3)), t.sum(10), t.sum(100))), 117)
    alike('two chords', run(lambda t: chain(
        group(t.sum(1), t.sum(2)), t.sum(),
        group(t.sum(3), t.sum(4)), t.sum(10))), 23)
    alike('chain in a header', run(lambda t: chord(
        [chain(t.sum(1), t.sum(2)), t.sum(3)], t.sum(10))), 16)
    alike('chord in a header', run(lambda t: chord(
        [chord([t.sum(1), t.sum(2)], t.sum(3)), t.sum(4)], t.sum(10))), 20)
    if VERSION >= (5, 7):  # stock workers before that may wait for ever
        alike('group in a header', run(lambda t: chord(
            [chain(t.sum(1), group(t.sum(2), t.sum(3))), t.sum(4)],
            t.sum(10))), 21)
    alike('chain as body', run(lambda t: chord(
        [t.sum(1), t.sum(2)], chain(t.sum(10), t.sum(100)))), 113)
    alike('group as body', run(lambda t: chord(
        [t.sum(1), t.sum(2)], group(t.sum(10), t.sum(20)))), [13, 23])


FAILED = ('FAILURE', 'RuntimeError', 'no way')


def failures():
    def chained(t):
        r = chain(t.fail(), t.sum(1), t.sum(2)).apply_async()
        return [ended(x) for x in (r, r.parent, r.parent.parent)]
    alike('chain', chained, [FAILED] * 3)

    def errback(t):
        r = t.fail().apply_async(link_error=signature(
            'o.note', queue='errand', app=app))
        ended(r)
        return notes(1) == ["('%s',)" % r.id]
    alike('errback', errback, True)

    def header(t):
        body = t.sum(10).on_error(signature('o.note', queue='errand', app=app))
        r = chord([t.sum(1), t.fail(), t.sum(2)], body).apply_async()
        return ended(r)[:2], notes(1) == ["('%s',)" % r.id]
    alike('chord', header, (('FAILURE', 'ChordError'), True))

    def inside(t):
        return ended(chord([chain(t.fail(), t.sum(1)), t.sum(2)],
                           t.sum(10)).apply_async())[:2]
    alike('chain in a header', inside, ('FAILURE', 'ChordError'))


def ends():
    """What only our own parts can come to; whoever waits is told."""
    ours = By(OURS)

    def part(name, options=None, then=None):
        sig = signature(name, app=app, queue='errand', **(options or {}))
        r = chord([ours.sum(1), sig], ours.sum(2)).apply_async()
        if then is not None:
            then(r)
        got = ended(r)
        print(name, options, got, flush=True)
        assert got[:2] == ('FAILURE', 'ChordError'), got

    def revoke(r):
        app.control.revoke([x.id for x in r.parent.results])
    part('o.sum', {'expires': -5})
    part('o.sum', {'countdown': 3600}, revoke)
    part('o.unheard_of')
    part('o.slow', {'time_limit': 1})
    r = chain(signature('o.sum', app=app, queue='errand', expires=-5),
              ours.sum(1)).apply_async()
    assert ended(r)[0] == 'REVOKED', ended(r)
    # Each could be sent, but not both in one message.
    large = ['x' * 600000]
    r = chain(ours.sum(1), ours.large(), ours.sum(*large)).apply_async()
    got = [ended(r), ended(r.parent)]
    print('too large', got, flush=True)
    assert 'too large' in got[0][2] and len(got[1]) == 200000, got[0]


globals()[sys.argv[1]]()

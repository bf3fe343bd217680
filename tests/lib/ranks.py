#!/usr/bin/env python3
# SPDX-License-Identifier: ISC
"""Holds the tree to the ranks of its folders, which tests/data/rooms lists.

usage: ranks [--tree DIR] [--build DIR] [--objects DIR] [--only WORD] [CHECK...]

  includes  a folder includes itself and what stands before it, and of others
            only their faces, by the name of the folder
  form      licence tag, a line on what the file does, guard, banned functions
  headers   each header compiles alone, as the build compiles; with --only
            those whose names begin so
  symbols   the built objects call nothing of a folder that stands above
            theirs, and nothing that only other folders may call
  circles   no files that need each other, by includes or by symbols

--build is where make works, --objects a further folder with objects.  Without
a CHECK all are made.  An exception in tests/data/rooms that is not needed is a
fault as well.
"""

import argparse
import collections
import concurrent.futures
import os
import re
import subprocess
import sys
import tempfile

INCLUDE = re.compile(r'^[ \t]*#[ \t]*include[ \t]*"([^"]+)"', re.M)
SYSTEM = re.compile(r'^[ \t]*#[ \t]*include[ \t]*<(([^/>]+)/[^>]+)>', re.M)
UNREAD = re.compile(r'^[ \t]*#[ \t]*include[ \t]*([^"< \t].*)', re.M)
COLUMNS = 80
PURPOSE = re.compile(r"/\*( \w|\n \* \w)")
BANNED = re.compile(r"\b(atoi|atol|atoll|strtok|sprintf|vsprintf|strcpy|"
                    r"strcat|gets|alloca)\s*\(")
LITERAL = re.compile(r'/\*.*?\*/|//[^\n]*|"(?:\\.|[^"\\\n])*"', re.S)
TAG = "SPDX-License-Identifier: ISC"

faults = 0


def fault(text):
    global faults
    faults += 1
    print(text)


class Room:
    """A folder: where it is, its rank in its line, what others may include."""

    def __init__(self, root, rank, path, faces):
        self.root, self.rank, self.path, self.faces = root, rank, path, faces

    def may_use(self, other):
        if other.root is self.root:
            return other.rank <= self.rank
        return other.root.path in self.root.after


class Root:
    def __init__(self, path, after):
        self.path, self.after = path, after
        # main.c uses all of its line.
        self.main = Room(self, 1 << 30, path, [])


class Table:
    """tests/data/rooms: roots, rooms by their names, exceptions."""

    def __init__(self, tree):
        self.roots, self.rooms, self.uncut, self.only = [], {}, {}, {}
        self.last = None
        name = os.path.join(tree, "tests/data/rooms")
        with open(name, encoding="utf-8") as rows:
            for number, row in enumerate(rows, 1):
                words = row.split("#")[0].split()
                if words and row[0] == "\t" and self.last:
                    self.last.faces += words
                elif words and not self.take(words):
                    sys.exit("%s:%d: not understood" % (name, number))

    def take(self, words):
        if words[0] == "root" and len(words) > 1:
            self.roots.append(Root(words[1], words[2:]))
        elif words[0] == "uncut" and len(words) == 4 and words[2] == "->":
            self.uncut[(words[1], words[3])] = False
        elif words[0] == "only" and len(words) > 2:
            self.only[words[1]] = words[2:]
        elif words[0].endswith(":") and self.roots:
            root, name = self.roots[-1], words[0][:-1]
            path = root.path if name == "." else root.path + "/" + name
            key = os.path.basename(path)
            if key in self.rooms:
                return False
            self.last = Room(root, len(self.rooms), path, words[1:])
            self.rooms[key] = self.last
        else:
            return False
        return True

    def excepted(self, user, used):
        """Whether the table has this exception; if so, it is needed."""
        if (user, used) not in self.uncut:
            return False
        self.uncut[(user, used)] = True
        return True


class Source:
    """A file, in its room.  In circles x.c and x.h are one node; but a face and
    an _own.h speak for their folder, and a .def for nobody."""

    def __init__(self, path, room, text):
        self.path, self.room, self.text = path, room, text
        self.node, base = os.path.splitext(path)[0], os.path.basename(path)
        if base in room.faces or base.endswith(("_own.h", ".def")):
            self.node = path
        self.includes = INCLUDE.findall(text)


class Tree:
    def __init__(self, top, build, objects, only):
        self.top, self.build, self.built = top, build, objects
        self.only = only
        self.table = Table(top)
        self.sources = {}
        self.edges = collections.defaultdict(dict)
        by_path = {room.path: room for room in self.table.rooms.values()}
        for root in self.table.roots:
            for path in self.files(root.path):
                room = by_path.get(os.path.dirname(path))
                if path == root.path + "/main.c":
                    room = root.main
                if room is None:
                    fault("%s: tests/data/rooms does not list its folder" %
                          path)
                    continue
                self.sources[path] = Source(path, room, self.read(path))
        for room in by_path.values():
            for name in room.faces:
                if room.path + "/" + name not in self.sources:
                    fault("tests/data/rooms: there is no %s/%s" %
                          (room.path, name))

    def files(self, below, ends=(".c", ".h", ".def")):
        for folder, _, names in os.walk(os.path.join(self.top, below)):
            for name in sorted(names):
                if name.endswith(ends):
                    yield os.path.relpath(os.path.join(folder, name),
                                          self.top)

    def read(self, path):
        with open(os.path.join(self.top, path), encoding="utf-8") as f:
            return f.read()

    # --- includes ---

    def includes(self):
        for source in self.sources.values():
            for name in source.includes:
                if name != "config.h":
                    self.include(source, name)
            for name, folder in SYSTEM.findall(source.text):
                if folder in self.table.rooms:
                    fault("%s includes <%s>: ours stand in quotes" %
                          (source.path, name))
            for name in UNREAD.findall(source.text):
                fault("%s includes %s, which is no name of a file" %
                      (source.path, name))

    def include(self, source, name):
        what = "%s includes %s" % (source.path, name)
        folder, base = os.path.split(name)
        if folder == "":
            if source.room.path + "/" + base not in self.sources:
                fault(what + ": it does not name the folder of that")
            return
        room = self.table.rooms.get(folder)
        if room is None or room.path + "/" + base not in self.sources:
            fault(what + ": no folder in tests/data/rooms has that")
        elif room is source.room:
            return
        elif base.endswith("_own.h"):
            fault(what + ": that is only for the files of its folder")
        elif base not in room.faces:
            fault(what + ": that is no face of its folder")
        elif not source.room.may_use(room):
            used = self.sources[room.path + "/" + base]
            if not self.table.excepted(source.node, used.node):
                fault("%s: %s does not stand before %s" %
                      (what, room.path, source.room.path))

    # --- form ---

    def form(self):
        others = [(path, self.read(path)) for path in self.files("tests")]
        ours = [(s.path, s.text) for s in self.sources.values()]
        for path, text in ours + others:
            first, _, rest = text.partition("\n")
            self.lines(path, text)
            if TAG not in first:
                fault("%s: no SPDX tag in the first line" % path)
            if not PURPOSE.match(rest):
                fault("%s: the second line does not say what the file does" %
                      path)
            if path.endswith(".h"):
                guard = re.sub("[^A-Z0-9]", "_",
                               os.path.basename(path).upper())
                if not re.search(r"^#ifndef %s\n#define %s\n" %
                                 (guard, guard), text, re.M):
                    fault("%s: no guard %s" % (path, guard))
        for path in self.scripts():
            if TAG not in "".join(self.read(path).splitlines(True)[:2]):
                fault("%s: no SPDX tag in the first two lines" % path)
        for path, text in ours:
            for name in BANNED.findall(LITERAL.sub("", text)):
                fault("%s: uses %s, which is banned" % (path, name))

    def lines(self, path, text):
        """Tabs of 8; a text in quotes and a macro may be as long as they
        are."""
        for number, line in enumerate(text.split("\n"), 1):
            if (len(line.expandtabs(8)) > COLUMNS and '"' not in line and
                    not line.startswith("#define") and
                    path.endswith((".c", ".h"))):
                fault("%s:%d: longer than %d columns" %
                      (path, number, COLUMNS))

    def scripts(self):
        """What the shell, Python or automake reads."""
        for folder in ("contrib", "etc", "sql", "src", "tests", "worker"):
            for path in self.files(folder, ("",)):
                name = os.path.join(self.top, path)
                if ".run/" in path or not os.path.isfile(name):
                    continue
                with open(name, "rb") as f:
                    if f.read(2) == b"#!" or path.endswith(
                            (".sh", ".py", ".am")):
                        yield path

    # --- headers ---

    def headers(self):
        compiler = self.compiler()
        paths = [p for p in self.sources if p.endswith(".h")]
        # Those of tests need Check, without which nothing of tests is built.
        if any(re.match("-I.*/tests$", word) for word in compiler):
            paths += self.files("tests", (".h",))
        paths = [p for p in paths if os.path.basename(p).startswith(self.only)]
        with tempfile.TemporaryDirectory() as work, \
                concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as many:
            for path, said in many.map(
                    lambda path: self.header(compiler, work, path), paths):
                if said:
                    fault("%s does not compile alone:\n%s" % (path, said))

    def compiler(self):
        """The words that make compiles with, in the build folder."""
        env = {k: v for k, v in os.environ.items()
               if k not in ("MAKEFLAGS", "MFLAGS", "MAKELEVEL")}
        out = subprocess.run(
            [env.get("MAKE", "make"), "-s", "--no-print-directory",
             "show-compile"], cwd=self.build, env=env, check=True,
            stdout=subprocess.PIPE, universal_newlines=True).stdout
        return [row[9:] for row in out.splitlines()
                if row.startswith("compile: ")]

    def header(self, compiler, work, path):
        name = os.path.join(work, path.replace("/", "+") + ".c")
        with open(name, "w", encoding="utf-8") as f:
            f.write('#include "config.h"\n#include "%s"\n' %
                    os.path.abspath(os.path.join(self.top, path)))
        done = subprocess.run(compiler + ["-fsyntax-only", name],
                              cwd=self.build, stderr=subprocess.PIPE,
                              universal_newlines=True, check=False)
        return path, done.stderr if done.returncode != 0 else ""

    # --- symbols ---

    def symbols(self):
        objects = self.objects()
        defined = collections.defaultdict(list)
        for source, (gives, _) in objects.items():
            for name in gives:
                defined[name].append(source)
        for source, (_, takes) in objects.items():
            for name in sorted(takes):
                self.symbol(source, name, defined[name])

    def symbol(self, source, name, givers):
        """What a symbol says: an edge, or a fault.  A name that both programs
        have is meant as the one that may be used."""
        callers = self.table.only.get(name)
        if callers and source.room not in map(self.table.rooms.get, callers):
            fault("%s uses %s: only %s may" %
                  (source.path, name, ", ".join(callers)))
        allowed = [g for g in givers if source.room.may_use(g.room)]
        for giver in allowed:
            self.edge(source, giver, name + "()")
        if givers and not allowed:
            giver = givers[0]
            if not self.table.excepted(source.node, giver.node):
                fault("%s uses %s of %s: %s does not stand before %s" %
                      (source.path, name, giver.path, giver.room.path,
                       source.room.path))

    def objects(self):
        """For each source what its object defines and what it wants."""
        found = {}
        for source in self.sources.values():
            if source.path.endswith(".c"):
                name = self.object_of(source)
                if name is None:
                    fault("%s: it is not built" % source.path)
                else:
                    found[source] = self.nm(name)
        return found

    def object_of(self, source):
        folder, base = os.path.split(os.path.splitext(source.path)[0])
        for built in self.built:
            where = os.path.join(built, folder)
            for name in os.listdir(where) if os.path.isdir(where) else []:
                # automake puts the name of the library in front, if it has
                # flags of its own.
                if name == base + ".o" or name.endswith("_a-" + base + ".o"):
                    return os.path.join(where, name)
        return None

    def nm(self, name):
        gives, takes = set(), set()
        out = subprocess.run([os.environ.get("NM", "nm"), "-P", "-g", name],
                             stdout=subprocess.PIPE, check=True,
                             universal_newlines=True).stdout
        for row in out.splitlines():
            symbol, kind = row.split()[:2]
            (takes if kind in "Uvw" else gives).add(symbol)
        return gives, takes

    # --- circles ---

    def edge(self, user, used, why):
        if user.node != used.node:
            self.edges[user.node].setdefault(used.node, why)

    def circles(self):
        for source in self.sources.values():
            for name in source.includes:
                folder, base = os.path.split(name)
                room = self.table.rooms.get(folder) if folder else source.room
                used = room and self.sources.get(room.path + "/" + base)
                if used:
                    self.edge(source, used, name)
        # The exceptions are taken out, and put back where that makes a circle.
        cut = {(a, b): self.edges[a].pop(b) for a, b in self.table.uncut
               if b in self.edges[a]}
        for circle in self.tied():
            fault("files need each other: " + self.told(circle))
        for (a, b), why in cut.items():
            if self.way(b, a):
                self.table.uncut[(a, b)] = True
        for (a, b), why in cut.items():
            self.edges[a][b] = why

    def way(self, start, goal):
        """The nodes from start to goal, or None."""
        before, todo = {start: None}, collections.deque([start])
        while todo:
            node = todo.popleft()
            if node == goal:
                way = []
                while node is not None:
                    way.append(node)
                    node = before[node]
                return way[::-1]
            for other in sorted(self.edges[node]):
                if other not in before:
                    before[other] = node
                    todo.append(other)
        return None

    def tied(self):
        """A shortest circle through each node that is in one and that no
        circle before has named."""
        named = set()
        for node in sorted(self.edges):
            if node in named:
                continue
            ways = [self.way(other, node) for other in self.edges[node]]
            ways = [way for way in ways if way]
            if ways:
                circle = [node] + min(ways, key=len)
                named.update(circle)
                yield circle

    def told(self, circle):
        return "; ".join("%s needs %s (%s)" % (a, b, self.edges[a][b])
                         for a, b in zip(circle, circle[1:]))

    def exceptions(self):
        for (a, b), needed in self.table.uncut.items():
            if not needed:
                fault("tests/data/rooms: the exception %s -> %s is not needed"
                      % (a, b))


CHECKS = ("includes", "form", "headers", "symbols", "circles")


def main():
    p = argparse.ArgumentParser(usage=__doc__)
    p.add_argument("--tree", default=os.environ.get("srcdir", "."))
    p.add_argument("--build", default=os.environ.get("builddir", "."))
    p.add_argument("--objects", action="append", default=[])
    p.add_argument("--only", default="")
    p.add_argument("checks", nargs="*")
    args = p.parse_args()
    if not set(args.checks) <= set(CHECKS):
        p.error("the checks are " + ", ".join(CHECKS))
    tree = Tree(args.tree, args.build, [args.build] + args.objects,
                args.only)
    # The symbols are half of what circles are looked for in.
    for check in CHECKS:
        if not args.checks or check in args.checks:
            getattr(tree, check)()
    if not args.checks:
        tree.exceptions()
    return faults > 0


if __name__ == "__main__":
    sys.exit(main())

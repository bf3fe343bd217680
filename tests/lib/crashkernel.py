# SPDX-License-Identifier: ISC
"""Says to crashkernel.c what is to be done at which call of the kernel."""
import errno
import mmap
import struct

import faults

KERNEL = ("fork", "execl", "waitpid")  # as in crashkernel.c
FAULTS = ("", "kill", "kill-after", "freeze", "error")
ERRORS = {"fork": ("EAGAIN",), "execl": ("ENOMEM",), "waitpid": ()}


def faults_for(name):
    """All that can be done at such a call."""
    call = name.split(":")[1].split()[0]
    return ["kill", "freeze"] + ["kill-after"] * (call != "execl") + \
        [how + e for e in ERRORS[call] for how in ("error ", "passing ")]


class Kernel:
    """As Faults, for calls of a pool that has crashkernel.c preloaded:
    "kernel:fork parent" or "kernel:fork child"."""

    LAYOUT = struct.Struct("8i%di" % (2 * len(KERNEL)))

    def __init__(self, path):
        self.path = path
        with open(path, "wb") as f:
            f.write(bytes(self.LAYOUT.size))
        with open(path, "r+b") as f:
            self.map = mmap.mmap(f.fileno(), self.LAYOUT.size)
        self.thawed = True

    def arm(self, point=None, fault=None):
        words = [0] * (8 + 2 * len(KERNEL))
        self.thawed = fault != "freeze"
        if point is not None and point[0].startswith("kernel:"):
            call, who = point[0].split(":")[1].split()
            how, _, error = fault.partition(" ")
            words[:5] = [2 * KERNEL.index(call) + (who == "child"), point[1],
                         FAULTS.index(how.replace("passing", "error")),
                         getattr(errno, error) if error else 0,
                         faults.PASSING if how == "passing" else 0]
        self.map[:] = self.LAYOUT.pack(*words)

    def look(self):
        """What was seen; and whether the fault was done.  Who stands still by
        it goes on after a while."""
        words = self.LAYOUT.unpack(self.map[:])
        if words[5] and not self.thawed:
            self.thawed = True
            faults.freeze(words[6], faults.FROZEN)
        return {"kernel:%s %s" % (KERNEL[i // 2], ("parent", "child")[i % 2]):
                words[8 + i] for i in range(2 * len(KERNEL))
                if words[8 + i]}, bool(words[5])

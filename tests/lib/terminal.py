#!/usr/bin/python3
# SPDX-License-Identifier: ISC
"""Runs a program in a terminal, and judges how it leaves it.

terminal.py STEP... -- COMMAND...

  size ROWSxCOLUMNS  the terminal's size, at first 24x80
  see REGEX          a whole frame that fits the size has a match, in a while
  key TEXT           what is typed; ^C and the like are one key
  signal NAME        is sent to the program
  stopped            the program stands still, and has left the terminal
  resume             goes on
  exit STATUS        the program ends so (-N: by signal N), and has left the
                     terminal

To have left it: the settings are those of before, the other screen is left,
and there is a cursor.
"""
import fcntl
import os
import re
import select
import signal
import struct
import sys
import termios
import time

DEADLINE = 60


class Terminal:
    def __init__(self, command):
        self.text = ""
        self.mark = 0
        self.size = (24, 80)
        self.master, slave = os.openpty()
        self.before = termios.tcgetattr(slave)
        self.resize(self.size)
        fcntl.ioctl(slave, termios.TIOCSCTTY, 0)
        self.slave = slave
        self.pid = os.fork()
        if self.pid == 0:
            os.setpgid(0, 0)
            os.tcsetpgrp(slave, os.getpid())
            for name in (signal.SIGTTOU, signal.SIGTTIN, signal.SIGHUP,
                         signal.SIGINT, signal.SIGQUIT):
                signal.signal(name, signal.SIG_DFL)
            for fd in range(3):
                os.dup2(slave, fd)
            os.closerange(3, 64)
            os.environ["TERM"] = "xterm"
            os.execvp(command[0], command)

    def resize(self, size):
        self.size = size
        fcntl.ioctl(self.master, termios.TIOCSWINSZ,
                    struct.pack("HHHH", *size, 0, 0))

    def read(self):
        if select.select([self.master], [], [], 0.1)[0]:
            self.text += os.read(self.master, 65536).decode()

    def until(self, what, question):
        end = time.monotonic() + DEADLINE
        while True:
            answer = question()
            if answer:
                return answer
            if time.monotonic() > end:
                sys.exit(f"not in {DEADLINE} s: {what}; the last of it: "
                         f"{self.text[-2000:]!r}")
            self.read()

    def frames(self):
        """Those since the last step that are whole, and fit."""
        rows, columns = self.size
        for frame in self.text[self.mark:].split("\033[H")[1:-1]:
            lines = re.split("\r*\n", re.sub("\033\\[[KJ]", "", frame))
            if lines[-1] == "":
                lines.pop()
            if len(lines) <= rows and all(len(x) <= columns for x in lines):
                yield "\n".join(lines)

    def left(self):
        """The terminal is as it was before."""
        now = termios.tcgetattr(self.master)
        back = self.text.rpartition("\033[?1049h")[2]
        return now == self.before and "\033[?25h\033[?1049l" in back

    def ended(self, options):
        pid, status = os.waitpid(self.pid, options | os.WNOHANG)
        if pid != self.pid:
            return None
        if not os.WIFSTOPPED(status):
            self.pid = 0
        return (status,)

    def step(self, word, value):
        if word == "size":
            self.resize(tuple(int(n) for n in value.split("x")))
            self.mark = len(self.text)
        elif word == "see":
            self.until(f"a frame with {value}", lambda: any(
                re.search(value, f, re.M) for f in self.frames()))
            self.mark = len(self.text)
        elif word == "key":
            keys = re.sub("\\^([A-Z])", lambda m: chr(ord(m[1]) - 64), value)
            os.write(self.master, keys.encode())
        elif word == "signal":
            os.kill(self.pid, getattr(signal, "SIG" + value))
        elif word == "stopped":
            status, = self.until(word, lambda: self.ended(os.WUNTRACED))
            if not os.WIFSTOPPED(status):
                sys.exit(f"it ended instead of standing still: {status}")
            self.until("the terminal as before", self.left)
        elif word == "resume":
            self.mark = len(self.text)
            os.kill(self.pid, signal.SIGCONT)
        elif word == "exit":
            status, = self.until(word, lambda: self.ended(0))
            code = os.waitstatus_to_exitcode(status)
            if code != int(value):
                sys.exit(f"it ended with {code} and not with {value}: "
                         f"{self.text[-2000:]!r}")
            self.until("the terminal as before", self.left)
        else:
            sys.exit(f"there is no step {word}")


def main():
    at = sys.argv.index("--")
    steps, command = sys.argv[1:at], sys.argv[at + 1:]
    # A session of our own, whose terminal it is: else nothing could stop.
    pid = os.fork()
    if pid != 0:
        sys.exit(os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]))
    os.setsid()
    for name in (signal.SIGTTOU, signal.SIGTTIN, signal.SIGHUP):
        signal.signal(name, signal.SIG_IGN)
    t = Terminal(command)
    try:
        while steps:
            word = steps.pop(0)
            t.step(word, "" if word in ("stopped", "resume") else steps.pop(0))
    finally:
        if t.pid != 0:
            os.kill(t.pid, signal.SIGKILL)


if __name__ == "__main__":
    main()

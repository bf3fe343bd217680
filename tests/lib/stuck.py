# SPDX-License-Identifier: ISC
"""A server that keeps its clients waiting: stuck.py HOW PATH.

It listens on the unix socket PATH, and on a port of the loopback address,
which it writes to PATH.port.  HOW is

  silent  it accepts, and says nothing
  drip    it accepts, and sends a byte of what is no whole answer now and then
  full    it accepts nobody, and others wait already
"""
import os
import socket
import sys
import threading
import time

# What begins an answer of each protocol, of which the last byte is repeated.
DRIPS = {b"*": b"$9000\r\n0",  # Redis: it has sent a command
         b"\0": b"R\0\0\1\0\0",  # PostgreSQL: a length comes first
         b"G": b"HTTP/1.1 200 OK\r\nContent-Length: 9000\r\n\r\n ",
         b"P": b"HTTP/1.1 200 OK\r\nContent-Length: 9000\r\n\r\n "}


def attend(client, how):
    try:
        first = client.recv(1)
        while how == "drip" and first:
            drips = DRIPS[first]
            for byte in drips + drips[-1:] * 9000:
                client.sendall(bytes([byte]))
                time.sleep(0.1)
        while client.recv(4096):
            pass
    except OSError:
        pass
    finally:
        client.close()


def serve(listener, how):
    while True:
        client = listener.accept()[0]
        print("accepted", flush=True)
        threading.Thread(target=attend, args=(client, how),
                         daemon=True).start()


how, path = sys.argv[1:]
unix, tcp = socket.socket(socket.AF_UNIX), socket.socket()
unix.bind(path)
tcp.bind(("127.0.0.1", 0))
others = []
for listener in unix, tcp:
    listener.listen(0 if how == "full" else 64)
    for _ in range(8 if how == "full" else 0):
        other = socket.socket(listener.family)
        other.setblocking(False)
        other.connect_ex(listener.getsockname())
        others.append(other)
with open(path + ".new", "w", encoding="ascii") as f:
    f.write(str(tcp.getsockname()[1]))
os.rename(path + ".new", path + ".port")
if how != "full":
    for listener in unix, tcp:
        threading.Thread(target=serve, args=(listener, how),
                         daemon=True).start()
while True:
    time.sleep(600)

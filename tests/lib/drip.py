# SPDX-License-Identifier: ISC
"""drip.py PORT N [HEAD]: N connections that send HEAD and then a byte a second,
or nothing at all without HEAD, until the standard input ends."""
import select
import socket
import sys

port, n = int(sys.argv[1]), int(sys.argv[2])
head = "".join(sys.argv[3:]).encode()
clients = []
for _ in range(n):
    client = socket.create_connection(("127.0.0.1", port))
    client.sendall(head)
    clients.append(client)
print("dripping")
while not select.select([sys.stdin], [], [], 1)[0]:
    for client in clients[:]:
        try:
            client.sendall(b"a" if head else b"")
        except OSError:
            clients.remove(client)

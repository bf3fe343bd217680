# SPDX-License-Identifier: ISC
"""drip.py PORT N: N connections with heads that grow by a byte a second and
never end, until the standard input does."""
import select
import socket
import sys

port, n = int(sys.argv[1]), int(sys.argv[2])
clients = []
for _ in range(n):
    client = socket.create_connection(("127.0.0.1", port))
    client.sendall(b"GET /metrics HTTP/1.1\r\nHost: x\r\nX: ")
    clients.append(client)
print("dripping")
while not select.select([sys.stdin], [], [], 1)[0]:
    for client in clients[:]:
        try:
            client.sendall(b"a")
        except OSError:
            clients.remove(client)

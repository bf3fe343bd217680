# SPDX-License-Identifier: ISC
"""Listens on a unix socket, closes whatever connects, prints a line for it."""
import socket
import sys

listener = socket.socket(socket.AF_UNIX)
listener.bind(sys.argv[1])
listener.listen(64)
while True:
    listener.accept()[0].close()
    print("refused", flush=True)

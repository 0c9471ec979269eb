# SPDX-License-Identifier: BSD-3-Clause
"""bench_forwarder.py ADDRESS PORT WHAT - send every datagram back to where it came from, but of every tenth: lose it,
change its last byte, cut its last byte, send it twice, or hold it back until after the next."""
import socket
import sys

address, port, what = sys.argv[1], int(sys.argv[2]), sys.argv[3]
s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
s.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1 << 20)
s.bind((address, port))
n, held = {}, None
while True:
    data, who = s.recvfrom(2048)
    # counted by trial (the tag, payload.h), so that a warm-up does not shift the count
    tag = data[:2]
    n[tag] = n.get(tag, 0) + 1
    tenth = n[tag] % 10 == 5
    if tenth and what == "lose":
        continue
    if tenth and what == "late":
        held = (data, who)
        continue
    if tenth and what == "change":
        data = data[:-1] + bytes([data[-1] ^ 1])
    elif tenth and what == "cut":
        data = data[:-1]
    elif tenth and what == "twice":
        s.sendto(data, who)
    s.sendto(data, who)
    if held:
        s.sendto(*held)
        held = None

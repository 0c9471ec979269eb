#!/usr/bin/python3
# SPDX-License-Identifier: BSD-3-Clause
#
# idle_probe.py rtt ADDRESS PORT COUNT SILENCE-MS - round trips of STUN Binding requests, each sent after so much
#                                                   silence (0: at once after the answer before)
# idle_probe.py cpu SECONDS PID…                  - CPU time of all threads of these processes over so many seconds
#
# JSON on stdout. The client polls for the answer, so that its own wake-up is no part of the round trip.

import json
import os
import socket
import struct
import sys
import time

PATIENCE_NS = 500_000_000
MAGIC = 0x2112A442


def percentile(values, share):
    return values[min(len(values) - 1, int(len(values) * share))]


def ask(sock, tid):
    """Nanoseconds until the answer to this request, or None."""
    request = struct.pack("!HHI12s", 0x0001, 0, MAGIC, tid)
    begin = time.monotonic_ns()
    sock.send(request)
    while True:
        try:
            answer = sock.recv(2048)
        except BlockingIOError:
            if time.monotonic_ns() - begin > PATIENCE_NS:
                return None
            continue
        now = time.monotonic_ns()
        if answer[8:20] == tid:
            return now - begin


def rtt(address, port, count, silence_ms):
    sock = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    sock.connect((address, int(port)))
    sock.setblocking(False)
    times, lost = [], 0
    for _ in range(int(count)):
        if float(silence_ms):
            # not a multiple of anything that ticks
            time.sleep((float(silence_ms) + os.urandom(1)[0] / 25.6) / 1000)
        ns = ask(sock, os.urandom(12))
        if ns is None:
            lost += 1
        else:
            times.append(ns / 1000)
    if not times:
        return None
    times.sort()
    out = {"count": int(count), "lost": lost, "silence_ms": float(silence_ms)}
    for name, share in (("p50_us", 0.5), ("p90_us", 0.9), ("p99_us", 0.99)):
        out[name] = percentile(times, share)
    out["max_us"] = times[-1]
    return out


def thread_times(pids):
    """Thread id -> (name, nanoseconds on a CPU)."""
    out = {}
    for pid in pids:
        try:
            tasks = os.listdir(f"/proc/{pid}/task")
        except FileNotFoundError:
            continue
        for task in tasks:
            at = f"/proc/{pid}/task/{task}/"
            with open(at + "comm", encoding="utf-8") as f:
                name = f.read().strip()
            with open(at + "schedstat", encoding="utf-8") as f:
                out[task] = (name, int(f.read().split()[0]))
    return out


def cpu(seconds, pids):
    before, begin = thread_times(pids), time.monotonic_ns()
    time.sleep(float(seconds))
    after, end = thread_times(pids), time.monotonic_ns()
    threads = [
        {"thread": name, "share": (ns - before.get(task, (name, 0))[1]) / (end - begin)}
        for task, (name, ns) in after.items()
    ]
    threads.sort(key=lambda t: -t["share"])
    return {"seconds": (end - begin) / 1e9, "share": sum(t["share"] for t in threads), "threads": threads}


def main():
    out = rtt(*sys.argv[2:6]) if sys.argv[1] == "rtt" else cpu(sys.argv[2], sys.argv[3:])
    if out is None:
        sys.exit("idle_probe.py: no answer")
    print(json.dumps(out))


if __name__ == "__main__":
    main()

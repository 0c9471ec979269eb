#!/usr/bin/python3
# SPDX-License-Identifier: BSD-3-Clause
#
# ramp.py IFACE PID-OF-SERVER-NAMESPACE SECONDS OUT - the kernel's counters beside a load that grows by itself.
#
# Four times a second: packets that reached IFACE, datagrams that its sockets took, those that found a full socket
# buffer, packets sent on. OUT is a result of turnpike-bench's form: the highest rate that came in a window before
# the loss first passed 0.5 %, 0.1 % and nothing, the peak, what was counted in all, and every window. Ends when the
# traffic has ended, or after SECONDS.

import json
import sys
import time

WINDOW = 0.25
LIMITS = (("rate_0.5%", 0.005), ("rate_0.1%", 0.001), ("rate_no_loss", 0))
LOAD = 20000  # packets/s: what comes before are allocations
IDLE = 1000  # less, after the load: it has ended


def counters(iface, pid):
    with open(f"/proc/{pid}/net/dev", encoding="ascii") as f:
        words = next(line for line in f if line.strip().startswith(iface + ":")).split(":")[1].split()
    with open(f"/proc/{pid}/net/snmp", encoding="ascii") as f:
        names, values = [line.split()[1:] for line in f if line.startswith("Udp:")]
    udp = dict(zip(names, map(int, values)))
    return {
        "arrived": int(words[1]),
        "dropped": int(words[3]),
        "sent": int(words[9]),
        "taken": udp["InDatagrams"],
        "full": udp["RcvbufErrors"],
    }


def watch(iface, pid, seconds):
    windows, end, loaded = [], time.monotonic() + seconds, False
    first = before = counters(iface, pid)
    then = time.monotonic()
    while time.monotonic() < end:
        time.sleep(WINDOW)
        now, at = counters(iface, pid), time.monotonic()
        w = {k: round((now[k] - before[k]) / (at - then)) for k in now}
        before, then = now, at
        loaded = loaded or w["arrived"] > LOAD
        if w["arrived"] > IDLE:
            windows.append(w)
        elif loaded:
            break
    return windows if loaded else [], {k: before[k] - first[k] for k in first}


def loss(w):
    return (w["full"] + w["dropped"]) / w["arrived"]


def onset(windows, limit):
    """The highest rate, on the way up, before the first window that loses more."""
    best = 0
    for w in windows:
        if loss(w) > limit:
            return best, True
        best = max(best, w["arrived"])
    return best, False


def main():
    iface, pid, seconds, out = sys.argv[1:5]
    windows, total = watch(iface, pid, float(seconds))
    if not windows:
        sys.exit("ramp.py: no traffic came")
    result = {"metrics": {}, "doubts": [], "windows": windows}
    for name, limit in LIMITS:
        rate, lost = onset(windows, limit)
        result["metrics"][name] = {"unit": "packets/s", "better": "higher", "values": [rate]}
        if not lost:
            result["doubts"].append(f"{name}: the clients reached no rate at which more was lost: a lower bound")
    peak = max(w["arrived"] for w in windows)
    served = max(w["sent"] for w in windows)
    for name, value in (("peak", peak), ("most sent on", served)):
        result["metrics"][name] = {"unit": "packets/s", "better": "higher", "values": [value]}
    for name, value in total.items():
        result["metrics"][f"total {name}"] = {"unit": "packets", "better": "higher", "values": [value]}
    with open(out, "w", encoding="utf-8") as f:
        json.dump(result, f)


if __name__ == "__main__":
    main()

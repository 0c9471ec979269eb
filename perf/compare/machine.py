#!/usr/bin/python3
# SPDX-License-Identifier: BSD-3-Clause
#
# machine.py CPU CPU - what the figures were measured on, as JSON: processor, kernel, versions, limits, and
# whether the two CPUs named slow each other down (two threads of one core do).

import json
import multiprocessing
import os
import re
import subprocess
import sys
import time


def said(*command):
    try:
        return subprocess.run(command, capture_output=True, text=True, check=True).stdout.strip()
    except (OSError, subprocess.CalledProcessError):
        return ""


def first(path, pattern, default=""):
    try:
        with open(path, encoding="utf-8") as f:
            found = re.search(pattern, f.read(), re.MULTILINE)
            return found.group(1) if found else default
    except OSError:
        return default


def spin(cpu, barrier, times):
    os.sched_setaffinity(0, {cpu})
    barrier.wait()
    begin = time.process_time()
    n = 0
    for i in range(3_000_000):
        n += i
    times.put(time.process_time() - begin)


def spin_time(cpus):
    """Mean CPU time of a fixed loop, run on these CPUs at once."""
    barrier, times = multiprocessing.Barrier(len(cpus)), multiprocessing.Queue()
    workers = [multiprocessing.Process(target=spin, args=(c, barrier, times)) for c in cpus]
    for w in workers:
        w.start()
    total = sum(times.get(timeout=60) for _ in workers)
    for w in workers:
        w.join()
    return total / len(cpus)


def pair_slowdown(a, b):
    """Best of three each, because other programs only ever add."""
    alone = min((spin_time([a]) + spin_time([b])) / 2 for _ in range(3))
    both = min(spin_time([a, b]) for _ in range(3))
    return both / alone


def main():
    a, b = int(sys.argv[1]), int(sys.argv[2])
    hypervisor = first("/proc/cpuinfo", r"^flags.*\b(hypervisor)\b")
    print(
        json.dumps(
            {
                "cpu": first("/proc/cpuinfo", r"^model name\s*:\s*(.*)$"),
                "family_model": first("/proc/cpuinfo", r"^cpu family\s*:\s*(.*)$")
                + "/"
                + first("/proc/cpuinfo", r"^model\s*:\s*(.*)$"),
                "cpus": os.cpu_count(),
                "virtual_machine": bool(hypervisor),
                "kernel": os.uname().release,
                "link": "one veth pair between two network namespaces, one queue each, tx checksum offload off",
                "rmem_max": int(first("/proc/sys/net/core/rmem_max", r"(\d+)", "0")),
                "dpdk": said("pkg-config", "--modversion", "libdpdk"),
                "coturn": said("dpkg-query", "-W", "-f", "${Version}", "coturn"),
                "pair_slowdown": round(pair_slowdown(a, b), 3),
                "load_average": os.getloadavg()[0],
            }
        )
    )


if __name__ == "__main__":
    main()

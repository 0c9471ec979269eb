# SPDX-License-Identifier: BSD-3-Clause
"""idle.py - a worker without work waits for its device instead of looking again and again, and is there when called."""

import json
import os
import subprocess
import sys
import time


def core():
    out = subprocess.run(
        [os.environ["TURNPIKE"], "show", "cores", "--json", "--runtime-dir", os.environ["RUN_DIR"]],
        check=True,
        capture_output=True,
    )
    return json.loads(out.stdout)["cores"][0]


failed = False


def check(what, holds, why=""):
    global failed
    print(("ok " if holds else "not ok ") + what + (f": {why}" if why and not holds else ""))
    failed |= not holds


def sleeps_per_second(seconds):
    before, begin = core()["sleeps"], time.monotonic()
    time.sleep(seconds)
    return (core()["sleeps"] - before) / (time.monotonic() - begin)


# a queue that is looked at by time costs 5 000 and more a second
rate = sleeps_per_second(2)
check("an idle worker sleeps until it is called", rate < 1000, f"{rate:.0f} sleeps a second")
state = core()["state"]
check("and says so", state == "sleeping", state)
ping = subprocess.run(
    ["nsenter", f"--net=/proc/{os.environ['NS_client']}/ns/net", "ping", "-n", "-i", "0.2", "-c", "10", sys.argv[1]],
    capture_output=True,
    text=True,
    check=False,
)
check("each of ten packets after silence is answered", " 10 received" in ping.stdout, ping.stdout)
sys.exit(failed)

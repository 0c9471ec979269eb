#!/usr/bin/python3
# SPDX-License-Identifier: BSD-3-Clause
#
# curve.py RESULT BEFORE AFTER OUT - a load curve of turnpike-bench with the server's own account of its drops.
#
# BEFORE and AFTER hold what `turnpike show drops --json` and `turnpike show ports --json` said around it, one
# after the other. OUT is the result with more metrics: at each share of the no-drop rate what was delivered and
# the p99; the peak, the least delivered from saturation on, and where every lost packet went.

import json
import sys

# counted by the device or the kernel for it, before the engine sees the packet
PORT = ("device_rx_missed", "device_rx_errors", "device_tx_errors", "device_rx_nombuf")


def account(path):
    """reason -> packets"""
    with open(path, encoding="utf-8") as f:
        text = f.read()
    decoder, out, at = json.JSONDecoder(), {}, 0
    while at < len(text.rstrip()):
        j, end = decoder.raw_decode(text[at:].lstrip())
        at += end + len(text[at:]) - len(text[at:].lstrip())
        for reason, n in j.get("drops", {}).items():
            out[f"drop {reason}"] = n
        for port in j.get("ports", []):
            for key in PORT:
                out[f"port {key}"] = out.get(f"port {key}", 0) + port.get(key, 0)
    return out


def delivered(trial):
    """Packets/s that arrived, while the generator sent: it may have been slower than asked."""
    return trial["received"] * trial["achieved"] / trial["sent"] if trial["sent"] else 0


def main():
    with open(sys.argv[1], encoding="utf-8") as f:
        result = json.load(f)
    before, after = account(sys.argv[2]), account(sys.argv[3])
    run = result["runs"][-1]
    metrics = result["metrics"] = {}

    def add(name, unit, better, value):
        metrics[name] = {"unit": unit, "better": better, "values": [value]}

    past, peak = None, 0
    for point in run["curve"]:
        share, trial = point["share"], point["trial"]
        rate = delivered(trial)
        peak = max(peak, rate)
        if share >= 1:
            past = rate if past is None else min(past, rate)
        percent = f"{100 * share:.0f} %"
        add(f"{percent} sent", "packets/s", "higher", trial["achieved"])
        add(f"{percent} delivered", "packets/s", "higher", rate)
        if "p99_us" in trial["latency"]:
            add(f"{percent} p99", "us", "lower", trial["latency"]["p99_us"])
    add("peak", "packets/s", "higher", peak)
    add("past", "packets/s", "higher", past or 0)
    trials = [point["trial"] for point in run["curve"]] + ([run["fixed"]] if "fixed" in run else [])
    lost = sum(t["sent"] - t["received"] for t in trials)
    add("lost", "packets", "lower", lost)
    add("generator lost", "packets", "lower", sum(t.get("sink_drops", 0) for t in trials))
    counted = {k: n - before.get(k, 0) for k, n in after.items() if n > before.get(k, 0)}
    for reason, n in counted.items():
        add(reason, "packets", "lower", n)
    add("counted", "packets", "lower", sum(counted.values()) + metrics["generator lost"]["values"][0])
    result["drops"] = counted
    with open(sys.argv[4], "w", encoding="utf-8") as f:
        json.dump(result, f)


if __name__ == "__main__":
    main()

#!/usr/bin/python3
# SPDX-License-Identifier: BSD-3-Clause
#
# idle_summary.py RUNS STEM COMMAND - medians and spreads of idle.sh's rounds.
#
# Writes STEM.json (everything) and STEM.md (the table), and prints the table. spread: (max - min) / median of a
# server's rounds.

import json
import sys

from summary import number, ratio_cell, stats

METRICS = (
    # key, name, unit, digits
    ("idle", "CPU in silence, all threads", "% of a CPU", 2),
    ("first_p50", "first packet after silence, round trip p50", "µs", 1),
    ("first_p99", "first packet after silence, round trip p99", "µs", 1),
    ("first_max", "first packet after silence, round trip max", "µs", 1),
    ("busy_p50", "awake, round trip p50", "µs", 1),
    ("busy_p99", "awake, round trip p99", "µs", 1),
    ("wake_p50", "what the silence adds, p50", "µs", 1),
    ("wake_p99", "what the silence adds: p99 after silence less p50 awake", "µs", 1),
)


def figures(first, busy, idle):
    return {
        "idle": idle["share"] * 100,
        "first_p50": first["p50_us"],
        "first_p99": first["p99_us"],
        "first_max": first["max_us"],
        "busy_p50": busy["p50_us"],
        "busy_p99": busy["p99_us"],
        "wake_p50": first["p50_us"] - busy["p50_us"],
        "wake_p99": first["p99_us"] - busy["p50_us"],
    }


def collect(runs):
    """server -> metric -> values in the order of the rounds"""
    rounds, out = {}, {}
    for run in runs:
        if run["what"] != "machine":
            rounds.setdefault((run["server"], run["round"]), {})[run["what"]] = run["result"]
    for (server, _), results in rounds.items():
        for key, value in figures(**results).items():
            out.setdefault(server, {}).setdefault(key, []).append(value)
    return out


def table(summary):
    servers = [s for s in ("turnpike", "coturn") if s in summary]
    head = ["", "unit"]
    for s in servers:
        head += [s, "spread"]
    if len(servers) == 2:
        head.append("turnpike / coturn")
    lines = ["| " + " | ".join(head) + " |", "|" + "---|" * len(head)]
    for key, name, unit, digits in METRICS:
        have = [summary[s][key] for s in servers]
        row = [name, unit]
        for h in have:
            row += [number(h["median"], digits), f"{h['spread']:.0%}"]
        if len(servers) == 2:
            row.append("-" if key.startswith("wake") else ratio_cell(*have))
        lines.append("| " + " | ".join(row) + " |")
    return lines


def notes(runs):
    out = []
    for run in runs:
        lost = run["result"].get("lost")
        if lost:
            out.append(f"{run['server']}, round {run['round']}: {lost} of {run['result']['count']} requests unanswered")
    return ["Doubts:", ""] + [f"- {n}" for n in out] + [""] if out else []


def document(runs, summary, command):
    machine = next(r["result"] for r in runs if r["what"] == "machine")
    first = next(r["result"] for r in runs if r["what"] == "first")
    idle = next(r["result"] for r in runs if r["what"] == "idle")
    lines = ["# Silence, and the first packet after it", "", f"`{command}`", ""]
    lines += [
        f"Medians of {max(r['round'] for r in runs)} rounds; spread is (max − min) / median. In each round"
        f" {idle['seconds']:.0f} s of silence, then {first['count']} Binding requests, each after"
        f" {first['silence_ms']:.0f} to {first['silence_ms'] + 10:.0f} ms of silence.",
        "",
    ]
    lines += table(summary) + [""] + notes(runs)
    lines += ["Machine:", ""] + [f"- {k.replace('_', ' ')}: {v}" for k, v in machine.items()] + [""]
    lines += ["What is measured and how far to trust it: `perf/README.md`."]
    return "\n".join(lines) + "\n"


def main():
    with open(sys.argv[1], encoding="utf-8") as f:
        runs = [json.loads(line) for line in f]
    stem, command = sys.argv[2], sys.argv[3]
    summary = {server: {k: stats(v) for k, v in m.items()} for server, m in collect(runs).items()}
    text = document(runs, summary, command)
    with open(stem + ".md", "w", encoding="utf-8") as f:
        f.write(text)
    with open(stem + ".json", "w", encoding="utf-8") as f:
        json.dump({"command": command, "summary": summary, "runs": runs}, f, indent=1, ensure_ascii=False)
        f.write("\n")
    print(text, end="")


if __name__ == "__main__":
    main()

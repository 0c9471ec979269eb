#!/usr/bin/python3
# SPDX-License-Identifier: BSD-3-Clause
#
# summary.py RUNS STEM COMMAND - medians, spreads and ratios of a comparison.
#
# RUNS is what coturn.sh recorded, one JSON object a line. Writes STEM.json (everything) and STEM.md (the
# table), and prints the table. The spread of a server against itself, (max - min) / median over its rounds,
# stands beside every figure: a ratio whose distance from 1 is below twice the larger spread is no result.

import json
import statistics
import sys

METRICS = (
    # key, name, unit, digits
    ("rate_0", "highest rate, no loss", "packets/s", 0),
    ("rate_0.001", "highest rate, loss ≤ 0.1 %", "packets/s", 0),
    ("rate_0.005", "highest rate, loss ≤ 0.5 %", "packets/s", 0),
    ("p50", "latency p50", "µs", 1),
    ("p90", "latency p90", "µs", 1),
    ("p99", "latency p99", "µs", 1),
    ("p99.9", "latency p99.9", "µs", 1),
    ("max", "latency max", "µs", 0),
    ("allocations", "allocations, authenticated", "1/s", 0),
    ("memory", "memory per allocation: growth when made", "bytes", 0),
    ("tables", "memory per allocation: tables, reserved at start", "bytes", 0),
    ("idle_memory", "memory before the first allocation", "MiB", 1),
)


def figures(run):
    """The metrics that one run gives."""
    r = run["result"]
    if run["what"] == "search":
        return {f"rate_{s['loss_limit']:g}": s["rate"] for s in r["search"]}
    if run["what"] == "latency":
        h = r["fixed"]["latency"]
        names = {"p50": "p50_us", "p90": "p90_us", "p99": "p99_us", "p99.9": "p99_9_us", "max": "max_us"}
        return {k: h[v] for k, v in names.items()}
    if run["what"] == "allocate":
        return {"allocations": statistics.median(a["allocations_per_s"] for a in r["rounds"])}
    if run["what"] == "memory":
        return {"memory": r["bytes_each"], "idle_memory": r["before_kib"] / 1024}
    if run["what"] == "tables":
        return {"tables": r["bytes_each"]}
    return {}


def interruptions(run):
    r = run["result"]
    return r["server_interrupted"] + r["fixed"]["preempted"]


def least_disturbed(runs):
    """Of the latency runs of a server in a round, the one with the fewest interruptions: chosen without a look
    at its latency. The others stay in the JSON."""
    best = {}
    for run in runs:
        key = (run["server"], run["round"])
        if run["what"] == "latency" and (key not in best or interruptions(run) < interruptions(best[key])):
            best[key] = run
    return [r for r in runs if r["what"] != "latency" or r is best[(r["server"], r["round"])]]


def collect(runs):
    """server -> metric -> values in the order of the rounds"""
    out = {}
    for run in runs:
        for key, value in figures(run).items():
            out.setdefault(run["server"], {}).setdefault(key, []).append(value)
    return out


def stats(values):
    median = statistics.median(values)
    spread = (max(values) - min(values)) / median if median else 0
    return {"median": median, "min": min(values), "max": max(values), "spread": spread, "values": values}


def number(value, digits):
    return f"{value:,.{digits}f}".replace(",", " ")


def notes(runs):
    """What makes a figure doubtful, said beside it."""
    out = []
    for run in runs:
        where = f"{run['server']}, round {run['round']}"
        if run["what"] == "search" and run["server"] != "generator":
            for s in run["result"]["search"]:
                if s["limited_by"] != "server":
                    out.append(f"{where}, loss ≤ {s['loss_limit']:g}: the limit is the {s['limited_by']}'s")
        if run["what"] == "latency":
            t = run["result"]["fixed"]
            if t["loss"] > 0:
                out.append(f"{where}: {t['loss']:.4%} lost at {t['rate']} packets/s")
            seconds = t["planned"] / t["rate"]
            if interruptions(run) > 20 * seconds:
                out.append(
                    f"{where}: in the latency run the machine ran other programs on these CPUs, the server was"
                    f" interrupted {run['result']['server_interrupted'] / seconds:.0f} times a second, the generator"
                    f" {t['preempted'] / seconds:.0f} times: p99 and beyond show that"
                )
        if run["what"] == "allocate":
            failed = sum(a["failed"] for a in run["result"]["rounds"])
            if failed:
                out.append(f"{where}: {failed} allocations failed")
    return out


def ratio_cell(a, b):
    """The first to the second; '-' when it cannot be said."""
    if not a or not b or not a["median"] or not b["median"]:
        return "-"
    ratio = a["median"] / b["median"]
    doubt = abs(ratio - 1) < 2 * max(a["spread"], b["spread"])
    return f"{ratio:.2f}×" + (" (within twice the spread)" if doubt else "")


def table(summary):
    servers = [s for s in ("turnpike", "coturn") if s in summary]
    head = ["", "unit"]
    for s in servers:
        head += [s, "spread"]
    if len(servers) == 2:
        head.append("turnpike / coturn")
    lines = ["| " + " | ".join(head) + " |", "|" + "---|" * len(head)]
    for key, name, unit, digits in METRICS:
        have = [summary[s].get(key) for s in servers]
        if not any(have):
            continue
        row = [name, unit]
        for h in have:
            row += [number(h["median"], digits), f"{h['spread']:.0%}"] if h else ["none", ""]
        if len(servers) == 2:
            row.append(ratio_cell(*have))
        lines.append("| " + " | ".join(row) + " |")
    return lines


def generator_lines(runs, summary):
    out = []
    if "generator" in summary:
        out.append(
            f"The generator alone, straight to a socket: {number(summary['generator']['rate_0']['median'], 0)} packets/s."
        )
    lag = [r["result"]["fixed"]["send_lag"]["p99_us"] for r in runs if r["what"] == "latency"]
    if lag:
        out.append(f"Its own delay in the latency runs, intended to actual send time, p99: {max(lag):.0f} µs at most.")
    return out


def document(runs, summary, command):
    machine = next(r["result"] for r in runs if r["what"] == "machine")
    rounds = max(r["round"] for r in runs)
    lines = ["# turnpike and coturn side by side", "", f"`{command}`", ""]
    lines += [f"Medians of {rounds} rounds; spread is (max − min) / median of a server against itself.", ""]
    lines += table(summary) + [""] + generator_lines(runs, summary) + [""]
    doubts = notes(runs)
    if doubts:
        lines += ["Doubts:", ""] + [f"- {d}" for d in doubts] + [""]
    lines += ["Machine:", ""] + [f"- {k.replace('_', ' ')}: {v}" for k, v in machine.items()] + [""]
    lines += ["What is measured and how far to trust it: `perf/README.md`."]
    return "\n".join(lines) + "\n"


def main():
    with open(sys.argv[1], encoding="utf-8") as f:
        runs = [json.loads(line) for line in f]
    stem, command = sys.argv[2], sys.argv[3]
    chosen = least_disturbed(runs)
    summary = {server: {k: stats(v) for k, v in m.items()} for server, m in collect(chosen).items()}
    text = document(chosen, summary, command)
    with open(stem + ".md", "w", encoding="utf-8") as f:
        f.write(text)
    with open(stem + ".json", "w", encoding="utf-8") as f:
        json.dump({"command": command, "summary": summary, "runs": runs}, f, indent=1, ensure_ascii=False)
        f.write("\n")
    print(text, end="")


if __name__ == "__main__":
    main()

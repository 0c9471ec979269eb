#!/usr/bin/python3
# SPDX-License-Identifier: BSD-3-Clause
#
# merge.py - the results of one side of a comparison as one result of turnpike-bench.
#
#   merge.py INDEX SIDE OUT.json [odd|even]    of the rounds that lib.sh recorded; odd and even rounds of the
#                                              same side, given to `turnpike-bench compare`, are the A/A pair
#   merge.py RESULT.json SIDE OUT.json [odd|even]    the same from a committed result
#
# INDEX has one line for a measurement: {side, round, variant, file, interrupted?}. In OUT every run is labelled
# "round N, VARIANT" and every metric is called "VARIANT: NAME", with one value a round (the median, when the
# measurement was repeated in the round). Of several records of one thing in one round, the one counts in
# which server and generator were taken off their CPUs least often: chosen without a look at the figures.

import json
import re
import statistics
import sys


def load_index(path):
    """Records with their results, from an index or from a committed result."""
    with open(path, encoding="utf-8") as f:
        text = f.read()
    if path.endswith(".json"):
        return json.loads(text)["records"]
    records = [json.loads(line) for line in text.splitlines()]
    for r in records:
        with open(r.pop("file"), encoding="utf-8") as f:
            r["result"] = slim(json.loads(re.sub(r"/tmp/tmp\.\w+/", "", f.read())))
    return records


def slim(result):
    """Without the buckets of the histograms, which would be nearly all of a committed file."""
    for run in result.get("runs", []):
        for limit in run.get("search", []):
            for trial in (limit.get("passed"), limit.get("failed")):
                drop_buckets(trial)
        for point in run.get("curve", []):
            drop_buckets(point.get("trial"))
        drop_buckets(run.get("fixed"))
        run.get("allocate", {}).get("latency", {}).pop("buckets", None)
    return result


def drop_buckets(trial):
    for name in ("latency", "send_lag"):
        if trial and name in trial:
            trial[name].pop("buckets", None)


def disturbed(record):
    runs = record["result"].get("runs", [])
    return record.get("interrupted", 0) + sum(r.get("fixed", {}).get("preempted", 0) for r in runs)


def chosen(records):
    best = {}
    for r in records:
        key = (r["side"], r["round"], r["variant"], *sorted(r["result"].get("metrics", {})))
        if key not in best or disturbed(r) < disturbed(best[key]):
            best[key] = r
    return list(best.values())


def merged(records, side):
    """One RESULT (perf/loadgen/result.h) of all that is recorded of a side."""
    out = {"tool": "turnpike-bench", "schema": 1, "command": "compare", "arguments": "", "started": "", "name": side}
    out |= {"machine": {}, "setup": {}, "runs": [], "metrics": {}, "doubts": []}
    for r in chosen(x for x in records if x["side"] == side):
        result, label = r["result"], f"round {r['round']}, {r['variant']}"
        for key in ("arguments", "started", "machine", "setup"):
            out[key] = out[key] or result.get(key, out[key])
        out["runs"] += [{**run, "label": label} for run in result.get("runs", [])]
        out["doubts"] += [f"{label}: {d}" for d in result.get("doubts", [])]
        for name, m in result.get("metrics", {}).items():
            entry = {"unit": m["unit"], "better": m["better"], "values": []}
            all_rounds = out["metrics"].setdefault(f"{r['variant']}: {name}", entry)
            all_rounds["values"].append(statistics.median(m["values"]))
    return out


def main():
    if len(sys.argv) not in (4, 5):
        sys.exit("usage: merge.py INDEX|RESULT.json SIDE OUT.json [odd|even]")
    records = load_index(sys.argv[1])
    half = sys.argv[4] if len(sys.argv) == 5 else None
    if half:
        records = [r for r in records if (r["round"] % 2 == 1) == (half == "odd")]
    with open(sys.argv[3], "w", encoding="utf-8") as f:
        json.dump(merged(records, sys.argv[2]), f, ensure_ascii=False)
        f.write("\n")


if __name__ == "__main__":
    main()

#!/usr/bin/python3
# SPDX-License-Identifier: BSD-3-Clause
#
# report.py INDEX ROWS STEM COMMAND TITLE - the table of a comparison, with its spread and who gave way.
#
# INDEX is what lib.sh recorded (merge.py says how); ROWS, a line each, says what is set against what:
#   section|TITLE|A|B                                       the names of the two sides
#   row|LABEL|A-SIDE|A-METRIC|B-SIDE|B-METRIC[|MUST[|AIM]]  a ratio A / B, goals like >=4 or <=0.3
#                                                           (==: they shall agree); B may be empty
#   note|SENTENCE
# Prints the tables; writes STEM.md, STEM.html and STEM.json (the tables and every record).

import json
import os
import sys

import page
from merge import chosen, load_index
from summary import ROUNDS_MIN, number, odd_even, stats, within

LIMITS = {f"{what}_{limit}": loss for what in ("rate", "delivered", "calls") for limit, loss in (("0.5%", 0.005), ("0.1%", 0.001), ("no_loss", 0))}
SHORT = {"server or generator": "either", "highest rate of the search": "end of search"}


def gave_way(record, metric):
    """Who could not do more at the limit that a rate is."""
    if metric not in LIMITS:
        return []
    runs = record["result"].get("runs", [])
    found = [x for run in runs for x in run.get("search", []) if x["loss_limit"] == LIMITS[metric]]
    return [SHORT.get(x["limited_by"], x["limited_by"]) for x in found]


def quantities(records):
    """(side, "variant: metric") -> unit, value of each round, and who gave way."""
    out = {}
    for r in chosen(records):
        for name, m in r["result"].get("metrics", {}).items():
            if None in m["values"]:
                continue
            q = out.setdefault(
                (r["side"], f"{r['variant']}: {name}"),
                {"unit": m["unit"], "rounds": {}, "gave_way": []},
            )
            q["rounds"][r["round"]] = stats(m["values"])["median"]
            q["gave_way"] += gave_way(r, name)
    return out


def side_of(q):
    if not q:
        return None
    values = [q["rounds"][r] for r in sorted(q["rounds"])]
    by = q["gave_way"]
    return {
        **stats(values),
        "unit": q["unit"],
        "aa": odd_even(q["rounds"]),
        "gave_way": {who: by.count(who) for who in sorted(set(by))},
    }


def meets(goal, ratio):
    sign, bound = goal[:2], float(goal[2:])
    return ratio >= bound if sign == ">=" else ratio <= bound


def bounded(side):
    """The figure is what the generator could do, at least in one round; the server may do more."""
    return any(who != "server" for who in side["gave_way"])


def goal_word(name, goal, ratio, a_least, b_least):
    """A figure that is a lower bound shows a goal met or missed in one direction only."""
    met, upward = meets(goal, ratio), goal[:2] == ">="
    could_rise, could_fall = a_least, b_least
    safe = not (could_fall if met == upward else could_rise)
    word = ("yes" if met else "NO") if safe else "not shown"
    return f"{name} {goal.replace('>=', '≥ ').replace('<=', '≤ ')}: {word}"


def verdict(row, must, aim):
    """What the ratio says, in words."""
    a, b, ratio = row["a"], row["b"], row["ratio"]
    if ratio is None:
        return "not measured" if not a or row["wants_b"] else ""
    words = []
    doubt = within(ratio, max(a["spread"], b["spread"]))
    n = min(len(a["values"]), len(b["values"]))
    a_least, b_least = bounded(a), bounded(b)
    if a_least and b_least:
        words.append("no result: the generator's limit on both sides")
    elif a_least or b_least:
        words.append("at least" if a_least else "at most")
    if n < ROUNDS_MIN:
        words.append(f"no result: {n} round{'s' if n > 1 else ''}")
    elif must == "==":
        words.append("both agree: within twice the spread" if doubt else "they DIFFER by more than twice the spread")
    elif doubt:
        words.append("no result: within twice the spread" if not must else "equal within twice the spread")
    for name, goal in (("must", must), ("aim", aim)):
        if goal and goal != "==":
            words.append(goal_word(name, goal, ratio, a_least, b_least))
    return "; ".join(words)


def build_row(cells, known):
    cells += [""] * (7 - len(cells))
    label, a_side, a_metric, b_side, b_metric, must, aim = cells[:7]
    row = {"label": label, "a": side_of(known.get((a_side, a_metric))), "b": side_of(known.get((b_side, b_metric)))}
    row["wants_b"] = bool(b_side)
    ok = row["a"] and row["b"] and row["b"]["median"]
    row["ratio"] = row["a"]["median"] / row["b"]["median"] if ok else None
    row["verdict"] = verdict(row, must, aim)
    return row


def build(path, known):
    """Sections with their rows, and the notes."""
    sections, notes = [], []
    with open(path, encoding="utf-8") as f:
        for line in f.read().splitlines():
            kind, *cells = line.split("|")
            if kind == "section":
                sections.append({"title": cells[0], "names": cells[1:3], "rows": []})
            elif kind == "row":
                sections[-1]["rows"].append(build_row(cells, known))
            else:
                notes.append(cells[0])
    return sections, notes


# --- as text ----------------------------------------------------------------------------


def value(side):
    if not side:
        return "-"
    median = side["median"]
    return number(median, 0 if abs(median) >= 1000 or median == int(median) else 2 if abs(median) < 100 else 1)


def unit(text):
    return text.replace("us", "µs") if text == "us" else text


def percent(side):
    return f"{side['spread']:.0%}" if side and len(side["values"]) > 1 else "-"


def aa(side):
    return f"{side['aa']:.2f}" if side and side["aa"] else "-"


def who(side):
    return " ".join(side["gave_way"]) if side and side["gave_way"] else "-"


def cells_of(section):
    a, b = section["names"]
    lone = not b
    head = ["", "unit", a, "spread", "A/A", "gave way"] + ([] if lone else [b, "spread", "A/A", "gave way", "ratio", ""])
    out = [head]
    for r in section["rows"]:
        measured = r["a"] or r["b"]
        cells = [r["label"], unit(measured["unit"]) if measured else "", value(r["a"]), percent(r["a"]), aa(r["a"]), who(r["a"])]
        if not lone:
            ratio = f"{r['ratio']:.3g}×" if r["ratio"] is not None else "-"
            cells += [value(r["b"]), percent(r["b"]), aa(r["b"]), who(r["b"]), ratio, r["verdict"]]
        out.append(cells)
    return out


def markdown(cells):
    width = [max(len(row[i]) for row in cells) for i in range(len(cells[0]))]
    lines = ["| " + " | ".join(c.ljust(w) for c, w in zip(row, width)) + " |" for row in cells]
    return [lines[0], "|" + "|".join("-" * (w + 2) for w in width) + "|"] + lines[1:]


def doubts(records):
    """Each sentence once, with the number of measurements that said it; a limit's doubt stands in the table."""
    seen = {}
    for r in chosen(records):
        for d in r["result"].get("doubts", []):
            if "gave way first" not in d:
                seen.setdefault((r["side"], r["variant"], d), []).append(r["round"])
    return [f"{s}, {v}, round {', '.join(map(str, n))}: {d}" for (s, v, d), n in seen.items()]


def machine_of(records):
    return next((r["result"]["machine"] for r in records if r["result"].get("machine")), {})


HOW = (
    "Medians over the rounds. Spread: (max − min) / median of a side against itself. A/A: the same side's odd rounds "
    "to its even ones. A ratio nearer to 1 than twice the larger spread is no result. Gave way: who could not do more "
    "at that limit; with “generator” or “either” the figure is a lower bound for the server, so the ratio is at least or at most what is "
    "printed, and with both sides so it is the generator compared with itself."
)


def document(title, command, sections, notes, doubt, machine):
    lines = [f"# {title}", "", f"`{command}`", ""]
    for s in sections:
        lines += [f"## {s['title']}", "", *markdown(cells_of(s)), ""]
    lines += [HOW, ""] + [f"- {n}" for n in notes] + [""] * bool(notes)
    if doubt:
        lines += ["Doubts:", ""] + [f"- {d}" for d in doubt] + [""]
    lines += ["Machine: " + ", ".join(f"{k.replace('_', ' ')} {v}" for k, v in machine.items()) + ".", ""]
    return "\n".join(lines + ["What is measured and how far to trust it: `perf/README.md`."]) + "\n"


def main():
    index, rows, stem, command, title = sys.argv[1:6]
    records = load_index(index)
    sections, notes = build(rows, quantities(records))
    doubt, machine = doubts(records), machine_of(records)
    text = document(title, command, sections, notes, doubt, machine)
    with open(stem + ".md", "w", encoding="utf-8") as f:
        f.write(text)
    with open(stem + ".html", "w", encoding="utf-8") as f:
        f.write(page.html(title, command, [(s, cells_of(s)) for s in sections], [HOW] + notes, doubt, machine))
    whole = {"title": title, "command": command, "machine": machine, "sections": sections, "notes": notes}
    with open(stem + ".json", "w", encoding="utf-8") as f:
        json.dump(whole | {"doubts": doubt, "records": records}, f, ensure_ascii=False, separators=(",", ":"))
        f.write("\n")
    print(text + f"\nWritten: {stem}.md .html .json (in {os.path.getsize(stem + '.json') >> 10} KiB)")


if __name__ == "__main__":
    main()

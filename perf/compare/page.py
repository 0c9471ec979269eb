# SPDX-License-Identifier: BSD-3-Clause
#
# page.py - a comparison as one self-contained HTML page: no script, nothing loaded from elsewhere.
#
# Under every table, each row's rounds are drawn as dots on one scale from zero, A above B: the spread is seen.

from html import escape

STYLE = """
body{font:15px/1.5 system-ui,sans-serif;margin:2rem auto;max-width:75rem;padding:0 1rem;color:#1b1f24;background:#fff}
h1{font-size:1.5rem}h2{font-size:1.15rem;margin-top:2rem}code{background:#eef1f4;padding:.1em .3em;border-radius:3px}
.wide{overflow-x:auto}table{border-collapse:collapse;font-variant-numeric:tabular-nums}
td,th{padding:.25rem .6rem;border-bottom:1px solid #d5dae0;text-align:right;white-space:nowrap}
td:first-child,th:first-child,td:last-child,th:last-child{text-align:left}td:last-child{white-space:normal;min-width:15rem}td.no{color:#b3261e;font-weight:600}
svg text{font:12px system-ui,sans-serif;fill:#1b1f24}.small{color:#57606a;font-size:.85rem}
@media(prefers-color-scheme:dark){body{color:#e6e9ed;background:#15181c}code{background:#262b31}
td,th{border-color:#353b43}svg text{fill:#e6e9ed}.small{color:#9aa4af}td:last-child{white-space:normal;min-width:15rem}td.no{color:#ff8a80}}
"""
A, B = "#0b6bcb", "#c2571a"
LEFT, WIDE, STEP = 300, 560, 34


def dots(side, top, y, color):
    if not side or not top:
        return ""
    at = [LEFT + WIDE * v / top for v in side["values"]]
    line = f'<line x1="{min(at):.1f}" x2="{max(at):.1f}" y1="{y}" y2="{y}" stroke="{color}" stroke-width="2"/>'
    return line + "".join(f'<circle cx="{x:.1f}" cy="{y}" r="4" fill="{color}" fill-opacity=".6"/>' for x in at)


def chart(section):
    """One scale a row: rows have different units."""
    rows, names = section["rows"], section["names"]
    height = STEP * len(rows) + 30
    out = [f'<svg viewBox="0 0 {LEFT + WIDE + 20} {height}" width="{LEFT + WIDE + 20}" role="img" style="max-width:100%">']
    out.append("<title>The rounds of each row, on a scale from zero</title>")
    for x, name, color in ((LEFT, names[0], A), (LEFT + 200, names[1], B)):
        if name:
            out.append(f'<circle cx="{x}" cy="12" r="4" fill="{color}"/><text x="{x + 9}" y="16">{escape(name)}</text>')
    for i, r in enumerate(rows):
        y = 30 + STEP * i + STEP // 2
        top = max([max(s["values"]) for s in (r["a"], r["b"]) if s] or [0])
        out.append(f'<text x="{LEFT - 12}" y="{y + 4}" text-anchor="end">{escape(r["label"][:46])}</text>')
        out.append(f'<line x1="{LEFT}" x2="{LEFT + WIDE}" y1="{y}" y2="{y}" stroke="#8b949e" stroke-opacity=".35"/>')
        out += [dots(r["a"], top, y - 5, A), dots(r["b"], top, y + 5, B)]
    return "".join(out) + "</svg>"


def table(cells):
    def line(row, tag):
        marks = (' class="no"' if tag == "td" and (": NO" in c or "DIFFER" in c or c == "not measured") else "" for c in row)
        return "<tr>" + "".join(f"<{tag}{m}>{escape(c)}</{tag}>" for c, m in zip(row, marks)) + "</tr>"

    return '<div class="wide"><table>' + line(cells[0], "th") + "".join(line(r, "td") for r in cells[1:]) + "</table></div>"


def listing(heading, sentences):
    items = "".join(f"<li>{escape(s)}</li>" for s in sentences)
    return f"<h2>{heading}</h2><ul>{items}</ul>" if sentences else ""


def html(title, command, tables, notes, doubts, machine):
    """`tables`: (section, its cells as text)."""
    parts = ['<!DOCTYPE html><html lang="en"><meta charset="utf-8">']
    parts.append('<meta name="viewport" content="width=device-width,initial-scale=1">')
    parts.append(f"<title>{escape(title)}</title><style>{STYLE}</style>")
    parts.append(f"<h1>{escape(title)}</h1><p><code>{escape(command)}</code></p>")
    for section, cells in tables:
        parts.append(f"<h2>{escape(section['title'])}</h2>{table(cells)}{chart(section)}")
    parts.append(listing("How to read it", notes) + listing("Doubts", doubts))
    facts = [[k.replace("_", " "), str(v)] for k, v in machine.items()]
    parts.append("<h2>Machine</h2>" + table([["", ""]] + facts) if facts else "")
    return "\n".join(parts) + "\n"

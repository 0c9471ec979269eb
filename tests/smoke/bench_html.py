# SPDX-License-Identifier: BSD-3-Clause
"""bench_html.py FILE TITLE - is a report of turnpike-bench one whole page: tags balanced, charts well-formed XML,
the title in it as text, nothing loaded from elsewhere?"""
import html.parser
import re
import sys
import xml.etree.ElementTree

VOID = {"meta", "br", "hr", "img", "link", "input", "col"}


class Page(html.parser.HTMLParser):
    def __init__(self):
        super().__init__()
        self.open, self.text, self.bad = [], [], []

    def handle_starttag(self, tag, attrs):
        if tag not in VOID:
            self.open.append(tag)
        if tag in ("script", "link", "iframe", "img") or any(k in ("src", "href") and not v.startswith("#") for k, v in attrs):
            self.bad.append(f"<{tag} {attrs}>")

    def handle_endtag(self, tag):
        if not self.open or self.open.pop() != tag:
            self.bad.append(f"</{tag}> at {self.getpos()}")

    def handle_data(self, data):
        self.text.append(data)


text = open(sys.argv[1], encoding="utf-8").read()
page = Page()
page.feed(text)
page.close()
charts = re.findall(r"<svg.*?</svg>", text, re.S)
for chart in charts:
    xml.etree.ElementTree.fromstring(chart)
problems = page.bad + [f"<{t}> is not closed" for t in page.open if t not in ("p", "li", "td", "tr", "th")]
if not charts:
    problems.append("no chart")
if sys.argv[2] not in "".join(page.text):
    problems.append(f"the title '{sys.argv[2]}' is not in it")
print("\n".join(problems) or f"{len(charts)} charts")
sys.exit(bool(problems))

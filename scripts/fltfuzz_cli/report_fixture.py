"""For the tests of report: a small campaign's folder, and a look at the page."""

import contextlib
import html.parser
import io
import json
import tempfile
import unittest
from pathlib import Path
from unittest import mock

from . import cli

try:
    import jinja2
except ImportError:
    jinja2 = None

NO_JINJA2 = "Jinja2 is not installed (Debian: python3-jinja2)"
A, B = "2026-11-21T030000Z", "2026-11-22T030000Z"
EVIL = "close-once-<script>alert(1)</script>&\"'\x1b[31m"
CALLS = ["NtClose", "ZwClose"]


def coverage(*tried):
    cells = [("close-once", "NtClose"), ("close-once", "ZwClose"), ("irp-once", "NtClose")]
    rows = [{"rule": rule, "call": call, "tried": 5 * ((rule, call) in tried), "outcomes": {"STATUS_X": 5} if (rule, call) in tried else {}}
            for rule, call in cells]
    moves = [{"call": call, "words": "it is <gone>", "times": 3 * (("close-once", call) in tried)} for call in CALLS]
    return {"calls": CALLS, "rule_kinds": {"close-once": "CALLER", "irp-once": "PROVIDER"}, "rule_sentences": {"close-once": "once", "irp-once": "irp"},
            "rule_calls": rows, "transitions": moves, "outcomes": [],
            "totals": {"rule_calls": 3, "rule_calls_tried": len(tried), "transitions": 2, "transitions_reached": len(tried)}}


def sample(t, target="fuzz_close", **more):
    return {"t": t, "target": target, "sequences": int(100 * t), "calls": int(1000 * t), "per_second": 100, "calls_per_second": 1000,
            "coverage": 800 + t, "corpus": 300, "states": None if t < 20 else 4000, "findings": 0, **more}


class Page(html.parser.HTMLParser):
    """Every element is closed; what it shows, and what it refers to."""

    VOID = {"meta", "br"}

    def __init__(self, text):
        super().__init__()
        self.open, self.tags, self.refers, self.titles, self.words = [], {}, [], [], ""
        self.feed(text)
        self.close()
        assert not self.open, self.open

    def handle_starttag(self, tag, attrs):
        attrs = dict(attrs)
        self.tags[tag] = self.tags.get(tag, 0) + 1
        if tag not in self.VOID:
            self.open.append(tag)
        self.refers += [attrs[name] for name in ("src", "href", "xlink:href", "srcset", "data", "action") if name in attrs]
        self.titles.append(attrs.get("title", ""))

    def handle_startendtag(self, tag, attrs):
        self.handle_starttag(tag, attrs)
        self.handle_endtag(tag)

    def handle_endtag(self, tag):
        assert self.open and self.open.pop() == tag, tag

    def handle_data(self, data):
        self.words += data


class OfFolder(unittest.TestCase):
    """A campaign of two nights: in the second a finding came, and one went; a cell was newly tried, one lost."""

    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.top = Path(folder.name)
        self.dir, self.html = self.top / "campaign", self.top / "page.html"
        self.put("campaign.json", {"version": 1, "nights": [A, B], "findings": ["irp-once-222222", "open-kind-333333"]})
        self.night(A, 810, ["irp-once-222222", "open-kind-333333"], coverage(("close-once", "NtClose")))
        self.night(B, 845, ["close-once-111111", "open-kind-333333"], coverage(("close-once", "ZwClose"), ("irp-once", "NtClose")))
        self.finding("close-once-111111", "new")
        self.finding("irp-once-222222", "known")
        self.finding("open-kind-333333", "known")

    def put(self, name, value):
        path = self.dir / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(value if isinstance(value, str) else json.dumps(value), encoding="utf-8")

    def night(self, name, edges, found, measured):
        row = {"seconds": 40.0, "sequences": 4000, "calls": 40000, "coverage": edges, "corpus_before": 10, "corpus_after": 300, "states": 4000, "aside": None}
        self.put(f"nights/{name}/night.json", {
            "id": name, "started": "2026-11-22T03:00:00Z", "seconds": 41.5, "seed": 7, "jobs": 1, "state": "ended", "version": "v1", "coverage": measured,
            "targets": {"fuzz_close": row}, "findings": [{"name": one, "rule": "x", "status": "new", "met": 4} for one in found]})
        self.put(f"nights/{name}/samples.jsonl", "".join(json.dumps(sample(t)) + "\n" for t in (10, 20, 30, 40)))

    def finding(self, name, status):
        self.put(f"findings/{name}/finding.json", {
            "name": name, "rule": "close-once", "shape": EVIL, "status": status, "ticket": "BUG-1" if status == "known" else None, "condition": None,
            "first_seen": "2026-11-22T03:00:10Z", "last_seen": "x", "target": "fuzz_close", "seen": 4, "calls": 2, "minimal": True, "flaky": False,
            "reproduce": f"replay {name}"})
        self.put(f"findings/{name}/sequence.seq", f"# </pre>{EVIL}\nNtClose(h0)\n")

    def run_it(self, *words, code=0):
        """What it prints."""
        out, errors = io.StringIO(), io.StringIO()
        with contextlib.redirect_stdout(out), contextlib.redirect_stderr(errors):
            self.assertEqual(cli.main(["report", "--dir", str(self.dir), *map(str, words)]), code, errors.getvalue())
        self.errors = errors.getvalue()
        return out.getvalue()

    def page(self, *words):
        """The page; looked at as a browser would."""
        if jinja2 is None:
            self.skipTest(NO_JINJA2)
        with mock.patch("fltfuzz_cli.report.set_up"):
            self.printed = self.run_it("--html", self.html, *words)
        self.text = self.html.read_text(encoding="utf-8")
        page = Page(self.text)
        self.assertNotIn("url(", self.text)
        self.assertNotIn("@import", self.text)
        self.assertNotRegex(self.text, r"https?:|\bon\w+=")
        self.assertNotIn("\x1b", self.text)
        self.assertEqual(page.tags.get("script", 0), page.tags.get("output", 0))  # the heat map's alone
        return page

    def told(self, *words):
        return json.loads(self.run_it("--json", "-", *words))

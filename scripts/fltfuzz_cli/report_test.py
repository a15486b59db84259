"""What a report makes of a campaign's folder, whole or mangled, and the page that it writes."""

import contextlib
import html.parser
import io
import json
import os
import shutil
import subprocess
import tempfile
import unittest
from pathlib import Path
from unittest import mock

from . import cli, report_data, report_lines

try:
    import jinja2

    from . import report_chart, report_pictures
except ImportError:
    jinja2 = None

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
            self.skipTest("Jinja2 is not installed (Debian: python3-jinja2)")
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


class Whole(OfFolder):
    def test_words(self):
        text = self.run_it()
        self.assertIn(f"night {B}, 2 in all: ended, 0:00:41, jobs 1, seed 7, version v1", text)
        self.assertRegex(text, r"fuzz_close +0:00:40 +4,000 +40,000 +1,000 +845 +300 +4,000\n")
        self.assertIn("rule x call 2 of 3 tried, transitions 2 of 2", text)
        self.assertIn("findings: 2 in this night, 3 in the campaign", text)
        self.assertIn("new    close-once-111111", text)
        self.assertNotIn("MISSING", text)
        self.assertNotIn("\x1b", text)

    def test_the_comparison(self):
        diff = self.told()["diff"]
        self.assertEqual((diff["a"], diff["b"]), (A, B))
        self.assertEqual(diff["findings"], {"new": ["close-once-111111"], "gone": ["irp-once-222222"], "both": ["open-kind-333333"]})
        self.assertEqual(diff["targets"]["fuzz_close"]["coverage"], {"a": 810, "b": 845})
        self.assertEqual(diff["targets"]["fuzz_close"]["calls_per_second"], {"a": 1000, "b": 1000})
        self.assertEqual(diff["rule_calls"], {"new": [["close-once", "ZwClose"], ["irp-once", "NtClose"]], "lost": [["close-once", "NtClose"]], "a": 1, "b": 2})
        self.assertEqual(diff["transitions"]["lost"], [["NtClose", "it is <gone>"]])
        text = self.run_it()
        for line in ("finding only now: close-once-111111", "finding not any more: irp-once-222222", "finding in both: open-kind-333333", "coverage 810 to 845 (+35)", "corpus 300;",
                     "rule x call: 1 to 2 tried, 2 newly, 1 lost", "+ irp-once: NtClose", "- close-once: NtClose"):
            self.assertIn(line, text)

    def test_which_nights(self):
        self.assertIsNone(self.told("--night", A)["diff"])
        self.assertEqual(self.told("--night", "2026-11-21")["night"]["id"], A)
        for words in ((B, A), ("last", "previous")):
            told = self.told("--diff", *words)
            self.assertEqual((told["night"]["id"], told["diff"]["a"], told["diff"]["b"]), (A, B, A))
            self.assertEqual(told["diff"]["findings"]["new"], ["irp-once-222222"])
        for words, said in ((("--night", "2027"), "2027: there is no such night; the last ones are: 2026-11-21"), (("--night", "2026"), "several"),
                            (("--night", ""), "no such night"), (("--diff", A, B, "--night", A), "without --night"), (("--lines",), "needs --html")):
            self.run_it(*words, code=2)
            self.assertEqual(len(self.errors.splitlines()), 1, self.errors)
            self.assertIn(said, self.errors)

    def test_the_page(self):
        page = self.page()
        self.assertEqual(page.refers, [])
        self.assertEqual(self.text.count('<svg class="chart"'), 8)  # four of the night, four of both
        self.assertEqual(self.text.count('class="mark"'), 4)
        self.assertIn(EVIL.replace("\x1b", "\N{REPLACEMENT CHARACTER}"), page.words)
        self.assertIn("close-once by ZwClose: STATUS_X 5", page.titles)
        self.assertIn("close-once by NtClose: never tried", page.titles)
        for words in ("edges", "calls/s", "seconds", "Compared with night " + A, "810 to 845", "Transitions never reached: 0 of 2", "Nothing"):
            self.assertEqual(words in page.words, words != "Nothing", words)

    def test_a_folder_that_is_none(self):
        shutil.rmtree(self.dir)
        self.run_it(code=2)
        self.assertIn("there is no campaign", self.errors)
        self.assertFalse(self.dir.exists())

    def test_a_page_that_cannot_be_written(self):
        if jinja2 is None:
            self.skipTest("Jinja2 is not installed (Debian: python3-jinja2)")
        with mock.patch("fltfuzz_cli.report.set_up"):
            self.run_it("--html", "/dev/null/page.html", code=2)
        self.assertEqual(len(self.errors.splitlines()), 1, self.errors)

    def test_nothing_is_changed(self):
        before = {path: path.stat().st_mtime_ns for path in self.dir.rglob("*")}
        self.run_it()
        self.assertEqual({path: path.stat().st_mtime_ns for path in self.dir.rglob("*")}, before)


class Mangled(OfFolder):
    def says(self, *lines):
        """A page comes all the same, with those lines and no other."""
        page = self.page()
        self.assertEqual([line[len("MISSING ") :] for line in self.printed.splitlines() if line.startswith("MISSING ")], list(lines))
        for line in lines:
            self.assertIn(line, page.words)
        return page

    def test_a_last_line_that_was_being_written(self):
        with open(self.dir / "nights" / B / "samples.jsonl", "a", encoding="utf-8") as out:
            out.write('{"t": 50.0, "tar')
        self.says(f"nights/{B}/samples.jsonl: 1 line of 5 cannot be read (the last one: it was being written)")
        self.assertEqual(self.text.count('<svg class="chart"'), 8)

    def test_lines_that_are_no_samples(self):
        lines = [json.dumps(sample(10)), "[]", '{"t": "x", "target": "fuzz_close"}', '{"t": NaN, "target": "fuzz_close"}', "\0\xff", "[" * 100000,
                 json.dumps(sample(20, coverage="many", states=-3, calls=True, corpus=10**400)), json.dumps(sample(30))]
        self.put(f"nights/{B}/samples.jsonl", "\n".join(lines) + "\n")
        self.says(f"nights/{B}/samples.jsonl: 5 lines of 8 cannot be read")
        self.assertNotIn("many", self.text)

    def test_no_samples(self):
        (self.dir / "nights" / B / "samples.jsonl").unlink()
        page = self.says(f"nights/{B}/samples.jsonl: is missing")
        self.assertIn("There are no samples.", page.words)

    def test_no_night_json(self):
        (self.dir / "nights" / B / "night.json").unlink()
        page = self.says(f"nights/{B}/night.json: is missing", f"nights/{B}: what its targets did is taken from its samples")
        self.assertIn(f"Rules and calls are not compared: {B} did not measure them.", page.words)
        row = self.told()["night"]["targets"]["fuzz_close"]
        self.assertEqual((row["coverage"], row["calls"], row["corpus_after"], row["seconds"]), (840, 40000, 300, None))

    def test_half_a_night_json(self):
        path = self.dir / "nights" / B / "night.json"
        path.write_bytes(path.read_bytes()[:200])
        self.says(f"nights/{B}/night.json: is no JSON, or not all of it", f"nights/{B}: what its targets did is taken from its samples")

    def test_no_coverage(self):
        for measured, said in ((None, "was not measured: the night was cut short, or had no sequences"), ({"totals": {}}, "is not what"),
                               ({**coverage(), "rule_calls": [{"rule": "x"}]}, "is not what"), ({**coverage(), "rule_sentences": {}}, "is not what"),
                               ([], "is not what")):
            self.night(B, 845, [], measured)
            page = self.page()
            self.assertIn(f"MISSING nights/{B}: the coverage of the contract {said}", self.printed)
            self.assertNotIn('class="heat"', self.text)
            self.assertIn("Compared with", page.words)

    def test_a_clock_that_went_back(self):
        self.put(f"nights/{B}/samples.jsonl", "".join(json.dumps(sample(t)) + "\n" for t in (10, 40, 20)))
        self.put("campaign.json", {"version": 1, "nights": [B, A], "findings": []})
        page = self.says("a night began before the one that it follows: the clock was set back; they are in the order in which they ran",
                         f"nights/{B}/samples.jsonl: its time goes backwards; the samples are shown in the order of their times")
        self.assertIn("Campaign: night " + A, page.words)
        self.assertEqual([one["t"] for one in report_data.Campaign(self.dir).night(B)["samples"]], [10, 20, 40])

    def test_no_nights(self):
        shutil.rmtree(self.dir / "nights")
        self.put("campaign.json", {"version": 1, "nights": [], "findings": []})
        page = self.says("nights: No such file or directory", "nights: there is none yet")
        self.assertIn("There is no night to report", page.words)
        self.assertIn("close-once-111111", page.words)
        self.run_it("--night", "last", code=2)

    def test_a_manifest_that_is_none(self):
        for text, said in ((None, "is missing"), ('{"version', "is no JSON, or not all of it")):
            (self.dir / "campaign.json").unlink()
            if text is not None:
                self.put("campaign.json", text)
            self.says(f"campaign.json: {said}")
            self.put("campaign.json", "")

    def test_a_manifest_of_other_things(self):
        self.put("campaign.json", {"nights": ["2026-01-01T000000Z", 7, B], "findings": ["gone-000000", None]})
        self.says("nights/2026-01-01T000000Z: is listed in campaign.json, and its folder is missing", f"nights/{A}: is not listed in campaign.json",
                  "findings/gone-000000: is listed in campaign.json, and its folder is missing")

    def test_findings(self):
        self.put("findings/close-once-111111/finding.json", "{")
        os.mkdir(bytes(self.dir / "findings") + b"/bad\xff\n<b>-333333")
        page = self.page()
        self.assertIn("MISSING findings/close-once-111111/finding.json: is no JSON, or not all of it", self.printed)
        self.assertIn("bad\N{REPLACEMENT CHARACTER}", page.words)
        shutil.rmtree(self.dir / "findings" / "close-once-111111")
        self.assertIn("findings/close-once-111111: is listed in night.json, and its folder is missing", self.told()["missing"])

    def test_values_of_other_kinds(self):
        """Whatever stands where a value should, a page comes."""
        path = self.dir / "nights" / B / "night.json"
        whole = json.loads(path.read_text(encoding="utf-8"))
        for key in whole:
            for value in (None, 7, "x", [1], {"x": 1}, [{"name": 3}], {"fuzz_close": None}, {"fuzz_close": {"calls": "x", "aside": 4}}, 1e400, -1):
                self.put(f"nights/{B}/night.json", {**whole, key: value})
                with self.subTest(key=key, value=value):
                    self.page()
                    self.told()


@unittest.skipIf(jinja2 is None, "Jinja2 is not installed (Debian: python3-jinja2)")
class Charts(unittest.TestCase):
    def test_steps(self):
        for low, high, steps in ((0, 1, [0, 1]), (0, 2, [0, 1, 2]), (0, 0, [0, 1]), (812, 844, [810, 820, 830, 840, 850]), (0, 61413, [0, 20000, 40000, 60000, 80000]),
                                 (900, 900, [900, 901])):
            self.assertEqual(report_chart.steps(low, high), steps)

    def test_short(self):
        self.assertEqual([report_chart.short(value) for value in (0, 950, 1000, 1500, 1050, 20000, 2500000)], ["0", "950", "1k", "1.5k", "1050", "20k", "2.5M"])

    def test_thinned(self):
        points = [(x, 100 if x == 5000 else x % 7) for x in range(10000)]
        kept = report_chart.thinned(points)
        self.assertLessEqual(len(kept), report_chart.MOST_POINTS + 4)
        self.assertEqual((kept[0], kept[-1], kept), (points[0], points[-1], sorted(kept)))
        self.assertIn((5000, 100), kept)

    def test_a_line_is_where_the_values_are(self):
        svg = report_chart.line_chart("t", "u", {"a": [[(0, 0), (100, 50)], [(50, 50)]]}, ["a"], 100, True)
        left, right, top, bottom = report_chart.LEFT, report_chart.WIDTH - report_chart.RIGHT, report_chart.TOP, report_chart.HEIGHT - report_chart.BOTTOM
        self.assertIn(f'points="{left:.1f},{bottom:.1f} {right:.1f},', svg)
        self.assertIn(f'cx="{(left + right) / 2:.1f}" cy="{bottom - (bottom - top) * 50 / 60:.1f}"', svg)
        self.assertIsNone(report_chart.line_chart("t", "u", {"a": []}, ["a"], 100))

    def test_turns(self):
        """A line for each turn; an engine that has not yet said how fast it is is not slow."""
        samples = [sample(10, calls_per_second=0), sample(20), sample(30, calls_per_second=0), sample(90, calls_per_second=0), sample(100)]
        night = {"seconds": 110, "samples": samples}
        self.assertEqual(report_pictures._stretches([night, night], [0, 110], "fuzz_close", "calls_per_second"),
                         [[(20, 1000), (30, 0)], [(100, 1000)], [(130, 1000), (140, 0)], [(210, 1000)]])


class Numbers(unittest.TestCase):
    def test_numbers(self):
        self.assertEqual([report_data.number(value) for value in (3, 2.5, True, None, "3", -1, float("nan"), float("inf"), 10**400)],
                         [3, 2.5] + [None] * 7)


class Lines(OfFolder):
    SUMMARY = {"made": "2026-11-22T04:00:00Z", "inputs": 9, "folders": {"model": {"covered": 1, "lines": 4, "percent": 25.0}},
               "total": {"covered": 1, "lines": 4, "percent": 25.0}}

    def test_a_link_where_there_are_lines(self):
        folder = report_lines.folder_for(self.html)
        folder.mkdir()
        (folder / "summary.json").write_text(json.dumps(self.SUMMARY), encoding="utf-8")
        page = self.page()
        self.assertEqual(page.refers, ["page-lines/index.html"])
        self.assertIn("25.0%", page.words)
        self.assertIn("lines of model", self.printed)
        for text in ("{", "[]", '{"folders": {}}', json.dumps({**self.SUMMARY, "total": {}})):
            (folder / "summary.json").write_text(text, encoding="utf-8")
            self.assertEqual(self.page().refers, [])

    def test_without_llvm_cov(self):
        with mock.patch.object(report_lines.shutil, "which", side_effect=lambda tool: None if tool == "llvm-cov" else tool), \
                mock.patch.object(report_lines, "build") as build:
            self.page("--lines")
        build.assert_not_called()
        self.assertIn("MISSING the lines that the corpus runs: llvm-cov not found; Debian's package llvm has both\n", self.printed)

    def test_by_folder(self):
        def file(name, covered, of):
            return {"filename": str(report_lines.TOP / name), "summary": {"lines": {"covered": covered, "count": of}}}

        told = report_lines.by_folder([file("model/a.c", 1, 4), file("model/b.c", 2, 4), file("fuzz/x.c", 0, 2), file("model/include/h.h", 0, 0)])
        self.assertEqual(told["folders"], {"fuzz": {"covered": 0, "lines": 2, "percent": 0.0}, "model": {"covered": 3, "lines": 8, "percent": 37.5}})
        self.assertEqual(told["total"], {"covered": 3, "lines": 10, "percent": 30.0})

    def test_an_input_that_ends_its_process_costs_no_other(self):
        scratch = self.top / "scratch"
        scratch.mkdir()
        program = scratch / "fuzz_close"
        program.write_text('#!/bin/sh\nfor file; do case $file in */bad) kill -9 $$;; esac; done\necho "$@" >>"$LLVM_PROFILE_FILE"\n', encoding="utf-8")
        program.chmod(0o755)
        with contextlib.redirect_stderr(io.StringIO()):
            self.assertEqual(report_lines.run(program, ["/a", "/bad", "/c"], scratch, False), 1)
        self.assertEqual((scratch / "fuzz_close-%m.profraw").read_text(encoding="utf-8"), "/a\n/c\n")

    @unittest.skipUnless(all(map(shutil.which, ("clang", *report_lines.TOOLS))), "clang, llvm-cov or llvm-profdata is not installed (Debian: llvm)")
    def test_what_llvm_cov_makes(self):
        """Of a program that runs each line but one."""
        source, program = self.top / "one.c", self.top / "one"
        source.write_text("int main(int argc, char **argv) {\n    (void)argv;\n    if (argc == 7)\n        return 1;\n    return 0;\n}\n", encoding="utf-8")
        subprocess.run(["clang", "-fprofile-instr-generate", "-fcoverage-mapping", str(source), "-o", str(program)], check=True)
        with contextlib.redirect_stderr(io.StringIO()):
            self.assertEqual(report_lines.run(program, ["/a", "/b"], self.top, False), 0)
        for _ in range(2):  # the second time over the first
            report_lines.write(report_lines.folder_for(self.html), [program], self.top, 2, False)
        told = report_lines.read(self.html)
        self.assertEqual((told["inputs"], told["total"]), (2, {"covered": 5, "lines": 6, "percent": 83.3}))
        self.assertEqual(self.page().refers, ["page-lines/index.html"])
        self.assertTrue((self.top / "page-lines" / "index.html").is_file())

    def test_a_folder_of_others_is_left_alone(self):
        folder = report_lines.folder_for(self.html)
        folder.mkdir()
        (folder / "mine").touch()
        with self.assertRaisesRegex(report_lines.Stop, "is no report of lines"):
            report_lines.write(folder, [], self.top, 0, False)
        self.assertTrue((folder / "mine").exists())


if __name__ == "__main__":
    unittest.main()

"""What a report says of a campaign, in words, as JSON and as a page; its charts; the lines beside it."""

import contextlib
import io
import json
import re
import shutil
import subprocess
import unittest
from unittest import mock

from . import report_data, report_lines
from .report_fixture import A, B, EVIL, NO_JINJA2, OfFolder, jinja2, sample

if jinja2:
    from . import report_chart, report_pictures


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

    def test_what_the_pointer_is_at_stays_at_the_map(self):
        """A line that sticks to the window's edge would otherwise cover all that stands above the map."""
        self.page()
        self.assertRegex(self.text, r'<div class="map"><div class="scroll"><table class="heat"[^>]*>(?s:(?!<div|</div>).)*</table></div>\s*<output[^>]*></output></div>')

    def test_sequences_that_are_not_of_the_night_are_folded(self):
        page = self.page()
        self.assertEqual((page.words.count("met 4 times in this night, 4 times in all"), page.words.count("2 calls; met 4 times in all")), (2, 1))
        unfolded = r"</dl>\s*<pre>"
        self.assertEqual((len(re.findall(unfolded, self.text)), self.text.count("sequence.seq</summary>")), (2, 1))
        many = [f"close-once-{number:06}" for number in range(13)]
        for name in many:
            self.finding(name, "new")
        self.night(B, 845, many, None)
        self.page()
        self.assertEqual((len(re.findall(unfolded, self.text)), self.text.count("sequence.seq</summary>")), (0, 16))

    def test_a_difference_is_that_of_what_is_shown(self):
        for name, seconds in ((A, 7.6), (B, 8.4)):
            told = json.loads((self.dir / "nights" / name / "night.json").read_text(encoding="utf-8"))
            told["targets"]["fuzz_close"]["seconds"] = seconds
            self.put(f"nights/{name}/night.json", told)
        self.assertEqual(self.told()["diff"]["targets"]["fuzz_close"]["seconds"], {"a": 8, "b": 8})

    def test_why_a_target_got_no_turns_is_told(self):
        told = json.loads((self.dir / "nights" / B / "night.json").read_text(encoding="utf-8"))
        told["targets"]["fuzz_close"]["aside"] = "put aside: 3 slices <in> a row went wrong"
        self.put(f"nights/{B}/night.json", told)
        self.assertIn("put aside: 3 slices <in> a row went wrong", self.page().words)

    def test_many_nights_are_folded(self):
        names = [f"2026-10-{day:02}T030000Z" for day in range(1, 15)]
        self.put("campaign.json", {"version": 1, "nights": [*names[:12], A, B], "findings": []})
        for name in names[:12]:
            self.night(name, 800, [], None)
        self.page()
        self.assertIn("<details open><summary>The nights in numbers", self.text)
        self.put("campaign.json", {"version": 1, "nights": [*names[:13], A, B], "findings": []})
        self.night(names[12], 800, [], None)
        self.page()
        self.assertIn("<details><summary>The nights in numbers", self.text)

    def test_a_folder_that_is_none(self):
        shutil.rmtree(self.dir)
        self.run_it(code=2)
        self.assertIn("there is no campaign", self.errors)
        self.assertFalse(self.dir.exists())

    def test_a_page_that_cannot_be_written(self):
        if jinja2 is None:
            self.skipTest(NO_JINJA2)
        for page in ("/dev/null/page.html", self.top / "none" / "page.html", self.top, "-"):
            with mock.patch("fltfuzz_cli.report.set_up"), mock.patch.object(report_lines, "measure"):
                self.run_it("--html", page, "--lines", code=2)
            self.assertEqual(len(self.errors.splitlines()), 1, self.errors)

    def test_nothing_is_changed(self):
        before = {path: path.stat().st_mtime_ns for path in self.dir.rglob("*")}
        self.run_it()
        self.assertEqual({path: path.stat().st_mtime_ns for path in self.dir.rglob("*")}, before)


@unittest.skipIf(jinja2 is None, NO_JINJA2)
class Charts(unittest.TestCase):
    def test_steps(self):
        for low, high, steps in ((0, 1, [0, 1]), (0, 2, [0, 1, 2]), (0, 0, [0, 1]), (812, 844, [810, 820, 830, 840, 850]), (0, 61413, [0, 20000, 40000, 60000, 80000]),
                                 (900, 900, [900, 901])):
            self.assertEqual(report_chart.steps(low, high), steps)

    def test_labels(self):
        for values, labels in (([0, 500, 1000], ["0", "500", "1,000"]), ([0, 5000, 10000], ["0", "5k", "10k"]), ([12340, 12360], ["12.34k", "12.36k"]),
                               ([0, 25000000], ["0", "25M"])):
            self.assertEqual(report_chart.labels(values), labels)

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
        samples = [sample(10, calls_per_second=0), sample(20), sample(25, calls_per_second=None), sample(30, calls_per_second=0), sample(90, calls_per_second=0),
                   sample(100)]
        night = {"seconds": 110, "samples": samples}
        many = [sample(60 * turn + s, calls_per_second=1000 + turn + s) for turn in range(41) for s in (10, 20)]
        self.assertEqual(report_pictures._stretches([{"samples": many}], [0], "fuzz_close", "calls_per_second"),
                         [[(60 * turn + 15, 1015 + turn) for turn in range(41)]])
        self.assertEqual(report_pictures._stretches([night, night], [0, 110], "fuzz_close", "calls_per_second"),
                         [[(20, 1000), (30, 0)], [(100, 1000)], [(130, 1000), (140, 0)], [(210, 1000)]])

    def test_findings_come_in_steps(self):
        samples = [sample(10), sample(15), sample(20, findings=2), sample(25, findings=2), sample(30, findings=2), sample(40, findings=None)]
        self.assertEqual(report_pictures._found([{"samples": samples}, {"samples": []}, {"samples": samples[:1]}], [5, 50, 90]),
                         [[(15, 0), (25, 0), (25, 2), (35, 2)], [(100, 0)]])


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

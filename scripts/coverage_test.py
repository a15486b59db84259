"""fltfuzz coverage with a finished build: the committed corpus and the contract agree, a looser contract and
a corpus that cannot be are seen, and the page says what the JSON does.

  coverage_test.py BUILD corpus | run | page
"""

import html.parser
import json
import subprocess
import sys
import tempfile
import unittest
from pathlib import Path

TOP = Path(__file__).resolve().parents[1]
CLI = TOP / "scripts" / "fltfuzz_cli"
SEED = "corpus/fuzz_close/seed/double-close.seq"


def fltfuzz(*words):
    return subprocess.run([sys.executable, "-B", str(CLI), "coverage", "--build", str(BUILD), *words],
                          cwd=TOP, capture_output=True, text=True, check=False)


class Corpus(unittest.TestCase):
    def test_nothing_allowed_is_unreached_and_nothing_is_looser(self):
        done = fltfuzz()
        self.assertEqual((done.returncode, done.stderr), (0, ""), done.stdout + done.stderr)
        self.assertNotIn("PROBLEM", done.stdout)

    def test_a_file_alone(self):
        done = fltfuzz("--json", "-", SEED)
        self.assertEqual(done.returncode, 0, done.stderr)
        report = json.loads(done.stdout)
        self.assertEqual((report["sequences"], report["problems"]), (1, []))
        self.assertEqual(report["tightness"]["own"]["all"]["single_share"], 1)
        tried = {(row["rule"], row["call"]) for row in report["rule_calls"] if row["tried"]}
        self.assertIn(("close-once", "FltClose"), tried)
        self.assertNotIn(("close-once", "ZwClose"), tried)

    def test_bad_input(self):
        for words, said in ((["no-such-file"], "no-such-file: No such file"), (["--run", "0"], "whole number from 1"),
                            (["--write-tightness", SEED], "it goes without FILE"), ([SEED, "--json", "/dev/null/x"], "Not a directory")):
            done = fltfuzz(*words)
            self.assertEqual(done.returncode, 2, words)
            self.assertEqual(len(done.stderr.splitlines()), 1, done.stderr)
            self.assertIn(said, done.stderr)


class Run(unittest.TestCase):
    def test_a_generated_run(self):
        reports = [json.loads(fltfuzz("--run", "1000", "--seed", seed, "--json", "-").stdout) for seed in ("5", "5", "6")]
        self.assertEqual(reports[0], reports[1])
        self.assertNotEqual(reports[0]["totals"], reports[2]["totals"])
        for report in reports:
            self.assertEqual((report["problems"], report["findings"]), ([], 0))
            self.assertGreater(report["totals"]["rule_calls_tried"], 300)


class Page(html.parser.HTMLParser):
    """What it shows and what it needs."""

    VOID = {"meta"}

    def __init__(self):
        super().__init__()
        self.open, self.cells, self.chips, self.needs = [], {}, 0, []

    def handle_starttag(self, tag, attrs):
        attrs = dict(attrs)
        if tag not in self.VOID and tag != "br":
            self.open.append(tag)
        if tag == "td" and "title" in attrs:
            self.cells[attrs["title"].split(":")[0]] = "l0" in attrs["class"]
        self.chips += tag == "span" and "never" in attrs.get("class", "").split()
        self.needs += [name for name in ("src", "href") if name in attrs] + (["link"] if tag == "link" else [])

    def handle_endtag(self, tag):
        assert self.open.pop() == tag, tag


class OfPage(unittest.TestCase):
    def test_the_page_says_what_the_json_does(self):
        with tempfile.TemporaryDirectory() as folder:
            page, told = Path(folder) / "page.html", Path(folder) / "page.json"
            done = fltfuzz("--rules", "--html", str(page), "--json", str(told))
            self.assertEqual(done.returncode, 0, done.stdout + done.stderr)
            report, text = json.loads(told.read_text()), page.read_text()
        parser = Page()
        parser.feed(text)
        self.assertEqual((parser.open, parser.needs), ([], []))
        self.assertEqual(parser.cells, {f"{row['rule']} by {row['call']}": row["tried"] == 0 for row in report["rule_calls"]})
        never = sum(row["tried"] == 0 for row in report["rule_calls"]) + sum(row["times"] == 0 for row in report["transitions"])
        self.assertEqual(parser.chips, never)
        for rule in report["rules"]:
            self.assertIn(f">{rule['id']}</span> <span", text)


if __name__ == "__main__":
    BUILD, which = Path(sys.argv[1]), sys.argv[2]
    if which == "page":
        try:
            import jinja2  # noqa: F401
        except ImportError:
            print("skipped: Jinja2 is not installed (Debian: python3-jinja2)")
            sys.exit(0)
    chosen = {"corpus": Corpus, "run": Run, "page": OfPage}[which]
    suite = unittest.defaultTestLoader.loadTestsFromTestCase(chosen)
    sys.exit(not unittest.TextTestRunner(verbosity=2).run(suite).wasSuccessful())

"""What is kept of the kills, and when it is no figure."""

import tempfile
import unittest
from pathlib import Path

from . import defects, kills
from .common import Stop

ROW = {"defect": "canary", "kind": "defect", "corpus_rule": "close-once", "corpus_file": "a.seq",
       "fuzz_rule": "close-once", "fuzz_needed": [12], "fuzz_calls": [120], "fuzz_budget": 100, "found": True, "fuzzing": "done", "caught": True}


class Kept(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.path = Path(folder.name) / "kills.json"

    def test_none_yet(self):
        self.assertEqual(kills.read(self.path), {})

    def test_rows_replace_those_of_the_same_defect(self):
        other = defects.read_all()[0].name
        kills.record([ROW, {**ROW, "defect": other}], self.path)
        kills.record([{**ROW, "fuzz_needed": [9]}], self.path)
        kept = kills.read(self.path)
        self.assertEqual(sorted(kept), sorted(["canary", other]))
        self.assertEqual((kept["canary"]["fuzz_needed"], kept[other]["fuzz_needed"]), ([9], [12]))
        self.assertEqual(kept["canary"]["edit"], kills.edit_of("canary"))

    def test_a_defect_that_is_gone_goes(self):
        self.path.write_text('[{"defect": "no-such-defect"}]', encoding="utf-8")
        kills.record([ROW], self.path)
        self.assertEqual(list(kills.read(self.path)), ["canary"])

    def test_another_file(self):
        for text in ("{", "[1]", '[{"a": 1}]'):
            self.path.write_text(text, encoding="utf-8")
            with self.assertRaisesRegex(Stop, "is not what fltfuzz mutants --record writes"):
                kills.read(self.path)


class Figures(unittest.TestCase):
    def test_blanks(self):
        row = {**ROW, "edit": "1"}
        self.assertEqual(kills.blank(row, "1"), "")
        self.assertIn("never", kills.blank(None, "1"))
        self.assertIn("changed", kills.blank(row, "2"))
        self.assertIn("not caught", kills.blank({**row, "caught": False}, "1"))
        self.assertIn("without fuzzing", kills.blank({**row, "fuzzing": "not asked"}, "1"))
        self.assertEqual(kills.blank({**row, "fuzzing": "not asked: a lost check"}, "1"), "")

    def test_words(self):
        self.assertEqual(kills.said(ROW), "a.seq fails under close-once; fuzzing from nothing found close-once after 12 sequences, 120 calls")
        nothing = {**ROW, "fuzz_rule": "", "found": False, "fuzz_needed": [None], "corpus_rule": ""}
        self.assertEqual(kills.said(nothing), "no sequence fails; fuzzing from nothing found nothing in 100 sequences")
        many = {**ROW, "fuzz_needed": [1200, None, 7], "fuzz_calls": [9000, None, 80]}
        self.assertEqual(kills.needed(many), "1,200 sequences, 9,000 calls, the median of 1,200, none, 7")
        self.assertEqual(kills.needed({**many, "fuzz_needed": [None, None, 7]}), "nothing in 100 sequences from 2 of 3 seeds")
        self.assertEqual(kills.said({**ROW, "kind": "lost check"}), "a.seq fails under close-once")


if __name__ == "__main__":
    unittest.main()

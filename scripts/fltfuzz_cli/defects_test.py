"""Defects and lost checks: their files, their edits, and what counts as caught."""

import tempfile
import unittest
from pathlib import Path
from types import SimpleNamespace
from unittest import mock

from . import defects, kills, mutants
from .common import FINDING, FINE, Stop

SHOWN = "corpus/fuzz_close/seed/double-close.seq"
DEFECT = f"# Wrong.\nrules close-once\nshown {SHOWN}\nedit model/kernel/closes.c close_bad\n- a;\n+ b;\n"
LOST = f"# Lost.\nrules close-once\nshown {SHOWN}\nedit model/contract/breaches.c flt_breach\n- a;\n+ b;\n"

SOURCE = """\
static int helper(int x) {
    return x;
}

FLT_PREDICT(ZwClose) {
    helper(1);
}

int caller(int x,
           int y) {
    helper(x);
    return  helper( y );
}
"""


class Files(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = Path(folder.name)

    def read(self, name, text):
        path = self.folder / f"{name}.defect"
        path.write_text(text, encoding="utf-8")
        return defects.read(path)

    def refused(self, name, text, what):
        with self.assertRaisesRegex(Stop, what):
            self.read(name, text)

    def test_a_defect(self):
        defect = self.read("wrong", DEFECT)
        self.assertEqual((defect.title, defect.rules, defect.shown), ("Wrong.", ["close-once"], SHOWN))
        self.assertEqual(defect.edits[0].new.strip(), "b;")
        self.assertFalse(defect.is_lost_check)

    def test_a_lost_check(self):
        self.assertTrue(self.read("lost-close-once", LOST).is_lost_check)
        self.assertTrue(self.read("lost-close-once-by-value", LOST).is_lost_check)

    def test_a_lost_check_has_its_rule_and_its_sequence(self):
        self.refused("lost-close-once", LOST.replace("close-once", "close-once use-real-handle"), "names one rule")
        self.refused("lost-close-once", LOST.replace(f"shown {SHOWN}\n", ""), "the sequence that shows it")

    def test_the_name_tells_them_apart(self):
        self.refused("close-once", LOST, "lost-RULE is the name")
        self.refused("lost-close-oncemore", LOST, "lost-RULE is the name")
        self.refused("lost-close-once", DEFECT, "lost-RULE is the name")

    def test_it_breaks_one_side(self):
        both = LOST + "edit model/kernel/closes.c close_bad\n- a;\n+ b;\n"
        self.refused("lost-close-once", both, "do not go together")

    def test_what_cannot_be(self):
        self.refused("a", DEFECT.replace("# Wrong.", "Wrong."), ":1: the first line")
        self.refused("a", DEFECT.replace("- a;\n", ""), "a line to replace")
        self.refused("a", DEFECT.replace("rules close-once", "rules a b c d"), "one to three rules")
        self.refused("a", DEFECT.replace("double-close", "no-such"), "no sequence")
        self.refused("a", DEFECT + "what\n", ":7: expected")


class Edits(unittest.TestCase):
    def apply(self, function, old, new):
        return defects.apply_edit(SOURCE, defects.Edit("f.c", function, old, new), "x.defect")

    def test_in_its_function_only(self):
        self.assertIn("return  7;", self.apply("caller", "helper(y)", "7"))
        self.assertIn("    helper(1);", self.apply("caller", "helper(x)", "7"))

    def test_a_head_by_macro(self):
        self.assertIn("FLT_PREDICT(ZwClose) {\n    ;\n}", self.apply("flt_predict_ZwClose", "helper(1);", ";"))

    def test_what_does_not_apply(self):
        with self.assertRaisesRegex(Stop, "stands there 2 times"):
            self.apply("caller", "helper", "")
        with self.assertRaisesRegex(Stop, "stands there 0 times"):
            self.apply("helper", "helper(y)", "")
        with self.assertRaisesRegex(Stop, "0 definitions"):
            self.apply("nobody", "x", "")

    def test_every_committed_one_applies(self):
        for defect in defects.read_all():
            with self.subTest(defect.name):
                for file, text in defects.edited_sources(defect).items():
                    self.assertNotEqual(text, (defects.TOP / file).read_text(encoding="utf-8"))


    def test_few_are_out_of_the_reach_of_fuzzing(self):
        rows = [row for row in kills.read().values() if row["kind"] == "defect"]
        self.assertLess(10 * sum(not row["found"] for row in rows), len(rows))


class Missing(unittest.TestCase):
    """Where a sequence expects a breach that is no longer found."""

    def caught(self, row):
        before, defects._replay = defects._replay, lambda program, path: ([row], "")
        try:
            lost = defects.Defect("lost-close-once", "", ["close-once"], [], SHOWN)
            return defects.killed_by_missing("", lost).rule == "close-once"
        finally:
            defects._replay = before

    def test_the_breach_is_expected_there(self):
        what = "double-close.seq:4: FltClose(h0): came back STATUS_X{}, expected STATUS_X{}"
        self.assertTrue(self.caught({"file": "f", "verdict": "unexpected", "what": what.format("", " breach close-once")}))
        self.assertFalse(self.caught({"file": "f", "verdict": "unexpected", "what": what.format(" breach close-once", "")}))
        self.assertFalse(self.caught({"file": "f", "verdict": "unexpected", "what": what.format("", " breach close-once-more")}))

    def test_the_leak_is_expected(self):
        what = "f.seq: at the end: leak close-once h0 was {}"
        self.assertTrue(self.caught({"file": "f", "verdict": "unexpected", "what": what.format("expected, and not found")}))
        self.assertFalse(self.caught({"file": "f", "verdict": "unexpected", "what": what.format("found, and not expected")}))

    def test_a_finding_of_the_call_that_was_kept_back(self):
        calls = (defects.TOP / SHOWN).read_text(encoding="utf-8")
        guilty = next(step for step in range(1, 9) if "close-once" in defects.expectation(calls, step))
        self.assertTrue(self.caught({"file": "f", "verdict": "finding", "rule": "call-is-quiet", "step": guilty}))
        self.assertFalse(self.caught({"file": "f", "verdict": "finding", "rule": "call-is-quiet", "step": 1}))
        self.assertFalse(self.caught({"file": "f", "verdict": "finding", "rule": "call-is-quiet", "step": 0}))

    def test_nothing_fails(self):
        self.assertFalse(self.caught({"file": "f", "verdict": "fine"}))


BUDGET = SimpleNamespace(fuzz_runs=1000)


def fuzzed(*kills_):
    """What fuzzing adds to the row of a defect of the rules a and b."""
    return mutants._fuzz_row(Report.DEFECT, [defects.Kill(rule, "", runs, 10 * runs) for rule, runs in kills_], BUDGET)


class Corpus(unittest.TestCase):
    """Which file of the corpus it is that catches a defect."""

    def caught(self, *rows):
        with mock.patch.object(defects, "_replay", return_value=(list(rows), "")):
            return defects.killed_by_corpus("", ["folder"])

    def test_one_that_fails_under_a_rule_goes_before_one_that_expects_something_else(self):
        other, broken = {"file": "a", "verdict": "unexpected"}, {"file": "b", "verdict": "finding", "rule": "r"}
        self.assertEqual(self.caught({"file": "f", "verdict": "fine"}, other, broken), ("r", "b", 0, 0))
        self.assertEqual(self.caught(other), (defects.EXPECTATION, "a", 0, 0))
        self.assertEqual(self.caught(), ("", "", 0, 0))

    def test_a_crash(self):
        with mock.patch.object(defects, "_replay", return_value=(None, "c")):
            self.assertEqual(defects.killed_by_corpus("", ["folder"]), ("sanitizer", "c", 0, 0))


class Report(unittest.TestCase):
    DEFECT = defects.Defect("late", "Too late.", ["a", "b"], [], "seed/x.seq")

    def test_a_defect(self):
        row = mutants._defect_row(self.DEFECT, defects.Kill("b", "seed/y.seq"), defects.Kill("a", "seed/x.seq"))
        self.assertEqual(mutants.report(row), "caught: late: Too late.\n    corpus: b y.seq; shown: a x.seq")
        row |= fuzzed(("b", 7))
        self.assertEqual(mutants.report(row), "caught: late: Too late.\n    corpus: b y.seq; shown: a x.seq; fuzzing: b 7 sequences, 70 calls")
        row |= fuzzed(("", 100))
        self.assertRegex(mutants.report(row), "(?s)^NOT FOUND by fuzzing: late: .*; fuzzing: nothing in 1,000 sequences$")
        row |= fuzzed(("c", 100))
        self.assertRegex(mutants.report(row), "; fuzzing: c nothing in 1,000 sequences, a rule it does not name there$")

    def test_what_it_names_must_fail_under_the_first_rule(self):
        row = mutants._defect_row(self.DEFECT, defects.Kill("b", "y.seq"), defects.Kill("b", "x.seq"))
        self.assertFalse(row["caught"])
        self.assertIn("shown: b x.seq, a rule it does not name there", mutants.report(row))

    def test_every_part_must_catch_it(self):
        fine, nothing = defects.Kill("a", "x.seq"), defects.Kill("", "")
        for corpus, shown in ((nothing, fine), (fine, nothing)):
            self.assertFalse(mutants._defect_row(self.DEFECT, corpus, shown)["caught"])
        row = mutants._defect_row(self.DEFECT, fine, fine)
        self.assertTrue(row["caught"])
        self.assertEqual(mutants.verdict([row], None), FINE)
        self.assertEqual(mutants.verdict([row, {**row, "caught": False}], 50), FINDING)
        self.assertEqual(mutants.verdict([row | fuzzed(("a", 7))], None), FINE)
        self.assertEqual(mutants.verdict([row | fuzzed(("", 7))], None), FINDING)

    def test_a_share_of_them(self):
        row = mutants._defect_row(self.DEFECT, defects.Kill("a", "x.seq"), None)
        rows = [row, row | fuzzed(("a", 7)), row | fuzzed(("a", 5)), row | fuzzed(("", 1000))]
        self.assertEqual([mutants.verdict(rows, share) for share in (None, 67, 66)], [FINDING, FINDING, FINE])
        self.assertEqual(mutants.summary(rows), "4 tried, 4 caught by the corpus; 3 fuzzed for, 2 found (66.7 %), half of them within 6 sequences")
        self.assertEqual(mutants.summary(rows[:1]), "1 tried, 1 caught by the corpus")
        self.assertEqual(mutants.summary(rows[-1:]), "1 tried, 1 caught by the corpus; 1 fuzzed for, 0 found (0.0 %)")

    def test_one_that_is_out_of_reach(self):
        said = mutants.OUT_OF_REACH.format(kills.needed(fuzzed(("a", 50))))
        row = {**mutants._defect_row(self.DEFECT, defects.Kill("a", "x.seq"), None), "fuzzing": said}
        self.assertIn("corpus: a x.seq; fuzzing: not asked: 50 sequences, 500 calls when last measured", mutants.report(row))

    def test_a_lost_check(self):
        lost = defects.Defect("lost-a", "Lost.", ["a"], [], "seed/x.seq")
        row = mutants._lost_check_row(lost, defects.Kill("a", "seed/x.seq"))
        self.assertTrue(row["caught"])
        self.assertIn("corpus: a x.seq; fuzzing: not asked: a lost check", mutants.report(row))
        self.assertFalse(mutants._lost_check_row(lost, defects.Kill("b", "seed/x.seq"))["caught"])


class Tries(unittest.TestCase):
    DEFECT = defects.Defect("d", "Wrong.", ["a", "b"], [])

    def fuzz(self, *kills):
        """What comes of these tries: the seeds, and the runs that each had."""
        with mock.patch.object(defects, "killed_by_fuzzing", side_effect=kills) as tried:
            kill = mutants._fuzz(None, self.DEFECT, None, SimpleNamespace(fuzz_runs=100), 7)
        return (kill.rule, kill.runs), [(call.args[3], call.args[2]) for call in tried.call_args_list]

    def test_the_first_is_enough(self):
        self.assertEqual(self.fuzz(defects.Kill("b", "5 runs", 5)), (("b", 5), [(7, 100)]))

    def test_another_rule_is_no_end(self):
        kill, tries = self.fuzz(defects.Kill("c", "30 runs", 30), defects.Kill("c", "9 runs", 9), defects.Kill("a", "3 runs", 3))
        self.assertEqual((kill, tries), (("a", 42), [(7, 100), (8, 70), (9, 61)]))

    def test_the_runs_are_shared(self):
        kill, tries = self.fuzz(defects.Kill("c", "60 runs", 60), defects.Kill("c", "40 runs", 40))
        self.assertEqual((kill[0], tries), ("c", [(7, 100), (8, 40)]))

    def test_nothing_is_an_end(self):
        kill, tries = self.fuzz(defects.Kill("c", "30 runs", 30), defects.Kill("", "", 70))
        self.assertEqual((kill[0], tries), ("", [(7, 100), (8, 70)]))

    def often(self, *kills):
        """From three seeds."""
        with tempfile.TemporaryDirectory() as work, mock.patch.object(mutants, "_fuzz", side_effect=kills) as tried:
            caught = mutants._fuzz_often(None, self.DEFECT, Path(work), SimpleNamespace(seed=7, seeds=3))
        return mutants._fuzz_row(self.DEFECT, caught, BUDGET), [call.args[4] for call in tried.call_args_list]

    def test_several_seeds_give_the_median(self):
        kill, seeds = self.often(*(defects.Kill("a", f"{runs} runs", runs) for runs in (50, 4, 9)))
        self.assertEqual((kill["fuzz_rule"], kill["fuzz_needed"], kill["found"]), ("a", [50, 4, 9], True))
        self.assertEqual(seeds, [7, 1007, 2007])

    def test_a_seed_that_finds_nothing_is_said(self):
        kill, _ = self.often(defects.Kill("", "", 1000), defects.Kill("a", "5 runs", 5), defects.Kill("c", "", 1000))
        self.assertEqual((kill["fuzz_rule"], kill["fuzz_needed"], kill["found"]), ("a", [None, 5, None], False))


if __name__ == "__main__":
    unittest.main()

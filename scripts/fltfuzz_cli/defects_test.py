"""Defects and lost checks: their files, their edits, and what counts as caught."""

import tempfile
import unittest
from pathlib import Path
from types import SimpleNamespace
from unittest import mock

from . import defects, mutants
from .common import Stop

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
        asked = [defect for defect in defects.read_all() if not defect.is_lost_check]
        self.assertLess(20 * sum(defect.deep > 0 for defect in asked), len(asked))


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


class Report(unittest.TestCase):
    DEFECT = defects.Defect("late", "Too late.", ["a", "b"], [], "seed/x.seq")

    def test_a_defect(self):
        row = mutants._defect_row(self.DEFECT, defects.Kill("b", "seed/y.seq"), defects.Kill("a", "seed/x.seq"), defects.Kill("b", "7 runs"))
        self.assertEqual(mutants.report(row), "caught: late: Too late.\n    corpus: b y.seq; shown: a x.seq; fuzzing: b 7 runs")

    def test_what_it_names_must_fail_under_the_first_rule(self):
        row = mutants._defect_row(self.DEFECT, defects.Kill("b", "y.seq"), defects.Kill("b", "x.seq"), None)
        self.assertFalse(row["caught"])
        self.assertIn("shown: b x.seq, a rule it does not name there", mutants.report(row))

    def test_every_part_must_catch_it(self):
        fine, nothing = defects.Kill("a", "x.seq"), defects.Kill("", "")
        for corpus, shown, fuzzing in ((nothing, fine, fine), (fine, nothing, fine), (fine, fine, nothing)):
            self.assertFalse(mutants._defect_row(self.DEFECT, corpus, shown, fuzzing)["caught"])
        self.assertTrue(mutants._defect_row(self.DEFECT, fine, fine, None)["caught"])

    def test_one_that_is_too_deep(self):
        row = {**mutants._defect_row(self.DEFECT, defects.Kill("a", "x.seq"), None, None), "fuzzing": mutants.TOO_DEEP.format(50)}
        self.assertIn("corpus: a x.seq; fuzzing: not asked: it takes more than 50 sequences", mutants.report(row))

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
        return (kill.rule, kill.by), [(call.args[3], call.args[2]) for call in tried.call_args_list]

    def test_the_first_is_enough(self):
        self.assertEqual(self.fuzz(defects.Kill("b", "5 runs", 5)), (("b", "5 runs"), [(7, 100)]))

    def test_another_rule_is_no_end(self):
        kill, tries = self.fuzz(defects.Kill("c", "30 runs", 30), defects.Kill("c", "9 runs", 9), defects.Kill("a", "3 runs", 3))
        self.assertEqual((kill, tries), (("a", "42 runs, seed 9"), [(7, 100), (8, 70), (9, 61)]))

    def test_the_runs_are_shared(self):
        kill, tries = self.fuzz(defects.Kill("c", "60 runs", 60), defects.Kill("c", "40 runs", 40))
        self.assertEqual((kill[0], tries), ("c", [(7, 100), (8, 40)]))

    def test_nothing_is_an_end(self):
        kill, tries = self.fuzz(defects.Kill("c", "30 runs", 30), defects.Kill("", "", 70))
        self.assertEqual((kill[0], tries), ("", [(7, 100), (8, 70)]))

    def often(self, *kills):
        """From three seeds."""
        with tempfile.TemporaryDirectory() as work, mock.patch.object(mutants, "_fuzz", side_effect=kills) as tried:
            kill = mutants._fuzz_often(None, self.DEFECT, Path(work), SimpleNamespace(seed=7, seeds=3))
        return kill, [call.args[4] for call in tried.call_args_list]

    def test_several_seeds_give_the_median(self):
        kill, seeds = self.often(*(defects.Kill("a", f"{runs} runs", runs) for runs in (50, 4, 9)))
        self.assertEqual((kill.rule, kill.by), ("a", "9 runs, the median of 50, 4, 9"))
        self.assertEqual(seeds, [7, 1007, 2007])

    def test_a_seed_that_finds_nothing_is_said(self):
        kill, seeds = self.often(defects.Kill("a", "5 runs", 5), defects.Kill("", "", 100))
        self.assertEqual((kill.rule, len(seeds)), ("", 2))


if __name__ == "__main__":
    unittest.main()

"""What each rule must have: a defect or a lost check, and a committed sequence that shows it."""

import unittest

from . import rules
from .defects import Defect, Edit

FULL = {"source": "a page", "sentence": "it is so", "sure": "PAGE", "prediction": ["contract/a.c:f"], "kills": []}
PROVIDER = {**FULL, "id": "close-once", "kind": "PROVIDER", "sequence": "a.seq"}
CALLER = {**FULL, "id": "close-twice", "kind": "CALLER", "sequence": "b.seq"}
DEFECT = Defect("wrong", "", ["close-once"], [Edit("model/kernel/closes.c", "f", "a", "b")], "a.seq")
LOST = Defect("lost-close-twice", "", ["close-twice"], [Edit("model/contract/closing.c", "f", "a", "b")], "b.seq")


class Blanks(unittest.TestCase):
    def blanks(self, told, seeded):
        return rules.blanks(told, seeded)

    def test_none(self):
        self.assertEqual(self.blanks([PROVIDER, CALLER], [DEFECT, LOST]), [])

    def test_a_providers_rule_needs_a_defect_that_names_it_first(self):
        named = DEFECT._replace(rules=["other", "close-once"])
        other = {**PROVIDER, "id": "other"}
        self.assertEqual(self.blanks([PROVIDER, other, CALLER], [named, LOST]),
                         ["close-once: no fuzz/defects/NAME.defect that names it first in its rules"])

    def test_a_callers_rule_needs_a_lost_check(self):
        self.assertEqual(self.blanks([PROVIDER, CALLER], [DEFECT]), ["close-twice: no fuzz/defects/lost-close-twice.defect"])

    def test_a_defect_is_no_lost_check(self):
        lines = self.blanks([PROVIDER, CALLER], [DEFECT, DEFECT._replace(rules=["close-twice"])])
        self.assertEqual(lines, ["close-twice: no fuzz/defects/lost-close-twice.defect",
                                 "fuzz/defects/wrong.defect: close-twice is no rule of the provider's"])

    def test_every_rule_needs_a_sequence(self):
        told = [{**PROVIDER, "sequence": None}, {**CALLER, "sequence": None}]
        self.assertEqual(self.blanks(told, [DEFECT, LOST]), [
            "close-once: no committed sequence that a defect of it shows",
            "close-twice: no committed sequence that expects breach or leak close-twice",
        ])

    def test_every_rule_is_named_by_the_contract(self):
        self.assertEqual(self.blanks([{**PROVIDER, "prediction": []}, CALLER], [DEFECT, LOST]),
                         ["close-once: no function of model/contract names it"])

    def test_every_rule_has_a_source(self):
        self.assertEqual(self.blanks([{**PROVIDER, "source": " "}, CALLER], [DEFECT, LOST]), ["close-once: source is blank"])

    def test_every_defect_has_a_kill(self):
        told = [{**PROVIDER, "kills": [{"defect": "wrong", "blank": "was never measured"}, {"defect": "fine", "blank": ""}]}, CALLER]
        self.assertEqual(self.blanks(told, [DEFECT, LOST]),
                         ["close-once: wrong was never measured; fltfuzz mutants --record wrong"])

    def test_a_rule_that_there_is_not(self):
        self.assertEqual(self.blanks([PROVIDER, CALLER], [DEFECT._replace(rules=["close-once", "clsoe"]), LOST]),
                         ["fuzz/defects/wrong.defect: clsoe is no rule of the provider's"])


class Sequences(unittest.TestCase):
    def test_the_shortest_is_first(self):
        for rule, paths in rules.sequences().items():
            sizes = [rules._size((rules.TOP / path).read_text(encoding="utf-8")) for path in paths]
            self.assertEqual(sizes, sorted(sizes), rule)

    def test_a_providers_rule_is_shown_by_its_own_defects(self):
        seed = "corpus/fuzz_close/seed/"
        one, two = DEFECT._replace(shown=seed + "double-close.seq"), DEFECT._replace(shown=seed + "close-null.seq")
        second = DEFECT._replace(rules=["other", "close-once"], shown=seed + "attach.seq")
        self.assertEqual(rules.shown_by([one, two, second, LOST, DEFECT._replace(shown="")]), {
            "close-once": [two.shown, one.shown], "other": [second.shown],
        })


if __name__ == "__main__":
    unittest.main()

"""What counts as tried, as never tried, and as a contradiction."""

import unittest
from unittest import mock

from . import coverage_report, unreachable

RULES = [{"id": "close-once", "kind": "CALLER", "sentence": "once"}, {"id": "close-any", "kind": "PROVIDER", "sentence": "any"},
         {"id": "irp-once", "kind": "PROVIDER", "sentence": "irp"}]
CALLS = ["Open", "Close", "Raise"]
NAMED = {"Open": set(), "Close": {"close-once", "close-any"}, "Raise": {"close-any"}}


def counted(cells, of_any=(), transitions=()):
    tight = {"Close": {"calls": 2, "allowed": 3, "single": 1}}
    return {
        "sequences": 1, "calls_made": 2, "findings": 0, "calls": CALLS,
        "moves": [{"name": "gone", "words": "it is gone", "calls": ["Close", "Raise"]}],
        "occasions": {"irp-once": ["Close"]},
        "own": {"cells": list(cells), "transitions": list(transitions), "tightness": tight},
        "any": {"cells": list(of_any), "transitions": [], "tightness": tight},
    }


class Report(unittest.TestCase):
    def make(self, told, entries=(), whole=True):
        with mock.patch.object(coverage_report.contract_source, "rules_by_call", return_value=NAMED), \
                mock.patch.object(coverage_report.unreachable, "read", return_value=list(entries)):
            return coverage_report.make(told, RULES, "a test", whole)

    def entry(self, form, rule, call, outcome=""):
        return unreachable.Entry(7, form, [rule], [call], outcome, "why")

    def test_possible_and_tried(self):
        report = self.make(counted([["close-once", "Close", "STATUS_X", 2, 0, 0], ["irp-once", "Close", "STATUS_Y", 1, 0, 0]],
                                   transitions=[["Close", "gone", 3]]))
        pairs = {(row["rule"], row["call"]): row["tried"] for row in report["rule_calls"]}
        self.assertEqual(pairs, {("close-once", "Close"): 2, ("close-any", "Close"): 0, ("close-any", "Raise"): 0, ("irp-once", "Close"): 1})
        self.assertEqual(coverage_report.never_tried(report), {"close-any": ["Close", "Raise"]})
        totals = report["totals"]
        self.assertEqual((totals["rule_calls_tried"], totals["rule_calls"]), (2, 4))
        self.assertEqual((totals["transitions_reached"], totals["transitions"]), (1, 2))
        self.assertEqual(report["problems"], [])

    def test_what_is_listed_is_not_possible(self):
        report = self.make(counted([]), [self.entry("not", "close-any", "Raise")])
        self.assertNotIn(("close-any", "Raise"), [(row["rule"], row["call"]) for row in report["rule_calls"]])
        self.assertEqual(report["problems"], [])

    def test_tried_though_it_cannot_be(self):
        report = self.make(counted([["close-any", "Raise", "STATUS_X", 1, 0, 0]], [["close-once", "Open", "STATUS_X", 1, 0, 0]],
                                   [["Open", "gone", 1]]),
                           [self.entry("not", "close-any", "Raise")], whole=False)
        self.assertEqual(report["problems"], [
            "close-any by Raise: was tried, though fuzz/unreachable.txt:7 says that it never is",
            "close-once by Open: was tried, though no code of its prediction or observation names the rule",
            "Open: it is gone: happened, though fuzz/moves.def says that it cannot",
        ])

    def states(self, report):
        return {row["outcome"]: row["state"] for row in report["outcomes"]}

    def test_outcomes(self):
        cells = [["close-any", "Close", "A", 1, 1, 0], ["close-any", "Close", "B", 0, 1, 0], ["close-any", "Close", "C", 0, 1, 0],
                 ["close-any", "Close", "D", 0, 1, 0], ["close-any", "Close", "E", 5, 0, 0]]
        of_any = [["close-any", "Close", "B", 1, 1, 0], ["close-any", "Close", "C", 0, 1, 2]]
        report = self.make(counted(cells, of_any), [self.entry("outcome", "close-any", "Close", "D")])
        self.assertEqual(self.states(report), {"A": "reached", "B": "reached", "C": "answered", "D": "listed"})
        self.assertEqual(report["problems"], [])

    def test_an_outcome_that_nobody_reaches(self):
        cells = [["close-any", "Close", "D", 0, 1, 0]]
        report = self.make(counted(cells))
        self.assertEqual(self.states(report), {"D": "open"})
        self.assertIn("close-any: Close may come back with D: neither", report["problems"][0])
        self.assertEqual(self.make(counted(cells), whole=False)["problems"], [])

    def test_stale_entries(self):
        cells = [["close-any", "Close", "A", 1, 1, 0]]
        for entry, said in (
            (self.entry("outcome", "close-any", "Close", "A"), "A is reached"),
            (self.entry("outcome", "close-any", "Close", "B"), "B is not allowed there"),
            (self.entry("not", "clsoe", "Close"), "no rule clsoe"),
            (self.entry("not", "close-any", "Cloze"), "no call Cloze"),
            (self.entry("not", "close-any", "Open"), "is of no call that it excludes"),
        ):
            problems = self.make(counted(cells), [entry])["problems"]
            self.assertTrue(any(line.startswith("fuzz/unreachable.txt:7: ") and said in line for line in problems), (said, problems))

    def test_words(self):
        lines = list(coverage_report.lines(self.make(counted([["close-once", "Close", "STATUS_X", 2, 2, 0]]))))
        self.assertIn("1 of 4 tried", lines[1])
        self.assertTrue(any(line.startswith("  close-any") for line in lines))


if __name__ == "__main__":
    unittest.main()

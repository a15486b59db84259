"""Mutation operators on a small file, and the reviewed list."""

import tempfile
import unittest
from pathlib import Path
from unittest import mock

from . import equivalents, operators, operators_run
from .common import Stop
from .operators import Mutant

SOURCE = """\
#include "made_up.h"
#define TWICE(x) ((x) + (x))
enum colour { RED, GREEN, BLUE };
static bool less(int a, int b) {
    return a < b;
}
static bool more(int a, int b) {
    return !less(a, b) && a != 0x0fu;
}
static int count(int a) {
    int sum = 0;
    for (int i = 0; i < a; i++)
        sum += TWICE(a - 1);
    if (more(a, sum))
        less(a, a);
    else
        sum = HIGH(sum) | BLUE;
    return sum;
}
int use(int a) {
    return LIMIT > a ? count(a) : STATUS_NONE;
}
"""

HEADER = """\
#define bool _Bool
#define true 1
#define false 0
#define LIMIT 7
#define STATUS_NONE ((int)0xC0000001)
#define HIGH(x) ((x) * 2 - 1)
static inline int header(int x) {
    return x + 3;
}
"""


class Operators(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        with tempfile.TemporaryDirectory() as top, mock.patch.object(operators, "TOP", Path(top).resolve()):
            folder = Path(top).resolve() / "model"
            folder.mkdir()
            (folder / "made_up.c").write_text(SOURCE, encoding="utf-8")
            (folder / "made_up.h").write_text(HEADER, encoding="utf-8")
            names = "model/made_up.c", "model/made_up.h"
            found = operators.mutants_of(folder / "made_up.c", ["-std=c11"], set(names))
        cls.mutants, cls.header = (found[name] for name in names)

    def changes(self, operator, line):
        """What stands there instead: the mutants of one operator on one line."""
        return {
            (SOURCE[one.begin : one.end], one.new) for one in self.mutants if one.operator == operator and one.line == line
        }

    def test_relational(self):
        self.assertEqual(self.changes("relational", 5), {("<", "<="), ("<", ">=")})
        self.assertEqual(self.changes("relational", 8), {("!=", "==")})

    def test_logical(self):
        both = "!less(a, b) && a != 0x0fu"
        self.assertEqual(
            self.changes("logical", 8), {("&&", "||"), (both, "!less(a, b)"), (both, "a != 0x0fu"), ("!", "")}
        )
        self.assertEqual(self.changes("logical", 12), {("i < a", "false")})
        self.assertEqual(self.changes("logical", 21), {("LIMIT > a", "true"), ("LIMIT > a", "false")})

    def test_constants(self):
        self.assertEqual(self.changes("constant", 8), {("0x0fu", "0x10u"), ("0x0fu", "0xeu")})
        self.assertEqual(self.changes("constant", 17), {("BLUE", "GREEN")})
        self.assertEqual(
            self.changes("constant", 21),
            {("LIMIT", "0"), ("LIMIT", "(LIMIT + 1)"), ("STATUS_NONE", "STATUS_SUCCESS"), ("STATUS_NONE", "(STATUS_NONE + 1)")},
        )

    def test_a_macros_argument_is_changed_where_it_is_written_and_once(self):
        self.assertEqual(self.changes("constant", 13), {("1", "2"), ("1", "0")})
        self.assertIn(("-", "+"), self.changes("arithmetic", 13))
        self.assertEqual(sum(one.line == 13 and one.new == "2" for one in self.mutants), 1)

    def test_a_macro_of_this_file_is_changed_in_its_body_and_one_of_another_is_left(self):
        self.assertEqual(self.changes("arithmetic", 2), {("+", "-")})
        self.assertEqual(self.changes("arithmetic", 17), {("|", "&")})

    def test_deletion(self):
        self.assertEqual(self.changes("deletion", 13), {("sum += TWICE(a - 1)", "(void)0")})
        self.assertEqual(self.changes("deletion", 15), {("less(a, a)", "(void)0")})
        self.assertEqual(self.changes("deletion", 17), {("sum = HIGH(sum) | BLUE", "(void)0")})

    def test_return(self):
        self.assertEqual(self.changes("return", 5), {("a < b", "true"), ("a < b", "false")})
        self.assertEqual(self.changes("return", 18), {("sum", "0"), ("sum", "(sum) + 1")})

    def test_call(self):
        self.assertEqual(self.changes("call", 14), {("a, sum", "sum, a"), ("more", "less")})
        self.assertEqual(self.changes("call", 15), {("less", "more")})  # a, a: nothing to swap

    def test_a_header_counts_with_the_file_that_reads_it(self):
        self.assertEqual({(one.operator, one.line, one.new) for one in self.header if one.new in "-24"},
                         {("arithmetic", 8, "-"), ("constant", 8, "2"), ("constant", 8, "4")})

    def test_each_can_be_applied(self):
        for mutant in self.mutants:
            text = mutant.apply(SOURCE)
            self.assertNotEqual(text, SOURCE)
            self.assertIn(mutant.after, operators.one_space(text))

    def test_a_sample_does_not_move_with_the_file(self):
        moved = [one._replace(line=one.line + 9, begin=one.begin + 99, end=one.end + 99) for one in self.mutants]
        keys = [one.key for one in operators_run.sample(self.mutants, 7, 1)]
        self.assertEqual(keys, [one.key for one in operators_run.sample(moved, 7, 1)])
        self.assertNotEqual(keys, [one.key for one in operators_run.sample(moved, 7, 2)])
        self.assertEqual(len(keys), 7)


class Results(unittest.TestCase):
    MUTANT = Mutant("model/kernel/a.c", "f", "logical", 0, 1, "2", 1, "a", "b")

    def tried(self, state, entry=None, unit_test="", looser=""):
        one = operators_run.Tried(self.MUTANT, operators_run.Outcome(state), entry)
        one.unit_test, one.looser = unit_test, looser
        return one

    def test_what_counts(self):
        explained = self.tried("survived", equivalents.Entry("", "", "", "", "", 1))
        states = ["killed"] * 3 + ["survived", "no build", "same code"]
        looser = self.tried("survived", looser="the mean size of the allowed sets is ...")
        rows = operators_run.table([explained, looser, self.tried("survived", unit_test="x"), *map(self.tried, states)])
        self.assertEqual(rows["all"], rows["logical"])
        self.assertEqual([rows["all"][column] for column in operators_run.COLUMNS], [9, 1, 1, 3, 1, 1, 1, 0, 1])
        self.assertEqual(rows["all"]["percent"], 66.7)
        self.assertIsNone(rows["call"]["percent"])

    def test_an_entry_is_untrue_when_more_is_allowed(self):
        entry = equivalents.Entry("", "", "", "", "it cannot be told", 1)
        self.assertEqual((self.tried("survived", entry).noticed, self.tried("survived", entry, looser="more").noticed), ("", "more"))
        self.assertEqual(self.tried("survived", entry, looser="more").verdict, "looser")

    def test_the_exit_code(self):
        verdict = operators_run.verdict
        self.assertEqual([verdict(99.0, ["one"], [], None), verdict(100.0, [], [], None)], [1, 0])
        self.assertEqual([verdict(99.0, ["one"], [], 99), verdict(98.9, ["one"], [], 99), verdict(None, [], [], 99)], [0, 1, 1])
        self.assertEqual(verdict(100.0, [], ["an entry is wrong"], 99), 1)


LIST = """\
# a comment
because it is only said, never looked at
in model/kernel/a.c f
- return   1;
+ return 2;
"""


class Equivalents(unittest.TestCase):
    KEY = ("model/kernel/a.c", "f", "return 1;", "return 2;")

    def read(self, text):
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / "list.txt"
            path.write_text(text, encoding="utf-8")
            return equivalents.read(path)

    def mutant(self, key=KEY):
        return Mutant(key[0], key[1], "constant", 0, 1, "2", 1, key[2], key[3])

    def test_an_entry(self):
        entries = self.read(LIST)
        self.assertEqual(list(entries), [self.KEY])
        self.assertEqual((entries[self.KEY].reason, entries[self.KEY].line), ("it is only said, never looked at", 5))

    def test_what_is_no_list(self):
        for text, what in (
            (LIST.replace("because it is only said, never looked at\n", ""), ":2: expected"),
            (LIST.replace("+ return 2;\n", ""), "last \\+ line is missing"),
            (LIST.replace("+ return", "- return"), ":5: a \\+ line must follow"),
            (LIST + "- return 1;\n+ return 2;\n", ":7: stands in line 5 already"),
            (LIST.replace("in model/kernel/a.c f", "in model/kernel/a.c"), ":3: expected"),
        ):
            with self.assertRaisesRegex(Stop, what):
                self.read(text)

    def test_an_entry_without_a_mutant_is_wrong(self):
        entries = self.read(LIST)
        self.assertEqual(equivalents.unmatched(entries, [self.mutant()], "model/kernel"), [])
        other = self.mutant(("model/kernel/a.c", "f", "return 1;", "return 3;"))
        self.assertEqual(len(equivalents.unmatched(entries, [other], "model/kernel")), 1)
        self.assertEqual(equivalents.unmatched(entries, [other], "model/contract"), [])

    def test_an_entry_whose_mutant_is_noticed_is_wrong(self):
        entries, mutant = self.read(LIST), self.mutant()
        self.assertEqual(equivalents.untrue(entries, [(mutant, "")], True), [])
        self.assertEqual(len(equivalents.untrue(entries, [(mutant, "close-once")], False)), 1)
        self.assertEqual(equivalents.untrue(entries, [(mutant, "close-once"), (mutant, "")], True), [])

    def test_every_mutant_of_a_function(self):
        entries = self.read(LIST + "in model/kernel/a.c g\nevery mutant\n")
        one, other = (self.mutant(("model/kernel/a.c", "g", f"return {n};", "return 9;")) for n in (1, 2))
        self.assertEqual(equivalents.find(entries, one).line, 7)
        self.assertEqual(equivalents.find(entries, self.mutant()).line, 5)
        self.assertEqual(equivalents.unmatched(entries, [other, self.mutant()], "model/kernel"), [])
        self.assertEqual(equivalents.untrue(entries, [(one, "crash"), (other, "")], True), [])
        self.assertEqual(equivalents.untrue(entries, [(one, "crash")], False), [])
        self.assertEqual(len(equivalents.untrue(entries, [(one, "crash"), (other, "crash")], True)), 1)

    def test_the_committed_list_can_be_read(self):
        equivalents.read()


if __name__ == "__main__":
    unittest.main()

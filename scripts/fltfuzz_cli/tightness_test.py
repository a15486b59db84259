"""A contract that becomes looser is named, with both figures; one that becomes tighter passes."""

import tempfile
import unittest
from pathlib import Path

from . import tightness
from .common import Stop


def row(calls, allowed, single):
    return {"calls": calls, "allowed": allowed, "single": single}


def counted(own, of_any=None):
    return {"own": {"tightness": own}, "any": {"tightness": of_any or {}}}


class Compared(unittest.TestCase):
    floors = {("own", "FltClose"): row(3, 4, 2)}

    def lines(self, *figures):
        return tightness.compare(self.floors, counted({"FltClose": row(*figures)}))

    def test_the_same_share_of_more_calls(self):
        self.assertEqual(self.lines(3, 4, 2), [])
        self.assertEqual(self.lines(3_000_000, 4_000_000, 2_000_000), [])

    def test_tighter(self):
        self.assertEqual(self.lines(3, 3, 3), [])

    def test_a_mean_that_rises(self):
        self.assertEqual(self.lines(3, 5, 2), [
            "FltClose, under its own switches: the mean size of the allowed sets is 1.6667 (5/3), it was 1.3333 (4/3)"])

    def test_by_as_little_as_one_in_millions(self):
        self.assertEqual(len(self.lines(3_000_000, 4_000_001, 2_000_000)), 1)

    def test_a_single_share_that_falls(self):
        self.assertEqual(self.lines(3, 4, 1), [
            "FltClose, under its own switches: the share of calls with a single outcome is 0.3333 (1/3), it was 0.6667 (2/3)"])

    def test_calls_that_come_and_go(self):
        lines = tightness.compare(self.floors, counted({}, {"ZwClose": row(1, 1, 1)}))
        self.assertEqual(lines, [
            "FltClose, under its own switches: no committed sequence makes it any more",
            "ZwClose, under any switches: fuzz/tightness.txt has no floor; fltfuzz coverage --write-tightness writes it",
        ])


class Files(unittest.TestCase):
    def read(self, text):
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / "tightness.txt"
            path.write_text(text, encoding="utf-8")
            return tightness.read(path)

    def test_a_line(self):
        self.assertEqual(self.read("# a remark\nown FltClose 3 4 2\n"), {("own", "FltClose"): row(3, 4, 2)})

    def test_bad_lines(self):
        for line in ("own FltClose 0 4 2", "all FltClose 3 4 2", "own FltClose 3 4", "own FltClose 3 4 2.5"):
            with self.assertRaisesRegex(Stop, r"tightness\.txt:1: expected"):
                self.read(line)

    def test_overall(self):
        total = tightness.overall({"a": row(1, 1, 1), "b": row(3, 5, 1)})
        self.assertEqual((total["calls"], total["mean"], total["single_share"]), (4, 1.5, 0.5))
        self.assertIsNone(tightness.overall({})["mean"])


if __name__ == "__main__":
    unittest.main()

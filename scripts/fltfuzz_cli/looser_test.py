"""When a mutant of the contract counts as looser, with shell scripts that stand in for fltfuzz-coverage."""

import json
import tempfile
import unittest
from pathlib import Path

from . import looser, tightness


class Said(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = Path(folder.name)
        self.counted = {mode: {"cells": [], "tightness": {}} for mode in tightness.MODES}
        for (mode, call), row in tightness.read().items():
            self.counted[mode]["tightness"][call] = dict(row)

    def said(self, ending=""):
        (self.folder / "counted").write_text(json.dumps(self.counted), encoding="utf-8")
        program = self.folder / "coverage"
        program.write_text(f"#!/bin/sh\ncat {self.folder}/counted {ending}\n", encoding="utf-8")
        program.chmod(0o755)
        return looser.said(program, self.folder / "out", False)

    def test_as_tight_as_it_was(self):
        self.assertEqual(self.said(), "")
        self.assertEqual(self.said("; exit 1"), "")  # it has findings of its own

    def test_a_larger_set(self):
        self.counted["own"]["tightness"]["FltClose"]["allowed"] += 1
        self.assertRegex(self.said(), "^FltClose, under its own switches: the mean size of the allowed sets is .*, it was ")

    def test_an_outcome_that_nothing_comes_back_with(self):
        self.counted["own"]["cells"].append(["close-bad-handle", "FltClose", "STATUS_PENDING", 0, 1, 0])
        self.assertRegex(self.said(), "^close-bad-handle: FltClose may come back with STATUS_PENDING")

    def test_no_answer(self):
        self.assertEqual(self.said("| head -c 9; kill -SEGV $$"), "fltfuzz-coverage does not end as it should")


if __name__ == "__main__":
    unittest.main()

"""What a mutant's replay comes to, with shell scripts that stand in for it."""

import os
import tempfile
import unittest
from pathlib import Path

from . import workshop
from .common import TOP
from .workshop import Outcome

FILE = str(TOP / "corpus/fuzz_close/seed/double-close.seq")


class Replays(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = Path(folder.name)

    def program(self, body):
        path = self.folder / "replay"
        path.write_text(f"#!/bin/sh\n{body}\n", encoding="utf-8")
        path.chmod(0o755)
        return path

    def replay(self, body):
        return workshop.replay(self.program(body), [FILE], self.folder / "out", 1, False)

    def test_nothing_noticed(self):
        self.assertEqual(self.replay("exit 0"), Outcome("survived"))

    def test_a_finding_and_an_expectation(self):
        rows = '[{"file": "%s", "verdict": "fine"}, {"file": "%s", "verdict": "%s"%s}]'
        seed = "corpus/fuzz_close/seed/double-close.seq"
        finding = rows % (FILE, FILE, "finding", ', "rule": "close-once"')
        self.assertEqual(self.replay(f"echo '{finding}'; exit 1"), Outcome("killed", "close-once", seed))
        unexpected = rows % (FILE, FILE, "unexpected", "")
        self.assertEqual(self.replay(f"echo '{unexpected}'; exit 1"), Outcome("killed", "expectation", seed))

    def test_a_death(self):
        self.assertEqual(self.replay("echo [; kill -SEGV $$"), Outcome("killed", "crash"))
        said = self.replay(f"echo [; echo while replaying {FILE} >&2; exit 1")
        self.assertEqual(said, Outcome("killed", "sanitizer", "corpus/fuzz_close/seed/double-close.seq"))

    def test_what_does_not_end(self):
        self.assertEqual(self.replay("while :; do :; done"), Outcome("killed", "hangs"))

    def test_what_writes_without_end_is_stopped(self):
        self.assertEqual(self.replay("exec yes").state, "killed")
        self.assertLessEqual((self.folder / "out").stat().st_size, workshop.MOST_OUTPUT)

    def test_unit_tests_pass_or_not(self):
        self.assertTrue(workshop.passes(self.program("exit 0"), self.folder / "out", 1, False))
        self.assertFalse(workshop.passes(self.program("exit 1"), self.folder / "out", 1, False))
        self.assertFalse(workshop.passes(self.program("while :; do :; done"), self.folder / "out", 1, False))


class Tree(unittest.TestCase):
    def test_it_is_the_models(self):
        with tempfile.TemporaryDirectory() as work:
            workshop.Workshop(work, [])
            copy = Path(work) / "tree/model/kernel/closes.c"
            self.assertTrue(copy.is_symlink())
            self.assertEqual(Path(os.path.realpath(copy)), (TOP / "model/kernel/closes.c").resolve())
            self.assertTrue((Path(work) / "tree/fuzz/run.c").is_symlink())  # it reads the contract's headers


class Linking(unittest.TestCase):
    def test_of_libraries_that_the_program_has(self):
        kit = workshop.Kit.__new__(workshop.Kit)
        kit._library = {"a.c": "model/libflt_contract.a", "b.c": "fuzz/libflt_run.a"}
        kit._link_words = lambda _: ("cc", "-o", "bin/test", "main.o", "model/libflt_contract.a")
        words = kit.link_words("bin/test", {"a.c": Path("a.o"), "b.c": Path("b.o")}, {}, Path("out"))
        self.assertEqual(words, ["cc", "-o", "out", "a.o", "main.o", "model/libflt_contract.a"])

    def test_what_reads_the_file_and_is_the_programs_own(self):
        kit = workshop.Kit.__new__(workshop.Kit)
        kit._library, kit._link_words = {}, lambda _: ("cc", "-o", "bin/test", "main.o", "other.o")
        kit._own = {str(TOP / "model/kernel/state.h"): {"main.o": "main.c", "elsewhere.o": "elsewhere.c"}}
        self.assertEqual(kit.own_objects("bin/test", "model/kernel/state.h"), {"main.o": "main.c"})
        self.assertEqual(kit.own_objects("bin/test", "model/kernel/closes.c"), {})
        self.assertEqual(kit.link_words("bin/test", {}, {"main.o": Path("new.o")}, "out"), ["cc", "-o", "out", "new.o", "other.o"])

    def test_a_unit_test_that_prints_without_end_is_stopped(self):
        with tempfile.TemporaryDirectory() as folder:
            self.assertFalse(workshop.passes("yes", Path(folder) / "out", 5, False))
            self.assertLessEqual((Path(folder) / "out").stat().st_size, workshop.MOST_OUTPUT)


if __name__ == "__main__":
    unittest.main()

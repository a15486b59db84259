"""fltfuzz explore: which scope, and what the C tool is told."""

import os
import tempfile
import unittest
from pathlib import Path
from types import SimpleNamespace
from unittest import mock

from . import explore
from .common import Stop

ASKED = SimpleNamespace(length=4, jobs=2, memory=64, time=None, resume=False, json=None, print_scope=False,
                        check_merges=None, reached=None, seed=5)


class Scopes(unittest.TestCase):
    def test_ours_by_name(self):
        self.assertIn("default", explore.scopes())
        self.assertTrue(explore.scope_file("handles").is_file())

    def test_a_file(self):
        with tempfile.NamedTemporaryFile(suffix=".scope") as file:
            self.assertEqual(explore.scope_file(file.name), Path(file.name))

    def test_neither(self):
        with self.assertRaisesRegex(Stop, "no scope nothing.*default"):
            explore.scope_file("nothing")


class Words(unittest.TestCase):
    def words(self, **changes):
        asked = SimpleNamespace(**{**vars(ASKED), **changes})
        with tempfile.TemporaryDirectory() as home, mock.patch.dict(os.environ, {"XDG_STATE_HOME": home}):
            words = explore.words_of(asked, Path("mine.scope"))
            self.assertTrue(Path(home, "fltfuzz", "explore").is_dir() or changes.get("print_scope"))
            return " ".join(str(word) for word in words).replace(home, "HOME")

    def test_a_search(self):
        self.assertEqual(self.words(), "--scope mine.scope --folder HOME/fltfuzz/explore/mine --memory 64 --length 4 --jobs 2")
        self.assertTrue(self.words(time=9, resume=True, json="-").endswith("--jobs 2 --time 9 --resume --json -"))

    def test_questions(self):
        self.assertEqual(self.words(print_scope=True), "--scope mine.scope --print-scope")
        self.assertTrue(self.words(check_merges=7).endswith("--memory 64 --check-merges 7 --seed 5"))
        self.assertTrue(self.words(reached=["a", "b"]).endswith("--memory 64 --reached a b"))


if __name__ == "__main__":
    unittest.main()

"""fltfuzz merge: what is chosen, by a stand-in for the tools; scripts/merge_real_test.py has the real ones."""

import contextlib
import io
import tempfile
import unittest
from pathlib import Path
from unittest import mock

from . import campaign_fixture, merge
from .build import Target
from .campaign_corpus import Corpus
from .campaign_folder import MANIFEST, Folder
from .cli import main
from .common import TOP

SEQUENCES = Target("fuzz_close", "sequences", "fuzz_close")
NAMES = {name: name.encode() for name in "abcd"}


class Choosing(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = Path(folder.name)

    def tries_more(self, kept, failing, features):
        """Of c and d beside a and b; `features` of both, then of the base."""
        told = iter(features)

        def look(corpus, _programs, _run):
            corpus.features = next(told)
            corpus.failing = [(corpus.path / name, "close-once") for name in failing]
            return kept

        base, new = {n: NAMES[n] for n in "ab"}, {n: NAMES[n] for n in "cd"}
        with mock.patch.object(Corpus, "look", look), mock.patch.object(Corpus, "take_in"):
            return merge.tries_more(None, SEQUENCES, base, new, self.folder)

    def test_what_fails_is_left_out(self):
        self.assertEqual(self.tries_more({"a", "c", "d"}, ["d", "b"], (7, 5)), ({"c"}, {"d"}))

    def test_nothing_where_the_base_tries_as_much(self):
        self.assertEqual(self.tries_more({"c", "d"}, [], (5, 5)), (set(), set()))

    def test_tools_that_did_not_end(self):
        self.assertEqual(self.tries_more(None, [], (5, 5)), (set(), set()))

    def test_bytes_try_nothing_of_the_contract(self):
        self.assertEqual(merge.tries_more(None, Target("fuzz_codec", "bytes", "fuzz_codec"), {}, NAMES, self.folder), (set(), set()))

    def test_a_campaign_is_its_working_corpus(self):
        self.assertEqual(merge.source(self.folder, "fuzz_close"), self.folder)
        (self.folder / MANIFEST).touch()
        self.assertEqual(merge.source(self.folder, "fuzz_close"), Folder(self.folder).corpus("fuzz_close"))


class Asking(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = Path(folder.name)
        self.build = campaign_fixture.Build(self.folder / "build", "ends")

    def merge(self, *words):
        err = io.StringIO()
        with contextlib.redirect_stderr(err), contextlib.redirect_stdout(io.StringIO()):
            code = main(["merge", *map(str, words), "--build", str(self.build.path)])
        return code, err.getvalue()

    def test_one_line_for_what_cannot_be(self):
        there = self.folder / "there"
        there.mkdir()
        for words, said in (
            (("fuzz_nothing", there, there), "unknown target fuzz_nothing"),
            (("fuzz_close", there, self.folder / "nowhere"), "nowhere: No such file"),
            (("fuzz_close", TOP / "corpus", there), "is the committed corpus"),
        ):
            with self.subTest(said):
                code, err = self.merge(*words)
                self.assertEqual(code, 2)
                self.assertRegex(err, f"^fltfuzz: .*{said}.*\n$")


if __name__ == "__main__":
    unittest.main()

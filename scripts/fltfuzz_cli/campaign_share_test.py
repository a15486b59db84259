"""Campaigns that share what they find."""

import tempfile
import unittest
from pathlib import Path

from . import campaign_fixture, campaign_share, shared_folder
from .campaign_corpus import Corpus
from .campaign_folder import Folder


def named(*inputs):
    return {shared_folder.name_of(data): data for data in inputs}


class Exchange(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.top = Path(folder.name)
        self.shared = self.top / "shared"
        self.shared.mkdir()
        self.lines = []

    def machine(self, name, *inputs):
        """Its corpus, and what it shares by."""
        corpus = Corpus(Folder(self.top / name), "fuzz_close", self.lines.append)
        shared_folder.store(corpus.path, named(*inputs))
        corpus.take_in()
        return corpus, campaign_share.Share(self.shared, self.lines.append)

    def test_two_machines(self):
        (one, by_one), (other, by_other) = self.machine("one", b"a", b"b"), self.machine("other", b"b", b"c")
        by_one.exchange(one)
        by_other.exchange(other)
        by_one.exchange(one)
        self.assertEqual(set(one.files), set(named(b"a", b"b", b"c")))
        self.assertEqual(set(other.files), set(one.files))
        self.assertEqual(shared_folder.read_all([self.shared])[0].inputs, named(b"a", b"b", b"c"))
        self.lines.clear()
        by_one.exchange(one)
        self.assertEqual(self.lines, [])

    def test_what_was_pruned_is_not_taken_again(self):
        corpus, share = self.machine("one", b"a", b"b")
        share.exchange(corpus)
        corpus.drop(named(b"a"))
        share.exchange(corpus)
        self.assertEqual(set(corpus.files), set(named(b"b")))
        self.assertEqual(shared_folder.read_all([self.shared])[0].inputs, named(b"a", b"b"))

    def test_half_written_is_taken_when_it_is_whole(self):
        corpus, share = self.machine("one", b"a")
        (name, data), = named(b"long enough").items()
        (self.shared / "fuzz_close").mkdir()
        (self.shared / "fuzz_close" / name).write_bytes(data[:4])
        share.exchange(corpus)
        self.assertNotIn(name, corpus.files)
        (self.shared / "fuzz_close" / name).write_bytes(data)
        share.exchange(corpus)
        self.assertIn(name, corpus.files)

    def test_a_folder_that_is_away_is_said_once(self):
        corpus, share = self.machine("one", b"a")
        self.shared.rmdir()
        share.exchange(corpus)
        share.exchange(corpus)
        self.assertEqual(len(self.lines), 1)
        self.assertIn("goes on alone", self.lines[0])
        self.assertFalse(self.shared.exists())
        self.shared.mkdir()
        share.exchange(corpus)
        self.assertEqual(len(self.lines), 3)
        self.assertIn("is there again", self.lines[1])
        self.assertEqual(shared_folder.read_all([self.shared])[0].inputs, named(b"a"))

    def test_alone(self):
        corpus, _ = self.machine("one", b"a")
        campaign_share.Share(None, self.lines.append).exchange(corpus)
        self.assertEqual(self.lines, [])


class Nights(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.top = Path(folder.name)
        self.build = campaign_fixture.Build(self.top / "build", "busy")

    def test_a_campaign_that_shares(self):
        shared = self.top / "shared"
        (shared / "fuzz_close").mkdir(parents=True)
        theirs = named(b"what another machine found")
        shared_folder.store(shared / "fuzz_close", theirs)
        done = campaign_fixture.campaign(self.build, self.top / "campaign", "--for", "3s", "--share", shared)
        self.assertEqual(done.returncode, 0, done.stderr)
        mine = shared_folder.read_all([self.top / "campaign" / "corpus" / "fuzz_close"])[0].inputs
        self.assertLessEqual(set(theirs), set(mine))
        self.assertGreater(len(mine), 1)
        self.assertEqual(set(shared_folder.read_all([shared])[0].inputs), set(mine))

    def test_a_folder_that_is_not_there(self):
        done = campaign_fixture.campaign(self.build, self.top / "campaign", "--for", "3s", "--share", self.top / "away")
        self.assertEqual(done.returncode, 2)
        self.assertRegex(done.stderr, "^fltfuzz: --share .*away: is no folder; make it first.*\n$")


if __name__ == "__main__":
    unittest.main()

"""A campaign that shares a folder: it takes and gives, and goes on whatever becomes of the folder."""

import hashlib
import json
import tempfile
import time
import unittest
from pathlib import Path
from unittest import mock

from . import campaign_fixture as fixture
from . import campaign_share
from .common import FINE


class Shares(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.top = Path(folder.name)
        self.share = self.top / "-a share\nof two"
        self.corpus = self.top / "corpus"
        self.corpus.mkdir()

    def put(self, folder, data):
        folder.mkdir(parents=True, exist_ok=True)
        (folder / hashlib.sha1(data).hexdigest()).write_bytes(data)

    def test_takes_and_gives(self):
        build = fixture.Build(self.top / "build", "busy")
        self.put(self.share / "fuzz_close", b"theirs")
        done = fixture.campaign(build, self.top / "campaign", "--for", "4s", f"--share={self.share}")
        self.assertEqual(done.returncode, FINE, done.stderr)
        self.assertNotIn("--share", done.stderr)
        fixture.check(self.top / "campaign")
        listed = json.loads((self.top / "campaign" / "corpus" / "fuzz_close.list.json").read_text(encoding="utf-8"))["files"]
        self.assertIn(hashlib.sha1(b"theirs").hexdigest(), listed)
        there = {path.name: path.read_bytes() for path in (self.share / "fuzz_close").iterdir()}
        self.assertGreater(len(there), 1)
        for name, data in there.items():
            self.assertEqual(hashlib.sha1(data).hexdigest(), name)

    def test_gone(self):
        build = fixture.Build(self.top / "build", "busy")
        done = fixture.campaign(build, self.top / "campaign", "--for", "3s", f"--share={self.share}")
        self.assertEqual(done.returncode, FINE, done.stderr)
        self.assertEqual(done.stderr.count("no such folder; the campaign goes on without"), 1, done.stderr)
        self.assertFalse(self.share.exists())  # what is not mounted is not filled

    def shared(self):
        said = []
        build = fixture.Build(self.top / "build", "ends")
        share = campaign_share.Share(self.share, build.path, {"fuzz_close": self.corpus}, said.append)
        self.addCleanup(share.stop)
        return build, share, said

    def turn(self, share, until):
        """Ticks, none of which takes long."""
        end, longest = time.monotonic() + 20, 0.0
        while not until() and time.monotonic() < end:
            begin = time.monotonic()
            share.tick()
            longest = max(longest, time.monotonic() - begin)
            time.sleep(0.02)
        self.assertTrue(until())
        self.assertLess(longest, 1)

    def test_slow(self):
        build, share, said = self.shared()
        fixture.program(build.bin / "fuzz_close", "import time; time.sleep(600)")
        self.put(self.share / "fuzz_close", b"x")
        with mock.patch.object(campaign_share, "MOST_SECONDS", 1):
            self.turn(share, lambda: said)
        self.assertEqual((len(said), "took longer than 1 s" in said[0], share.process), (1, True, None))

    def test_it_comes_back(self):
        _, share, said = self.shared()
        with mock.patch.object(campaign_share, "EVERY_SECONDS", 0):
            self.turn(share, lambda: said)
            self.put(self.share / "fuzz_close", b"x")
            self.turn(share, lambda: len(said) > 1)
        self.assertEqual(len(said), 2)
        self.assertIn("it works again", said[1])
        self.assertEqual([path.read_bytes() for path in self.corpus.iterdir()], [b"x"])

    def test_cannot_be_written(self):
        _, share, said = self.shared()
        self.put(self.corpus, b"x")
        self.share.mkdir()
        (self.share / "fuzz_close").write_bytes(b"")  # no folder: what even root cannot write to
        self.turn(share, lambda: said)
        self.assertEqual((len(said), len(said[0].splitlines())), (1, 1), said)


if __name__ == "__main__":
    unittest.main()

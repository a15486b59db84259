"""Slices of AFL++ in a campaign, with a stand-in for afl-fuzz; engines_test.py has the real one."""

import os
import tempfile
import time
import unittest
from pathlib import Path
from types import SimpleNamespace
from unittest import mock

from . import campaign, campaign_fixture, campaign_slices
from .build import Target
from .shared_folder import name_of

# Queues what it got and an input of its own; finds what the file `finds` beside it holds.
AFL_FUZZ = '''
import os, sys
words = sys.argv[1:]
value = lambda name: words[words.index(name) + 1]
here, out = os.path.dirname(os.path.abspath(__file__)), os.path.join(value("-o"), value("-S"))
for folder in ("queue", "crashes", "hangs"):
    os.makedirs(os.path.join(out, folder))
names = sorted(os.listdir(value("-i")))
with open(os.path.join(here, "got"), "w") as got:
    got.write(" ".join(names) + "\\n" + os.environ.get("AFL_CUSTOM_MUTATOR_LIBRARY", "none"))
def put(folder, name, data):
    with open(os.path.join(out, folder, name), "wb") as file:
        file.write(data)
for number, name in enumerate(names):
    with open(os.path.join(value("-i"), name), "rb") as file:
        put("queue", f"id:{number:06},time:0,execs:0,orig:{name}", file.read())
put("queue", "id:000009,src:000000,time:100,execs:40,op:x,pos:0,+cov", b"new from afl")
finds = os.path.join(here, "finds")
if os.path.exists(finds):
    with open(finds, "rb") as file:
        put("crashes", "id:000000,sig:06,src:000000,time:120,execs:50,op:x", file.read())
with open(os.path.join(out, "fuzzer_stats"), "w") as stats:
    stats.write("execs_done        : 50\\n")
'''


class Slices(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.top = Path(folder.name)
        self.build = campaign_fixture.Build(self.top / "build", "ends")
        campaign_fixture.program(self.build.bin / "afl-fuzz", AFL_FUZZ)
        self.corpus, self.seeds = self.top / "corpus", self.top / "seeds"
        for folder, data in ((self.corpus, b"mine"), (self.seeds, b"seed")):
            folder.mkdir()
            (folder / name_of(data)).write_bytes(data)
        (self.corpus / "half").touch()

    def slice(self, mutator=None):
        turn = campaign_slices.Turn("fuzz_close", Target("fuzz_close", "sequences", "fuzz_close"), 1, {})
        turn.calls_per_sequence = 7.0
        with mock.patch.dict(os.environ, PATH=f"{self.build.bin}:{os.environ['PATH']}"):
            piece = campaign_slices.AflSlice(turn, self.build.bin / "fuzz_close", 2, 5, self.top / "work", [self.corpus, self.seeds], mutator)
        while piece.running():
            time.sleep(0.05)
        return piece, piece.finish()

    def test_corpora_both_ways(self):
        piece, found = self.slice("/a/mutator.so")
        self.assertEqual((found, piece.trouble(), piece.got_nowhere()), ([], "", False))
        names, mutator = (self.build.bin / "got").read_text(encoding="utf-8").split("\n")
        self.assertEqual((set(names.split()), mutator), ({name_of(b"mine"), name_of(b"seed")}, "/a/mutator.so"))
        self.assertEqual((self.corpus / name_of(b"new from afl")).read_bytes(), b"new from afl")
        self.assertFalse((self.corpus / name_of(b"seed")).exists())  # what it was given is not new
        self.assertEqual((piece.turn.sequences, piece.turn.calls, piece.turn.coverage), (50, 350, 0))  # calls by what a sequence has

    def test_a_finding_is_what_libfuzzer_would_leave(self):
        (self.build.bin / "finds").write_bytes(b"FIND close-once x")
        piece, found = self.slice()
        self.assertEqual([path.name for path in found], ["crash-" + name_of(b"FIND close-once x")])
        self.assertIn("close-once", piece.process.output.report())
        self.assertEqual(piece.trouble(), "")

    def test_it_cannot_be_started(self):
        (self.build.bin / "afl-fuzz").unlink()
        with mock.patch.dict(os.environ, PATH=str(self.build.bin)):
            with self.assertRaises(FileNotFoundError):
                campaign_slices.AflSlice(
                    campaign_slices.Turn("fuzz_close", None, 1, {}), self.build.bin / "fuzz_close", 2, 5, self.top / "work", [self.corpus], None
                )


class Engines(unittest.TestCase):
    def engines(self, engine):
        table = {"fuzz_close": Target("fuzz_close", "sequences", "fuzz_close"), "fuzz_empty": None}
        with mock.patch.object(campaign, "build", return_value=Path("/afl/bin")) as built, \
                mock.patch.object(campaign, "build_mutator", return_value=Path("/m.so")):
            engines = campaign.engines_of(SimpleNamespace(engine=engine), table, {"fuzz_close": 4, "fuzz_empty": 0})
        return engines, [call.args[:2] for call in built.call_args_list]

    def test_who_takes_turns(self):
        self.assertEqual(self.engines("libfuzzer"), ([campaign_slices.Slice], []))
        engines, built = self.engines("both")
        self.assertEqual((engines[0], len(engines), built), (campaign_slices.Slice, 2, [("afl", ["fuzz_close"])]))
        (afl_slice,), _ = self.engines("afl")
        with mock.patch.object(campaign, "AflSlice") as made:
            afl_slice(SimpleNamespace(name="fuzz_close"), "/libfuzzer", 60, 5, "work", ["corpus"])
        self.assertEqual(made.call_args.args[1:], (Path("/afl/bin/fuzz_close"), 60, 5, "work", ["corpus"], Path("/m.so")))


if __name__ == "__main__":
    unittest.main()

"""The builds of the other engines and sanitizers, for real: every target is built and fuzzed for a
moment, and a seeded defect is found.

  engines_test.py afl | msan
"""

import contextlib
import io
import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
import unittest
from pathlib import Path
from types import SimpleNamespace

from fltfuzz_cli import afl, defects, fuzz
from fltfuzz_cli.build import target_table, try_build
from fltfuzz_cli.campaign_slices import AflSlice, Turn
from fltfuzz_cli.common import FINDING, FINE, TOP, targets

RUNS = 3000


def fuzz_all(test, *words):
    """Each target, by the command itself; the committed seeds come first, so some runs are theirs."""
    with tempfile.TemporaryDirectory() as state:
        for target in targets():
            command = [str(TOP / "scripts" / "fltfuzz"), "fuzz", target, "--runs", str(RUNS), "--seed", "1", "--json", *words]
            done = subprocess.run(command, capture_output=True, text=True, check=False, env={**os.environ, "XDG_STATE_HOME": state})
            test.assertEqual(done.returncode, FINE, f"{target}: {done.stderr}{done.stdout}")
            result = json.loads(done.stdout)
            test.assertGreaterEqual(result["sequences"], RUNS, target)
            test.assertEqual(result["findings"], [], target)
            if target != "fuzz_empty":  # which has nothing to learn
                test.assertGreater(result["corpus_new"], 0, target)


class Afl(unittest.TestCase):
    def test_every_target(self):
        fuzz_all(self, "--engine", "afl")

    def test_what_says_nothing_about_handles_is_left_alone(self):
        """afl-clang-fast instruments the kernel, but not what every run passes through."""
        options = SimpleNamespace(verbose=False)
        self.assertIsNone(try_build("afl", ["fuzz_close"], options))
        instrumented = {path.name: b"__sancov_guards" in path.read_bytes() for path in (TOP / "build" / "afl").rglob("*.c.o")}
        self.assertTrue(instrumented["closes.c.o"])
        self.assertFalse(instrumented["run.c.o"])
        self.assertFalse(instrumented["door.c.o"])

    def canary(self):
        """FltClose takes any handle: a seed that does not show it, the program with that bug, our mutator."""
        options = SimpleNamespace(verbose=False)
        self.assertIsNone(try_build("afl", ["fuzz_close", "seq"], options))
        self.assertIsNone(try_build("release", ["fuzz_close_afl_mutator"], options))
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        scratch = Path(folder.name)
        for name in ("corpus", "findings", "work"):
            (scratch / name).mkdir()
        seed = TOP / "corpus" / "fuzz_close" / "seed" / "open-use-close-cycle.seq"
        subprocess.run([TOP / "build" / "afl" / "bin" / "fltfuzz-seq", "encode", seed, "-o", scratch / "corpus" / "seed"], check=True)
        binary = defects.build_program(defects.find("canary"), TOP / "build" / "afl", "bin/fuzz_close", scratch / "canary")
        return scratch, binary, TOP / "build" / "release" / "bin" / "libfuzz_close_afl_mutator.so"

    def test_the_canary_is_found(self):
        options = SimpleNamespace(target="fuzz_close", time=30, runs=None, jobs=1, json=True, verbose=False)
        scratch, binary, mutator = self.canary()
        campaign, out = fuzz.Campaign(options, 1, scratch / "corpus"), io.StringIO()
        campaign.start(afl.Engine(binary, mutator, scratch / "findings", [scratch / "corpus"], scratch / "work"))
        campaign.watch()
        with contextlib.redirect_stdout(out):
            code = campaign.conclude(target_table("afl")["fuzz_close"], binary.parent, "afl")
        finding = json.loads(out.getvalue())["findings"][0]
        self.assertEqual((code, finding["rule"]), (FINDING, "close-only-flt-created"))
        self.assertIn("FltClose(", finding["report"])
        self.assertIn("./scripts/fltfuzz replay", finding["reproduce"])
        self.assertNotEqual(subprocess.run([binary, finding["input"]], capture_output=True, check=False).returncode, 0)

    def test_the_canary_is_found_in_a_campaign(self):
        """What it found is left as libFuzzer would leave it, and what it learnt is in the working corpus."""
        scratch, binary, mutator = self.canary()
        turn = Turn("fuzz_close", target_table("afl")["fuzz_close"], 1, {})
        piece = AflSlice(turn, binary, 30, 1, scratch / "slice", [scratch / "corpus"], mutator)
        while piece.running():
            time.sleep(0.1)
        found = piece.finish()
        self.assertEqual([path.name.split("-")[0] for path in found], ["crash"])
        self.assertEqual((piece.process.output.rule(), piece.trouble()), ("close-only-flt-created", ""))
        self.assertGreater(len(list((scratch / "corpus").iterdir())), 1)
        self.assertGreater(turn.sequences, 0)


class Msan(unittest.TestCase):
    def test_every_target(self):
        fuzz_all(self, "--preset", "msan")


if __name__ == "__main__":
    which = sys.argv.pop() if len(sys.argv) == 2 else ""
    if which == "afl" and not (shutil.which("afl-fuzz") and shutil.which("afl-clang-fast")):
        print("skipped: AFL++ is not installed (Debian: afl++)")
        sys.exit(0)
    chosen = {"afl": Afl, "msan": Msan}[which]
    result = unittest.TextTestRunner().run(unittest.defaultTestLoader.loadTestsFromTestCase(chosen))
    sys.exit(not result.wasSuccessful())

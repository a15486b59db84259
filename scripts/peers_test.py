"""What `fltfuzz bench --peers` measures beside ours, for real: the model's shared library, with and
without a defect, each engine on a bug, and the command."""

import contextlib
import io
import json
import shutil
import subprocess
import sys
import tempfile
import unittest
from pathlib import Path
from types import SimpleNamespace

from fltfuzz_cli import defects, peers
from fltfuzz_cli.build import try_build
from fltfuzz_cli.common import FINE, TOP, Stop

sys.path.insert(0, str(peers.STATE_MACHINE.parent))
import model  # pylint: disable=wrong-import-position

BUG = "old-irql-is-new"  # takes one call
RULE = "raise-irql-result"
NAMES = ["ours", "bytes"]  # AFL++ and Hypothesis are added where they are installed
SECONDS = 60  # is plenty


def python_with_hypothesis():
    with contextlib.suppress(Stop):
        return peers.python_with_hypothesis()
    return None


class Peers(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        folder = tempfile.TemporaryDirectory()
        cls.addClassCleanup(folder.cleanup)
        cls.folder, cls.python = Path(folder.name), python_with_hypothesis()
        cls.names = NAMES + ["afl"] * bool(shutil.which("afl-fuzz")) + ["hypothesis"] * bool(cls.python)
        for preset, programs in peers.presets_of([*cls.names, "hypothesis"]).items():
            failure = try_build(preset, programs, SimpleNamespace(verbose=False))
            if failure:
                raise AssertionError(failure)

    def library(self):
        return TOP / "build" / peers.MODEL.preset / peers.MODEL.program

    def test_a_known_sequence(self):
        """Opened, referenced, closed twice: the second close is the caller's fault."""
        kernel = model.Model(self.library())
        kernel.begin()
        opened = kernel.call("FltCreateFileEx", path=2)
        self.assertEqual((opened.kind, len(opened.handles), len(opened.objects)), (model.RETURNED, 1, 1))
        self.assertEqual(kernel.call("FltClose", handle=opened.handles[0]).status, 0)
        again = kernel.call("FltClose", handle=opened.handles[0])
        self.assertEqual((again.kind, again.status, kernel.last_breach()), (model.RETURNED, 0xC0000008, "close-once"))
        kernel.call("ObDereferenceObject", object=opened.objects[0])
        self.assertEqual((kernel.end(), kernel.rule(), kernel.calls_made()), (model.OVER, "", 4))
        with self.assertRaises(ValueError):
            kernel.call("FltClose", path=1)

    def test_a_defect_is_a_violation(self):
        program = peers.build_defect(defects.find("canary"), ["hypothesis"], self.folder)["hypothesis"]
        kernel = model.Model(program)
        kernel.begin()
        event = kernel.call("ZwCreateEvent").handles[0]
        self.assertEqual(kernel.call("FltClose", handle=event).kind, model.VIOLATED)
        self.assertEqual(kernel.rule(), "close-only-flt-created")

    def test_each_engine_finds_a_bug_and_nothing_where_there_is_none(self):
        table = peers.read_table(sys.executable, False)
        dictionary = peers.write_dictionary(self.folder / "dictionary", table)
        bug = peers.build_defect(defects.find(BUG), self.names, self.folder / "bug")
        for name in self.names:
            order = peers.Order(BUG, name, 1, bug[name], SECONDS, self.folder / f"try-{name}", dictionary, self.python)
            with self.subTest(name):
                found = peers.try_once(order)
                self.assertEqual(found.rule, RULE)
                self.assertLess(found.seconds, SECONDS)
                self.assertGreater(found.sequences, 0)
                self.assertEqual(found.calls is None, name == "afl")
            fine = TOP / "build" / peers.PEERS[name].preset / peers.PEERS[name].program
            with self.subTest(f"{name}, no bug"):
                nothing = peers.try_once(order._replace(program=fine, seconds=2, folder=self.folder / f"fine-{name}"))
                self.assertEqual(nothing.rule, "")
                self.assertGreater(nothing.sequences, 0)

    def test_a_broken_program_is_one_line(self):
        program = self.folder / "broken"
        program.write_text("#!/bin/sh\necho no luck >&2\nexit 5\n", encoding="utf-8")
        program.chmod(0o755)
        order = peers.Order(BUG, "ours", 1, program, 1, self.folder / "try-broken")
        with self.assertRaisesRegex(Stop, "^ours on .*: exit code 5: no luck$"):
            peers.try_once(order)

    def test_the_command(self):
        words = [str(TOP / "scripts" / "fltfuzz"), "bench", "--peers", "--only", "bytes", "--defects", BUG, "--seeds", "1", "--seconds", "5", "--json"]
        done = subprocess.run(words, capture_output=True, text=True, check=False)
        self.assertEqual(done.returncode, FINE, done.stderr)
        result = json.load(io.StringIO(done.stdout))
        self.assertEqual(result["bugs"][0]["engines"]["ours"]["rules"], [RULE])
        self.assertEqual(list(result["engines"]), ["ours", "bytes"])


if __name__ == "__main__":
    unittest.main()

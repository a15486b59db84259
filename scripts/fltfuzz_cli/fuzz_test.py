"""fltfuzz fuzz with a stand-in for libFuzzer: what is shown, kept and returned."""

import contextlib
import io
import json
import os
import signal
import tempfile
import threading
import unittest
from pathlib import Path
from types import SimpleNamespace
from unittest import mock

from . import fuzz, libfuzzer
from .build import Target
from .common import FINDING, FINE, TOP, TROUBLE, Stop

FINDS = """#!/usr/bin/env bash
for word in "$@"; do case $word in -artifact_prefix=*) prefix=${word#*=} ;; esac; done
echo input >"${prefix}crash-1"
cat >&2 <<END
#2\tINITED cov: 3 ft: 4 corp: 1/1b exec/s: 0 rss: 1Mb
step 1 of 1: FltClose(h0) = STATUS_SUCCESS
reproduce: ./scripts/fltfuzz replay FILE
DEDUP_TOKEN: close-bad-handle
==9== ERROR: libFuzzer: deadly signal
artifact_prefix='$prefix'; Test unit written to ${prefix}crash-1
END
exit 77
"""
ENDS = """#!/usr/bin/env bash
echo '#8\tDONE cov: 3 ft: 4 corp: 1/1b exec/s: 4 rss: 1Mb
stat::number_of_executed_units: 9
fltfuzz-stats: {"sequences": 9, "calls": 90, "seconds": 1.5}' >&2
"""
WAITS = """#!/usr/bin/env bash
trap 'echo "stat::number_of_executed_units: 5" >&2; exit 72' INT
while :; do sleep 0.05; done
"""
BREAKS = """#!/usr/bin/env bash
echo 'ERROR: no such thing' >&2
exit 1
"""


class Runs(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = Path(folder.name)
        self.corpus = self.folder / "corpus"
        self.corpus.mkdir()
        self.target = Target("fuzz_close", "sequences", "fuzz_close")
        patch = mock.patch.dict(os.environ)
        patch.start()
        self.addCleanup(patch.stop)
        os.environ.pop(fuzz.SWITCHES, None)

    def run_with(self, script, preset="fuzz", **changes):
        """The exit code, and what was printed."""
        binary = self.folder / "fuzz_close"
        binary.write_text(script, encoding="utf-8")
        binary.chmod(0o755)
        options = {"target": "fuzz_close", "time": 60, "runs": None, "jobs": 1, "json": False, "verbose": False}
        campaign = fuzz.Campaign(SimpleNamespace(**{**options, **changes}), 7, self.corpus)
        out, errors = io.StringIO(), io.StringIO()
        with contextlib.redirect_stdout(out), contextlib.redirect_stderr(errors):
            campaign.start(libfuzzer.Engine(binary, self.folder, [self.corpus]))
            campaign.watch()
            code = campaign.conclude(self.target, self.folder, preset)
        return code, out.getvalue(), errors.getvalue()

    def test_nothing_found(self):
        code, out, _ = self.run_with(ENDS)
        self.assertEqual(code, FINE)
        self.assertIn("9 sequences with 90 calls", out)
        self.assertIn("nothing was found", out)

    def test_two_jobs_are_added_up(self):
        code, out, _ = self.run_with(ENDS, jobs=2, json=True)
        result = json.loads(out)
        self.assertEqual((code, result["sequences"], result["stats"]), (FINE, 18, {"sequences": 18, "calls": 180}))

    def test_a_finding(self):
        code, out, _ = self.run_with(FINDS)
        self.assertEqual(code, FINDING)
        reproduce = f"reproduce: ./scripts/fltfuzz replay {self.folder}/crash-1"
        self.assertEqual(out.count(reproduce), 1, out)
        self.assertIn("found: a violation of close-bad-handle", out)
        report = (self.folder / "crash-1.txt").read_text(encoding="utf-8")
        self.assertTrue(report.startswith("step 1 of 1"), report)
        self.assertIn(reproduce, report)

    def test_what_only_msan_sees_is_shown_by_its_build(self):
        _, out, _ = self.run_with(FINDS, preset="msan")
        self.assertIn(f"reproduce: ./scripts/fltfuzz replay {self.folder}/crash-1", out)
        code, out, _ = self.run_with(FINDS.replace("DEDUP_TOKEN", "SUMMARY"), preset="msan")
        self.assertEqual(code, FINDING)
        self.assertIn(f"reproduce: {self.folder}/fuzz_close {self.folder}/crash-1", out)

    def test_a_finding_under_a_switches_file_is_complete_without_it(self):
        seq = self.folder / "fltfuzz-seq"
        seq.write_text('#!/usr/bin/env bash\necho "# $*"\n', encoding="utf-8")
        seq.chmod(0o755)
        with mock.patch.dict(os.environ, {fuzz.SWITCHES: "my.switches"}):
            _, out, _ = self.run_with(FINDS)
        text = self.folder / "crash-1.seq"
        self.assertEqual(text.read_text(encoding="utf-8"), f"# show --switches my.switches {self.folder}/crash-1\n")
        self.assertIn(f"reproduce: ./scripts/fltfuzz replay {text}\n", out)

    def test_one_cause_is_shown_once(self):
        findings = []
        for saved in ("/a", "/b"):
            output = SimpleNamespace(rule=lambda: "r", saved=[saved], report=lambda: "text")
            fuzz.add_finding(findings, output, "a crash")
        self.assertEqual([(found["input"], found["also"]) for found in findings], [("/a", ["/b"])])

    def test_ctrl_c(self):
        timer = threading.Timer(0.5, os.kill, (os.getpid(), signal.SIGINT))
        timer.start()
        code, out, _ = self.run_with(WAITS)
        timer.join()
        self.assertEqual(code, FINE)
        self.assertIn("interrupted after", out)
        self.assertIn("5 sequences", out)

    def test_a_fuzzer_that_cannot_run(self):
        code, _, errors = self.run_with(BREAKS)
        self.assertEqual(code, TROUBLE)
        self.assertIn("ERROR: no such thing", errors)

    def test_runs_are_shared_among_jobs(self):
        words = []
        with mock.patch.object(fuzz.libfuzzer, "Process", side_effect=words.append):
            campaign = fuzz.Campaign(SimpleNamespace(target="t", time=None, runs=5, jobs=2, verbose=False), 7, self.corpus)
            with contextlib.redirect_stderr(io.StringIO()):
                campaign.start(libfuzzer.Engine("binary", "a", ["c"]))
        self.assertEqual([[word for word in line if word.startswith(("-runs", "-seed"))] for line in words],
                         [["-seed=7", "-runs=3"], ["-seed=8", "-runs=2"]])


class Presets(unittest.TestCase):
    def preset(self, engine="libfuzzer", preset=None):
        return fuzz.preset_of(SimpleNamespace(engine=engine, preset=preset))

    def test_engine_and_preset(self):
        self.assertEqual(self.preset(), "fuzz")
        self.assertEqual(self.preset(preset="msan"), "msan")
        self.assertEqual(self.preset(engine="afl"), "afl")
        with self.assertRaisesRegex(Stop, "--preset is for libFuzzer"):
            self.preset(engine="afl", preset="msan")

    def test_each_has_a_preset_of_cmake(self):
        presets = json.loads((TOP / "CMakePresets.json").read_text(encoding="utf-8"))
        for kind in ("configurePresets", "buildPresets"):
            names = {preset["name"] for preset in presets[kind]}
            self.assertLessEqual({"fuzz", "msan", "afl", "release"}, names)

    def test_the_mutator_is_for_sequences(self):
        with mock.patch.object(fuzz, "build", return_value=Path("/b")) as build:
            library = fuzz.build_mutator(Target("fuzz_x", "sequences", "fuzz_x"), None)
            self.assertEqual(library, Path("/b/libfuzz_x_afl_mutator.so"))
            build.assert_called_once_with("release", ["fuzz_x_afl_mutator"], None)
            self.assertIsNone(fuzz.build_mutator(Target("fuzz_codec", "bytes", "fuzz_codec"), None))


class Switches(unittest.TestCase):
    def setUp(self):
        patch = mock.patch.dict(os.environ)
        patch.start()
        self.addCleanup(patch.stop)
        os.environ.pop(fuzz.SWITCHES, None)

    def use(self, name, switches, code=0):
        target = Target(name, "bytes" if name == "fuzz_codec" else "sequences", "")
        with mock.patch.object(fuzz, "run_through", return_value=code) as check:
            fuzz.use_switches(SimpleNamespace(switches=switches, verbose=False), target, Path("/programs"))
        return check

    def test_none(self):
        self.use("fuzz_close", None).assert_not_called()
        self.assertNotIn(fuzz.SWITCHES, os.environ)

    def test_the_targets_are_told_of_a_file_that_was_checked(self):
        check = self.use("fuzz_close", "my.switches")
        check.assert_called_once_with([Path("/programs/fltfuzz-seq"), "switches", "my.switches"], False)
        self.assertEqual(os.environ[fuzz.SWITCHES], os.path.abspath("my.switches"))

    def test_a_bad_file(self):
        with self.assertRaises(Stop):
            self.use("fuzz_close", "my.switches", code=2)
        self.assertNotIn(fuzz.SWITCHES, os.environ)

    def test_a_target_without_sequences(self):
        with self.assertRaisesRegex(Stop, "fuzz_codec takes no sequences"):
            self.use("fuzz_codec", "my.switches")


class Corpus(unittest.TestCase):
    def test_never_the_committed_one(self):
        for folder in (TOP / "corpus", TOP / "corpus" / "fuzz_close" / "seed", TOP / "corpus" / "new"):
            with self.assertRaisesRegex(Stop, "committed corpus"):
                fuzz.working_corpus(SimpleNamespace(corpus=str(folder), target="fuzz_close"))

    def test_a_file_is_no_folder(self):
        with self.assertRaisesRegex(Stop, "not a folder"):
            fuzz.working_corpus(SimpleNamespace(corpus=__file__, target="fuzz_close"))

    def test_the_default_is_the_users_state(self):
        with tempfile.TemporaryDirectory() as state, mock.patch.dict(os.environ, {"XDG_STATE_HOME": state}):
            folder = fuzz.working_corpus(SimpleNamespace(corpus=None, target="fuzz_close"))
            self.assertEqual(folder, Path(state) / "fltfuzz" / "fuzz_close" / "corpus")
            self.assertTrue(folder.is_dir())


if __name__ == "__main__":
    unittest.main()

"""fltfuzz fuzz --engine afl with stand-ins for afl-fuzz and for the target."""

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

from . import afl, fuzz
from .build import Target
from .common import FINDING, FINE, TROUBLE, Stop

# Inputs named bad*, or found, are what the target fails on.
TARGET = """#!/usr/bin/env bash
for file in "$@"; do
    grep -q bad "$file" || continue
    printf 'step 1 of 1: FltClose(h0) = STATUS_SUCCESS\\nreproduce: ./scripts/fltfuzz replay FILE\\n' >&2
    echo 'DEDUP_TOKEN: close-bad-handle' >&2
    exit 134
done
"""
BEGINS = """#!/usr/bin/env bash
while [ "$1" != -- ]; do
    case $1 in -i) inputs=$2 ;; -o) out=$2 ;; -S) job=$2 ;; esac
    shift
done
env | grep ^AFL_ | sort >"$inputs/../environment"
folder=$out/$job
mkdir -p "$folder/queue" "$folder/crashes" "$folder/hangs"
echo seed >"$folder/queue/id:000000,time:0,execs:0,orig:seed"
echo news >"$folder/queue/id:000001,src:000000,time:500,execs:4000,op:x,pos:0"
"""
STATS = """
printf 'execs_done        : 4321\\nexecs_per_sec     : 99.5\\n' >"$folder/fuzzer_stats"
"""
ENDS = BEGINS + STATS
FINDS = ENDS + 'echo bad >"$folder/crashes/id:000000,sig:06,src:000001"\n'
FORGETS = ENDS + 'echo once >"$folder/crashes/id:000000,sig:06,src:000001"\n'
HANGS = ENDS + 'echo slow >"$folder/hangs/id:000000,src:000001"\n'
WAITS = BEGINS + "trap 'stop=1' INT\nwhile [ -z \"$stop\" ]; do sleep 0.05; done\n" + STATS
BREAKS = "#!/usr/bin/env bash\nprintf '\\e[1;91m[-] PROGRAM ABORT : \\e[0mno such thing\\n'\nexit 1\n"


class Runs(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = Path(folder.name)
        for name in ("bin", "corpus", "findings", "scratch"):
            (self.folder / name).mkdir()
        self.corpus = self.folder / "corpus"
        (self.corpus / "seed").write_text("seed\n", encoding="utf-8")
        self.program("fuzz_close", TARGET)
        path = mock.patch.dict(os.environ, {"PATH": f"{self.folder / 'bin'}:{os.environ['PATH']}"})
        path.start()
        self.addCleanup(path.stop)

    def program(self, name, text):
        path = self.folder / "bin" / name
        path.write_text(text, encoding="utf-8")
        path.chmod(0o755)
        return path

    def run_with(self, script, **changes):
        """The exit code, and what was printed."""
        self.program("afl-fuzz", script)
        options = {"target": "fuzz_close", "time": 60, "runs": None, "jobs": 1, "json": False, "verbose": False}
        out, errors = io.StringIO(), io.StringIO()
        with contextlib.redirect_stdout(out), contextlib.redirect_stderr(errors):
            campaign = fuzz.Campaign(SimpleNamespace(**{**options, **changes}), 7, self.corpus)
            binary = self.folder / "bin" / "fuzz_close"
            engine = afl.Engine(binary, "/b/mutator.so", self.folder / "findings", [self.corpus], self.folder / "scratch")
            campaign.start(engine)
            campaign.watch()
            engine.keep(self.corpus)
            code = campaign.conclude(Target("fuzz_close", "sequences", "fuzz_close"), self.folder / "bin", "afl")
        return code, out.getvalue(), errors.getvalue()

    def test_nothing_found(self):
        code, out, _ = self.run_with(ENDS)
        self.assertEqual(code, FINE)
        self.assertIn("4,321 sequences", out)
        self.assertIn("nothing was found", out)
        settings = (self.folder / "scratch" / "environment").read_text(encoding="utf-8")
        self.assertIn("AFL_CUSTOM_MUTATOR_LIBRARY=/b/mutator.so", settings)
        self.assertIn("AFL_BENCH_UNTIL_CRASH=1", settings)

    def test_what_is_new_goes_to_the_working_corpus(self):
        _, out, _ = self.run_with(ENDS, jobs=2)
        self.assertEqual(sorted(path.read_text(encoding="utf-8") for path in self.corpus.iterdir()), ["news\n", "seed\n"])
        self.assertIn("2 files, 1 of them new", out)
        self.assertIn("8,642 sequences", out)

    def test_a_finding(self):
        code, out, _ = self.run_with(FINDS)
        self.assertEqual(code, FINDING)
        saved = next(path for path in (self.folder / "findings").iterdir() if not path.suffix)
        self.assertEqual(saved.read_text(encoding="utf-8"), "bad\n")
        self.assertRegex(saved.name, "^crash-[0-9a-f]{40}$")
        self.assertIn("found: a violation of close-bad-handle", out)
        self.assertEqual(out.count(f"reproduce: ./scripts/fltfuzz replay {saved}"), 1, out)
        self.assertTrue(saved.with_name(saved.name + ".txt").is_file())

    def test_a_finding_of_two_jobs_is_one(self):
        code, out, _ = self.run_with(FINDS, jobs=2, json=True)
        findings = json.loads(out)["findings"]
        self.assertEqual((code, [finding["rule"] for finding in findings]), (FINDING, ["close-bad-handle"]))

    def test_a_crash_that_does_not_come_again(self):
        code, out, _ = self.run_with(FORGETS)
        self.assertEqual(code, FINDING)
        self.assertIn("one more run of the input shows nothing", out)

    def test_a_run_without_end(self):
        code, out, _ = self.run_with(HANGS)
        self.assertEqual(code, FINDING)
        self.assertIn("found: a run took too long", out)
        self.assertIn("findings/timeout-", out)

    def test_an_input_to_start_from_fails(self):
        for number in range(5):
            (self.corpus / f"fine{number}").write_text(f"fine {number}\n", encoding="utf-8")
        (self.corpus / "bad").write_text("bad from the start\n", encoding="utf-8")
        code, out, _ = self.run_with("#!/usr/bin/env bash\nexit 3\n")
        self.assertEqual(code, FINDING)
        self.assertIn("found: a violation of close-bad-handle", out)
        saved = next(path for path in (self.folder / "findings").iterdir() if not path.suffix)
        self.assertEqual(saved.read_text(encoding="utf-8"), "bad from the start\n")

    def test_nothing_to_start_from(self):
        (self.corpus / "seed").write_text("", encoding="utf-8")
        with self.assertRaisesRegex(Stop, "an input to start from"):
            self.run_with(ENDS)

    def test_ctrl_c(self):
        timer = threading.Timer(0.7, os.kill, (os.getpid(), signal.SIGINT))
        timer.start()
        code, out, _ = self.run_with(WAITS)
        timer.join()
        self.assertEqual(code, FINE)
        self.assertIn("interrupted after", out)
        self.assertIn("4,321 sequences", out)

    def test_a_fuzzer_that_cannot_run(self):
        code, _, errors = self.run_with(BREAKS)
        self.assertEqual(code, TROUBLE)
        self.assertIn("[-] PROGRAM ABORT : no such thing", errors)

    def test_the_state_while_it_runs(self):
        self.run_with(ENDS)
        output = afl.Output(self.folder / "scratch" / "out" / "job0")
        output.look()
        self.assertEqual((output.runs, output.corpus, output.per_second), (4000, 2, 8000))


class Words(unittest.TestCase):
    def test_limits(self):
        words = afl.command("t", afl.libfuzzer.Limits(9, 0, 7), "i", "o", 1)
        self.assertEqual(words[:9], ["afl-fuzz", "-i", "i", "-o", "o", "-S", "job1", "-s", "7"])
        self.assertEqual(words[words.index("-V") + 1], "9")
        self.assertNotIn("-E", words)
        self.assertEqual(words[-2:], ["--", "t"])
        words = afl.command("t", afl.libfuzzer.Limits(0, 300, 7), "i", "o", 1)
        self.assertEqual(words[words.index("-E") + 1], "300")

    def test_a_target_of_bytes_has_no_mutator_of_ours(self):
        self.assertNotIn("AFL_CUSTOM_MUTATOR_ONLY", afl.environment(None))
        self.assertIn("AFL_CUSTOM_MUTATOR_ONLY", afl.environment("m.so"))

    def test_the_users_sanitizer_options_are_left_out(self):
        with mock.patch.dict(os.environ, {"ASAN_OPTIONS": "symbolize=1"}):
            self.assertNotIn("ASAN_OPTIONS", afl.environment(None))


if __name__ == "__main__":
    unittest.main()

"""The command line: help, and one clear line with exit code 2 for what is wrong."""

import contextlib
import io
import json
import os
import subprocess
import tempfile
import unittest
from pathlib import Path

from . import cli, findings

FLTFUZZ = Path(__file__).resolve().parents[1] / "fltfuzz"
BASICS = ("bash", "env", "dirname", "readlink", "grep", "cat", "python3")


def run(*words, **environment):
    return subprocess.run([str(FLTFUZZ), *words], capture_output=True, text=True, check=False, env={**os.environ, **environment})


class Usage(unittest.TestCase):
    def refused(self, words, *expected):
        done = run(*words)
        self.assertEqual(done.returncode, 2, done)
        lines = done.stderr.splitlines()
        self.assertEqual(len(lines), 1, lines)
        for text in expected:
            self.assertIn(text, lines[0])

    def test_wrong_words(self):
        self.refused(["fuss"], "fuss", "fuzz")
        self.refused(["fuzz", "fuzz_nothing"], "fuzz_nothing", "fuzz_close")
        self.refused(["fuzz", "--target", "fuzz_nothing"], "fuzz_nothing", "fuzz_lifecycle")
        self.refused(["fuzz", "--tim", "5"], "--tim")
        self.refused(["fuzz", "--engine", "honggfuzz"], "honggfuzz", "libfuzzer", "afl")
        self.refused(["fuzz", "--preset", "gcc"], "gcc", "msan")
        self.refused(["fuzz", "--engine", "afl", "--preset", "msan"], "--preset is for libFuzzer")
        self.refused(["explore", "--scope", "nothing"], "nothing", "default", "handles")
        self.refused(["explore", "--length", "17"], "--length", "whole number from 1 to 16")
        self.refused(["explore", "--print-scope", "--reached", "a.seq"], "--reached", "--print-scope")
        self.refused(["replay"], "PATH")
        self.refused(["encode", "a.seq"], "-o")

    def test_numbers(self):
        for value in ("-1", "x", "1.5", "", "99999999999999999999"):
            self.refused(["fuzz", f"--time={value}"], "--time", "whole number from 1 to")
        for option in ("--time", "--runs", "--jobs", "--seed"):
            self.refused(["fuzz", option, "0"], option, "whole number from 1 to")

    def test_a_corpus_that_cannot_be(self):
        self.refused(["fuzz", "--corpus", __file__], "not a folder")
        self.refused(["fuzz", "--corpus", "/dev/null/corpus"], "/dev/null/corpus")

    def test_a_build_that_is_none(self):
        """Not there at all, and without its programs."""
        table = "fuzz_close sequences fuzz_close\n"
        with tempfile.TemporaryDirectory() as folder:
            campaign = Path(folder) / "campaign"
            (campaign / "findings" / "a").mkdir(parents=True)
            finding = {**dict.fromkeys(findings.KEYS, ""), "name": "a", "status": "new", "target": "fuzz_close"}
            for name, value in (("campaign.json", {}), ("findings/a/finding.json", finding)):
                (campaign / name).write_text(json.dumps(value), encoding="utf-8")
            for build in (Path(folder) / "none", Path(folder) / "empty"):
                for words in (["regress"], ["coverage"], ["rules"], ["mutants"], ["triage", "--dir", str(campaign)], ["campaign", "--for", "2s", "--dir", f"{folder}/c"]):
                    end = ["list", "--check"] if words[0] == "triage" else []
                    errors = io.StringIO()
                    with contextlib.redirect_stderr(errors), contextlib.redirect_stdout(io.StringIO()):
                        code = cli.main([*words, "--build", str(build), *end])
                    self.assertEqual((code, errors.getvalue().count("\n"), str(build) in errors.getvalue()), (2, 1, True), errors.getvalue())
                (Path(folder) / "empty" / "bin").mkdir(parents=True, exist_ok=True)
                (Path(folder) / "empty" / "fuzz_targets.txt").write_text(table, encoding="utf-8")

    def test_help(self):
        overview = run("--help")
        self.assertEqual(overview.returncode, 0)
        commands = [line.split()[0] for line in overview.stdout.splitlines() if line.startswith("  ") and not line.startswith("  fltfuzz")]
        self.assertIn("fuzz", commands)
        for command in commands:
            done = run(command, "--help")
            self.assertEqual(done.returncode, 0, done)
            self.assertIn(f"example: ./scripts/fltfuzz {command}", done.stdout)

    def test_the_overview_lists_every_command(self):
        listed = run("fuss").stderr.split("choose from ")[1].split(")")[0].replace("'", "").split(", ")
        overview = run("--help").stdout
        for command in listed:
            self.assertRegex(overview, rf"(?m)^  {command} ")

    def test_no_command(self):
        self.assertEqual(run().returncode, 2)


class WithoutPython(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        for name in BASICS[:-1]:
            os.symlink(subprocess.check_output(["which", name], text=True).strip(), Path(folder.name) / name)
        self.path = folder.name

    def test_help_needs_nothing(self):
        for words in (["--help"], ["fuzz", "-h"]):
            done = run(*words, PATH=self.path)
            self.assertEqual((done.returncode, done.stderr), (0, ""))
            self.assertIn("fltfuzz COMMAND", done.stdout)

    def test_nothing_is_installed_for_a_wrong_word(self):
        done = run("fuss", PATH=self.path)
        self.assertEqual(done.returncode, 2)
        self.assertEqual(done.stderr, "fltfuzz: unknown command fuss; fltfuzz --help lists them\n")


if __name__ == "__main__":
    unittest.main()

"""The exploration as its users meet it: what it says of a good system and of a bad one, that it goes
on after it was killed, and one clear line for what is wrong.

Run by CTest as: python3 explore_test.py BUILD-FOLDER
"""
import contextlib
import json
import os
import signal
import subprocess
import sys
import tempfile
import time
import unittest
from pathlib import Path

TOP = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(TOP / "scripts"))
from fltfuzz_cli import defects  # noqa: E402

BUILD = Path(sys.argv.pop(1)).resolve()
EXPLORE = BUILD / "bin" / "fltfuzz-explore"
SCOPES = TOP / "fuzz" / "explore" / "scopes"
SAME = ("states_by_length", "transitions", "loops", "stops", "violations", "complete", "sequences")


class Explore(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = Path(folder.name)

    def words(self, scope, *words, program=EXPLORE, folder="found"):
        path = scope if isinstance(scope, Path) else SCOPES / f"{scope}.scope"
        return [str(program), "--scope", str(path), "--folder", str(self.folder / folder), "--memory", "16", *words]

    def explore(self, scope, *words, **where):
        """The statement and the finished process."""
        json_file = self.folder / "statement.json"
        command = self.words(scope, *words, "--json", str(json_file), **where)
        done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=120)
        return json.loads(json_file.read_text(encoding="utf-8")), done


class Statement(Explore):
    def test_what_is_said(self):
        said, done = self.explore("handles", "--length", "3")
        self.assertEqual(done.returncode, 0, done)
        self.assertEqual((said["moves"], said["length"], said["complete"], said["violations"]), (21, 3, True, 0))
        self.assertEqual(said["sequences"], 21**3)
        self.assertEqual(said["longest_shortest_path"], 3)
        self.assertEqual(said["states"], sum(said["states_by_length"]))
        self.assertEqual(said["transitions"], 21 * sum(said["states_by_length"][:3]))
        self.assertIn("every sequence of up to 3 calls, 9,261 of 3, is covered: 0 violations.", done.stdout)

    def test_every_scope_and_its_size(self):
        for path in sorted(SCOPES.glob("*.scope")):
            said, done = self.explore(path, "--length", "1")
            self.assertEqual(done.returncode, 0, done)
            calls = [line for line in path.read_text(encoding="utf-8").splitlines() if "(" in line and not line.startswith("#")]
            self.assertEqual(said["moves"], len(calls))
        printed = subprocess.run(self.words("default", "--print-scope"), capture_output=True, text=True, check=True).stdout
        self.assertGreaterEqual(len([line for line in printed.splitlines() if not line.startswith("#")]), 100)

    def test_two_processes_find_the_same(self):
        one, _ = self.explore("deletion", "--length", "4")
        two, _ = self.explore("deletion", "--length", "4", "--jobs", "2")
        self.assertEqual({key: one[key] for key in SAME}, {key: two[key] for key in SAME})

    def test_time(self):
        said, done = self.explore("default", "--length", "8", "--time", "1")
        self.assertEqual((done.returncode, said["complete"], said["end"]), (0, False, "time is up"), done)
        self.assertIn("Not complete to 8 calls: time is up", done.stdout)


class Defects(Explore):
    """At the length that a bug needs, and not before."""

    def found(self, name, scope, length, rule):
        program = defects.build_program(defects.find(name), BUILD, "bin/fltfuzz-explore", self.folder / name)
        said, done = self.explore(scope, "--length", str(length - 1), program=program)
        self.assertEqual((done.returncode, said["violations"]), (0, 0), done)
        said, done = self.explore(scope, "--length", str(length + 2), "--resume", program=program)
        self.assertEqual(done.returncode, 1, done)
        self.assertEqual((said["complete"], said["length"], said["end"]), (False, length, "violation"))
        sequence = {found["rule"]: found["sequence"] for found in said["violation"]}[rule]
        self.assertEqual(len(sequence), length)
        self.assertIn(f"DEDUP_TOKEN: {rule}", done.stdout)
        return sequence, done

    def test_canary(self):
        sequence, done = self.found("canary", "default", 2, "close-only-flt-created")
        self.assertTrue(sequence[1].startswith("FltClose("), sequence)
        path = self.folder / "found.seq"
        path.write_text("\n".join(sequence) + "\n", encoding="utf-8")
        replay = defects.build_program(defects.find("canary"), BUILD, "bin/fltfuzz-replay", self.folder / "replay")
        again = subprocess.run([replay, path], capture_output=True, text=True, check=False)
        self.assertEqual(again.returncode, 1)
        self.assertIn("rule close-only-flt-created", again.stdout)

    def test_one_that_needs_two_opens_and_a_close(self):
        self.found("deleted-at-first-close", "deletion", 3, "delete-on-close-marks")


class Resume(Explore):
    def kill(self, length):
        """SIGKILL in the midst of a length, after a checkpoint; False: it was done before."""
        with subprocess.Popen(self.words("names", "--length", str(length), "--jobs", "2"), stdout=subprocess.PIPE) as process:
            while process.poll() is None:
                try:
                    lines = (self.folder / "found" / "checkpoint").read_text(encoding="utf-8").splitlines()
                except FileNotFoundError:
                    lines = []
                if "next 0" not in lines and len(lines) > 4:
                    process.send_signal(signal.SIGKILL)
                    process.wait()
                    return True
                time.sleep(0.01)
        return False

    def test_after_a_kill(self):
        whole, _ = self.explore("names", "--length", "5", folder="whole")
        self.assertTrue(any(self.kill(length) for length in (5, 6)), "every exploration ended before it was killed")
        checkpoint = (self.folder / "found" / "checkpoint").read_text(encoding="utf-8")
        self.assertNotIn("\nnext 0\n", checkpoint)
        resumed, done = self.explore("names", "--length", "5", "--jobs", "2", "--resume")
        self.assertEqual(done.returncode, 0, done)
        self.assertEqual({key: whole[key] for key in SAME}, {key: resumed[key] for key in SAME})


class Died(Explore):
    def test_a_process_that_dies_is_a_finding(self):
        """As a sanitizer would end it."""
        command = self.words("default", "--length", "8")
        environment = {**os.environ, "ASAN_OPTIONS": "detect_leaks=0"}  # looking for leaks takes a process too
        with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=environment) as process:
            children = Path(f"/proc/{process.pid}/task/{process.pid}/children")
            while not (self.folder / "found" / "checkpoint").exists() or not children.read_text(encoding="utf-8"):
                time.sleep(0.01)
            while process.poll() is None:
                for child in children.read_text(encoding="utf-8").split():
                    with contextlib.suppress(ProcessLookupError):
                        os.kill(int(child), signal.SIGKILL)
                time.sleep(0.01)
            said = process.stdout.read()
        self.assertEqual(process.returncode, 1, said)
        self.assertIn("a process died while it ran these calls and one more of the scope:\n", said)
        self.assertIn("Not complete to 8 calls: a run ended its process", said)


class Wrong(Explore):
    def refused(self, command, *words):
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        self.assertEqual(done.returncode, 2, done)
        self.assertEqual(len(done.stderr.splitlines()), 1, done.stderr)
        for word in words:
            self.assertIn(word, done.stderr)

    def scope(self, text):
        path = self.folder / "mine.scope"
        path.write_text(text, encoding="utf-8")
        return path

    def test_scopes(self):
        self.refused(self.words(self.scope("FltClose(h0)\nFltClose(h1)\nFltClose(h0)\n")), "mine.scope:3", "line 1")
        self.refused(self.words(self.scope("FltClos(h0)\n")), "mine.scope:1", "FltClose")
        self.refused(self.words(self.scope("# nothing\n")), "0 moves")
        self.refused(self.words(self.folder / "none.scope"), "none.scope")

    def test_options(self):
        self.refused([str(EXPLORE)], "--scope")
        self.refused(self.words("handles", "--length", "17"), "--length", "17")
        self.refused(self.words("handles", "--jobs"), "--jobs", "nothing")
        self.refused(self.words("handles", "--reached"), "--reached")
        self.refused(self.words("handles", "--reached", "/nowhere.seq"), "/nowhere.seq")

    def test_folders(self):
        self.refused(self.words("handles", "--resume"), "holds no exploration")
        self.explore("handles", "--length", "1")
        self.refused(self.words("names", "--resume"), "another scope")
        (self.folder / "found" / "checkpoint").write_text("nonsense\n", encoding="utf-8")
        self.refused(self.words("handles", "--resume"), "damaged")

    def test_one_at_a_time(self):
        with subprocess.Popen(self.words("default", "--length", "8"), stdout=subprocess.PIPE) as process:
            try:
                while not (self.folder / "found" / "checkpoint").exists():
                    time.sleep(0.01)
                self.refused(self.words("handles"), "another exploration uses it")
            finally:
                process.kill()


class Reached(Explore):
    def test_the_committed_sequences(self):
        self.explore("default", "--length", "2")
        folders = [str(path) for path in sorted((TOP / "corpus").glob("fuzz_*")) if path.name != "fuzz_codec"]
        done = subprocess.run(self.words("default", "--reached", *folders), capture_output=True, text=True, check=False)
        self.assertEqual(done.returncode, 0, done)
        self.assertIn(", and 0 that it has not.", done.stdout)
        self.assertRegex(done.stdout, r"cannot be read\) [1-9][0-9]* begin")

    def test_merges(self):
        self.explore("default", "--length", "2")
        done = subprocess.run(self.words("default", "--check-merges", "40"), capture_output=True, text=True, check=False)
        self.assertEqual(done.returncode, 0, done)
        self.assertIn("no pair went apart", done.stdout)
        self.assertIn(f"extended in {40 * 119:,}".replace(",", ""), done.stdout)


if __name__ == "__main__":
    os.environ.setdefault("UBSAN_OPTIONS", "print_stacktrace=1")
    unittest.main()

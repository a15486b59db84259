"""A campaign's own faults: killed at any moment, a full disk, a folder that cannot be written, mangled
corpora, a clock that jumps, targets that hang, exit, or flood everything. Nothing listed is lost, and each
ends in a clear line. The campaign is the real one, as a process; the targets are stand-ins."""

import contextlib
import json
import os
import random
import resource
import signal
import subprocess
import sys
import tempfile
import time
import unittest
from pathlib import Path

from . import campaign_fixture as fixture
from . import report_data
from .common import FINDING, FINE, TROUBLE
from .tests_at_once import AtOnce


def load_tests(_loader, tests, _pattern):
    return AtOnce(tests)


class Faults(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.top = Path(folder.name)
        self.folder = self.top / "campaign"

    def build(self, *behaviour, **more):
        return fixture.Build(self.top / "build", *behaviour, **more)

    def ends(self, done, code, *words):
        """With that exit code, no traceback, and a line that holds the words."""
        told = done.stdout + done.stderr
        self.assertEqual(done.returncode, code, told)
        self.assertNotIn("Traceback", told)
        if words:
            self.assertTrue(any(all(word in line for word in words) for line in told.splitlines()), f"{words} in no line of\n{told}")

    @contextlib.contextmanager
    def started(self, build, *words):
        process = subprocess.Popen(fixture.command(build, self.folder, *words), stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
        try:
            yield process
        finally:
            process.kill()
            process.communicate()

    def wait_for(self, what, seconds=30):
        end = time.monotonic() + seconds
        while not what():
            self.assertLess(time.monotonic(), end, "it did not come to that")
            time.sleep(0.02)


class Killed(Faults):
    KILLS = int(os.environ.get("FLTFUZZ_KILLS", "12"))

    def test_at_random_moments_nothing_is_lost(self):
        """What a target has saved is found in the end, whenever the campaign was killed."""
        words = [word for number in range(40) for word in ("busy", f"finds-rule{number % 7}")]
        build = self.build(*words, targets=("fuzz_close", "fuzz_names"))
        seed = random.SystemRandom().randint(1, 10**6)
        chance = random.Random(seed)
        runs = build.bin / "count-fuzz_close"
        number = 0
        while number < self.KILLS or not build.ledger():  # on a busy machine it takes more
            number += 1
            self.assertLess(number, 10 * self.KILLS, "the target was never run to an end")
            before = runs.read_bytes() if runs.exists() else b""
            resumed = ["--resume"] if (self.folder / "campaign.json").exists() else []
            with self.started(build, *resumed, "--for", "60s", "--jobs", "2") as process:
                if number % 3:  # while it fuzzes; else while it starts, or takes up what was left
                    self.wait_for(lambda: self.goes_on(process) and runs.exists() and runs.read_bytes() != before, 90)  # pylint: disable=cell-var-from-loop
                time.sleep(1.5 * chance.random())
                process.send_signal(signal.SIGKILL)
                process.wait()
            if (self.folder / "campaign.json").exists():
                fixture.check(self.folder)
        build.behave("busy")
        done = fixture.campaign(build, self.folder, "--resume", "--for", "3s")
        self.assertIn(done.returncode, (FINE, FINDING), done.stderr)
        met = {cause for _, cause in build.ledger()}
        self.assertEqual(set(fixture.causes(self.folder)), met, f"seed {seed}\n{done.stderr}")
        self.assertEqual(list((self.folder / "inbox").iterdir()), [])

    def goes_on(self, process):
        self.assertIsNone(process.poll(), process.stderr.read().decode() if process.poll() is not None else "")
        return True

    def test_its_engines_die_with_it(self):
        build = self.build("ends")
        with self.started(build, "--for", "60s") as process:
            self.wait_for(lambda: (build.bin / "count-fuzz_close").exists())
            self.assertEqual(self.state(), "still running")
            process.kill()
            process.wait()
            self.wait_for(lambda: not self.running(build.bin / "fuzz_close"), 10)
        self.assertEqual(self.state(), "killed")

    def state(self):
        """Of the only night, as a report has it."""
        report = report_data.Campaign(self.folder)
        return report.night(report.choose("last"))["state"]

    @staticmethod
    def running(program):
        for entry in Path("/proc").glob("[0-9]*/cmdline"):
            with contextlib.suppress(OSError):
                if str(program).encode() in entry.read_bytes():
                    return True
        return False

    def test_a_polite_end_keeps_what_is_running(self):
        build = self.build("finds-a", "ends", targets=("fuzz_close", "fuzz_names"))
        with self.started(build, "--for", "60s", "--target", "fuzz_close") as process:
            self.wait_for(lambda: (build.bin / "count-fuzz_close").exists() and (build.bin / "count-fuzz_close").read_text() == "2")
            process.terminate()
            _, errors = process.communicate(timeout=40)
        self.assertEqual(process.returncode, FINDING, errors)
        manifest = fixture.check(self.folder)
        self.assertEqual((manifest["state"], len(manifest["findings"])), ("interrupted", 1))
        self.assertLess(manifest["seconds_run"], 40)
        done = fixture.campaign(build, self.folder, "--resume", "--for", "2s")
        self.ends(done, FINE, "nothing was found")
        self.assertEqual(fixture.check(self.folder)["state"], "ended")
        self.assertFalse((build.bin / "count-fuzz_names").exists(), "it was resumed with another target")


class Folders(Faults):
    def test_two_on_one_folder(self):
        build = self.build("ends")
        with self.started(build, "--for", "60s") as process:
            self.wait_for(lambda: (build.bin / "count-fuzz_close").exists())
            self.ends(fixture.campaign(build, self.folder, "--for", "5s"), TROUBLE, "runs here already", f"process {process.pid}")
            process.terminate()
            process.wait(40)
        self.ends(fixture.campaign(build, self.folder, "--for", "2s"), FINE)

    def test_nothing_to_resume(self):
        build = self.build("busy")
        self.ends(fixture.campaign(build, self.folder, "--resume"), TROUBLE, "no campaign to go on with")
        self.ends(fixture.campaign(build, self.folder, "--for", "2s"), FINE)
        self.ends(fixture.campaign(build, self.folder, "--resume"), TROUBLE, "has ended")

    def test_a_manifest_of_somebody_else(self):
        build = self.build("busy")
        self.folder.mkdir()
        for text in ("", "[1]", '{"version": 9}'):
            (self.folder / "campaign.json").write_text(text, encoding="utf-8")
            self.ends(fixture.campaign(build, self.folder, "--for", "2s"), TROUBLE, "campaign.json")

    def test_what_is_mangled_in_it(self):
        build = self.build("finds-a", "busy")
        self.ends(fixture.campaign(build, self.folder, "--for", "6s"), FINDING)
        (self.folder / "inbox" / "odd").mkdir()
        (self.folder / "inbox" / "odd" / "meta.json").write_text("{", encoding="utf-8")
        (self.folder / "findings" / "a file").touch()
        self.ends(fixture.campaign(build, self.folder, "--for", "2s"), FINE, "inbox/odd", "stays there")
        finding = next((self.folder / "findings").glob("a-*/finding.json"))
        finding.write_text("", encoding="utf-8")
        self.ends(fixture.campaign(build, self.folder, "--for", "2s"), TROUBLE, "finding.json: is no JSON")

    def test_a_file_where_the_folder_should_be(self):
        self.folder.write_text("", encoding="utf-8")
        self.ends(fixture.campaign(self.build("busy"), self.folder, "--for", "2s"), TROUBLE, str(self.folder))

    @contextlib.contextmanager
    def mounted(self, megabytes):
        """A small file system at the campaign's folder."""
        self.folder.mkdir()
        words = ["mount", "-t", "tmpfs", "-o", f"size={megabytes}m", "tmpfs", str(self.folder)]
        if not fixture.is_root() or subprocess.run(words, capture_output=True, check=False).returncode != 0:
            print(f"skipped: {self.id().rpartition('.')[2]}: only root can mount a small file system", file=sys.stderr)
            self.skipTest("not root")
        try:
            yield
        finally:
            subprocess.run(["umount", "-l", str(self.folder)], check=True)

    def test_a_read_only_folder(self):
        build = self.build("ends")
        with self.mounted(16):
            self.ends(fixture.campaign(build, self.folder, "--for", "2s"), FINE)
            subprocess.run(["mount", "-o", "remount,ro", str(self.folder)], check=True)
            self.ends(fixture.campaign(build, self.folder, "--for", "2s"), TROUBLE, "Read-only file system")
            fixture.check(self.folder)

    def test_a_folder_that_becomes_read_only(self):
        build = self.build("finds-a", "busy")
        with self.mounted(16), self.started(build, "--for", "60s") as process:
            self.wait_for(lambda: (self.folder / "campaign.json").exists() and fixture.causes(self.folder))
            self.wait_for(lambda: subprocess.run(["mount", "-o", "remount,ro", str(self.folder)], capture_output=True).returncode == 0)
            _, errors = process.communicate(timeout=40)
            self.assertEqual(process.returncode, TROUBLE, errors)
            self.assertIn(b"Read-only file system; all that campaign.json lists is safe", errors)
            self.assertEqual(fixture.causes(self.folder), ["a"])

    def test_a_full_disk(self):
        """The finding of the slice in which the disk became full is stored in what the ballast leaves."""
        build = self.build("finds-a", "fills")
        with self.mounted(12):
            done = fixture.campaign(build, self.folder, "--for", "60s", "--quota", "900")
            self.ends(done, TROUBLE, "No space left on device; all that campaign.json lists is safe", "--resume")
            self.assertEqual(fixture.causes(self.folder), ["a"])
            for path in (self.folder / "corpus" / "fuzz_close").iterdir():
                if path.stat().st_size > 1000:
                    path.unlink()
            build.behave("finds-b", "busy")
            self.ends(fixture.campaign(build, self.folder, "--resume", "--for", "8s"), FINDING)
            self.assertEqual(fixture.causes(self.folder), ["a", "b"])

    def test_writes_that_fail(self):
        """As on a full disk, without being root: files may not grow any more."""
        build = self.build("finds-a", "busy")
        with self.started(build, "--for", "60s") as process:
            self.wait_for(lambda: (self.folder / "campaign.json").exists() and fixture.causes(self.folder))
            resource.prlimit(process.pid, resource.RLIMIT_FSIZE, (100, 100))
            _, errors = process.communicate(timeout=40)
        self.assertEqual(process.returncode, TROUBLE, errors)
        self.assertIn(b"File too large; all that campaign.json lists is safe", errors)
        self.assertNotIn(b"Traceback", errors)
        self.assertEqual(fixture.causes(self.folder), ["a"])
        build.behave("finds-b", "busy")
        self.ends(fixture.campaign(build, self.folder, "--resume", "--for", "8s"), FINDING)
        self.assertEqual(fixture.causes(self.folder), ["a", "b"])

    def test_no_room_to_begin_with(self):
        with self.mounted(1):
            self.ends(fixture.campaign(self.build("busy"), self.folder, "--for", "2s"), TROUBLE, "No space left on device")


class Corpora(Faults):
    def test_a_mangled_corpus(self):
        corpus = self.folder / "corpus" / "fuzz_close"
        corpus.mkdir(parents=True)
        names = ["-rf", "a b", "line\nend", "--help", "#", "'quote\"", "caf\u00e9", "\udcff\udcfe"]
        for number, name in enumerate(names):
            (corpus / name).write_bytes(b"input %d" % number)
        (corpus / ("0" * 40)).write_bytes(b"another content than its name says")
        (corpus / "empty").touch()
        (corpus / "large").write_bytes(bytes(2 * 1024 * 1024))
        (corpus / "folder").mkdir()
        (corpus / "link").symlink_to("/etc/passwd")
        os.mkfifo(corpus / "pipe")
        (self.folder / "corpus" / "fuzz_close.list.json").write_text("{ mangled", encoding="utf-8")
        done = fixture.campaign(self.build("busy"), self.folder, "--for", "2s")
        self.ends(done, FINE, "9 files of the working corpus renamed")
        self.ends(done, FINE, "4 files of the working corpus set aside")
        self.ends(done, FINE, "1 file of the working corpus empty")
        self.ends(done, FINE, "fuzz_close.list.json cannot be read")
        kept = fixture.check(self.folder)["corpus"]["fuzz_close"]["files"]
        self.assertGreaterEqual(kept, 9)
        self.assertEqual(len(list((self.folder / "set-aside" / "fuzz_close").iterdir())), 4)
        self.assertTrue(Path("/etc/passwd").is_file())

    def test_listed_files_that_are_gone_or_changed(self):
        build = self.build("busy")
        self.ends(fixture.campaign(build, self.folder, "--for", "10s"), FINE)
        files = sorted((self.folder / "corpus" / "fuzz_close").iterdir())
        self.assertGreater(len(files), 2)
        files[0].unlink()
        files[1].write_bytes(b"something else")
        self.ends(fixture.campaign(build, self.folder, "--for", "2s"), FINE, "2 listed files of the working corpus gone")
        fixture.check(self.folder)

    def test_strange_folders(self):
        build = self.build("finds-a", "busy")
        self.folder = self.top / "-a folder\nof 'mine'"
        self.ends(fixture.campaign(build, self.folder, "--for", "6s"), FINDING)
        self.assertEqual(fixture.causes(self.folder), ["a"])

    def test_the_quota(self):
        """A target that writes large files is stopped, and the corpus brought back to its quota."""
        build = self.build("busy", "fills", "busy")
        done = fixture.campaign(build, self.folder, "--for", "20s", "--quota", "3")
        self.ends(done, FINE, "far over its quota")
        self.ends(done, FINE, "over its quota", "dropped")
        manifest = fixture.check(self.folder)
        self.assertLessEqual(manifest["corpus"]["fuzz_close"]["bytes"], 3 << 20)


class Clocks(Faults):
    JUMPS = """
import sys, time
sys.path.insert(0, {scripts!r})
from fltfuzz_cli import campaign_folder
import datetime
steps = iter([0, 400 * 86400, -400 * 86400, 3600] + [-7200] * 1000)
real = campaign_folder.utc_now
campaign_folder.utc_now = lambda: real() + datetime.timedelta(seconds=next(steps))
from fltfuzz_cli.cli import main
sys.exit(main(sys.argv[1:]))
"""

    def test_jumps(self):
        build = self.build("finds-a", "busy", "finds-b", "busy")
        script = self.top / "jumps.py"
        script.write_text(self.JUMPS.format(scripts=str(fixture.HERE.parent)), encoding="utf-8")
        words = fixture.command(build, self.folder, "--for", "10s")
        words[words.index(str(fixture.HERE))] = str(script)
        begun = time.monotonic()
        done = subprocess.run(words, capture_output=True, text=True, timeout=60, check=False)
        self.ends(done, FINDING)
        self.assertLess(time.monotonic() - begun, 50)
        self.assertEqual(fixture.causes(self.folder), ["a", "b"])
        told = json.loads(next((self.folder / "nights").glob("*/night.json")).read_text(encoding="utf-8"))
        self.assertLess(told["seconds"], 50)

    def test_a_night_that_has_been_before(self):
        build = self.build("busy")
        script = self.top / "still.py"
        still = self.JUMPS.replace("real() + datetime.timedelta(seconds=next(steps))", "datetime.datetime(2026, 1, 1, tzinfo=datetime.timezone.utc)")
        script.write_text(still.format(scripts=str(fixture.HERE.parent)), encoding="utf-8")
        words = fixture.command(build, self.folder, "--for", "2s")
        words[words.index(str(fixture.HERE))] = str(script)
        for _ in range(2):
            self.ends(subprocess.run(words, capture_output=True, text=True, timeout=60, check=False), FINE)
        self.assertEqual(fixture.check(self.folder)["nights"], ["2026-01-01T000000Z", "2026-01-01T000000Z-2"])


class Targets(Faults):
    """Whatever it does, the campaign goes on with the others."""

    def setUp(self):
        super().setUp()
        # Shorter than in earnest, so that these are tests and no nights.
        self.script = self.top / "short.py"
        self.script.write_text(
            "import sys\n"
            f"sys.path.insert(0, {str(fixture.HERE.parent)!r})\n"
            "from fltfuzz_cli import beside, campaign_slices as slices, libfuzzer\n"
            "libfuzzer.SINGLE_RUN_SECONDS = 2\n"
            "slices.SLICE_SECONDS, slices.LATE_SECONDS = 2, 1\n"
            "slices.MOST_PRINTED, slices.MOST_BESIDE, beside.MOST_OF_A_FILE = 4 << 20, 8 << 20, 1 << 20\n"
            "from fltfuzz_cli.cli import main\n"
            "sys.exit(main(sys.argv[1:]))\n", encoding="utf-8")

    def campaign(self, build, *words):
        words = fixture.command(build, self.folder, *words)
        words[words.index(str(fixture.HERE))] = str(self.script)
        return subprocess.run(words, capture_output=True, text=True, errors="replace", timeout=120, check=False)

    def until_found(self, build, *causes):
        """Ends the campaign when it has listed those."""
        words = fixture.command(build, self.folder, "--for", "5m")
        words[words.index(str(fixture.HERE))] = str(self.script)
        process = subprocess.Popen(words, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, errors="replace")
        try:
            self.wait_for(lambda: (self.folder / "campaign.json").exists() and fixture.causes(self.folder) == sorted(causes), 120)
        finally:
            process.terminate()
            out, errors = process.communicate(timeout=60)
        return subprocess.CompletedProcess(words, process.returncode, out, errors)

    def goes_on(self, mode, *words):
        """After it the target finds something: that is listed."""
        done = self.until_found(self.build(mode, "finds-later", "busy"), "later")
        self.ends(done, FINDING, *words)

    def test_hangs(self):
        self.goes_on("hangs", "fuzz_close", "did not end 1 s after its time")

    def test_exits(self):
        self.goes_on("exits", "fuzz_close", "exit code 3; the target does not like it here")

    def test_is_killed(self):
        self.goes_on("dies", "fuzz_close", "killed by signal 9")

    def test_prints_gigabytes(self):
        self.goes_on("prints", "fuzz_close", "printed more than 4 MiB")

    def test_prints_gigabytes_in_one_line(self):
        self.goes_on("long-line", "fuzz_close", "printed more than 4 MiB")

    def test_writes_gigabytes(self):
        self.goes_on("writes", "fuzz_close", "wrote more than 8 MiB to its folder")
        self.assertLess(sum(path.stat().st_size for path in self.folder.rglob("*") if path.is_file()), 8 << 20)

    def test_leaves_a_child_behind(self):
        self.goes_on("leaves", "fuzz_close", "exit code 3")

    def test_leaks(self):
        done = self.until_found(self.build("leaks", "leaks", "busy"), "memory-leak")
        self.ends(done, FINDING, "new", "memory-leak-")

    def test_crashes_are_told_apart_by_where_they_are(self):
        build = self.build("crashes-f", "crashes-f", "crashes-g", "busy")
        self.ends(self.until_found(build, *["asan-heap-use-after-free"] * 2), FINDING)

    def test_takes_too_long_or_too_much(self):
        build = self.build("slow", "large", "busy")
        self.ends(self.until_found(build, "out-of-memory", "timeout"), FINDING)

    def test_never_works(self):
        """It is put aside; the others share its time."""
        build = self.build("exits", targets=("fuzz_close",))
        self.ends(self.campaign(build, "--for", "5m"), TROUBLE, "fuzz_close", "put aside: 3 slices in a row went wrong")

    def test_is_not_there(self):
        build = self.build("busy", targets=("fuzz_close", "fuzz_names"))
        (build.bin / "fuzz_close").unlink()
        self.ends(self.campaign(build, "--for", "10s"), TROUBLE, "fuzz_close", "put aside")
        told = json.loads(next((self.folder / "nights").glob("*/night.json")).read_text(encoding="utf-8"))
        self.assertGreater(told["targets"]["fuzz_names"]["sequences"], 0)

    def test_a_finding_that_floods(self):
        """The same cause over and over is one finding, and its number is told."""
        build = self.build("finds-a", "finds-a", "finds-a", "finds-a", "finds-b", "busy")
        self.ends(self.until_found(build, "a", "b"), FINDING, "met 4 times tonight")


if __name__ == "__main__":
    unittest.main()

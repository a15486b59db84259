"""What a platform's run is worth: which are tried, and that nothing but the same lines passes."""

import json
import tempfile
import unittest
from pathlib import Path
from unittest import mock

from . import platforms
from .common import TOP
from .platforms import Different, Platform

HERE = Platform("gcc-O1", "gcc", [])
FAR = Platform("s390x", "s390x-linux-gnu-gcc", ["qemu-s390x", "-L", "/usr/s390x-linux-gnu"])
WINDOWS = Platform("mingw", "x86_64-w64-mingw32-gcc", [str(TOP / "scripts" / "under_wine")])


def installed(*tools):
    return mock.patch.object(platforms.shutil, "which", side_effect=lambda tool: tool if tool in tools else None)


class Table(unittest.TestCase):
    def test_a_preset_is_a_platform(self):
        found = platforms.read_presets({"configurePresets": [
            {"name": "fuzz", "inherits": "base", "cacheVariables": {"CMAKE_C_COMPILER": "clang"}},
            {"name": "gcc-O1", "inherits": "platform", "cacheVariables": {"CMAKE_C_COMPILER": "gcc"}},
            {"name": "mingw", "inherits": "platform", "cacheVariables": {
                "CMAKE_C_COMPILER": "x86_64-w64-mingw32-gcc", "CMAKE_CROSSCOMPILING_EMULATOR": "${sourceDir}/scripts/under_wine"}},
        ]})
        self.assertEqual(found, {"gcc-O1": HERE, "mingw": WINDOWS})

    def test_ours(self):
        names = list(platforms.platforms())
        native = [f"{compiler}-O{level}" for compiler in ("gcc", "clang") for level in range(4)]
        self.assertEqual(names, [*native, "s390x", "aarch64", "mingw"])
        self.assertLessEqual({platforms.REFERENCE, *platforms.EVERY_TIME}, set(native))

    def test_each_can_be_built(self):
        presets = json.loads((TOP / "CMakePresets.json").read_text(encoding="utf-8"))
        self.assertLessEqual(set(platforms.platforms()), {preset["name"] for preset in presets["buildPresets"]})


class Skipping(unittest.TestCase):
    def test_what_is_absent(self):
        with installed("gcc"):
            self.assertIsNone(HERE.absent())
            self.assertEqual(FAR.absent(), "s390x-linux-gnu-gcc")
        with installed(FAR.compiler, WINDOWS.compiler):
            self.assertEqual((FAR.absent(), WINDOWS.absent()), ("qemu-s390x", "wine"))
            self.assertIn("qemu-s390x is not installed", FAR.why_skipped(False))
        with installed(FAR.compiler, "qemu-s390x"):
            self.assertIsNone(FAR.why_skipped(False))

    def test_who_asks_for_all_gets_all(self):
        with installed():
            for platform in (HERE, FAR, WINDOWS):
                self.assertIsNone(platform.why_skipped(True))

    def test_not_every_native_one_every_time(self):
        with installed("gcc"):
            self.assertIn("--platforms", HERE.why_skipped(False))
            for name in platforms.EVERY_TIME:
                self.assertIsNone(HERE._replace(name=name).why_skipped(False))


class Lines(unittest.TestCase):
    FILES = ["corpus/a.seq", "corpus/b.seq"]

    def lines(self, out, code=0):
        return platforms.replay_lines("corpus", code, out, "what it said", self.FILES)

    def test_good(self):
        expected = ["corpus exit-1", "corpus/a.seq 01", "corpus/b.seq unreadable"]
        self.assertEqual(self.lines("corpus/a.seq 01\ncorpus/b.seq unreadable\n", 1), expected)
        self.assertEqual(self.lines("corpus/a.seq 01\r\ncorpus/b.seq unreadable\r\n", 1), expected)

    def test_a_death_is_no_result(self):
        for code in (-11, 3, 5, 29, 77, 139):
            with self.assertRaisesRegex(Different, f"died with {code}: what it said"):
                self.lines("corpus/a.seq 01\ncorpus/b.seq 02\n", code)

    def test_every_file_is_run(self):
        for out in ("", "corpus/a.seq 01\n", "corpus/b.seq 02\n", "corpus/a.seq 01\ncorpus/b.seq 02\ncorpus/c.seq 03\n"):
            with self.assertRaisesRegex(Different, "of 2 files"):
                self.lines(out)

    def test_the_files_are_those_that_replay_runs(self):
        with tempfile.TemporaryDirectory() as name:
            top = Path(name)
            for path in ("corpus/seed/b.seq", "corpus/seed/a.seq", "corpus/README.md", "corpus/.hidden/c.seq"):
                (top / path).parent.mkdir(parents=True, exist_ok=True)
                (top / path).touch()
            self.assertEqual(platforms.files_below(top / "corpus", top), ["corpus/seed/a.seq", "corpus/seed/b.seq"])


class Comparing(unittest.TestCase):
    def test_the_first_difference(self):
        reference = ["corpus exit-0", "corpus/a.seq 01", "corpus/b.seq 02"]
        self.assertIsNone(platforms.first_difference(reference, list(reference)))
        for lines, words in (
            (["corpus exit-0", "corpus/a.seq 03", "corpus/b.seq 04"], "corpus/a.seq: 03, on gcc-O2 01"),
            (["corpus exit-1", *reference[1:]], "corpus: exit-1, on gcc-O2 exit-0"),
            (reference[:2], "nothing in the place of corpus/b.seq: nothing, on gcc-O2 02"),
            ([*reference, "corpus/c.seq 05"], "corpus/c.seq in the place of nothing: 05, on gcc-O2 nothing"),
            ([], "nothing in the place of corpus: nothing, on gcc-O2 exit-0"),
        ):
            self.assertEqual(platforms.first_difference(reference, lines), words)


class Crash(unittest.TestCase):
    def test_one_that_passes_for_success_fails(self):
        with tempfile.TemporaryDirectory() as name, mock.patch.object(platforms, "TOP", Path(name)):
            HERE.folder.mkdir(parents=True)
            with mock.patch.object(platforms, "CRASH", "int main(void) { return 0; }\n"):
                with self.assertRaisesRegex(Different, "a program that crashes ends with 0 on gcc-O1"):
                    platforms.check_that_a_crash_is_seen(HERE)


if __name__ == "__main__":
    unittest.main()

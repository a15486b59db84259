"""The build for OSS-Fuzz, without building: what it makes of the environment, and what goes with a program."""

import contextlib
import io
import tempfile
import unittest
import zipfile
from pathlib import Path

from . import oss_fuzz
from .build import Target
from .common import TROUBLE, Stop


class Environment(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.good = {"CC": "clang", "CXX": "clang++", "CFLAGS": "-O1 -g", "LIB_FUZZING_ENGINE": "-fsanitize=fuzzer engine.o",
                     "OUT": folder.name, "WORK": folder.name, "HOME": "/"}

    def told(self, **changed):
        said = io.StringIO()
        with contextlib.redirect_stderr(said):
            code = oss_fuzz.main({**self.good, **changed})
        self.assertEqual(code, TROUBLE)
        self.assertEqual(said.getvalue().count("\n"), 1)
        return said.getvalue()

    def test_what_is_missing_is_named(self):
        self.assertIn("CC and OUT must be set", self.told(CC="", OUT=""))

    def test_folders_must_be_there(self):
        self.assertIn("WORK=/no/such is not a folder", self.told(WORK="/no/such"))

    def test_another_engine_is_refused(self):
        self.assertIn("FUZZING_ENGINE=honggfuzz", self.told(FUZZING_ENGINE="honggfuzz"))

    def test_only_the_callers_flags(self):
        words = oss_fuzz.cmake_words(oss_fuzz.read_environment(self.good), Path("b"))
        for word in ("-DCMAKE_C_COMPILER=clang", "-DCMAKE_C_FLAGS=-O1 -g", "-DFLT_OPTIMIZE=", "-DFLT_INSTRUMENT=OFF",
                     "-DFLT_FUZZING_ENGINE=-fsanitize=fuzzer;engine.o", "-DFLT_PROFILES=forwarding;strict"):
            self.assertIn(word, words)
        link = next(word for word in words if "LINK_EXECUTABLE" in str(word))
        self.assertTrue(link.startswith("-DCMAKE_C_LINK_EXECUTABLE=clang++ "), link)

    def test_a_tool_that_is_missing_or_fails(self):
        for words in (["no-such-tool"], ["false"]):
            with self.assertRaisesRegex(Stop, words[0]):
                oss_fuzz.run(words)


class Package(unittest.TestCase):
    def test_configurations(self):
        self.assertEqual(oss_fuzz.configurations(Target("fuzz_x", "sequences", "fuzz_x")), ["fuzz_x", "fuzz_x_forwarding", "fuzz_x_strict"])
        self.assertEqual(oss_fuzz.configurations(Target("fuzz_y", "bytes", "fuzz_y")), ["fuzz_y"])

    def test_a_cell_is_a_word_once(self):
        first, second = b"\x80\x01\0\0\x01\0\0\0", b"\x01\0\0\0\xff\"\\n"
        self.assertEqual(oss_fuzz.cells_of([first + second, second + first + b"tail"]), [second, first])

    def test_names_are_words(self):
        self.assertEqual(oss_fuzz.words_of([b'h0 = FltClose(path="\\a", fail=STATUS_X)\n', b"x" * 65]), [b"FltClose", b"STATUS_X", b"fail", b"h0", b"path"])

    def test_every_byte_survives(self):
        self.assertEqual(oss_fuzz.dictionary([b'a"\\\n', b"\xff"]), '"\\x61\\x22\\x5c\\x0a"\n"\\xff"\n')

    def test_seeds_of_one_name_are_both_there_and_the_file_is_always_the_same(self):
        with tempfile.TemporaryDirectory() as name:
            top, files = Path(name), []
            for kind in ("seed", "regress"):
                (top / kind).mkdir()
                files.append(top / kind / "a.seq")
                files[-1].write_text(kind, encoding="ascii")
            for out in ("one.zip", "two.zip"):
                oss_fuzz.write_zip(top / out, files)
                files[0].touch()
            self.assertEqual((top / "one.zip").read_bytes(), (top / "two.zip").read_bytes())
            with zipfile.ZipFile(top / "one.zip") as archive:
                self.assertEqual({info.filename: archive.read(info) for info in archive.infolist()}, {"seed-a.seq": b"seed", "regress-a.seq": b"regress"})


if __name__ == "__main__":
    unittest.main()

"""Folders that several write to at once: nothing half-written is taken, nothing is lost."""

import os
import signal
import subprocess
import sys
import tempfile
import time
import unittest
from pathlib import Path

from . import durable, shared_folder

HERE = Path(__file__).resolve().parent.parent

# Stores the same 40 inputs again and again; argv: the folder, how many rounds.
WRITER = """
import sys
from fltfuzz_cli import shared_folder
inputs = {shared_folder.name_of(data): data for data in (bytes([i]) * 5000 for i in range(1, 41))}
for _ in range(int(sys.argv[2])):
    for name in inputs:
        shared_folder.durable.write(shared_folder.Path(sys.argv[1]) / name, inputs[name])
"""
INPUTS = {shared_folder.name_of(data): data for data in (bytes([i]) * 5000 for i in range(1, 41))}


def writer(folder, rounds):
    return subprocess.Popen([sys.executable, "-B", "-c", WRITER, str(folder), str(rounds)], cwd=HERE)


class Shared(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = Path(folder.name)

    def read(self, *paths):
        return shared_folder.read_all(paths or [self.folder])[0]

    def test_many_writers_of_the_same_files(self):
        writers = [writer(self.folder, 10) for _ in range(4)]
        while any(one.poll() is None for one in writers):
            read = self.read()
            self.assertLessEqual(set(read.inputs), set(INPUTS))
            self.assertEqual(read.skipped[shared_folder.HALF_WRITTEN], 0)
        self.assertEqual([one.returncode for one in writers], [0] * 4)
        self.assertEqual(self.read().inputs, INPUTS)
        self.assertEqual(list(self.folder.glob(".*")), [])

    def test_killed_writers_leave_nothing_half_written(self):
        for delay in (0.15, 0.2, 0.25, 0.3):
            one = writer(self.folder, 1000)
            time.sleep(delay)
            one.send_signal(signal.SIGKILL)
            one.wait()
            read = self.read()
            self.assertLessEqual(set(read.inputs), set(INPUTS))
            self.assertEqual(read.skipped[shared_folder.HALF_WRITTEN], 0)
        shared_folder.store(self.folder, INPUTS)
        self.assertEqual(self.read().inputs, INPUTS)

    def test_half_written_by_others(self):
        name, data = next(iter(INPUTS.items()))
        (self.folder / name).write_bytes(data[:100])
        read = self.read()
        self.assertEqual((read.inputs, read.skipped), ({}, {shared_folder.HALF_WRITTEN: 1}))
        self.assertEqual((self.folder / name).read_bytes(), data[:100])  # it is whose it is
        self.assertEqual(shared_folder.store(self.folder, {name: data}), 1)  # the name says what is in it
        self.assertEqual(self.read().inputs, {name: data})
        self.assertEqual(shared_folder.store(self.folder, {name: data}), 0)

    def test_gone_between_listing_and_reading(self):
        self.assertEqual(shared_folder.read_input(self.folder / "gone"), (None, shared_folder.GONE))

    def test_names_of_any_kind(self):
        for name in ("a b", "-runs=0", "new\nline", "\udcff", "id:000000,src:1"):
            (self.folder / name).write_bytes(os.fsencode(name))
        (self.folder / "empty").touch()
        (self.folder / "large").write_bytes(b"x" * (shared_folder.MOST_BYTES + 1))
        (self.folder / "text.seq").write_bytes(b"KeLeaveCriticalRegion()\n")
        read = self.read()
        self.assertEqual(len(read.inputs), 5)
        self.assertEqual(list(map(os.path.basename, read.texts)), ["text.seq"])
        self.assertEqual(read.skipped, {"empty": 1, "larger than an engine reads": 1})

    def test_what_is_being_written_is_nothing_yet(self):
        (self.folder / (durable.NEW + "x")).write_bytes(b"half")
        self.assertEqual(self.read().inputs, {})
        shared_folder.sweep(self.folder)
        self.assertEqual(len(list(self.folder.iterdir())), 1)
        before = time.time() - shared_folder.ABANDONED_SECONDS - 60
        os.utime(self.folder / (durable.NEW + "x"), (before, before))
        shared_folder.sweep(self.folder)
        self.assertEqual(list(self.folder.iterdir()), [])

    def test_others_may_read_it(self):
        shared_folder.store(self.folder, {"a": b"a"})
        (self.folder / "plain").touch()
        self.assertEqual((self.folder / "a").stat().st_mode, (self.folder / "plain").stat().st_mode)


if __name__ == "__main__":
    unittest.main()

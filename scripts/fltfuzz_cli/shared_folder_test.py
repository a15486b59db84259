"""A shared folder while several write: nothing is lost, nothing half-written is taken, whoever is killed."""

import hashlib
import os
import random
import signal
import subprocess
import sys
import tempfile
import time
import unittest
from pathlib import Path
from unittest import mock

from . import durable, shared_folder

HERE = Path(__file__).resolve().parent
# Adds number after number, and prints each when it is there for good.
ADDER = """
import sys
sys.path.insert(0, sys.argv[1])
from fltfuzz_cli import shared_folder
for number in range(int(sys.argv[3])):
    shared_folder.add(sys.argv[2], (str(number) * 2000).encode())
    print(number, flush=True)
"""


def adder(folder, numbers):
    return subprocess.Popen([sys.executable, "-c", ADDER, str(HERE.parent), str(folder), str(numbers)], stdout=subprocess.PIPE, text=True)


class Shared(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = Path(folder.name)

    def put(self, name, data):
        (self.folder / name).write_bytes(data)
        return self.folder / name

    def visible(self):
        return {path.name: path.read_bytes() for path in self.folder.iterdir() if not path.name.startswith(durable.NEW)}

    def test_reading(self):
        whole = hashlib.sha1(b"whole").hexdigest()
        self.assertEqual(shared_folder.read(self.put(whole, b"whole")), (b"whole", None))
        self.assertEqual(shared_folder.read(self.put("-by hand\n", b"x")), (b"x", None))
        for name, data, why in ((whole, b"who", "half-written"), (whole, b"", "half-written"), ("empty", b"", "empty"),
                                ("large", bytes(shared_folder.MOST_BYTES + 1), "too large")):
            self.assertEqual(shared_folder.read(self.put(name, data)), (None, why))
        self.assertEqual(shared_folder.read(self.folder / "none"), (None, "gone"))
        self.assertEqual(shared_folder.read(self.put("file", b"x") / "below"), (None, "gone"))

    def test_a_file_that_becomes_whole_is_taken(self):
        path = self.put(hashlib.sha1(b"whole").hexdigest(), b"who")
        with mock.patch.object(shared_folder.time, "sleep", lambda _: path.write_bytes(b"whole")):
            self.assertEqual(shared_folder.read(path), (b"whole", None))

    def test_a_pipe_does_not_stop_it(self):
        os.mkfifo(self.folder / "pipe")
        self.assertEqual(shared_folder.read(self.folder / "pipe"), (None, "empty"))

    def test_adding(self):
        self.assertTrue(shared_folder.add(self.folder, b"x"))
        self.assertFalse(shared_folder.add(self.folder, b"x"))
        self.assertEqual(self.visible(), {hashlib.sha1(b"x").hexdigest(): b"x"})

    def test_what_another_left_half_written_is_made_whole(self):
        path = self.put(hashlib.sha1(b"whole").hexdigest(), b"who")
        self.assertTrue(shared_folder.add(self.folder, b"whole"))
        self.assertEqual(path.read_bytes(), b"whole")

    def test_tidying_by_another_is_survived(self):
        rename, taken = os.rename, []

        def tidied(source, target):
            if not taken:
                taken.append(source)
                os.unlink(source)
            rename(source, target)

        with mock.patch.object(os, "rename", tidied):
            self.assertTrue(shared_folder.add(self.folder, b"x"))
        self.assertEqual((len(taken), list(self.visible().values())), (1, [b"x"]))

    def test_only_what_was_left_behind_is_swept(self):
        fresh, old, other = self.put(durable.NEW + "a", b"1"), self.put(durable.NEW + "b", b"1"), self.put("c", b"1")
        for path in (old, other):
            os.utime(path, (1, time.time() - shared_folder.STALE_SECONDS - 60))
        shared_folder.sweep(self.folder)
        self.assertEqual((fresh.exists(), old.exists(), other.exists()), (True, False, True))

    def test_at_no_moment_is_a_name_wrong(self):
        """Four add the same files; we look all the time."""
        writers = [adder(self.folder, 150) for _ in range(4)]
        looks = 0
        while any(writer.poll() is None for writer in writers):
            for name, data in self.visible().items():
                self.assertEqual(hashlib.sha1(data).hexdigest(), name)
            looks += 1
        for writer in writers:
            writer.communicate()
            self.assertEqual(writer.returncode, 0)
        self.assertGreater(looks, 1)
        self.assertEqual(len(os.listdir(self.folder)), 150)  # no more: nothing is left beside them

    def test_killed_in_the_midst(self):
        chance = random.Random(3)
        added = set()
        for _ in range(8):
            for path in self.folder.iterdir():
                path.unlink()
            writer = adder(self.folder, 100000)
            lines = [writer.stdout.readline()]  # it has begun
            time.sleep(chance.uniform(0, 0.1))
            os.kill(writer.pid, signal.SIGKILL)
            lines += writer.communicate()[0].split("\n")[:-1]
            there = self.visible()
            added = {shared_folder.name_of((line.strip() * 2000).encode()) for line in lines}
            self.assertLessEqual(added, set(there))  # all that it said is there
            for name, data in there.items():
                self.assertEqual(hashlib.sha1(data).hexdigest(), name)
        self.assertTrue(added)


if __name__ == "__main__":
    unittest.main()

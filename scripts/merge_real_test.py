"""fltfuzz merge with the real programs: two at once, beside writers that leave half of a file.

Run by CTest as: python3 merge_real_test.py BUILD-FOLDER
"""
import json
import os
import signal
import subprocess
import sys
import tempfile
import threading
import time
import unittest
from pathlib import Path

TOP = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(TOP / "scripts"))
from fltfuzz_cli import shared_folder  # noqa: E402

BUILD = Path(sys.argv.pop(1)).resolve()
SEEDS = TOP / "corpus" / "fuzz_close" / "seed"


def start(into, *sources):
    words = [sys.executable, "-B", TOP / "scripts" / "fltfuzz_cli", "merge", "--build", BUILD, "--json", "fuzz_close", into, *sources]
    return subprocess.Popen(list(map(str, words)), stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


def merge(into, *sources):
    done = start(into, *sources)
    out, err = done.communicate()
    if done.returncode != 0:
        raise AssertionError(err)
    return json.loads(out)


class Merge(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.top = Path(folder.name)
        self.into = self.top / "in to"

    def test_what_adds_is_added_once(self):
        first = merge(self.into, SEEDS)
        self.assertEqual(first["found"], len(list(SEEDS.glob("*.seq"))))
        self.assertEqual(first["added"], len(list(self.into.iterdir())))
        self.assertGreater(first["for_code"], 20)
        self.assertGreater(first["for_states"], 0)
        self.assertLess(first["added"], first["found"])
        self.assertEqual(merge(self.into, SEEDS)["added"], 0)

    def test_two_at_once_beside_a_writer(self):
        seeds = sorted(SEEDS.glob("*.seq"))
        for number in (0, 1):
            (self.top / f"{number}").mkdir()
            for path in seeds[number::2]:
                (self.top / f"{number}" / path.name).write_bytes(path.read_bytes())
        self.into.mkdir()
        halves = [bytes([i]) * 100 for i in range(1, 30)]
        stop = threading.Event()

        def write_halves():
            while not stop.is_set():
                for data in halves:
                    path = self.into / shared_folder.name_of(data)
                    path.write_bytes(data[:50])
                    path.unlink()

        writer = threading.Thread(target=write_halves)
        writer.start()
        try:
            merges = [start(self.into, self.top / f"{number}") for number in (0, 1)]
            ended = [(one.communicate(), one.returncode) for one in merges]
        finally:
            stop.set()
            writer.join()
        self.assertEqual([code for _, code in ended], [0, 0], ended)
        for (out, _), _ in ended:
            self.assertGreater(json.loads(out)["added"], 10)
        for path in self.into.iterdir():
            self.assertEqual(path.name, shared_folder.name_of(path.read_bytes()))
        self.assertEqual(merge(self.into, SEEDS)["for_code"], 0)

    def test_killed_at_any_moment(self):
        kept = b"an input that was there"
        self.into.mkdir()
        (self.into / shared_folder.name_of(kept)).write_bytes(kept)
        for delay in (0.3, 1, 2):
            one = start(self.into, SEEDS)
            time.sleep(delay)
            one.send_signal(signal.SIGKILL)
            one.communicate()
            for path in self.into.iterdir():
                if not path.name.startswith("."):
                    self.assertEqual(path.name, shared_folder.name_of(path.read_bytes()))
        merge(self.into, SEEDS)
        self.assertEqual((self.into / shared_folder.name_of(kept)).read_bytes(), kept)
        self.assertEqual(merge(self.into, SEEDS)["added"], 0)

    def test_what_is_no_sequence_is_said(self):
        source = self.top / "-odd\nname"
        source.mkdir()
        (source / "bad.seq").write_bytes(b"FltClose(\n")
        (source / "good.seq").write_bytes((SEEDS / "double-close.seq").read_bytes())
        (source / ("0" * 40)).write_bytes(b"half")
        told = merge(self.into, os.path.relpath(source))
        self.assertEqual((told["found"], told["added"], told["skipped"]), (1, 1, {"no sequence": 1, "half-written": 1}))


if __name__ == "__main__":
    unittest.main()

"""fltfuzz merge, as a process, on a folder that others write to. The programs are stand-ins: an input "adds"
what its words are, and fails when one of them is FIND or CRASH."""

import hashlib
import json
import os
import random
import subprocess
import sys
import tempfile
import time
import unittest
from pathlib import Path

from . import campaign_fixture, durable
from .common import FINE, TROUBLE

HERE = Path(__file__).resolve().parent

# Code are the words in small letters, features those in capitals.
COMMON = '''
import hashlib, json, os, sys, time
words = sys.argv[1:]

def read(path):
    with open(path, "rb") as file:
        return file.read()

def choose(folder, base, wanted):
    """The names that add words to the base."""
    have, kept = set(), []
    for path in base:
        have |= {word for word in read(path).split() if wanted(word)}
    for name in sorted(os.listdir(folder)):
        mine = {word for word in read(os.path.join(folder, name)).split() if wanted(word)}
        if mine - have:
            kept.append(name)
            have |= mine
    return kept

def files(folder):
    return [os.path.join(folder, name) for name in os.listdir(folder)]
'''
ENGINE = COMMON + '''
flags = dict(word[1:].partition("=")[::2] for word in words if word.startswith("-"))
out, folder = [word for word in words if not word.startswith("-")]
for path in files(folder):
    if b"SLEEP" in read(path):
        time.sleep(1)
    if b"CRASH" in read(path):
        with open(flags["artifact_prefix"] + "crash-" + os.path.basename(path), "wb") as file:
            file.write(read(path))
for name in choose(folder, files(out), bytes.islower):
    with open(os.path.join(out, name), "wb") as file:
        file.write(read(os.path.join(folder, name)))
'''
FEATURES = COMMON + '''
base = files(words[1]) if len(words) > 1 else []
found = [{"file": os.path.basename(path), "rule": "x"} for path in files(words[0]) if b"FIND" in read(path)]
if any(b"CRASH" in read(path) for path in files(words[0])):
    sys.exit("AddressSanitizer")
print(json.dumps({"keep": choose(words[0], base, bytes.isupper), "findings": found}))
'''
SEQ = COMMON + '''
bad = False
for path in files(words[1]):
    if read(path).startswith(b"bad"):
        bad = True
        continue
    with open(os.path.join(words[3], os.path.basename(path)), "wb") as file:
        file.write(b"encoded " + read(path))
sys.exit(2 if bad else 0)
'''


def sha1(data):
    return hashlib.sha1(data).hexdigest()


class Merges(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.top = Path(folder.name)
        self.into, self.source = self.top / "into", self.top / "from"
        self.source.mkdir()
        (self.top / "bin").mkdir()
        (self.top / "fuzz_targets.txt").write_text("fuzz_close sequences fuzz_close\nfuzz_codec bytes fuzz_codec\n", encoding="utf-8")
        for name, text in (("fuzz_close", ENGINE), ("fuzz_codec", ENGINE), ("fltfuzz-features", FEATURES), ("fltfuzz-seq", SEQ)):
            campaign_fixture.program(self.top / "bin" / name, text)

    def put(self, data, name=None, folder=None):
        folder = self.source if folder is None else folder
        folder.mkdir(parents=True, exist_ok=True)
        path = folder / (name or sha1(data))
        path.write_bytes(data)
        return path

    def start(self, *words, target="fuzz_close"):
        command = [sys.executable, "-B", "-W", "error", str(HERE), "merge", "--build", str(self.top), target, *map(os.fspath, words)]
        process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, cwd=self.top)
        self.addCleanup(self.end, process)
        return process

    @staticmethod
    def end(process):
        """Also where a test failed."""
        process.kill()
        process.wait()
        process.stdout.close()
        process.stderr.close()

    def merge(self, *words, code=FINE, **more):
        """(what it printed, what it said)"""
        process = self.start(*(words or (self.into, self.source)), **more)
        out, said = process.communicate(timeout=60)
        self.assertEqual(process.returncode, code, said)
        return out, said

    def there(self, folder=None):
        """All that is visible; every name is right."""
        files = {path.name: path.read_bytes() for path in (folder or self.into).iterdir() if not path.name.startswith(durable.NEW)}
        for name, data in files.items():
            self.assertEqual(sha1(data), name)
        return set(files.values())

    # ---- what is taken -----------------------------------------------------------------------------

    def test_what_adds_is_taken_and_nothing_else(self):
        for data in (b"a B", b"a", b"B", b"a c", b"D"):
            self.put(data)
        self.put(b"a B", folder=self.into)
        out, said = self.merge()
        self.assertEqual((self.there(), said), ({b"a B", b"a c", b"D"}, ""))
        self.assertIn("had 1 input; 2 of 4 new ones added", out)
        self.assertIn("0 of 2 new ones added", self.merge()[0])

    def test_bytes_have_no_features(self):
        self.put(b"A")
        self.put(b"b", "b.seq")
        self.merge(self.into, self.source, target="fuzz_codec")
        self.assertEqual(self.there(), {b"b"})

    def test_what_fails_is_left(self):
        self.put(b"FIND x")
        self.put(b"CRASH y")
        self.put(b"z")
        out, said = self.merge()
        self.assertEqual(self.there(), {b"z"})
        self.assertIn("2 fails", out)
        self.assertEqual(said.count(": fails: "), 2)

    def test_texts_are_encoded(self):
        self.put(b"one", "1.seq")
        self.put(b"bad", "2.seq")
        out, said = self.merge()
        self.assertEqual(self.there(), {b"encoded one"})
        self.assertIn("1 no sequence", out)
        self.assertIn("2.seq: a text that is no sequence", said)

    def test_afl_and_campaign_folders(self):
        afl, campaign = self.top / "afl" / "default", self.top / "campaign"
        self.put(b"a", "id:000000,orig:x", afl / "queue")
        self.put(b"b", "id:000000,sig:06", afl / "crashes")
        self.put(b"c", "fuzzer_stats", afl)
        self.put(b"{}", "campaign.json", campaign)
        self.put(b"d", None, campaign / "corpus" / "fuzz_close")
        self.put(b"e", "input", campaign / "findings" / "x")
        out, _ = self.merge(self.into, self.top / "afl", campaign)
        self.assertEqual(self.there(), {b"a", b"d"})
        self.assertIn("1 finding", out)

    def test_into_a_campaign(self):
        campaign = self.top / "campaign"
        self.put(b"{}", "campaign.json", campaign)
        self.put(b"a")
        self.merge(campaign, self.source)
        self.assertEqual(self.there(campaign / "corpus" / "fuzz_close"), {b"a"})
        self.put(b"{}", "fuzz_close.list.json", campaign / "corpus")
        self.assertIn("which prunes it itself", self.merge(campaign, "--prune", code=TROUBLE)[1])

    def test_odd_names(self):
        for number, name in enumerate(("with space", "new\nline", "-dash", "--prune", "\x1b[31m", os.fsdecode(b"\xff"), "'\"$(x)")):
            self.put(b"w" + b"x" * number, name)
        self.put(b"first", folder=self.top / "-folder with\nline")
        self.merge(self.into, self.source, f"./{'-folder with'}\nline")
        self.assertEqual(len(self.there()), 8)
        self.put(b"", "new\nline")
        _, said = self.merge()
        self.assertEqual((len(said.splitlines()), "new\\nline" in said), (1, True))

    # ---- half-written ------------------------------------------------------------------------------

    def test_half_written_files_wait(self):
        half, in_into = self.put(b"who", sha1(b"whole")), self.put(b"oth", sha1(b"other"), self.into)
        out, said = self.merge()
        self.assertEqual((half.read_bytes(), in_into.read_bytes()), (b"who", b"oth"))
        self.assertEqual(len(os.listdir(self.into)), 1)
        self.assertIn("2 half-written", out)
        self.assertEqual(len(said.splitlines()), 2)
        half.write_bytes(b"whole")
        in_into.write_bytes(b"other")
        self.merge()
        self.assertEqual(self.there(), {b"whole", b"other"})

    def test_temporary_names_are_no_inputs(self):
        self.put(b"a", durable.NEW + "x")
        self.put(b"b", durable.NEW + "y", self.into)
        self.assertIn("had 0 inputs; 0 of 0 new ones", self.merge()[0])
        self.assertEqual(os.listdir(self.into), [durable.NEW + "y"])

    def test_many_lines_are_few(self):
        for number in range(30):
            self.put(b"half", sha1(b"%d" % number))
        out, said = self.merge()
        self.assertEqual(len(said.splitlines()), 6)
        self.assertIn("30 half-written", out)

    # ---- pruned ------------------------------------------------------------------------------------

    def test_pruned_is_moved_aside(self):
        for data in (b"a", b"a b", b"C"):
            self.put(data, folder=self.into)
        by_hand = self.put(b"a b ", "by hand", self.into)
        half = self.put(b"h", sha1(b"half"), self.into)
        before = {path.read_bytes() for path in self.into.iterdir()}
        self.merge(self.into, "--prune")
        aside = self.there(self.top / "into.aside")
        self.assertTrue(aside and by_hand.exists() and half.exists())
        self.assertEqual({path.read_bytes() for path in self.into.iterdir()} | aside, before)
        words = {word for path in self.into.iterdir() for word in path.read_bytes().split()}
        self.assertLessEqual({b"a", b"b", b"C"}, words)

    # ---- several at once -----------------------------------------------------------------------------

    HAMMER = '''
import hashlib, os, sys, time
number = 0
while True:  # as an engine: written in place, some taken away again
    number += 1
    data = f"w{sys.argv[2]}x{number}".encode() + b" pad" * (number * 37 % 2000)
    path = os.path.join(sys.argv[1], hashlib.sha1(data).hexdigest())
    with open(path, "wb", buffering=0) as out:
        for at in range(0, len(data), 500):
            out.write(data[at:at + 500])
            time.sleep(0.0005)
    if number % 2:
        os.unlink(path)
    if number > 100:
        number = 0
'''

    def test_hammered(self):
        """Three write and delete in both folders while merges run, some of which are killed."""
        self.into.mkdir()
        mine = [f"mine{number}".encode() for number in range(40)]
        for data in mine:
            self.put(data)
        kept = [self.put(f"kept{number}".encode(), folder=self.into) for number in range(10)]
        hammers = [subprocess.Popen([sys.executable, "-c", self.HAMMER, str(folder), str(number)])
                   for number, folder in enumerate((self.source, self.source, self.into))]
        chance, said = random.Random(5), []
        try:
            for _ in range(2):
                killed, whole = self.start(self.into, self.source), [self.start(self.into, self.source) for _ in range(2)]
                time.sleep(chance.uniform(0.1, 0.6))
                killed.kill()
                killed.communicate()
                for process in whole:
                    said.append(process.communicate(timeout=60)[1])
                    self.assertEqual(process.returncode, FINE, said[-1])
        finally:
            for hammer in hammers:
                hammer.kill()
                hammer.wait()
        self.assertTrue(all(path.exists() for path in kept))
        self.assertEqual(sum((self.into / sha1(data)).read_bytes() == data for data in mine), len(mine))
        wrong = [path for path in self.into.iterdir() if not path.name.startswith(durable.NEW) and sha1(path.read_bytes()) != path.name]
        self.assertLessEqual(len(wrong), 1)  # what the killed hammer was at
        self.merge()  # and it still goes
        self.assertTrue(all("Traceback" not in text for text in said))

    def test_two_at_once_are_both_right(self):
        other = self.top / "other"
        for number in range(30):
            self.put(f"x{number}".encode())
            self.put(f"x{number + 15}".encode(), folder=other)
        both = [self.start(self.into, self.source), self.start(self.into, other), self.start(self.into, self.source, other)]
        for process in both:
            self.assertEqual((process.communicate(timeout=60)[1], process.returncode), ("", FINE))
        self.assertEqual(self.there(), {f"x{number}".encode() for number in range(45)})

    # ---- mistakes ----------------------------------------------------------------------------------

    def test_mistakes(self):
        mistakes = [[self.into], [self.into, self.top / "none"], [self.put(b"x", "file"), self.source]]
        for words in mistakes:
            _, said = self.merge(*words, code=TROUBLE)
            self.assertEqual(len(said.splitlines()), 1, said)
        self.assertIn("unknown target", self.merge(self.into, self.source, target="fuzz_none", code=TROUBLE)[1])

    def test_an_engine_that_breaks_leaves_all_as_it_was(self):
        self.put(b"a")
        campaign_fixture.program(self.top / "bin" / "fuzz_close", "import sys; sys.exit('what now')")
        _, said = self.merge(code=TROUBLE)
        self.assertEqual((len(said.splitlines()), os.listdir(self.into)), (1, []))
        self.assertIn("what now", said)

    @unittest.skipIf(campaign_fixture.is_root(), "root may write anywhere")
    def test_read_only(self):
        self.put(b"a")
        self.into.mkdir(mode=0o555)
        _, said = self.merge(code=TROUBLE)
        self.assertEqual((len(said.splitlines()), "Permission denied" in said), (1, True))

    def test_json(self):
        self.put(b"a")
        told = json.loads(self.merge(self.into, self.source, "--json")[0])
        self.assertEqual((told["before"], told["new"], told["added"], told["skipped"]), (0, 1, 1, {}))


if __name__ == "__main__":
    unittest.main()

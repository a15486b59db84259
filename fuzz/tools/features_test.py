"""fltfuzz-features: what is counted of a corpus, and what is kept. Run by CTest as:
python3 features_test.py FOLDER-OF-THE-PROGRAMS
"""
import json
import os
import subprocess
import sys
import tempfile
import unittest

PROGRAMS = sys.argv.pop(1) if len(sys.argv) > 1 else "."

OPEN = "h0 = FltCreateFile()\n"
CLOSE = "h0 = FltCreateFile()\nFltClose(h0)\n"
TWICE = "h0 = FltCreateFile()\nFltClose(h0)\nFltClose(h0)\n"
OTHER_SLOT = "h9 = FltCreateFile()\nFltClose(h9)\n"
EVENT = "h0 = ZwCreateEvent()\n"


class Features(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = folder.name

    def put(self, **sequences):
        os.mkdir(os.path.join(self.folder, "corpus"))
        for name, text in sequences.items():
            source = os.path.join(self.folder, "a.seq")
            with open(source, "w", encoding="utf-8") as out:
                out.write(text)
            words = [os.path.join(PROGRAMS, "fltfuzz-seq"), "encode", source, "-o", os.path.join(self.folder, "corpus", name)]
            subprocess.run(words, check=True)

    def tool(self, *words):
        return subprocess.run([os.path.join(PROGRAMS, "fltfuzz-features"), *words], capture_output=True, timeout=120, check=False)

    def told(self, **sequences):
        self.put(**sequences)
        done = self.tool(os.path.join(self.folder, "corpus"))
        self.assertEqual((done.returncode, done.stderr), (0, b""))
        return json.loads(done.stdout)

    def test_what_others_try_too_is_not_kept(self):
        told = self.told(open=OPEN, close=CLOSE, twice=TWICE, event=EVENT)
        self.assertEqual((told["files"], told["calls"], sorted(told["keep"])), (4, 7, ["event", "twice"]))
        self.assertEqual((told["findings"], told["text"], told["unreadable"]), ([], [], 0))

    def test_slots_are_no_feature_and_no_state(self):
        told = self.told(one=CLOSE, other=OTHER_SLOT)
        # A file is open, and nothing is left of it.
        self.assertEqual((len(told["keep"]), told["states"]), (1, 2))

    def test_more_is_tried_by_more(self):
        less, more = self.told(one=OPEN), None
        subprocess.run(["rm", "-r", os.path.join(self.folder, "corpus")], check=True)
        more = self.told(one=OPEN, two=EVENT)
        self.assertGreater(more["features"], less["features"])
        self.assertGreater(more["states"], less["states"])

    def test_bytes_that_look_like_text(self):
        self.put(one=OPEN)
        with open(os.path.join(self.folder, "corpus", "odd"), "wb") as out:
            out.write(b"FltClose(\xff\n")
        told = json.loads(self.tool(os.path.join(self.folder, "corpus")).stdout)
        self.assertEqual((told["files"], told["text"]), (2, ["odd"]))

    def test_a_base_is_added_to(self):
        self.put(open=OPEN, twice=TWICE)
        os.rename(os.path.join(self.folder, "corpus"), os.path.join(self.folder, "base"))
        self.put(close=CLOSE, event=EVENT, other=OTHER_SLOT)
        done = self.tool(os.path.join(self.folder, "corpus"), os.path.join(self.folder, "base"))
        told = json.loads(done.stdout)
        self.assertEqual((done.returncode, told["files"], told["keep"]), (0, 5, ["event"]))

    def test_mistakes(self):
        os.mkdir(os.path.join(self.folder, "empty"))
        for words in ([], ["a", "b"], ["--what"], [os.path.join(self.folder, "none")], [os.path.join(self.folder, "empty")]):
            done = self.tool(*words)
            self.assertEqual((done.returncode, len(done.stderr.splitlines())), (2, 1), done)


if __name__ == "__main__":
    unittest.main()

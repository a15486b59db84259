"""Which files of other people's folders are inputs."""

import os
import tempfile
import unittest
from pathlib import Path

from .crash_folders import Input, collect


class Folders(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = Path(folder.name)

    def make(self, *names):
        for name in names:
            path = os.path.join(os.fsencode(self.folder), os.fsencode(name))
            os.makedirs(os.path.dirname(path), exist_ok=True)
            with open(path, "wb") as out:
                out.write(b"x")

    def collected(self, *paths):
        """Inputs with what they were found as, skipped and troubles, by names below the folder."""
        found = collect(paths or [self.folder])
        cut = len(str(self.folder)) + 1
        return ([(row.path[cut:], row.found_as) for row in found.inputs], {path[cut:]: why for path, why in found.skipped},
                [(path[cut:], why) for path, why in found.troubles])

    def test_libfuzzer(self):
        self.make("crash-1f", "leak-2", "oom-3", "timeout-4", "slow-unit-5", "0a1b2c", "crashing")
        inputs, skipped, troubles = self.collected()
        self.assertEqual(dict(inputs), {"crash-1f": "crash", "leak-2": "leak", "oom-3": "oom", "timeout-4": "timeout",
                                        "slow-unit-5": "slow-unit", "0a1b2c": "", "crashing": ""})
        self.assertEqual((skipped, troubles), ({}, []))

    def test_afl(self):
        self.make("default/crashes/id:000000,sig:06,src:000001", "default/crashes/README.txt", "default/hangs/id:000001,src:2",
                  "default/crashes.2026-01-02-03:04:05/id_000002", "default/queue/id:000000,orig:a", "default/queue/.state/deterministic_done/x",
                  "default/fuzzer_stats", "default/fuzz_bitmap", "default/.cur_input", "default/mine")
        inputs, skipped, troubles = self.collected()
        self.assertEqual(inputs, [("default/crashes/id:000000,sig:06,src:000001", "crash"), ("default/crashes.2026-01-02-03:04:05/id_000002", "crash"),
                                  ("default/hangs/id:000001,src:2", "hang"), ("default/mine", ""), ("default/queue/id:000000,orig:a", "queue")])
        self.assertEqual(sorted(skipped), ["default/.cur_input", "default/crashes/README.txt", "default/fuzz_bitmap",
                                           "default/fuzzer_stats", "default/queue/.state"])
        self.assertEqual(troubles, [])

    def test_afls_notes_are_its_own_beside_a_queue_only(self):
        self.make("cmdline")
        self.assertEqual(self.collected()[0], [("cmdline", "")])

    def test_names_of_any_bytes(self):
        names = [b"two words", b"new\nline", b"-dash", b"caf\xc3\xa9", b"caf\xe9", b"quote'\""]
        self.make(*names)
        self.assertEqual({os.fsencode(path) for path, _ in self.collected()[0]}, set(names))

    def test_a_path_that_begins_with_a_dash(self):
        self.make("-dash")
        before = os.getcwd()
        self.addCleanup(os.chdir, before)
        os.chdir(self.folder)
        self.assertEqual(collect(["-dash"]).inputs, [Input("./-dash")])

    def test_links_and_other_things(self):
        self.make("a/one")
        (self.folder / "a" / "back").symlink_to(self.folder)
        (self.folder / "a" / "nowhere").symlink_to(self.folder / "none")
        os.mkfifo(self.folder / "a" / "pipe")
        inputs, skipped, troubles = self.collected()
        self.assertEqual(inputs, [("a/one", "")])
        self.assertEqual(skipped, {"a/back": "a folder that was looked through already", "a/pipe": "no regular file"})
        self.assertEqual(troubles, [("a/nowhere", "No such file or directory")])

    def test_what_is_not_there_is_trouble_and_the_rest_is_found(self):
        self.make("one")
        inputs, _, troubles = self.collected(self.folder / "none", self.folder)
        self.assertEqual((inputs, troubles), ([("one", "")], [("none", "No such file or directory")]))

    @unittest.skipIf(os.getuid() == 0, "root may read everything")
    def test_a_folder_that_may_not_be_read(self):
        self.make("locked/one")
        (self.folder / "locked").chmod(0)
        self.addCleanup((self.folder / "locked").chmod, 0o700)
        self.assertEqual(self.collected()[2], [("locked", "Permission denied")])


if __name__ == "__main__":
    unittest.main()

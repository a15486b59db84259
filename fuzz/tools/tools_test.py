"""The tools as their users meet them: good input, bad input, exit codes, one clear line each.

Run by CTest as: python3 tools_test.py FOLDER-OF-THE-PROGRAMS
"""
import json
import os
import subprocess
import sys
import tempfile
import unittest

PROGRAMS = sys.argv.pop(1) if len(sys.argv) > 1 else "."

DOUBLE_CLOSE = """# The second close fails.
h0 = FltCreateFile(path="\\a")
FltClose(h0)
FltClose(h0)  # STATUS_INVALID_HANDLE breach close-once
"""


def run(program, *words, data=None):
    return subprocess.run(
        [os.path.join(PROGRAMS, program), *words], input=data, capture_output=True, timeout=120
    )


class Tools(unittest.TestCase):
    def setUp(self):
        self.folder = tempfile.TemporaryDirectory()
        self.addCleanup(self.folder.cleanup)

    def file(self, name, content):
        path = os.path.join(self.folder.name, name)
        with open(path, "wb") as out:
            out.write(content if isinstance(content, bytes) else content.encode())
        return path

    def refused(self, done, *words):
        """Exit 2 and exactly one line on stderr that holds the words."""
        lines = done.stderr.decode().strip().splitlines()
        self.assertEqual(done.returncode, 2, done)
        self.assertEqual(len(lines), 1, lines)
        for word in words:
            self.assertIn(word, lines[0])


STRICT = "# My Windows.\nprofile strict\nswitch reuse=immediate\n"


class Coverage(Tools):
    """What sequences try, as JSON."""

    def test_a_sequence_and_its_binary_form(self):
        text, binary = self.file("a.seq", DOUBLE_CLOSE), os.path.join(self.folder.name, "a.bin")
        self.assertEqual(run("fltfuzz-seq", "encode", text, "-o", binary).returncode, 0)
        told = [json.loads(run("fltfuzz-coverage", path).stdout) for path in (text, binary)]
        self.assertEqual(told[0], told[1])
        self.assertEqual((told[0]["sequences"], told[0]["calls_made"]), (1, 3))
        self.assertIn(["close-once", "FltClose", "STATUS_INVALID_HANDLE", 1, 0, 0], told[0]["own"]["cells"])
        self.assertNotIn("any", told[0])

    def test_any_switches(self):
        done = run("fltfuzz-coverage", "--open", self.file("a.seq", DOUBLE_CLOSE))
        self.assertEqual((done.returncode, done.stderr), (0, b""))
        of_any = json.loads(done.stdout)["any"]["tightness"]["FltClose"]
        self.assertGreater(of_any["allowed"], of_any["calls"])

    def test_bad_input(self):
        self.refused(run("fltfuzz-coverage"), "no input")
        self.refused(run("fltfuzz-coverage", "--what"), "unknown option --what")
        self.refused(run("fltfuzz-coverage", "--run", "x"), "a number from 1", "--run")
        self.refused(run("fltfuzz-coverage", self.folder.name + "/none"), "none: No such file")
        self.refused(run("fltfuzz-coverage", self.file("bad.seq", "FltClose(\n")), "bad.seq:1: ")


class Switches(Tools):
    """A switches file, for sequences that name no profile."""

    def replayed(self, sequence, switches, *words):
        path, file = self.file("a.seq", sequence), self.file("my.switches", switches)
        return run("fltfuzz-replay", "--switches", file, *words, path)

    def test_what_is_left_open_is_as_in_the_file(self):
        sequence = DOUBLE_CLOSE.replace("STATUS_INVALID_HANDLE", "bugcheck INVALID_KERNEL_HANDLE")
        done = self.replayed(sequence, STRICT, "--trace")
        self.assertEqual(done.returncode, 0, done)
        self.assertIn(b"profile strict\nswitch reuse=immediate\nh0 =", done.stdout)

    def test_the_sequence_wins(self):
        self.assertEqual(self.replayed("profile documented\n" + DOUBLE_CLOSE, STRICT).returncode, 0)
        self.assertEqual(self.replayed("switch bad_close=status\n" + DOUBLE_CLOSE, STRICT).returncode, 0)
        self.assertEqual(self.replayed(DOUBLE_CLOSE, STRICT).returncode, 1)

    def test_the_same_without_the_file(self):
        path, file = self.file("a.seq", DOUBLE_CLOSE), self.file("my.switches", STRICT)
        shown = run("fltfuzz-seq", "show", "--switches", file, path)
        self.assertEqual(shown.returncode, 0, shown)
        digests = [
            json.loads(run("fltfuzz-replay", "--json", *words).stdout)[0]["digest"]
            for words in (["--switches", file, path], [self.file("b.seq", shown.stdout)], [path])
        ]
        self.assertEqual(digests[0], digests[1])
        self.assertNotEqual(digests[0], digests[2])

    def test_minimize(self):
        sequence = self.file("a.seq", "KeRaiseIrql(APC_LEVEL)\n" + DOUBLE_CLOSE)
        file = self.file("my.switches", "switch verifier=on\n")
        done = run("fltfuzz-minimize", "--switches", file, "--rule", "flt-at-passive", sequence)
        self.assertEqual(done.returncode, 0, done)
        self.assertEqual(run("fltfuzz-replay", self.file("m.seq", done.stdout)).returncode, 0)

    def test_a_file_that_is_none(self):
        path, file = self.file("a.seq", DOUBLE_CLOSE), self.file("my.switches", "profile strict\nswich reuse=never\n")
        for words in (["fltfuzz-replay"], ["fltfuzz-minimize"], ["fltfuzz-seq", "show"]):
            self.refused(run(*words, "--switches", file, path), f"{file}:2: ", "swich")
        self.refused(run("fltfuzz-seq", "switches", file), f"{file}:2: ", "swich")
        self.refused(self.replayed(DOUBLE_CLOSE, ""), "my.switches: is empty")
        self.refused(run("fltfuzz-replay", "--switches", "/no/such", path), "/no/such")
        self.refused(run("fltfuzz-replay", "--switches"), "--switches needs a file")
        self.refused(self.replayed(DOUBLE_CLOSE, STRICT, "--profile", "strict"), "exclude each other")

    def test_a_target(self):
        target, path = os.path.join(PROGRAMS, "fuzz_close"), self.file("a.bin", b"\x80")
        for switches, code in ((STRICT, 0), ("swich\n", 2)):
            environment = {**os.environ, "FLTFUZZ_SWITCHES": self.file("my.switches", switches)}
            done = subprocess.run([target, path], env=environment, capture_output=True, timeout=120)
            self.assertEqual(done.returncode, code, done)
            self.assertEqual(b"my.switches:1: " in done.stderr, code == 2, done)


class Replay(Tools):
    def test_a_good_sequence(self):
        done = run("fltfuzz-replay", self.file("a.seq", DOUBLE_CLOSE))
        self.assertEqual(done.returncode, 0, done)
        self.assertIn(b"1 sequences, 3 calls: 0 findings", done.stdout)

    def test_an_unexpected_outcome_names_file_and_line(self):
        path = self.file("a.seq", DOUBLE_CLOSE.replace("  # STATUS_INVALID_HANDLE breach close-once", ""))
        done = run("fltfuzz-replay", path)
        self.assertEqual(done.returncode, 1, done)
        self.assertIn(
            f"{path}:4: FltClose(h0): came back STATUS_INVALID_HANDLE breach close-once, "
            "expected STATUS_SUCCESS",
            done.stdout.decode(),
        )

    def test_a_lost_breach_fails(self):
        path = self.file("a.seq", DOUBLE_CLOSE.replace(" breach close-once", ""))
        self.assertEqual(run("fltfuzz-replay", path).returncode, 1)

    def test_an_unexpected_leak_fails(self):
        path = self.file("a.seq", 'h0 = FltCreateFile(path="\\a")\n')
        done = run("fltfuzz-replay", path)
        self.assertEqual(done.returncode, 1, done)
        self.assertIn(b"leak handle-left-open h0 was found, and not expected", done.stdout)

    def test_a_missing_leak_fails(self):
        path = self.file("a.seq", DOUBLE_CLOSE + "# end: leak reference-left o3\n")
        done = run("fltfuzz-replay", path)
        self.assertEqual(done.returncode, 1, done)
        self.assertIn(b"leak reference-left o3 was expected, and not found", done.stdout)

    def test_digests_are_a_line_each(self):
        self.file("b.seq", DOUBLE_CLOSE)
        self.file("c.seq", "Nothing()\n")
        self.file("a.seq", DOUBLE_CLOSE.replace(" breach close-once", ""))
        done = run("fltfuzz-replay", "--digests", self.folder.name)
        paths, digests = zip(*(line.split() for line in done.stdout.decode().splitlines()))
        self.assertEqual([os.path.basename(path) for path in paths], ["a.seq", "b.seq", "c.seq"])
        self.assertRegex(digests[0], "^[0-9a-f]{16}$")
        self.assertEqual(digests[1:], (digests[0], "unreadable"))
        self.assertEqual(done.returncode, 1, "a.seq is not as it says")
        self.assertIn(b"a.seq: unexpected: ", done.stderr)
        json_digest = json.loads(run("fltfuzz-replay", "--json", paths[1]).stdout)[0]["digest"]
        self.assertEqual(json_digest, digests[1])
        self.refused(run("fltfuzz-replay", "--digests", "--json", paths[1]), "--digests excludes")

    def test_the_trace_is_a_sequence_again(self):
        done = run("fltfuzz-replay", "--quiet", "--trace", self.file("a.seq", DOUBLE_CLOSE))
        self.assertEqual(done.returncode, 0, done)
        self.assertIn(b"IRP_MJ_CLEANUP to object 1 in p1", done.stdout)
        again = run("fltfuzz-replay", self.file("b.seq", done.stdout))
        self.assertEqual(again.returncode, 0, again)

    def test_json(self):
        bad = self.file("b.seq", "h0 = FltClos(h1)\n")
        done = run("fltfuzz-replay", "--json", self.file("a.seq", DOUBLE_CLOSE), bad)
        self.assertEqual(done.returncode, 2, done)
        first, second = json.loads(done.stdout)
        self.assertEqual((first["verdict"], first["calls"]), ("fine", 3))
        self.assertEqual(second["verdict"], "unreadable")

    def test_binary_is_recognised(self):
        text = self.file("a.seq", DOUBLE_CLOSE)
        binary = os.path.join(self.folder.name, "a.bin")
        self.assertEqual(run("fltfuzz-seq", "encode", text, "-o", binary).returncode, 0)
        done = run("fltfuzz-replay", binary)
        self.assertEqual(done.returncode, 0, done)
        self.assertIn(b"1 sequences, 3 calls", done.stdout)

    def test_standard_input(self):
        self.assertEqual(run("fltfuzz-replay", "-", data=DOUBLE_CLOSE.encode()).returncode, 0)

    def test_another_profile(self):
        path = self.file("a.seq", "h0 = ZwCreateEvent()\nFltClose(h0)\n")
        done = run("fltfuzz-replay", "--profile", "forwarding", "--trace", path)
        self.assertEqual(done.returncode, 0, done)
        self.assertIn(b"FltClose(h0)  # STATUS_SUCCESS breach flt-close-for-flt-handles", done.stdout)

    def test_bad_input(self):
        self.refused(run("fltfuzz-replay", "/nowhere/at/all"), "/nowhere/at/all", "No such file")
        empty = os.path.join(self.folder.name, "empty")
        os.mkdir(empty)
        self.refused(run("fltfuzz-replay", empty), empty, "holds no file")
        self.refused(run("fltfuzz-replay", "--quiet", self.file("n", b"")), "is empty")
        large = self.file("large", b"")
        os.truncate(large, 100 * 1000 * 1000)
        self.refused(run("fltfuzz-replay", "--quiet", large), large, "larger than 4 MiB")

    def test_bad_text_names_the_line(self):
        for wrong, words in (
            ("FltClos(h0)", ("unknown call FltClos", "FltClose")),
            ('h0 = FltCreateFile(path="\\c")', ("\\c",)),
            ("FltClose(h64)", ("h64", "63")),
            ("h0 = FltCreateFile(acces=1)", ("acces", "access")),
            ("profile loose", ("loose", "documented")),
            ("switch reuse=maybe", ("maybe", "immediate")),
            ("FltClose(h0)  # STATUS_GREAT", ("STATUS_GREAT",)),
            ("FltClose(h0)  # breach close-twice", ("close-twice",)),
            ("FltClose(h0", ()),
        ):
            path = self.file("a.seq", f"# first\n{wrong}\n")
            self.refused(run("fltfuzz-replay", "--quiet", path), f"{path}:2: ", *words)

    def test_bad_usage(self):
        for words in ((), ("--what",), ("--profile", "loose", "x"), ("--profile",)):
            self.refused(run("fltfuzz-replay", *words), "--help")

    def test_names_that_begin_with_a_dash(self):
        path = self.file("-a.seq", DOUBLE_CLOSE)
        done = subprocess.run(
            [os.path.abspath(os.path.join(PROGRAMS, "fltfuzz-replay")), "--", "-a.seq"],
            cwd=os.path.dirname(path), capture_output=True,
        )
        self.assertEqual(done.returncode, 0, done)


class Seq(Tools):
    def test_round_trip(self):
        text = self.file("a.seq", DOUBLE_CLOSE)
        binary = os.path.join(self.folder.name, "a.bin")
        self.assertEqual(run("fltfuzz-seq", "encode", text, "-o", binary).returncode, 0)
        done = run("fltfuzz-seq", "show", binary)
        self.assertEqual(
            done.stdout.decode(), 'h0 = FltCreateFile(path="\\a")\nFltClose(h0)\nFltClose(h0)\n'
        )

    def test_nothing_is_overwritten(self):
        text = self.file("a.seq", DOUBLE_CLOSE)
        there = self.file("there", "mine")
        self.refused(run("fltfuzz-seq", "encode", text, "-o", there), there, "exists")
        with open(there) as kept:
            self.assertEqual(kept.read(), "mine")

    def test_seeds(self):
        self.file("a.seq", DOUBLE_CLOSE)
        self.file("README.md", "not a seed")
        out = os.path.join(self.folder.name, "out")
        os.mkdir(out)
        self.assertEqual(run("fltfuzz-seq", "seeds", self.folder.name, "-o", out).returncode, 0)
        self.assertEqual(os.listdir(out), ["a.seq"])

    def test_check(self):
        self.assertEqual(run("fltfuzz-seq", "check", self.file("a.seq", DOUBLE_CLOSE)).returncode, 0)
        bad = self.file("b.seq", "FltClose(\n")
        self.refused(run("fltfuzz-seq", "check", bad), f"{bad}:1: ")

    def test_bad_usage(self):
        for words in ((), ("show",), ("encode", self.file("a.seq", DOUBLE_CLOSE)), ("eat", "x")):
            done = run("fltfuzz-seq", *words)
            self.assertEqual(done.returncode, 2, done)
            self.assertEqual(len(done.stderr.decode().strip().splitlines()), 1)


class Minimize(Tools):
    def test_it_keeps_the_rule(self):
        path = self.file("a.seq", "RunIn(p2)\nh5 = ZwCreateEvent()\n" + DOUBLE_CLOSE + "ZwClose(h5)\n")
        done = run("fltfuzz-minimize", "--rule", "close-once", path)
        self.assertEqual(done.returncode, 0, done)
        self.assertIn(
            "h0 = FltCreateFile()\nFltClose(h0)\n"
            "FltClose(h0)  # STATUS_INVALID_HANDLE breach close-once\n",
            done.stdout.decode(),
        )
        self.assertEqual(run("fltfuzz-replay", self.file("b.seq", done.stdout)).returncode, 0)

    def test_bad_input(self):
        path = self.file("a.seq", DOUBLE_CLOSE)
        self.refused(run("fltfuzz-minimize", path), path, "name a --rule")
        self.refused(run("fltfuzz-minimize", "--rule", "close-twice", path), "close-twice")
        self.refused(run("fltfuzz-minimize", "--rule", "reference-left", path), "nothing to keep")
        self.refused(run("fltfuzz-minimize", "--rule", "close-once", path, "-o", path), "exists")
        self.refused(run("fltfuzz-minimize"), "a file is needed")


if __name__ == "__main__":
    unittest.main(verbosity=1)

"""fltfuzz-regress and the command around it, on good and bad inputs, on a system with a bug, and on systems
that crash, hang and leak: nothing is lost, and each format names it.

Run by CTest as: python3 regress_test.py BUILD-FOLDER
"""
import json
import os
import subprocess
import sys
import tempfile
import unittest
import xml.etree.ElementTree as xml
from pathlib import Path

TOP = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(TOP / "scripts"))
from fltfuzz_cli import defects  # noqa: E402

BUILD = Path(sys.argv.pop(1)).resolve()
REGRESS = BUILD / "bin" / "fltfuzz-regress"

GOOD = """# The second close fails.
h0 = FltCreateFile(path="\\a")
FltClose(h0)
FltClose(h0)  # STATUS_INVALID_HANDLE breach close-once
"""
FOREIGN = """# A foreign handle.
h0 = ZwCreateFile(path="\\a")
FltClose(h0)  # STATUS_INVALID_HANDLE breach flt-close-for-flt-handles
ZwClose(h0)
"""
NAMES = [b"two words.seq", b"new\nline.seq", b"-dash.seq", b"caf\xe9.seq", b"it's \"#\\.seq"]


def edited(name, statement):
    """A defect that does that wherever FltClose meets a foreign handle."""
    return defects.Defect(name, "", ["close-only-flt-created"], [defects.Edit(
        "model/kernel/closes.c", "flt_close_own", "if (!is_own(kernel, found.entry))",
        f"if (!is_own(kernel, found.entry)) {{ {statement} }}\n    if (!is_own(kernel, found.entry))")])


class Files(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = Path(folder.name)
        self.crashes = self.folder / "crashes"
        self.crashes.mkdir()

    def make(self, name, content):
        path = os.path.join(os.fsencode(self.crashes), os.fsencode(name))
        with open(path, "wb") as out:
            out.write(content if isinstance(content, bytes) else content.encode())
        return os.fsdecode(path)

    def tool(self, *words, program=REGRESS, names=None):
        """The exit code, the rows by file name, and stderr."""
        done = subprocess.run([program, *words], input=names, capture_output=True, timeout=120, check=False)
        rows = [json.loads(line.decode("utf-8", "surrogateescape")) for line in done.stdout.split(b"\n") if line]
        return done.returncode, {os.path.basename(row["file"]): row for row in rows}, done.stderr.decode()

    def command(self, *words, build=BUILD):
        done = subprocess.run([sys.executable, "-B", TOP / "scripts" / "fltfuzz_cli", "regress", "--build", build, *words],
                              capture_output=True, text=True, timeout=120, check=False)
        return done.returncode, done.stdout, done.stderr


class Tool(Files):
    def test_verdicts(self):
        self.make("good.seq", GOOD)
        self.make("lost.seq", GOOD.replace(" breach close-once", ""))
        self.make("wrong.seq", "FltClos(h0)\n")
        self.make("notes", "# Notes.\nnothing of interest\n")
        self.make("empty", "")
        self.make("zeros", bytes(64))
        subprocess.run([BUILD / "bin" / "fltfuzz-seq", "encode", self.crashes / "good.seq", "-o", self.crashes / "binary"], check=True)
        code, rows, said = self.tool(self.crashes)
        self.assertEqual((code, said), (1, ""))
        self.assertEqual({name: row["verdict"] for name, row in rows.items()},
                         {"good.seq": "fine", "lost.seq": "differs", "wrong.seq": "malformed", "notes": "skipped",
                          "empty": "skipped", "zeros": "skipped", "binary": "fine"})
        lost = rows["lost.seq"]
        self.assertEqual((lost["step"], lost["line"], lost["call"], lost["form"]), (3, 4, "FltClose(h0)", "text"))
        self.assertIn("came back STATUS_INVALID_HANDLE breach close-once, expected STATUS_INVALID_HANDLE", lost["what"])
        self.assertEqual((rows["binary"]["form"], rows["binary"]["calls"]), ("binary", 3))
        self.assertEqual((rows["wrong.seq"]["line"], rows["notes"]["line"]), (1, 2))

    def test_exit_codes(self):
        good, notes, locked = self.make("good.seq", GOOD), self.make("notes", "x\n"), str(self.crashes / "none")
        self.assertEqual(self.tool(good, notes)[0], 0)
        self.assertEqual(self.tool(notes)[0], 2)
        code, rows, _ = self.tool("--stdin", names=os.fsencode(good) + b"\0" + os.fsencode(locked) + b"\0")
        self.assertEqual((code, rows["none"]["verdict"], rows["none"]["what"]), (2, "unreadable", "No such file or directory"))

    def test_the_order_is_that_of_the_inputs(self):
        names = [f"{i:03}.seq" for i in range(100)]
        for name in names:
            self.make(name, GOOD * (1 + int(name[:3]) % 5) if name != "050.seq" else FOREIGN)
        self.assertEqual(list(self.tool("--jobs", "7", self.crashes)[1]), names)

    def test_names_of_any_bytes(self):
        paths = [self.make(name, GOOD) for name in NAMES]
        code, rows, _ = self.tool("--stdin", names=b"".join(os.fsencode(path) + b"\0" for path in paths))
        self.assertEqual((code, [os.fsencode(name) for name in rows]), (0, NAMES))

    def test_switches(self):
        path = self.make("a.seq", GOOD)
        switches = self.make("my.switches", "profile strict\n")
        self.assertEqual(self.tool("--switches", switches, path)[1]["a.seq"]["verdict"], "differs")
        code, _, said = self.tool("--switches", path, path)
        self.assertEqual((code, len(said.splitlines())), (2, 1))

    def test_bytes_for_the_parsers(self):
        self.assertEqual(self.tool("--bytes", TOP / "corpus" / "fuzz_codec")[0], 0)

    def test_bad_usage(self):
        for words in ((), ("--what",), ("--jobs", "0", "x"), ("--jobs", "65", "x"), ("--timeout", "1s", "x"), ("--switches",),
                      ("--bytes", "--switches", "x", "x"), ("--stdin", str(self.folder))):
            code, rows, said = self.tool(*words, names=b"")
            self.assertEqual((code, rows, len(said.splitlines())), (2, {}, 1), words)


class Bugs(Files):
    """What a system with a bug comes to; the inputs around the one that shows it are run."""

    def run_with(self, defect, *words):
        program = defects.build_program(defect, BUILD, "bin/fltfuzz-regress", self.folder / defect.name)
        for name in ("1.seq", "3.seq", "4.seq"):
            self.make(name, GOOD)
        self.make("2.seq", FOREIGN)
        code, rows, _ = self.tool("--jobs", "2", "--timeout", "2", *words, self.crashes, program=program)
        self.assertEqual(code, 1)
        self.assertEqual([rows[name]["verdict"] for name in ("1.seq", "3.seq", "4.seq")], ["fine"] * 3)
        return rows["2.seq"]

    def test_a_finding(self):
        row = self.run_with(defects.find("canary"))
        self.assertEqual([row[key] for key in ("verdict", "rule", "step", "line", "call")],
                         ["finding", "close-only-flt-created", 2, 3, "FltClose(h0)"])
        self.assertIn(f"reproduce: ./scripts/fltfuzz replay {self.crashes / '2.seq'}\nDEDUP_TOKEN: close-only-flt-created\n", row["report"])

    def test_a_crash(self):
        row = self.run_with(edited("crash", '__builtin_trap();'))
        self.assertEqual(row["verdict"], "crashed")
        self.assertRegex(row["what"], "^the process (died of signal|ended with) [0-9]+")

    def test_a_hang(self):
        row = self.run_with(edited("hang", "for (volatile int i = 0;;) (void)i;"))
        self.assertEqual((row["verdict"], row["what"]), ("hung", "its time was up"))

    @unittest.skipUnless("-fsanitize=address" in (BUILD / "build.ninja").read_text(encoding="utf-8"), "needs LeakSanitizer")
    def test_a_leak(self):
        row = self.run_with(edited("leak", "{ void *volatile lost = __builtin_malloc(777); lost = 0; (void)lost; }"))
        self.assertEqual(row["verdict"], "leaked")
        self.assertIn("777 byte", row["report"])

    def test_every_format_names_it(self):
        link = self.folder / "build"
        (link / "bin").mkdir(parents=True)
        program = defects.build_program(defects.find("canary"), BUILD, "bin/fltfuzz-regress", self.folder / "canary")
        (link / "bin" / "fltfuzz-regress").symlink_to(program)
        (link / "bin" / "fltfuzz-rules").symlink_to(BUILD / "bin" / "fltfuzz-rules")
        (link / "fuzz_targets.txt").symlink_to(BUILD / "fuzz_targets.txt")
        for name in NAMES:
            self.make(name, FOREIGN)
        files = {name: self.folder / name for name in ("junit", "tap", "sarif", "json")}
        words = [word for name, path in files.items() for word in (f"--{name}", path)]
        code, told, _ = self.command("--corpus", self.crashes, *words, build=link)
        self.assertEqual((code, told.splitlines()[-1].endswith(": 5 finding")), (1, True), told)
        failures = xml.parse(files["junit"]).getroot().findall(".//failure")
        self.assertEqual([failure.get("type") for failure in failures], ["close-only-flt-created"] * 5)
        self.assertEqual(files["tap"].read_text(encoding="utf-8").count("not ok "), 5)
        results = json.loads(files["sarif"].read_text(encoding="utf-8"))["runs"][0]["results"]
        self.assertEqual([result["locations"][0]["physicalLocation"]["region"]["startLine"] for result in results], [3] * 5)
        self.assertEqual(json.loads(files["json"].read_text(encoding="utf-8"))["counts"]["finding"], 5)


class Command(Files):
    def test_the_committed_corpus(self):
        code, told, said = self.command("--json", "-")
        self.assertEqual(code, 0, said)
        rows = json.loads(told)["results"]
        committed = {path for folder in ("seed", "regress") for path in (TOP / "corpus").glob(f"fuzz_*/{folder}/*")}
        self.assertEqual({TOP / row["uri"] for row in rows}, committed)
        self.assertEqual({row["verdict"] for row in rows}, {"fine"})
        self.assertEqual({row["uri"].split("/")[1] for row in rows if row["form"] == "bytes"}, {"fuzz_codec"})

    def test_trouble_is_a_line_each(self):
        self.make("good.seq", GOOD)
        self.make("README.txt", "of AFL")
        code, told, said = self.command("--corpus", self.crashes, self.crashes / "none")
        self.assertEqual((code, said), (2, f"fltfuzz: {self.crashes}/none: No such file or directory\n"))
        self.assertIn("1 input, 3 calls in ", told)
        (self.crashes / "good.seq").unlink()
        self.assertEqual(self.command("--corpus", self.crashes), (2, "", "fltfuzz: there is nothing to run: 1 file skipped\n"))
        for words in (("--junit", "-", "--tap", "-"), ("--bytes",), ("--corpus",), ("--switches", self.folder / "none")):
            code, told, said = self.command(*words)
            self.assertEqual((code, told, len(said.splitlines())), (2, "", 1), said)

    def test_a_format_that_cannot_be_written(self):
        self.make("good.seq", GOOD)
        code, _, said = self.command("--corpus", self.crashes, "--tap", self.folder / "no" / "where")
        self.assertEqual((code, len(said.splitlines())), (2, 1))

    @unittest.skipIf(os.getuid() == 0, "root may read everything")
    def test_an_input_that_may_not_be_read(self):
        self.make("good.seq", GOOD)
        os.chmod(self.make("locked.seq", GOOD), 0)
        code, _, said = self.command("--corpus", self.crashes)
        self.assertEqual((code, said), (2, f"fltfuzz: {self.crashes}/locked.seq: Permission denied\n"))


if __name__ == "__main__":
    unittest.main(verbosity=1)

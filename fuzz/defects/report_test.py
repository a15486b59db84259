"""What a finding looks like, seen on the canary: replay and the fuzzing engine must print it whole,
in order, and fail.

Run by CTest as: python3 report_test.py BUILD-FOLDER
"""
import os
import re
import subprocess
import sys
import tempfile
import unittest
from pathlib import Path

TOP = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(TOP / "scripts"))
from fltfuzz_cli import defects  # noqa: E402

BUILD = Path(sys.argv.pop(1)).resolve()

SEQUENCE = """# A foreign handle.
switch failed_iosb=written
h0 = ZwCreateFile(path="\\a")
FltClose(h0)  # STATUS_INVALID_HANDLE breach flt-close-for-flt-handles
ZwClose(h0)
"""

REPORT = """step 2 of 3: FltClose(h0) = STATUS_SUCCESS, allowed: STATUS_INVALID_HANDLE
rule close-only-flt-created (page: FltClose (CL-2, CL-3), read strictly: flt_close=own), profile documented
switch failed_iosb=written
h0 = ZwCreateFile(path="\\a")
# step 2, the next line:
FltClose(h0)
ZwClose(h0)
reproduce: ./scripts/fltfuzz replay {path}
DEDUP_TOKEN: close-only-flt-created
ASSERTION FAILED: close-only-flt-created: only live handles that an Flt open created close with FltClose; anything else gives STATUS_INVALID_HANDLE FuzzerHash=close-only-flt-created
"""


class Report(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = Path(folder.name)

    def canary(self, program):
        return defects.build_program(defects.find("canary"), BUILD, program, self.folder / "canary")

    def test_replay(self):
        path = self.folder / "foreign.seq"
        path.write_text(SEQUENCE, encoding="utf-8")
        done = subprocess.run([self.canary("bin/fltfuzz-replay"), path], capture_output=True, text=True, check=False)
        self.assertEqual(done.returncode, 1)
        self.assertIn(REPORT.format(path=path), done.stdout)

    def test_what_a_switches_file_adds_is_printed(self):
        path, switches = self.folder / "foreign.seq", self.folder / "my.switches"
        path.write_text(SEQUENCE, encoding="utf-8")
        switches.write_text("switch failed_iosb=untouched\nswitch reuse=never\n", encoding="utf-8")
        replay = self.canary("bin/fltfuzz-replay")
        first = subprocess.run([replay, "--switches", switches, path], capture_output=True, text=True, check=False)
        printed = first.stdout.splitlines()[3:]
        self.assertEqual(printed[:3], ["profile documented", "switch reuse=never", "switch failed_iosb=written"])
        self.assertIn("reproduce: ./scripts/fltfuzz replay FILE, a file made of the lines above", printed)
        pasted = self.folder / "pasted.seq"
        pasted.write_text("\n".join(printed[:7]) + "\n", encoding="utf-8")
        again = subprocess.run([replay, pasted], capture_output=True, text=True, check=False)
        self.assertEqual(again.stdout.splitlines()[1:10], first.stdout.splitlines()[1:10])

    def test_a_target_with_a_switches_file(self):
        path, binary, switches = (self.folder / name for name in ("foreign.seq", "foreign.bin", "my.switches"))
        path.write_text(SEQUENCE, encoding="utf-8")
        switches.write_text("switch reuse=never\n", encoding="utf-8")
        subprocess.run([BUILD / "bin" / "fltfuzz-seq", "encode", path, "-o", binary], check=True)
        done = subprocess.run(
            [self.canary("bin/fuzz_close"), binary], env={**os.environ, "FLTFUZZ_SWITCHES": str(switches)},
            capture_output=True, text=True, errors="replace", check=False,
        )
        self.assertNotEqual(done.returncode, 0)
        self.assertIn("\nprofile documented\nswitch reuse=never\nswitch failed_iosb=written\nh0 = ", done.stderr)
        self.assertIn("\nreproduce: ./scripts/fltfuzz replay FILE, a file made of the lines above\n", done.stderr)

    def test_the_sequence_can_be_pasted(self):
        path = self.folder / "foreign.seq"
        path.write_text(SEQUENCE, encoding="utf-8")
        replay = self.canary("bin/fltfuzz-replay")
        first = subprocess.run([replay, path], capture_output=True, text=True, check=False)
        pasted = self.folder / "pasted.seq"
        pasted.write_text("\n".join(first.stdout.splitlines()[3:8]) + "\n", encoding="utf-8")
        again = subprocess.run([replay, pasted], capture_output=True, text=True, check=False)
        self.assertEqual(again.returncode, 1)
        self.assertIn(REPORT.format(path=pasted), again.stdout)

    @unittest.skipUnless((BUILD / "bin" / "fuzz_close").exists() and "-fsanitize=fuzzer" in (BUILD / "build.ninja").read_text(encoding="utf-8"), "needs an engine")
    def test_engine(self):
        fuzz = self.canary("bin/fuzz_close")
        prefix = f"{self.folder}/found-"
        done = subprocess.run(
            [fuzz, "-runs=100000", "-seed=1", f"-artifact_prefix={prefix}"],
            capture_output=True, text=True, errors="replace", check=False,
        )
        self.assertEqual(done.returncode, 77)
        found = list(self.folder.glob("found-crash-*"))
        self.assertEqual(len(found), 1)
        marks = [line for line in done.stderr.splitlines() if re.match("DEDUP_TOKEN|ASSERTION FAILED", line)]
        self.assertEqual(marks, REPORT.splitlines()[-2:])
        replay = defects.build_program(defects.find("canary"), BUILD, "bin/fltfuzz-replay", self.folder / "r")
        again = subprocess.run([replay, found[0]], capture_output=True, text=True, check=False)
        self.assertEqual(again.returncode, 1)
        self.assertIn("rule close-only-flt-created", again.stdout)


if __name__ == "__main__":
    unittest.main(verbosity=1)

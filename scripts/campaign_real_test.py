"""A campaign with a seeded bug in the kernel, and what triage makes of the finding. Run by CTest as:
python3 campaign_real_test.py FOLDER-OF-A-BUILD
"""
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
import unittest
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent))

from fltfuzz_cli import defects  # noqa: E402  (the path must be set first)
from fltfuzz_cli.common import FINDING, FINE, TROUBLE  # noqa: E402

BUILD = Path(sys.argv.pop(1)).resolve() if len(sys.argv) > 1 else None
# The engine comes to it by a call or by six: of 40 of its findings 20 had different calls.
DEFECT = "duplicate-counted-twice"
PROGRAMS = ("fuzz_close", "fltfuzz-minimize", "fltfuzz-replay", "fltfuzz-features", "fltfuzz-coverage")


def defect_build(folder):
    """A build's folder whose programs have the defect."""
    defect = defects.find(DEFECT)
    objects = defects.compile_sources(defect, BUILD, folder / "objects")
    (folder / "bin").mkdir()
    for name in PROGRAMS:
        os.rename(defects.link(defect, objects, BUILD, f"bin/{name}"), folder / "bin" / name)
    for name in ("fltfuzz-seq", "fltfuzz-rules", "fltfuzz-export"):
        if (BUILD / "bin" / name).exists():
            os.symlink(BUILD / "bin" / name, folder / "bin" / name)
    shutil.copy(BUILD / "fuzz_targets.txt", folder)


class Real(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.top = Path(folder.name)
        self.folder = self.top / "campaign"
        self.broken = self.top / "broken"
        self.broken.mkdir()
        defect_build(self.broken)

    def fltfuzz(self, code, *words):
        program = Path(__file__).parent / "fltfuzz_cli"
        words = [sys.executable, "-B", str(program), *map(str, words)]
        done = subprocess.run(words, capture_output=True, text=True, timeout=200, check=False)
        self.assertEqual(done.returncode, code, done.stdout + done.stderr)
        return done.stdout + done.stderr

    def campaign(self, code, build):
        self.fltfuzz(code, "campaign", "--dir", self.folder, "--build", build, "--target", "fuzz_close", "--for", "10s", "--seed", "3")
        nights = [json.loads(path.read_text(encoding="utf-8")) for path in (self.folder / "nights").glob("*/night.json")]
        return max(nights, key=lambda night: night["id"])

    def replay(self, build, path, *words):
        return subprocess.run([build / "bin" / "fltfuzz-replay", *words, "--", path], capture_output=True, text=True, timeout=60, check=False)

    def test_from_found_to_fixed(self):
        night = self.campaign(FINDING, self.broken)
        self.assertEqual([(one["rule"], one["status"]) for one in night["findings"]], [("handle-count-exact", "new")], "one cause, once")
        name = night["findings"][0]["name"]
        self.check_finding(self.folder / "findings" / name)
        self.check_night(night)

        self.check_reproduces(self.folder / "findings" / name / "minimal")

        # Accepted: it is met, told, and no failure.
        triage = ["triage", "--dir", self.folder, "--build", self.broken]
        self.fltfuzz(FINE, *triage, "accept", name, "--ticket", "BUG-7", "--when", "rule=handle-count-exact, call=ZwDuplicateObject")
        night = self.campaign(FINE, self.broken)
        self.assertEqual([(one["name"], one["status"], one["ticket"]) for one in night["findings"]], [(name, "known", "BUG-7")])

        # Fixed: only then it becomes a test, which holds for the real system and fails with the bug.
        regress = self.top / "regress"
        self.assertIn("is not fixed", self.fltfuzz(TROUBLE, *triage, "promote", name, "--to", regress))
        self.fltfuzz(FINE, "triage", "--dir", self.folder, "--build", BUILD, "promote", name, "--to", regress)
        self.assertEqual(self.replay(BUILD, regress / f"{name}.seq").returncode, 0)
        self.assertEqual(self.replay(self.broken, regress / f"{name}.seq").returncode, 1)

    def check_finding(self, folder):
        text = (folder / "sequence.seq").read_text(encoding="utf-8")
        self.assertIn("rule handle-count-exact", self.replay(self.broken, folder / "sequence.seq").stdout)
        self.assertIn("ZwDuplicateObject", (folder / "trace.txt").read_text(encoding="utf-8"))
        program = (folder / "program.c").read_text(encoding="utf-8")
        self.assertIn(f"NTSTATUS {''.join(word.capitalize() for word in folder.name.split('-'))}(", program)
        self.assertNotIn(str(self.top), program)
        lines = text.splitlines()
        calls = [number for number, line in enumerate(lines) if re.match(r"[^#(]*\w+\(", line)]
        self.assertLessEqual(len(calls), 3, text)
        for dropped in calls:  # 1-minimal
            path = self.top / "less.seq"
            path.write_text("\n".join(line.partition("  # ")[0] for number, line in enumerate(lines) if number != dropped) + "\n", encoding="utf-8")
            self.assertNotIn("rule handle-count-exact", self.replay(self.broken, path).stdout, text)

    def check_reproduces(self, path):
        """With the bug, and no more without it."""
        self.assertEqual([self.replay(build, path).returncode for build in (self.broken, BUILD)], [1, 0])

    def check_night(self, night):
        target = night["targets"]["fuzz_close"]
        self.assertGreater(target["sequences"], 0)
        self.assertGreater(target["states"] or 0, 0)
        self.assertGreater(night["coverage"]["totals"]["rule_calls_tried"], 100)


if __name__ == "__main__":
    unittest.main()

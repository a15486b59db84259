"""The workflows of .github and .clusterfuzzlite: they parse, and what they call is there."""

import argparse
import contextlib
import io
import re
import shlex
import unittest

from . import oss_fuzz
from .cli import make_parser
from .common import TOP, targets

try:
    import yaml
except ImportError:  # nothing else needs it
    yaml = None

WORKFLOWS = sorted((TOP / ".github" / "workflows").glob("*.yml"))
COMMAND = re.compile(r"(?:^|\s)(\./scripts/fltfuzz\s.*)")
SANITIZERS = {"address", "undefined", "memory", "coverage"}
ACTION = re.compile(r"[\w-]+/[\w./-]+@v\d+$")


def commands(text):
    """Each call of ours, as words; what the runner fills in has stand-ins."""
    for line in text.splitlines():
        found = COMMAND.search(line)
        if found:
            line = found[1].replace('"$(nproc)"', "2").replace("${{ matrix.target }}", "fuzz_close")
            yield shlex.split(re.split(r" (?:\d?>|\||&&|;)", line)[0])[1:]


def refused(words):
    """What the command says of its options; empty: it takes them."""
    said = io.StringIO()
    with contextlib.redirect_stderr(said):
        try:
            make_parser().parse_args(words)
        except (SystemExit, argparse.ArgumentError):
            return said.getvalue() or "refused"
    return ""


class Commands(unittest.TestCase):
    """Of every workflow, without a YAML parser."""

    def test_each_is_one_with_those_options(self):
        for path in WORKFLOWS:
            for words in commands(path.read_text(encoding="utf-8")):
                with self.subTest(path.name, words=words):
                    self.assertEqual(refused(words), "")
                    self.assertIn("--yes", words)  # nobody is there to be asked

    def test_what_is_asked_for_is_there(self):
        used = {path.stem: {tuple(words)[0] for words in commands(path.read_text(encoding="utf-8"))} for path in WORKFLOWS}
        self.assertEqual(used, {"night": {"campaign", "report"}, "pull-request": {"regress", "fuzz", "mutants"}})

    def test_one_that_is_not_there_would_be_noticed(self):
        found = list(commands("  - run: ./scripts/fltfuzz campaign --yes --no-such-option 5 > x\n  - run: ./scripts/fltfuzz dance\n"))
        self.assertEqual(found, [["campaign", "--yes", "--no-such-option", "5"], ["dance"]])
        self.assertTrue(all(refused(words) for words in found))

    def test_the_container_starts_the_script_where_it_looks(self):
        folder = TOP / ".clusterfuzzlite"
        container = (folder / "Dockerfile").read_text(encoding="utf-8")
        copied = re.search(r"^COPY \. (\S+)$", container, re.M)[1]
        self.assertIn(f"\nWORKDIR {copied}\n", container)
        self.assertIn("\nCOPY ./.clusterfuzzlite/build.sh $SRC/\n", container)
        self.assertTrue((folder / "build.sh").stat().st_mode & 0o100)
        folder, module = re.search(r"^cd (\S+)\nexec python3 -B -m (\S+)$", (folder / "build.sh").read_text(encoding="utf-8"), re.M).groups()
        self.assertTrue((TOP / folder / (module.replace(".", "/") + ".py")).is_file())

    def test_no_tabs(self):
        for path in [*WORKFLOWS, TOP / ".clusterfuzzlite" / "project.yaml"]:
            self.assertNotIn("\t", path.read_text(encoding="utf-8"), path.name)


@unittest.skipIf(yaml is None, "PyYAML is not installed (Debian: python3-yaml)")
class Shape(unittest.TestCase):
    def setUp(self):
        self.parsed = {path.stem: yaml.safe_load(path.read_text(encoding="utf-8")) for path in WORKFLOWS}

    def jobs(self):
        for name, workflow in self.parsed.items():
            for job_name, job in workflow["jobs"].items():
                yield f"{name}: {job_name}", job

    def test_what_every_workflow_says(self):
        for name, workflow in self.parsed.items():
            with self.subTest(name):
                self.assertEqual(set(workflow), {"name", True, "permissions", "concurrency", "jobs"})  # YAML's on is True
                self.assertEqual(workflow["permissions"]["contents"], "read")
        self.assertIn("pull_request", self.parsed["pull-request"][True])
        self.assertRegex(self.parsed["night"][True]["schedule"][0]["cron"], r"^\d+ \d+ \* \* \*$")

    def test_what_every_job_says(self):
        for name, job in self.jobs():
            with self.subTest(name):
                self.assertLessEqual(job["timeout-minutes"], 360)
                self.assertIn("runs-on", job)
                for needed in [job["needs"]] if "needs" in job else []:
                    self.assertIn(needed, self.parsed[name.split(":")[0]]["jobs"])
                for step in job["steps"]:
                    self.assertEqual(len({"run", "uses"} & set(step)), 1, step)
                    self.assertRegex(step.get("uses", "actions/x@v1"), ACTION)
                if any("./scripts/fltfuzz" in step.get("run", "") for step in job["steps"]):
                    self.assertIn("actions/checkout@v4", [step.get("uses") for step in job["steps"]])

    def test_sanitizers_and_targets(self):
        built = set(yaml.safe_load((TOP / ".clusterfuzzlite" / "project.yaml").read_text(encoding="utf-8"))["sanitizers"])
        for name, job in self.jobs():
            matrix = job.get("strategy", {}).get("matrix", {})
            if "sanitizer" in matrix:
                self.assertEqual(set(matrix["sanitizer"]), built, name)
            if "target" in matrix:
                self.assertEqual(set(matrix["target"]), set(targets()) - oss_fuzz.LEFT_OUT, name)
            for step in job["steps"]:
                self.assertIn(step.get("with", {}).get("sanitizer", "address"), SANITIZERS | {"${{ matrix.sanitizer }}"}, name)
        self.assertLessEqual(built, SANITIZERS)

    def test_a_campaign_ends_before_its_job_does(self):
        job = self.parsed["night"]["jobs"]["campaign"]
        run = next(step["run"] for step in job["steps"] if " campaign " in step.get("run", ""))
        self.assertLess(60 * int(re.search(r"--for (\d+)h", run)[1]), job["timeout-minutes"])
        self.assertIn("--json > night.json", run)


if __name__ == "__main__":
    unittest.main()

"""fltfuzz test: every test, with clang and with gcc."""

import os
import subprocess
import sys
import time
import xml.etree.ElementTree as xml
from typing import NamedTuple

from . import platforms
from .build import set_up, try_build
from .common import FINDING, FINE, TOP, echo, say

PRESETS = ("fuzz", "gcc")
JOBS = 2  # tests at once: as many as the smallest machine that this should be quick on has cores
SHOWN_LINES = 25  # of a failed test, from its beginning and from its end


class Counts(NamedTuple):
    passed: int = 0
    failed: int = 0
    skipped: int = 0

    def plus(self, other):
        return Counts(*(a + b for a, b in zip(self, other)))

    def line(self):
        skipped = f", {self.skipped} skipped" if self.skipped else ""
        return f"{self.passed} passed, {self.failed} failed{skipped}"


def add_command(command):
    sub = command(
        "test",
        run,
        "Build with clang and with gcc, both with sanitizers, and run every unit test, every committed\n"
        "sequence and a short fuzz of each target. The last line counts them.",
        "test -R corpus.fuzz_close",
    )
    sub.add_argument("--platforms", action="store_true",
                     help="on every platform too: gcc and clang at -O0 to -O3, s390x, aarch64, Windows; installs their tools")
    sub.add_argument("-R", dest="pattern", metavar="REGEX", help="only tests whose name matches")
    sub.add_argument("--night", action="store_true", help="also what takes hours: every mutant of mutants --operators")


def run(options):
    set_up(options, ["--platforms"] if options.platforms else [])
    total = Counts()
    for preset in PRESETS:
        total = total.plus(run_preset(preset, options))
    sys.stderr.flush()
    print(total.line(), flush=True)
    return FINDING if total.failed or not total.passed else FINE


def run_preset(preset, options):
    """A build that fails is a failed test."""
    start = time.monotonic()
    failure = try_build(preset, [], options)
    if failure:
        print(failure, flush=True)
        return Counts(failed=1)
    built = time.monotonic()
    counts = run_ctest(preset, options)
    say(f"{preset}: built in {built - start:.0f} s, tested in {time.monotonic() - built:.0f} s: {counts.line()}")
    return counts


def run_ctest(preset, options):
    folder = TOP / "build" / preset
    results, log_path = folder / "tests.xml", folder / "tests.log"
    results.unlink(missing_ok=True)
    words = ["ctest", "--preset", preset, "-j", str(JOBS), "--output-junit", str(results)]
    if options.pattern:
        words += ["-R", options.pattern]
    if options.night:
        words += ["-C", "night"]  # CMake's name for it: CONFIGURATIONS night
    echo(words, options.verbose)
    environment = {**os.environ, platforms.REQUEST: "all" if options.platforms else ""}
    with open(log_path, "w", encoding="utf-8") as log:
        out = sys.stderr if options.verbose else log
        done = subprocess.run(words, cwd=TOP, env=environment, stdin=subprocess.DEVNULL, stdout=out, stderr=out, check=False)
    code = done.returncode
    if not results.exists():
        print(f"ctest ended with {code} before it ran a test; see {log_path}", flush=True)
        return Counts(failed=1)
    counts, failures, skipped = read_results(xml.parse(results).getroot())
    for why, names in skipped.items():
        say(f"{preset}: skipped: {', '.join(names)}: {why}")
    for name, output in failures:
        print(f"---- {preset}: {name} failed\n{shortened(output)}", flush=True)
    if failures:
        print(f"---- all that the tests of {preset} said is in {log_path}", flush=True)
    if code != 0 and not failures:
        print(f"ctest ended with {code}; see {log_path}", flush=True)
        counts = counts.plus(Counts(failed=1))
    return counts


def shortened(text):
    """The beginning and the end of what a test said."""
    lines = text.strip().splitlines()
    if len(lines) > 2 * SHOWN_LINES:
        lines[SHOWN_LINES:-SHOWN_LINES] = [f"... {len(lines) - 2 * SHOWN_LINES} lines"]
    return "\n".join(lines)


def why_skipped(case):
    """What it said last."""
    said = (case.findtext("system-out") or "").strip().splitlines()
    return said[-1].replace("skipped: ", "", 1) if said else "it did not say why"


def read_results(suite):
    """The counts, name and output of each test that failed, and {why: names} of those skipped. A test that
    did not run (its program is missing, say) has failed, unless it asked to be skipped or is disabled."""
    counts, failures, skips = Counts(), [], {}
    for case in suite.iter("testcase"):
        status = case.get("status")
        skipped = case.find("skipped")
        if status == "run":
            counts = counts.plus(Counts(passed=1))
        elif status == "disabled" or (skipped is not None and skipped.get("message", "").startswith("SKIP_")):
            counts = counts.plus(Counts(skipped=1))
            skips.setdefault(why_skipped(case), []).append(case.get("name"))
        else:
            counts = counts.plus(Counts(failed=1))
            failures.append((case.get("name"), case.findtext("system-out") or f"it did not run ({status})"))
    return counts, failures, skips

"""One afl-fuzz process, with the same face as libfuzzer's: its options, what it leaves behind, what it
found. Nothing here knows what is fuzzed."""

import collections
import hashlib
import os
import re
import shutil
import subprocess
from pathlib import Path

from . import libfuzzer
from .common import Stop, make_folder

MOST_BYTES = 65536  # of an input
LAST_LINES = 20  # kept of what afl-fuzz says
MOST_FILES = 1000  # on a command line
SETTINGS = {
    "AFL_NO_UI": "1",
    "AFL_BENCH_UNTIL_CRASH": "1",  # the first finding ends it, as it ends libFuzzer
    "AFL_FAST_CAL": "1",
    # A container, a shared machine: nothing to tune, and the driver's own abort is seen without cores.
    "AFL_NO_AFFINITY": "1",
    "AFL_SKIP_CPUFREQ": "1",
    "AFL_I_DONT_CARE_ABOUT_MISSING_CRASHES": "1",
}
_QUEUED = re.compile(r"^id:.*,time:(\d+),execs:(\d+)")
_COLOUR = re.compile(r"\x1b\[[0-9;?]*[A-Za-z]|[\x0e\x0f]")


def environment(mutator):
    """For afl-fuzz; what the user set for sanitizers would stop it, as it needs its own."""
    kept = {name: value for name, value in os.environ.items() if name not in ("ASAN_OPTIONS", "UBSAN_OPTIONS")}
    kept.update(SETTINGS)
    if mutator:
        kept.update(AFL_CUSTOM_MUTATOR_LIBRARY=str(mutator), AFL_CUSTOM_MUTATOR_ONLY="1")
    return kept


def command(binary, limits, inputs, out, job):
    words = ["afl-fuzz", "-i", str(inputs), "-o", str(out), "-S", f"job{job}", "-s", str(limits.seed)]
    words += ["-t", str(1000 * libfuzzer.SINGLE_RUN_SECONDS), "-G", str(MOST_BYTES)]
    if limits.seconds:
        words += ["-V", str(limits.seconds)]
    if limits.runs:
        words += ["-E", str(limits.runs)]
    return [*words, "--", str(binary)]


def name_by_content(path, prefix=""):
    """As libFuzzer names files, so that both engines can share a folder."""
    return prefix + hashlib.sha1(path.read_bytes()).hexdigest()


def replay(binary, files):
    """Runs inputs once each: the exit code, and what was said on stderr."""
    done = subprocess.run([str(binary), *map(str, files)], stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
                          stderr=subprocess.PIPE, check=False)
    return done.returncode, done.stderr.decode("utf-8", "replace")


def first_failing(binary, files):
    """The first of the inputs that fails by itself; None when all are fine."""
    if len(files) > MOST_FILES:
        return first_failing(binary, files[:MOST_FILES]) or first_failing(binary, files[MOST_FILES:])
    if not files or replay(binary, files)[0] == 0:
        return None
    if len(files) == 1:
        return files[0]
    half = len(files) // 2
    return first_failing(binary, files[:half]) or first_failing(binary, files[half:])


class Output(libfuzzer.Output):
    """What afl-fuzz says and writes to its folder."""

    def __init__(self, folder):
        super().__init__()
        self._folder = folder
        self.since_status = collections.deque(maxlen=LAST_LINES)
        self._finding = None

    def feed(self, line):
        line = _COLOUR.sub("", line).strip()
        if line:
            self.since_status.append(line)

    def look(self):
        """While it runs: its statistics come once a minute, the names in its queue tell sooner."""
        try:
            names = os.listdir(self._folder / "queue")
        except OSError:
            return  # not yet
        told = [(int(at[2]), int(at[1])) for at in map(_QUEUED.search, names) if at]
        self.corpus = len(told)
        if told:
            self.runs, milliseconds = max(told)
            self.per_second = 1000 * self.runs // max(milliseconds, 1)

    def look_at_end(self):
        try:
            text = (self._folder / "fuzzer_stats").read_text(encoding="utf-8")
            self.final_runs = int(re.search(r"^execs_done *: (\d+)", text, re.M).group(1))
        except (OSError, AttributeError):
            pass

    def found(self):
        """The inputs that crashed it, then those that took too long."""
        return [path for kind in ("crashes", "hangs") for path in sorted((self._folder / kind).glob("id:*"))]

    def keep(self, path, binary, artifacts):
        """A finding is kept under a name of ours; what it shows is seen by running it."""
        kind = "timeout" if path.parent.name == "hangs" else "crash"
        saved = Path(artifacts) / name_by_content(path, f"{kind}-")
        shutil.copyfile(path, saved)
        self.saved.append(str(saved))
        if kind == "timeout":
            return
        self._finding = libfuzzer.Output()
        for line in replay(binary, [saved])[1].splitlines():
            self._finding.feed(line)

    def rule(self):
        return self._finding.rule() if self._finding else ""

    def report(self):
        shown = self._finding.report() if self._finding else ""
        return shown or "one more run of the input shows nothing"

    def reason(self):
        return libfuzzer.REASONS[77 if self._finding else 70]


class Process(libfuzzer.Process):
    """A running afl-fuzz."""

    def __init__(self, words, mutator, folder, binary, artifacts):
        super().__init__(words, Output(folder), environment(mutator))
        self._binary, self._artifacts = binary, artifacts

    def update(self):
        super().update()
        self.output.look()

    def ended_well(self):
        return super().ended_well() and not self.output.found()

    def finish(self, seconds=libfuzzer.SINGLE_RUN_SECONDS):
        super().finish(seconds)
        self.output.look_at_end()
        for path in [] if self.output.saved else self.output.found()[:1]:
            self.output.keep(path, self._binary, self._artifacts)

    def verdict(self):
        if self.output.saved:
            return "finding", self.output.reason()
        return super().verdict()


class Failed:
    """Stands for a process that ended at once: an input that it would start from fails. (afl-fuzz
    itself would leave such an input out, and say nothing.)"""

    def __init__(self, path, binary, artifacts):
        self.output = Output(path.parent)
        self.output.final_runs = 1
        self.output.keep(path, binary, artifacts)

    def update(self):
        pass

    def stop(self):
        pass

    def finish(self):
        pass

    def running(self):
        return False

    def ended_well(self):
        return False

    def verdict(self):
        return "finding", self.output.reason()


class Engine:
    """afl-fuzz on copies of the inputs, in a folder that goes away."""

    name = "afl"

    def __init__(self, binary, mutator, artifacts, folders, scratch):
        self._binary, self._mutator, self._artifacts = binary, mutator, artifacts
        self._inputs, self._out = make_folder(scratch / "inputs"), scratch / "out"
        for folder in folders:
            for path in Path(folder).iterdir():
                if path.is_file() and path.stat().st_size:
                    shutil.copyfile(path, self._inputs / name_by_content(path))
        files = sorted(self._inputs.iterdir())
        if not files:
            raise Stop("AFL++ needs an input to start from, and there is none")
        self._failing = first_failing(binary, files)

    def start(self, limits, job, show):
        if self._failing:
            return Failed(self._failing, self._binary, self._artifacts)
        words = command(self._binary, limits, self._inputs, self._out, job)
        show(words)
        return Process(words, self._mutator, self._out / f"job{job}", self._binary, self._artifacts)

    def keep(self, corpus):
        """What is new goes to the working corpus, which both engines read and write."""
        for path in self._out.glob("*/queue/id:*"):
            if ",orig:" not in path.name:
                shutil.copyfile(path, corpus / name_by_content(path))

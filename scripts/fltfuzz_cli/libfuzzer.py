"""One libFuzzer process: its options, what it prints, what its exit code means. Nothing here knows
what is fuzzed."""

import contextlib
import os
import queue
import re
import signal
import subprocess
import threading
import time
from typing import NamedTuple

INTERRUPTED = 72
REASONS = {
    70: "a run took too long",
    71: "out of memory",
    77: "a crash, a violation or a leak",
}
SINGLE_RUN_SECONDS = 20  # a run that takes longer is a finding
MOST_LINES = 20000  # kept of what is printed since the last status line
LONGEST_LINE = 65536  # bytes; a longer one counts as several

_STATUS = re.compile(r"#(\d+)\t\s*\w+")
_SAVED = re.compile(r"Test unit written to (.+)$")
_UNITS = re.compile(r"stat::number_of_executed_units:\s*(\d+)")
_NUMBERS = {
    "coverage": re.compile(r"\bcov: (\d+)"),
    "corpus": re.compile(r"\bcorp: (\d+)/"),
    "per_second": re.compile(r"\bexec/s: (\d+)"),
}
_OUR_STATS = "fltfuzz-stats: "
_ENGINE_REPORT = re.compile(r"==\d+== ?ERROR: libFuzzer: deadly signal")
_OUR_MARK = "DEDUP_TOKEN: "


class Limits(NamedTuple):
    seconds: int  # 0: none
    runs: int  # 0: none
    seed: int


def command(binary, limits, artifacts, folders, extra=()):
    """The first folder is written to, the others only read."""
    words = [str(binary), f"-seed={limits.seed}", f"-artifact_prefix={artifacts}/"]
    words += [f"-timeout={SINGLE_RUN_SECONDS}", "-print_final_stats=1", "-reload=1"]
    if limits.seconds:
        words.append(f"-max_total_time={limits.seconds}")
    if limits.runs:
        words.append(f"-runs={limits.runs}")
    return words + list(extra) + [str(folder) for folder in folders]


class Output:
    """What a process has printed, read line by line."""

    def __init__(self):
        self.runs = self.coverage = self.corpus = self.per_second = 0
        self.our_stats = ""  # the JSON that the target prints when it ends
        self.saved = []  # the inputs that it kept as findings
        self.since_status = []
        self.final_runs = None

    def feed(self, line):
        status = _STATUS.match(line)
        if status:
            self.runs = int(status.group(1))
            for name, pattern in _NUMBERS.items():
                found = pattern.search(line)
                if found:
                    setattr(self, name, int(found.group(1)))
            self.since_status.clear()
            return
        units = _UNITS.match(line)
        saved = _SAVED.search(line)
        if units:
            self.final_runs = int(units.group(1))
        elif line.startswith(_OUR_STATS):
            self.our_stats = line[len(_OUR_STATS) :]
        elif saved and "slow-unit-" not in line:
            self.saved.append(saved.group(1).strip())
        elif not line.startswith(("stat::", "INFO: ", "Done ")) and len(self.since_status) < MOST_LINES:
            self.since_status.append(line)

    def executed(self):
        return self.runs if self.final_runs is None else self.final_runs

    def rule(self):
        """The id of the rule that the target reported; empty when it was something else."""
        return next((line[len(_OUR_MARK) :].strip() for line in self.since_status if line.startswith(_OUR_MARK)), "")

    def report(self):
        """What was printed about a finding: the target's own report where it wrote one (the
        engine's stack of the abort says nothing more), else all of it."""
        lines = self.since_status
        if self.rule():
            end = next((i for i, line in enumerate(lines) if _ENGINE_REPORT.match(line)), len(lines))
            lines = lines[:end]
        return "\n".join(lines).strip()


class Process:
    """A running libFuzzer; its lines are read by a thread, into `output`."""

    def __init__(self, words, output=None, environment=None, folder=None):
        # A session of its own: Ctrl-C reaches us alone, and we stop it.
        self._process = subprocess.Popen(  # pylint: disable=consider-using-with
            words, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, env=environment,
            cwd=folder, start_new_session=True
        )
        self.pid = self._process.pid
        self.output = output or Output()
        self.printed = 0  # bytes
        self._lines = queue.Queue(MOST_LINES)  # who prints faster than we read waits
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()
        self._asked_to_stop = False

    def _read(self):
        with contextlib.suppress(ValueError):  # it was closed: finish has given up on us
            for line in iter(lambda: self._process.stdout.readline(LONGEST_LINE), b""):
                self.printed += len(line)
                self._lines.put(line.decode("utf-8", "replace").rstrip("\r\n"))

    def update(self):
        for _ in range(self._lines.qsize()):  # no more: who prints without end must not hold us
            self.output.feed(self._lines.get())

    def running(self):
        return self._process.poll() is None

    def ended_well(self):
        """It has ended because it reached its limit."""
        return self._process.poll() == 0

    def stop(self):
        """Ends it; a finding that it has just made is still reported."""
        if self.running():
            self._asked_to_stop = True
            self._process.send_signal(signal.SIGINT)

    def finish(self, seconds=SINGLE_RUN_SECONDS):
        """Waits for its end and reads what it said last."""
        self._wait(self.running, seconds)
        with contextlib.suppress(ProcessLookupError):  # nothing that it started is left behind
            os.killpg(self.pid, signal.SIGKILL)
        self._process.wait()
        self._wait(self._reader.is_alive, seconds)
        if not self._reader.is_alive():  # else somebody still holds its output open: let it go
            self._process.stdout.close()
        self.update()

    def _wait(self, condition, seconds):
        """While the condition holds; what it says meanwhile is read, or it could not go on."""
        end = time.monotonic() + seconds
        while condition() and time.monotonic() < end:
            self.update()
            time.sleep(0.01)

    def verdict(self):
        """"fine", "finding" or "trouble", and the reason in words."""
        code = self._process.returncode
        if self.output.saved:
            return "finding", REASONS.get(code, f"a sanitizer's report, exit code {code}")
        if code == 0 or code == INTERRUPTED or self._asked_to_stop:
            return "fine", ""
        if code in REASONS:
            return "finding", REASONS[code] + " (no input was saved)"
        return "trouble", f"killed by signal {-code}" if code < 0 else f"exit code {code}"


class Engine:
    """libFuzzer on folders: the first is the working corpus."""

    name = "libfuzzer"

    def __init__(self, binary, artifacts, folders):
        self._binary, self._artifacts, self._folders = binary, artifacts, folders

    def start(self, limits, _job, show):
        words = command(self._binary, limits, self._artifacts, self._folders)
        show(words)
        return Process(words)

    def keep(self, _corpus):
        """It has written to the corpus as it went."""

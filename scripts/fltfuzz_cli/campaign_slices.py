"""The time of a campaign in slices: whose turn it is, and one process of an engine that must not get
out of hand, whatever its target does."""

import json
import os
import shutil
import time
from pathlib import Path

from . import afl, beside, libfuzzer, shared_folder
from .common import make_folder
from .shared_folder import name_of

SLICE_SECONDS = 60
LATE_SECONDS = 2 * libfuzzer.SINGLE_RUN_SECONDS  # after its time a process is asked to stop, then made to
MOST_PRINTED = 64 * 1024 * 1024  # bytes
MOST_BESIDE = 256 * 1024 * 1024  # bytes of files in its own folder
LOOK_SECONDS = 2  # between looks at what it wrote
FAILURES = 3  # in a row: the target is put aside for the night
ARTIFACTS = ("crash-", "leak-", "timeout-", "oom-")
# Targets that are not here weigh 1; fuzz_empty finds nothing.
WEIGHTS = {"fuzz_close": 4, "fuzz_lifecycle": 3, "fuzz_names": 3, "fuzz_codec": 1, "fuzz_empty": 0}


class Turn:
    """A target's part of a campaign: {weight, seconds, sequences, calls} are kept in the manifest."""

    def __init__(self, name, target, weight, known):
        self.name, self.target, self.weight = name, target, weight
        self.seconds = float(known.get("seconds", 0))
        self.sequences = int(known.get("sequences", 0))
        self.calls = int(known.get("calls", 0))
        self.tonight = {"seconds": 0.0, "sequences": 0, "calls": 0}
        self.coverage = 0
        self.failures = self.slices = 0
        self.aside = ""  # why it gets no more turns tonight
        self.calls_per_sequence = 0.0
        self.per_second = 0  # sequences, in its last slice

    def entry(self):
        return {"weight": self.weight, "seconds": round(self.seconds, 1), "sequences": self.sequences, "calls": self.calls}

    def add(self, seconds, sequences, calls):
        self.seconds += seconds
        self.sequences += sequences
        self.calls += calls
        self.tonight["seconds"] += seconds
        self.tonight["sequences"] += sequences
        self.tonight["calls"] += calls


def next_turn(turns, running, slice_seconds):
    """Who is furthest behind its share of this night; those that run count as if they were through. None: nobody can."""
    able = [turn for turn in turns if turn.weight and not turn.aside]
    waiting = sum(1 for turn in able if not turn.tonight["seconds"] and turn.name not in running)

    def behind(turn):
        used = turn.tonight["seconds"] + slice_seconds * running.count(turn.name)
        return (used > 0 if waiting else False, used / turn.weight)

    return min(able, key=behind, default=None)


def slice_length(seconds, jobs, turns):
    """So that each target gets a slice, and a short campaign several turns."""
    able = max(1, sum(1 for turn in turns if turn.weight))
    return max(2, min(SLICE_SECONDS, int(seconds * jobs / (3 * able))))


def size_of(folder):
    """Bytes in a folder, and below."""
    total = 0
    for where, _, names in os.walk(folder):
        for name in names:
            try:
                total += os.lstat(os.path.join(where, name)).st_size
            except OSError:
                pass  # it is gone
    return total


class Slice:
    """A running engine on the working corpus; what it finds lands in a folder of its own."""

    def __init__(self, turn, binary, seconds, seed, work, folders):
        self.turn, self.seconds, self.seed = turn, seconds, seed
        self.folder = work
        shutil.rmtree(work, ignore_errors=True)
        work.mkdir(parents=True, exist_ok=True)
        self.process = self._start(binary, libfuzzer.Limits(seconds, 0, seed), folders)
        beside.limit_files(self.process.pid, beside.MOST_OF_A_FILE)
        self.started, self.ended = time.monotonic(), None
        self.why_stopped = ""
        self._killed_at = None
        self._looked_at = self.started

    def _start(self, binary, limits, folders):
        words = libfuzzer.command(binary, limits, self.folder, folders)
        return libfuzzer.Process(beside.ends_with_us(words), folder=self.folder)

    def elapsed(self):
        return time.monotonic() - self.started

    def stop(self, why):
        """Asks it to end; it gets a moment to do so."""
        if not self.why_stopped:
            self.why_stopped = why
            self._killed_at = time.monotonic() + libfuzzer.SINGLE_RUN_SECONDS
            self.process.stop()

    def running(self):
        """Reads what it says; sees to it that it ends, and does not fill the disk."""
        self.process.update()
        if not self.process.running():
            self.ended = self.ended or time.monotonic()  # what we are at may keep us from settling it for long
            return False
        now = time.monotonic()
        if self._killed_at and now > self._killed_at:
            return False  # finish kills it
        if self.elapsed() > self.seconds + LATE_SECONDS:
            self.stop(f"did not end {LATE_SECONDS} s after its time")
        elif self.process.printed > MOST_PRINTED:
            self.stop(f"printed more than {MOST_PRINTED >> 20} MiB")
        elif now - self._looked_at > LOOK_SECONDS:
            self._looked_at = now
            if size_of(self.folder) > MOST_BESIDE:
                self.stop(f"wrote more than {MOST_BESIDE >> 20} MiB to its folder")
        return True

    def finish(self):
        """Waits for its end, and counts what it did. The inputs that it found something with."""
        self.process.finish(1 if self._killed_at else libfuzzer.SINGLE_RUN_SECONDS)
        self.ended = self.ended or time.monotonic()
        output, elapsed = self.process.output, self.ended - self.started
        calls = self._calls(output)
        self.turn.add(elapsed, output.executed(), calls)
        if output.executed() and calls:
            self.turn.calls_per_sequence = calls / output.executed()
        self.turn.coverage = max(self.turn.coverage, output.coverage)
        self.turn.per_second = self.speed()
        return artifacts(self.folder)

    def _calls(self, output):
        try:
            return int(json.loads(output.our_stats)["calls"])
        except (ValueError, KeyError, TypeError):  # it died before it could say, or is afl-fuzz, which counts none
            return int(output.executed() * self.turn.calls_per_sequence)

    def speed(self):
        return int(self.process.output.executed() / max(self.ended - self.started, 0.1))

    def trouble(self):
        """Why it ended other than by its time or a finding; empty when it did not."""
        if self.why_stopped:
            return self.why_stopped
        verdict, reason = self.process.verdict()
        if verdict == "fine":
            return ""
        if verdict == "finding":
            return "" if artifacts(self.folder) else reason
        last = [line for line in self.process.output.since_status if line.strip()][-1:]
        return "; ".join([reason, *(line[:200] for line in last)])

    def got_nowhere(self):
        """It ended before the engine had read its corpus."""
        return not self.process.output.corpus


class AflSlice(Slice):
    """afl-fuzz on links to the working corpus; what its queue has beyond them comes back when it ends."""

    def __init__(self, turn, binary, seconds, seed, work, folders, mutator):
        self._mutator, self._corpus = mutator, Path(folders[0])
        super().__init__(turn, binary, seconds, seed, work, folders)

    def _start(self, binary, limits, folders):
        inputs, self._out = make_folder(self.folder / "inputs"), self.folder / "out"
        for folder in folders:
            for path in Path(folder).iterdir():
                data = shared_folder.read(path)[0]
                if data:
                    (inputs / name_of(data)).write_bytes(data)
        words = afl.command(binary, limits, inputs, self._out, 0)
        return afl.Process(beside.ends_with_us(words), self._mutator, self._out / "job0", binary, self.folder)

    def finish(self):
        found = super().finish()
        for path in self._out.glob("*/queue/id:*"):
            data = None if ",orig:" in path.name else shared_folder.read(path)[0]
            if data and not (self._corpus / name_of(data)).exists():
                (self._corpus / name_of(data)).write_bytes(data)  # the campaign syncs what it takes in
        return found


def artifacts(folder):
    return sorted(path for path in Path(folder).iterdir() if path.name.startswith(ARTIFACTS) and path.is_file())

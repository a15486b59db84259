"""A campaign and a folder that it shares with other machines: now and then, in a process of its own, so that a
slow folder holds up nothing. First it takes, then it gives, target after target."""

import contextlib
import os
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from . import beside

EVERY_SECONDS = 600  # from the end of a round to the next
MOST_SECONDS = 900  # of one step; a folder that takes longer is as good as gone
LAST_SECONDS = 60  # at the end of the night, for what is left to give


class Share:
    def __init__(self, path, build, corpora, say):
        self.path, self.build, self.say = Path(path), build, say
        self.corpora = corpora  # {target: its folder}
        self.steps = []  # of this round: (target, into, from)
        self.process = self.log = None
        self.started = 0.0
        self.next_round = time.monotonic()
        self.works = True  # as far as was told

    def tick(self):
        """Goes on with what is to be done. It never waits."""
        if self.process and not self._over():
            return
        if not self.steps and time.monotonic() >= self.next_round:
            self.steps = self._round()
        if self.steps:
            self._start(self.steps.pop(0))

    def _round(self):
        steps = []
        for target, corpus in self.corpora.items():
            shared = self.path / target
            steps += [(target, corpus, shared), (target, shared, corpus)]
        return steps

    def _start(self, step):
        target, into, source = step
        # INTO is made by a merge, FROM must be there; the shared folder itself only people make.
        if not os.path.isdir(self.corpora[target]):
            return
        words = [sys.executable, "-B", str(Path(__file__).parent), "merge", "--build", str(self.build), "--shared", str(self.path),
                 target, str(into), str(source)]
        self.log = tempfile.TemporaryFile()
        self.process = subprocess.Popen(beside.ends_with_us(words), stdin=subprocess.DEVNULL, stdout=self.log, stderr=self.log,
                                        start_new_session=True)
        self.started = time.monotonic()

    def _over(self):
        code = self.process.poll()
        if code is None and time.monotonic() - self.started <= MOST_SECONDS:
            return False
        if code is None:
            self._kill()
            self._told(f"took longer than {MOST_SECONDS} s")
        elif code:
            self.log.seek(0)
            lines = self.log.read().decode("utf-8", "replace").strip().splitlines() or [f"exit code {code}"]
            said = [line for line in lines if line.startswith("fltfuzz: ") and "skipped" not in line]
            self._told((said or lines)[-1].removeprefix("fltfuzz: "))
        self._forget()
        if not self.steps:
            self.next_round = time.monotonic() + EVERY_SECONDS
            if not self.works and code == 0:
                self.works = True
                self.say(f"--share {self.path}: it works again")
        return True

    def _told(self, why):
        """One line until it works again; the rest of the round is left out."""
        self.steps = []
        if self.works:
            self.say(f"--share: {why}; the campaign goes on without, and tries again")
        self.works = False

    def _kill(self):
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(self.process.pid, signal.SIGKILL)
        with contextlib.suppress(subprocess.TimeoutExpired):
            self.process.wait(0.5)  # no longer: it may hang in the system

    def _forget(self):
        self.log.close()
        self.process = self.log = None

    def finish(self, tick):
        """Gives what is left, in a bounded time. A folder that did not work is not tried again."""
        end = time.monotonic() + LAST_SECONDS
        if self.works:
            self.steps = [step for step in self._round() if step[1] == self.path / step[0]]
            while time.monotonic() < end and (self.steps or self.process):
                self.next_round = end  # no other round
                self.tick()
                tick()
                time.sleep(0.05)
        self.stop()

    def stop(self):
        if self.process:
            self._kill()
            self._forget()

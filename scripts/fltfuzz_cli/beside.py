"""Runs a program while something else goes on; what it may print, write and take is bounded."""

import contextlib
import os
import resource
import shutil
import signal
import subprocess
import tempfile
import time

POLL_SECONDS = 0.01
MOST_OF_A_FILE = 64 * 1024 * 1024  # bytes


def ends_with_us(words):
    """The command, which then ends with us, also when we are killed; where this machine can."""
    return ["setpriv", "--pdeathsig", "KILL", *words] if shutil.which("setpriv") else list(words)


def limit_files(pid, size):
    with contextlib.suppress(ProcessLookupError, PermissionError):  # it has ended
        resource.prlimit(pid, resource.RLIMIT_FSIZE, (size, size))


def run(words, seconds, tick):
    """As subprocess.run; `tick` is called all the time."""
    end = time.monotonic() + seconds
    with tempfile.TemporaryFile() as out, tempfile.TemporaryFile() as errors:
        process = subprocess.Popen(ends_with_us(words), stdin=subprocess.DEVNULL, stdout=out, stderr=errors, start_new_session=True)
        try:
            limit_files(process.pid, MOST_OF_A_FILE)
            while process.poll() is None:
                if time.monotonic() > end:
                    raise subprocess.TimeoutExpired(words, seconds)
                tick()
                time.sleep(POLL_SECONDS)
        finally:
            if process.poll() is None:
                os.killpg(process.pid, signal.SIGKILL)
                process.wait()
        out.seek(0)
        errors.seek(0)
        return subprocess.CompletedProcess(words, process.returncode, out.read(), errors.read())

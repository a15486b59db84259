"""Set-up and building: a preset of CMakePresets.json becomes programs in build/PRESET/bin."""

import contextlib
import fcntl
import subprocess
import sys
from typing import NamedTuple

from .common import TOP, Stop, echo, make_folder, say

QUIET_SECONDS = 2  # a build that takes longer is announced


class Target(NamedTuple):
    """A fuzz target, as fuzz/CMakeLists.txt describes it."""

    name: str
    input: str  # "sequences" or "bytes"
    seeds: str  # the target whose committed seeds it starts from


def set_up(options, extra=()):
    """Every tool is there, and what is extra too, or this stops."""
    command = [TOP / "scripts" / "setup", *extra] + (["--yes"] if options.yes else []) + (["-v"] if options.verbose else [])
    echo(command, options.verbose)
    if subprocess.run(command, check=False).returncode != 0:
        raise Stop("")  # it has said what is missing


@contextlib.contextmanager
def only_one(preset):
    """Two builds in one folder would disturb each other."""
    folder = make_folder(TOP / "build")
    with open(folder / f"{preset}.lock", "w", encoding="utf-8") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def _step(command, log, announcement, verbose):
    """Runs one step of a build into the log; True when it went well."""
    echo(command, verbose)
    out = sys.stderr if verbose else log  # stdout is for the command's own result
    with subprocess.Popen(command, cwd=TOP, stdin=subprocess.DEVNULL, stdout=out, stderr=out) as process:
        try:
            process.wait(QUIET_SECONDS)
        except subprocess.TimeoutExpired:
            say(announcement)
        return process.wait() == 0


def try_build(preset, programs, options):
    """Configures and builds (all, when no programs are named): None, or what went wrong."""
    log_path = TOP / "build" / f"{preset}.log"
    with only_one(preset), open(log_path, "w", encoding="utf-8") as log:
        command = ["cmake", "--preset", preset]
        if not _step(command, log, f"configuring {preset}", options.verbose):
            for mark in (TOP / "build").glob(".setup-works*"):
                mark.unlink(missing_ok=True)  # look at the tools again
            return _failure("configuring", preset, log_path, options)
        command = ["cmake", "--build", "--preset", preset]
        if programs:
            command += ["--target", *programs]
        if not _step(command, log, f"building {preset}", options.verbose):
            return _failure("building", preset, log_path, options)
    return None


def _failure(what, preset, log_path, options):
    if options.verbose:
        return f"{what} {preset} failed"
    lines = log_path.read_text(encoding="utf-8", errors="replace").splitlines()
    telling = [line for line in lines if "error:" in line or "Error" in line][:5] or lines[-5:]
    return "\n".join([f"{what} {preset} failed:", *telling, f"all that was said is in {log_path}"])


def build(preset, programs, options):
    """The folder of the programs, built; or this stops."""
    set_up(options, ["--afl"] if preset == "afl" else [])
    failure = try_build(preset, programs, options)
    if failure:
        raise Stop(failure)
    return TOP / "build" / preset / "bin"


def target_table(preset):
    """The fuzz targets of a configured preset, or of a build's folder, by name."""
    text = (TOP / "build" / preset / "fuzz_targets.txt").read_text(encoding="utf-8")
    return {row.name: row for row in (Target(*line.split()) for line in text.splitlines())}

"""What all commands share: where things are, how they stop, how options read."""

import argparse
import os
import shlex
import subprocess
import sys
from pathlib import Path

FINE, FINDING, TROUBLE = 0, 1, 2  # exit codes; never 77, which is libFuzzer's for a crash

TOP = Path(__file__).resolve().parents[2]


class Stop(Exception):
    """Ends the command with one line on stderr."""

    def __init__(self, message, code=TROUBLE):
        super().__init__(message)
        self.code = code


def say(line):
    print(f"fltfuzz: {line}", file=sys.stderr, flush=True)


def echo(command, verbose):
    if verbose:
        print("+ " + " ".join(shlex.quote(str(word)) for word in command), file=sys.stderr, flush=True)


def run_through(command, verbose):
    """Runs a program of ours in our terminal: its exit code. A death by signal is a finding."""
    echo(command, verbose)
    sys.stdout.flush()
    code = subprocess.run([str(word) for word in command], check=False).returncode
    return FINDING if code < 0 else code


def count(noun, number):
    """1 file, 2 files."""
    return f"{number:,} {noun}" + ("" if number == 1 else "s")


def whole_number(lowest, highest):
    """An argparse type: a whole number in the range."""

    def convert(text):
        allowed = f"{text} is not a whole number from {lowest} to {highest}"
        try:
            number = int(text)
        except ValueError:
            raise argparse.ArgumentTypeError(allowed) from None
        if not lowest <= number <= highest:
            raise argparse.ArgumentTypeError(allowed)
        return number

    return convert


def state_folder():
    base = os.environ.get("XDG_STATE_HOME") or ""
    if not os.path.isabs(base):  # the specification: ignore what is not absolute
        base = os.path.join(os.path.expanduser("~"), ".local", "state")
    return Path(base) / "fltfuzz"


def make_folder(path):
    try:
        path.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise Stop(f"{path}: {error.strerror}") from None
    return path


def targets():
    """The names of the fuzz targets: a file for each."""
    return sorted(path.stem for path in (TOP / "fuzz" / "targets").glob("fuzz_*.c"))

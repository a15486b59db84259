"""A folder of inputs that others read and write at the same time, here or through a shared or synchronised
disk. Files are named by their content (sha1, as libFuzzer does); ours appear whole; nothing is removed."""

import collections
import hashlib
import os
import re
import time
from pathlib import Path
from typing import NamedTuple

from . import crash_folders, durable

MOST_BYTES = 1024 * 1024  # of a file: engines read no more
SHA1 = re.compile(r"[0-9a-f]{40}")
HALF_WRITTEN = "half-written"
GONE = "gone meanwhile"
ABANDONED_SECONDS = 24 * 3600  # what is being written has its name no longer than that


class Read(NamedTuple):
    inputs: dict  # {name: bytes}, named by their content
    texts: dict  # {path: bytes}: sequences as text
    skipped: collections.Counter  # {why: number}


def name_of(data):
    return hashlib.sha1(data).hexdigest()


def read_input(path):
    """What is in the file now, or None and why it is no input. Each is read once, and judged by what was read."""
    try:
        with open(path, "rb") as file:
            data = file.read(MOST_BYTES + 1)
    except FileNotFoundError:
        return None, GONE
    except OSError as error:
        return None, error.strerror
    if len(data) > MOST_BYTES:
        return None, "larger than an engine reads"
    name = os.path.basename(path)
    if SHA1.fullmatch(name) and name != name_of(data):
        return None, HALF_WRITTEN
    return (data, "") if data else (None, "empty")


def read_all(folders):
    """Of corpora, AFL's output folders and files; the trouble is (path, why)."""
    found = crash_folders.collect(folders)
    read = Read({}, {}, collections.Counter())
    for one in found.inputs:
        data, why = read_input(one.path)
        if data is None:
            read.skipped[why] += 1
        elif one.path.endswith(".seq"):
            read.texts[one.path] = data
        else:
            read.inputs[name_of(data)] = data
    return read, found.troubles


def store(folder, inputs):
    """Those that are not there whole; how many that were. Of two writers of one file either may be the last."""
    folder = Path(folder)
    stored = 0
    for name, data in sorted(inputs.items()):
        if read_input(folder / name)[0] != data:
            durable.write(folder / name, data)
            stored += 1
    return stored


def sweep(folder):
    """What writers that are long gone left half written; not what one is writing now."""
    for path in Path(folder).glob(durable.NEW + "*"):
        try:
            if time.time() - path.stat().st_mtime > ABANDONED_SECONDS:
                path.unlink()
        except FileNotFoundError:
            pass  # it has its name now

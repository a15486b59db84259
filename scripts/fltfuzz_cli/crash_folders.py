"""Folders of inputs: our corpus, and what libFuzzer and AFL leave behind. Which files are inputs, how an
engine came to them, and why the others are none."""

import os
import re
import stat
from typing import NamedTuple

READMES = {"README", "README.md", "README.txt"}
# Beside AFL's queue/ these are its notes; fuzz_bitmap could pass for a binary sequence.
AFL_NOTES = {"cmdline", "fastresume.bin", "fuzz_bitmap", "fuzzer_setup", "fuzzer_stats", "is_main_node", "plot_data",
             "queue_data", "target_hash"}
LIBFUZZER = re.compile(r"(crash|leak|timeout|oom|slow-unit)-")
AFL_FOLDER = re.compile(r"(crash|hang|queue)(?:es|s)?(?:\.[0-9-]+:?.*)?$")


class Input(NamedTuple):
    path: str  # as os.fsdecode has it
    found_as: str = ""  # crash, leak, timeout, oom, slow-unit, hang, queue: what the engine took it for


class Folders(NamedTuple):
    inputs: list
    skipped: list  # (path, why)
    troubles: list  # (path, why)


def collect(paths):
    """What stands below the paths, in the order of the names."""
    found = Folders([], [], [])
    seen = set()
    for path in paths:
        path = os.fspath(path)
        _add(path if not path.startswith("-") else f"./{path}", found, seen)
    return found


def _add(path, found, seen):
    try:
        info = os.stat(path)
    except OSError as error:
        found.troubles.append((path, error.strerror))
        return
    if stat.S_ISDIR(info.st_mode):
        if (info.st_dev, info.st_ino) in seen:  # a link leads back
            found.skipped.append((path, "a folder that was looked through already"))
            return
        seen.add((info.st_dev, info.st_ino))
        _add_folder(path, found, seen)
    elif stat.S_ISREG(info.st_mode):
        found.inputs.append(Input(path, _found_as(path)))
    else:
        found.skipped.append((path, "no regular file"))


def _add_folder(folder, found, seen):
    try:
        names = sorted(os.listdir(folder), key=os.fsencode)
    except OSError as error:
        found.troubles.append((folder, error.strerror))
        return
    for name in names:
        path = os.path.join(folder, name)
        if name.startswith("."):
            found.skipped.append((path, "hidden"))
        elif name in READMES:
            found.skipped.append((path, "a note to people"))
        elif name in AFL_NOTES and "queue" in names:
            found.skipped.append((path, "a note of AFL's own"))
        else:
            _add(path, found, seen)


def _found_as(path):
    folder, name = os.path.split(path)
    of_libfuzzer = LIBFUZZER.match(name)
    if of_libfuzzer:
        return of_libfuzzer.group(1)
    of_afl = AFL_FOLDER.match(os.path.basename(folder))
    return of_afl.group(1) if of_afl and re.match("id[:_]", name) else ""

"""A folder of inputs that several write to at once, from this machine or others. Files are named by what they
hold, so a name says whether its file is whole; they appear under that name only when they are."""

import errno
import hashlib
import os
import re
import time
import uuid
from pathlib import Path

from . import durable

MOST_BYTES = 1024 * 1024  # of an input: engines read no more
STALE_SECONDS = 24 * 3600  # what is being written has been left behind
AGAIN_SECONDS = 0.05  # before a file that looks half written is read once more
SHA1 = re.compile(r"[0-9a-f]{40}")


def name_of(data):
    return hashlib.sha1(data).hexdigest()


def read(path):
    """(the bytes, None), or (None, why not): gone, half-written, empty, too large, unreadable."""
    name = os.path.basename(path)
    data, why = _read_once(path)
    if data and SHA1.fullmatch(name) and name_of(data) != name:
        time.sleep(AGAIN_SECONDS)
        data, why = _read_once(path)
    if why or not data:
        return None, why or ("half-written" if SHA1.fullmatch(name) else "empty")
    if SHA1.fullmatch(name) and name_of(data) != name:
        return None, "half-written"
    return data, None


def _read_once(path):
    try:
        # What was listed as a file may be a pipe by now: do not wait for it.
        with os.fdopen(os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC), "rb") as file:
            data = file.read(MOST_BYTES + 1)
    except OSError as error:
        return None, "gone" if error.errno in (errno.ENOENT, errno.ENOTDIR, errno.ESTALE) else "unreadable"
    return (None, "too large") if len(data) > MOST_BYTES else (data, None)


def add(folder, data):
    """Whole and on the disk when this returns. False: it was there."""
    folder = Path(folder)
    target = folder / name_of(data)
    if read(target)[0] is not None:
        return False
    for attempts_left in (1, 0):
        beside = folder / f"{durable.NEW}{uuid.uuid4().hex}"  # no one else writes to it, on any machine
        try:
            _write(beside, data)
            os.rename(beside, target)
            return True
        except FileNotFoundError:
            if not attempts_left:  # else someone's tidying took it away
                raise
        except OSError:
            beside.unlink(missing_ok=True)
            raise
    raise AssertionError("not reached")


def _write(path, data):
    with open(path, "xb") as out:
        out.write(data)
        out.flush()
        os.fsync(out.fileno())


def sync(folder):
    """The names that were added are there after a crash. Some network file systems cannot be asked."""
    try:
        durable.sync_folder(folder)
    except OSError as error:
        if error.errno not in (errno.EINVAL, errno.ENOTSUP):
            raise


def sweep(folder):
    """What writers that were killed have left: nothing writes for a day."""
    for entry in os.scandir(folder):
        if not entry.name.startswith(durable.NEW):
            continue
        try:
            if entry.is_file(follow_symlinks=False) and time.time() - entry.stat(follow_symlinks=False).st_mtime > STALE_SECONDS:
                os.unlink(entry.path)
        except OSError:
            pass  # another was faster, or may not

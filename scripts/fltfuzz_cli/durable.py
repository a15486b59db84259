"""Files that are whole or not there, whenever the power goes: written beside, synced, renamed."""

import json
import os
import shutil
import tempfile
from pathlib import Path

NEW = ".new-"  # begins the name of what is being written; what a crash leaves of it is swept away
BALLAST_BYTES = 4 * 1024 * 1024
UMASK = os.umask(0)
os.umask(UMASK)


def sync_folder(folder):
    """Names in it are there after a crash."""
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def sync_file(path):
    descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def write(path, data):
    """Replaces the file; the old one is there until the new one is whole. Others may write the same name."""
    path = Path(path)
    beside = None
    try:
        with tempfile.NamedTemporaryFile("wb", dir=path.parent, prefix=f"{NEW}{path.name}-", delete=False) as out:
            beside = out.name
            out.write(data)
            out.flush()
            os.fchmod(out.fileno(), 0o666 & ~UMASK)  # as any other file: others read it too
            os.fsync(out.fileno())
        os.rename(beside, path)
    except OSError:
        if beside:
            Path(beside).unlink(missing_ok=True)
        raise
    sync_folder(path.parent)


def write_json(path, value):
    write(path, (json.dumps(value, indent=1) + "\n").encode())


def store_folder(path, files):
    """A new folder with those files ({name: bytes}), all of them or none."""
    path = Path(path)
    beside = path.with_name(NEW + path.name)
    shutil.rmtree(beside, ignore_errors=True)
    try:
        beside.mkdir()
        for name, data in files.items():
            with open(beside / name, "wb") as out:
                out.write(data)
                out.flush()
                os.fsync(out.fileno())
        sync_folder(beside)
        os.rename(beside, path)
    except OSError:
        shutil.rmtree(beside, ignore_errors=True)
        raise
    sync_folder(path.parent)


def remove_folder(path):
    """All of it or none: it is renamed first."""
    path = Path(path)
    beside = path.with_name(NEW + path.name)
    shutil.rmtree(beside, ignore_errors=True)
    os.rename(path, beside)
    shutil.rmtree(beside, ignore_errors=True)


def sweep(folder):
    """What a crash left half written."""
    for path in Path(folder).glob(NEW + "*"):
        if path.is_dir() and not path.is_symlink():
            shutil.rmtree(path, ignore_errors=True)
        else:
            path.unlink(missing_ok=True)


def make_ballast(path):
    """Room that is given back when the disk is full, so that the end can still be written."""
    if Path(path).exists() and Path(path).stat().st_size == BALLAST_BYTES:
        return
    with open(path, "wb") as out:
        os.posix_fallocate(out.fileno(), 0, BALLAST_BYTES)


def drop_ballast(path):
    try:
        Path(path).unlink()
    except OSError:
        pass  # read-only, or gone: there is nothing to give back

"""The folder of a campaign: its lock, its manifest, its nights, and where the rest of it lies.

    campaign.json             the manifest
    lock                      held while a campaign runs, with the number of its process
    corpus/TARGET/            the working corpus; corpus/TARGET.list.json: the files that are safe on the disk
    inbox/SHA1/               inputs that an engine found something with, until they have been looked at
    findings/NAME/            the findings (findings.py)
    nights/ID/                samples.jsonl, night.json, log.txt
    report.html               the last night as a page
    failing/TARGET/           files of the working corpus that fail; the next night tries them again
    set-aside/TARGET/         files of a corpus that no engine could use
    work/                     of the running slices; swept at the start
    ballast                   room for the end when the disk is full

All JSON is replaced by durable.write, and whatever the manifest names was synced before it names it."""

import contextlib
import datetime
import fcntl
import json
import os
import shlex
import shutil
from pathlib import Path

from . import durable
from .common import Stop, make_folder, state_folder

VERSION = 1
MANIFEST = "campaign.json"


def default_folder():
    return state_folder() / "campaign"


def option(path):
    """What a command line needs for this folder."""
    return "" if path == default_folder() else f" --dir {shlex.quote(str(path))}"


def utc_now():
    return datetime.datetime.now(datetime.timezone.utc)


def timestamp():
    return utc_now().strftime("%Y-%m-%dT%H:%M:%SZ")


def runs(path):
    """A campaign does, on that folder."""
    with contextlib.suppress(OSError), open(path / "lock", encoding="utf-8") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_SH | fcntl.LOCK_NB)
        except BlockingIOError:
            return True
    return False


class Folder:
    """One campaign's; made when it is not there."""

    def __init__(self, path):
        self.path = Path(path)
        for name in ("corpus", "inbox", "findings", "nights", "work"):
            make_folder(self.path / name)
        self._lock = None

    def corpus(self, target):
        return self.path / "corpus" / target

    # ---- the lock --------------------------------------------------------------------------------

    def lock(self):
        """This process alone may write here, until it ends."""
        path = self.path / "lock"
        try:
            self._lock = os.open(path, os.O_RDONLY | os.O_CREAT, 0o644)
            fcntl.flock(self._lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            path.write_text(f"process {os.getpid()}\n", encoding="utf-8")
        except BlockingIOError:
            holder = path.read_text(encoding="utf-8").strip() or "another process"
            raise Stop(f"{self.path}: a campaign runs here already ({holder}); give another --dir") from None
        except OSError as error:
            raise Stop(f"{path}: {error.strerror}; a folder that can be written is needed") from None

    def unlock(self):
        if self._lock is not None:
            os.close(self._lock)
            self._lock = None

    def prepare(self):
        """After the lock: room for the end, and nothing half written."""
        try:
            for name in ("", "corpus", "inbox", "findings", "nights"):
                durable.sweep(self.path / name)
            durable.make_ballast(self.path / "ballast")
        except OSError as error:
            raise Stop(f"{self.path}: {error.strerror}") from None

    # ---- the manifest ----------------------------------------------------------------------------

    def manifest(self):
        """None when there is none yet."""
        path = self.path / MANIFEST
        try:
            manifest = json.loads(path.read_text(encoding="utf-8"))
        except FileNotFoundError:
            return None
        except OSError as error:
            raise Stop(f"{path}: {error.strerror}") from None
        except ValueError:
            raise Stop(f"{path}: is no JSON; it was not written by a campaign") from None
        if not isinstance(manifest, dict) or manifest.get("version") != VERSION:
            raise Stop(f"{path}: is of another version of fltfuzz; give another --dir")
        return manifest

    def save(self, manifest):
        durable.write_json(self.path / MANIFEST, manifest)

    def new_manifest(self, seed, jobs, seconds, quota):
        return {
            "version": VERSION, "started": timestamp(), "seed": seed, "jobs": jobs, "seconds_asked": seconds,
            "seconds_run": 0.0, "nights": [], "targets": {}, "state": "running", "findings": [], "corpus": {},
            "quota_bytes": quota,
        }

    # ---- a night ---------------------------------------------------------------------------------

    def new_night(self):
        """Its id and its folder. The clock may have been set back: ids stay unique."""
        first = night_id = utc_now().strftime("%Y-%m-%dT%H%M%SZ")
        number = 1
        while (self.path / "nights" / night_id).exists():
            number += 1
            night_id = f"{first}-{number}"
        folder = self.path / "nights" / night_id
        folder.mkdir()
        durable.sync_folder(folder.parent)
        return night_id, folder

    def sweep_work(self):
        shutil.rmtree(self.path / "work", ignore_errors=True)
        (self.path / "work").mkdir()

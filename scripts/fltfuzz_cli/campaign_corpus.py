"""The working corpus of one target: files named by their content, with a list of those that are safe."""

import hashlib
import json
import os
import shutil
import subprocess
import time
from pathlib import Path

from . import durable
from .common import count, make_folder
from .shared_folder import MOST_BYTES, SHA1

TOOL_SECONDS = 600  # for one look at the whole corpus


def read(path):
    """Once more, where an engine may be in the middle of writing it."""
    data = path.read_bytes()
    if SHA1.fullmatch(path.name) and hashlib.sha1(data).hexdigest() != path.name:
        time.sleep(0.05)
        data = path.read_bytes()
    return data


def failing(folder, programs, run):
    """[(path, rule)] of the sequences there that break a rule, as far as one process can tell."""
    if not any(Path(folder).iterdir()):
        return []
    try:
        told = json.loads(run([str(programs / "fltfuzz-features"), str(folder)], TOOL_SECONDS).stdout)
    except (subprocess.TimeoutExpired, ValueError):
        return []  # an engine will come to it
    return [(Path(folder) / row["file"], row["rule"]) for row in told["findings"]]


class Corpus:
    """What is in it is {name: bytes}."""

    def __init__(self, folder, target, say):
        self.target = target
        self.path = make_folder(folder.corpus(target))
        self.list = folder.path / "corpus" / f"{target}.list.json"
        self.aside = folder.path / "set-aside" / target
        self.away = folder.path / "failing" / target
        self.files = {}
        self.features = self.states = None  # not looked at yet
        self.texts = set()  # files that the tools would take for a sequence as text, and the targets never do
        self.failing = []  # (path, rule)
        self.calls_per_file = 0.0
        self.looked_at = self.kept = 0  # files, when it was last looked at, and what pruning left
        self.tell(say)

    def tell(self, say):
        """Where lines on it go."""
        self._say = lambda line: say(f"{self.target}: {line}")

    def bytes(self):
        return sum(self.files.values())

    # ---- what is there ---------------------------------------------------------------------------

    def start(self):
        """Takes up what earlier nights left, however that was."""
        try:
            listed = json.loads(self.list.read_text(encoding="utf-8"))["files"]
        except FileNotFoundError:
            listed = {}
        except (OSError, ValueError, KeyError, TypeError):
            self._say(f"{self.list.name} cannot be read; all files of the folder are taken")
            listed = {}
        self.files = {}
        self._take_back()
        self.take_in()
        gone = sum(1 for name in listed if name not in self.files)
        if gone:
            self._say(f"{count('listed file', gone)} of the working corpus gone, or not what was listed")

    def take_in(self):
        """New files get their content's name and are synced; then they are listed."""
        found, counts = {}, {"renamed": 0, "set aside": 0, "empty": 0}
        for entry in sorted(os.scandir(self.path), key=lambda entry: entry.name):
            if entry.name.startswith(durable.NEW):
                continue  # a merge is writing it
            if entry.name in self.files:
                found[entry.name] = self.files[entry.name]
                continue
            name, size = self._take(Path(entry.path), entry, counts)
            if name:
                found[name] = size
        for what, number in counts.items():
            if number:
                self._say(f"{count('file', number)} of the working corpus {what}")
        self._store(found)

    def _take(self, path, entry, counts):
        """A file of somebody: its name and size now, or None when it is none for an engine."""
        try:
            if not entry.is_file(follow_symlinks=False) or entry.stat(follow_symlinks=False).st_size > MOST_BYTES:
                self._set_aside(path, counts)
                return None, 0
            data = read(path)
        except FileNotFoundError:
            return None, 0  # an engine took it away
        except PermissionError:
            self._set_aside(path, counts)
            return None, 0
        if not data:
            path.unlink()
            counts["empty"] += 1
            return None, 0
        name = hashlib.sha1(data).hexdigest()
        if name != entry.name:
            os.rename(path, self.path / name)
            counts["renamed"] += 1
        durable.sync_file(self.path / name)
        return name, len(data)

    def _set_aside(self, path, counts):
        self.aside.mkdir(parents=True, exist_ok=True)
        number = len(os.listdir(self.aside))
        shutil.move(str(path), str(self.aside / f"{number:06}"))
        counts["set aside"] += 1

    def _store(self, files):
        """What is listed is in the folder and on the disk."""
        durable.sync_folder(self.path)
        if files != self.files or not self.list.exists():
            durable.write_json(self.list, {"files": files})
        self.files = files

    def put_away(self, names):
        """What fails, until the next night tries it again. How many there were."""
        names = set(names) & set(self.files)
        if names:
            self.away.mkdir(parents=True, exist_ok=True)
            for name in names:
                shutil.copyfile(self.path / name, self.away / name)
                durable.sync_file(self.away / name)
            durable.sync_folder(self.away)
        return self.drop(names)

    def _take_back(self):
        if self.away.is_dir():
            for path in sorted(self.away.iterdir()):
                os.rename(path, self.path / path.name)

    def copy_from(self, folder):
        """The number of files that another folder adds."""
        before = len(self.files)
        for path in sorted(Path(folder).iterdir()):
            if path.is_file() and not path.is_symlink() and not (self.path / path.name).exists():
                shutil.copyfile(path, self.path / path.name)
        self.take_in()
        return len(self.files) - before

    def drop(self, names):
        """How many were there. The list forgets them first: nothing that is listed is missing at any moment."""
        names = set(names) & set(self.files)
        if not names:
            return 0
        durable.write_json(self.list, {"files": {name: size for name, size in self.files.items() if name not in names}})
        for name in names:
            (self.path / name).unlink(missing_ok=True)
            del self.files[name]
        durable.sync_folder(self.path)
        return len(names)

    # ---- what it is worth ------------------------------------------------------------------------

    def look(self, programs, run):
        """Counts features and abstract states; the names that try all of them, None when that failed.
        `run` is subprocess.run, or stands for it."""
        if not self.files:
            self.features, self.states, self.looked_at = 0, 0, 0
            return set()
        try:
            done = run([str(programs / "fltfuzz-features"), str(self.path)], TOOL_SECONDS)
            told = json.loads(done.stdout)
        except (subprocess.TimeoutExpired, ValueError):
            self._say("the working corpus could not be measured: fltfuzz-features did not come to an end")
            return None
        self.features, self.states, self.looked_at = told["features"], told["states"], len(self.files)
        self.failing = [(self.path / row["file"], row["rule"]) for row in told["findings"]]
        self.texts, self.calls_per_file = set(told["text"]), told["calls"] / len(self.files)
        return set(told["keep"])

    def sequences(self, folder):
        """A folder of what the tools read as the targets do."""
        return self._links(folder, set(self.files) - self.texts)

    def _links(self, folder, names):
        """They stay there, whatever an engine takes away meanwhile."""
        folder.mkdir(parents=True, exist_ok=True)
        for name in names:
            try:
                os.link(self.path / name, folder / name)
            except FileNotFoundError:
                pass  # it took it away already
            except OSError:  # no links on this disk
                shutil.copyfile(self.path / name, folder / name)
        return folder

    def merge(self, binary, work, run):
        """The names that the engine would keep for the code that they cover, None when that failed."""
        kept = work / "kept"
        shutil.rmtree(work, ignore_errors=True)
        kept.mkdir(parents=True, exist_ok=True)
        # For libFuzzer each file that goes missing while it merges is a crash: it starts anew, and fails in the end.
        of = self._links(work / "of", self.files)
        words = [str(binary), "-set_cover_merge=1", f"-artifact_prefix={work}/", str(kept), str(of)]
        try:
            done = run(words, TOOL_SECONDS)
        except subprocess.TimeoutExpired:
            done = None
        if done is None or done.returncode != 0:
            self._say("the engine could not merge the working corpus; it is left as it is")
            return None
        return set(os.listdir(kept))

    def prune(self, programs, binary, work, sequences, run):
        """Keeps what together covers as much code, and tries as many features, as all of it."""
        before = dict(self.files)
        of_features = self.look(programs, run) if sequences else set()
        of_code = self.merge(binary, work, run)
        shutil.rmtree(work, ignore_errors=True)
        if of_features is None or of_code is None:
            return
        # What engines wrote meanwhile was not judged.
        self.drop(name for name in before if name not in of_features and name not in of_code)
        self.kept = len(self.files)
        if self.kept < len(before):
            self._say(f"working corpus pruned from {len(before):,} to {count('file', self.kept)}")

    def has_grown(self, part, files):
        """By more than that part, and by more than so many files, since it was pruned."""
        return len(self.files) > self.kept * (1 + part) + files

    def drop_largest(self, excess):
        """Until so many bytes are gone; how many files that took."""
        dropped = []
        for name in sorted(self.files, key=self.files.get, reverse=True):
            if excess <= 0:
                break
            excess -= self.files[name]
            dropped.append(name)
        self.drop(dropped)
        return len(dropped)

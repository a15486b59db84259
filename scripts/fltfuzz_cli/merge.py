"""fltfuzz merge: a folder of inputs takes what adds to it from others, while any number of machines,
campaigns and merges write to all of them."""

import fcntl
import json
import os
import shutil
import subprocess
import tempfile
from collections import Counter
from pathlib import Path

from . import crash_folders, durable, shared_folder
from .build import build, target_table
from .campaign import table_of
from .campaign_folder import MANIFEST
from .common import FINE, TROUBLE, Stop, count, make_folder, say

ENGINE_SECONDS = 3600
RUN_SECONDS = 20  # of one input; what takes longer is a finding
FOUND = ("crash", "leak", "timeout", "oom", "hang")
MOST_NAMED = 5  # of the files that are skipped for one reason
# Why a file is no input, and what becomes of it.
REASONS = {
    "half-written": "half-written: left for the next merge",
    "unreadable": "cannot be read",
    "too large": f"larger than {shared_folder.MOST_BYTES >> 20} MiB",
    "empty": "empty",
    "finding": "an engine's finding: ./scripts/fltfuzz regress --corpus runs them",
    "fails": "fails: ./scripts/fltfuzz regress --corpus says how",
    "no sequence": "a text that is no sequence",
}
TROUBLES = ("unreadable",)


def add_command(command):
    sub = command(
        "merge",
        run,
        "Take into the folder INTO those inputs of the folders FROM that cover code, or try rules, calls, outcomes,\n"
        "moves or kinds of rows, that nothing in INTO does. FROM is a corpus of libFuzzer's, AFL's output folder, a\n"
        "campaign's folder (its corpus of TARGET is taken) or a folder of sequences, .seq as text or binary.\n\n"
        "INTO and FROM may be shared with other machines (NFS, SMB, Syncthing ...) and written to meanwhile, by campaigns\n"
        "and other merges too: files are named by what they hold and appear under that name when they are whole. What\n"
        "vanishes is skipped; a file that does not hold what its name says is still being written: it is named, and\n"
        "left for the next merge. Nothing in INTO is removed; --prune moves to the folder INTO.aside what adds nothing.\n"
        "Inputs that fail are left where they are. Exit 2: a folder cannot be read or written.",
        "merge fuzz_close /mnt/share/fuzz_close ~/.local/state/fltfuzz/campaign",
    )
    sub.add_argument("target", metavar="TARGET", help="the fuzz target that the inputs are for")
    sub.add_argument("into", type=Path, metavar="INTO", help="the folder that grows; made when it is not there")
    sub.add_argument("sources", nargs="*", metavar="FROM", help="a folder, or a file; none with --prune alone")
    sub.add_argument("--prune", action="store_true", help="afterwards move aside what the rest of INTO makes superfluous")
    sub.add_argument("--json", action="store_true", help="print the numbers as JSON")
    sub.add_argument("--shared", type=Path, metavar="FOLDER", help="stop unless this folder is there; what is below it and missing is empty")
    sub.add_argument("--build", type=Path, metavar="FOLDER", help="a finished build to take programs from")


def run(options):
    if not options.sources and not options.prune:
        raise Stop("merge needs a folder to take from; --help has an example")
    programs, target = programs_for(options)
    sources = [corpus_of(Path(source), target.name) for source in options.sources]
    if options.shared and not options.shared.is_dir():
        raise Stop(f"{shown(options.shared)}: no such folder")
    if options.shared:
        sources = [source for source in sources if source.exists()]
    for source in sources:
        if not source.exists():
            raise Stop(f"{shown(source)}: no such file or folder")
    into = corpus_of(options.into, target.name)
    if options.prune and into.with_name(f"{into.name}.list.json").exists():
        raise Stop(f"{shown(into)}: is a campaign's, which prunes it itself; --prune is for other folders")
    try:
        make_folder(into)
        with tempfile.TemporaryDirectory(prefix="fltfuzz-merge-") as scratch:
            merge = Merge(target, into, programs, Path(scratch))
            merge.take(sources)
            if options.prune:
                merge.prune()
    except OSError as error:
        raise Stop(f"{shown(error.filename or into)}: {error.strerror}") from None
    print(json.dumps(merge.told(), indent=1) if options.json else merge.summary())
    return TROUBLE if merge.trouble() else FINE


def programs_for(options):
    """The folder of the programs, built, and the target."""
    if options.build:
        table = table_of(options.build.resolve())
        programs = options.build.resolve() / "bin"
    else:
        from .common import targets

        check_name(options.target, targets())
        programs = build("fuzz", [options.target, "seq", "features"], options)
        table = target_table("fuzz")
    check_name(options.target, table)
    return programs, table[options.target]


def check_name(name, names):
    if name not in names:
        raise Stop(f"unknown target {name}; there are: {', '.join(sorted(names))}")


def corpus_of(path, target):
    """Of a campaign's folder its corpus."""
    return path.absolute() / "corpus" / target if (path / MANIFEST).is_file() else path.absolute()


def shown(path):
    """A name for one line, whatever it holds."""
    text = os.fspath(path)
    return text if text.isprintable() else ascii(text)


class Merge:
    """Works on copies: what was read is what is judged, and what is written."""

    def __init__(self, target, into, programs, scratch):
        self.target, self.into, self.programs = target, into, programs
        self.sequences = target.input == "sequences"
        self.old, self.new, self.scratch = scratch / "old", scratch / "new", scratch
        self.skipped = Counter()
        self.inputs = self.added = self.before = self.aside = 0
        self.failures = []  # lines

    # ---- reading -----------------------------------------------------------------------------------

    def skip(self, path, why):
        if why == "gone":
            return
        self.skipped[why] += 1
        if self.skipped[why] <= MOST_NAMED:
            say(f"skipped {shown(path)}: {REASONS[why]}")
        elif self.skipped[why] == MOST_NAMED + 1:
            say(f"and others that are skipped: {REASONS[why]}")

    def copy_all(self, paths, folder, but=()):
        """{sha1: path} of the inputs there, which are now in our folder too."""
        folder.mkdir(exist_ok=True)
        texts, names = self.scratch / "texts", {}
        found = crash_folders.collect(paths)
        for path, why in found.troubles:
            if os.path.lexists(path):  # else it went away while we looked
                self.failures.append(f"{shown(path)}: {why}")
                say(self.failures[-1])
        for one in found.inputs:
            if one.found_as in FOUND:
                self.skip(one.path, "finding")
                continue
            data, why = shared_folder.read(one.path)
            if data is None:
                self.skip(one.path, why)
                continue
            name = shared_folder.name_of(data)
            if self.sequences and one.path.endswith(".seq") and folder == self.new:
                texts.mkdir(exist_ok=True)
                (texts / f"{name}.seq").write_bytes(data)
                names[name] = one.path
            elif name not in but:
                (folder / name).write_bytes(data)
                names[name] = one.path
        self._encode(texts, folder, names, but)
        return names

    def _encode(self, texts, folder, names, but):
        """Texts become what engines read."""
        if not texts.is_dir():
            return
        encoded = self.scratch / "encoded"
        encoded.mkdir()
        self.run([self.programs / "fltfuzz-seq", "seeds", texts, "-o", encoded])
        for text in texts.iterdir():
            path = names.pop(text.stem)
            data, _ = shared_folder.read(encoded / text.name)
            if data is None:
                self.skip(path, "no sequence")
                continue
            name = shared_folder.name_of(data)
            if name not in but:
                (folder / name).write_bytes(data)
                names[name] = path
        shutil.rmtree(texts)
        shutil.rmtree(encoded)

    # ---- judging -----------------------------------------------------------------------------------

    def run(self, words):
        try:
            return subprocess.run([str(word) for word in words], capture_output=True, timeout=ENGINE_SECONDS, check=False,
                                  stdin=subprocess.DEVNULL)
        except OSError as error:
            raise Stop(f"{error.filename}: {error.strerror}; it is no finished build") from None
        except subprocess.TimeoutExpired:
            raise Stop(f"{Path(words[0]).name} took longer than {ENGINE_SECONDS} s; INTO is as it was") from None

    def of_code(self, folder, base, paths):
        """Names in `folder` that cover what nothing in `base` does; what fails leaves `folder`."""
        kept, artifacts = self.scratch / "kept", self.scratch / "artifacts"
        for path in (kept, artifacts):
            shutil.rmtree(path, ignore_errors=True)
        artifacts.mkdir()
        if base:
            shutil.copytree(base, kept, copy_function=os.link)  # the engine writes beside these
        else:
            kept.mkdir()
        there = set(os.listdir(kept))
        done = self.run([self.programs / self.target.name, "-set_cover_merge=1", f"-timeout={RUN_SECONDS}",
                         f"-artifact_prefix={artifacts}/", kept, folder])
        if done.returncode != 0:
            lines = done.stderr.decode("utf-8", "replace").strip().splitlines() or ["it said nothing"]
            raise Stop(f"{self.target.name} could not merge, exit code {done.returncode}: {lines[-1]}; INTO is as it was")
        for artifact in artifacts.iterdir():
            name = shared_folder.name_of(artifact.read_bytes())
            if name in paths and (folder / name).exists():
                self.drop(folder, name, paths)
        return (set(os.listdir(kept)) - there) & set(os.listdir(folder))

    def drop(self, folder, name, paths):
        (folder / name).unlink()
        self.skip(paths[name], "fails")

    def of_features(self, folder, base, paths):
        """The same by what their calls try."""
        if not self.sequences or not os.listdir(folder):
            return set()
        done = self.run([self.programs / "fltfuzz-features", folder, *([base] if base else [])])
        try:
            told = json.loads(done.stdout)
        except ValueError:
            lines = done.stderr.decode("utf-8", "replace").strip().splitlines() or ["it said nothing"]
            raise Stop(f"fltfuzz-features failed: {lines[-1]}; INTO is as it was") from None
        failing = {row["file"] for row in told["findings"]}
        for name in sorted(failing & set(os.listdir(folder))):
            self.drop(folder, name, paths)
        return set(told["keep"]) - failing

    def judge(self, folder, base, paths):
        if not os.listdir(folder):
            return set()
        base = base if base and os.listdir(base) else None
        of_code = self.of_code(folder, base, paths)
        of_features = self.of_features(folder, base, paths)
        return (of_code | of_features) & set(os.listdir(folder))

    # ---- the two things that are done ----------------------------------------------------------------

    def take(self, sources):
        shared_folder.sweep(self.into)
        old = self.copy_all([self.into], self.old)
        self.before = len(old)
        new = self.copy_all(sources, self.new, old)
        self.inputs = len(new)
        for name in sorted(self.judge(self.new, self.old, new)):
            self.added += shared_folder.add(self.into, (self.new / name).read_bytes())
        shared_folder.sync(self.into)

    def prune(self):
        """Two at once could each trust what the other moves away: on one machine they wait, and other
        machines should not."""
        aside = make_folder(self.into.with_name(f"{self.into.name}.aside"))
        with open(aside / f"{durable.NEW}lock", "w", encoding="utf-8") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            shutil.rmtree(self.old, ignore_errors=True)
            there = self.copy_all([self.into], self.old)
            failing = dict(there)
            kept = self.judge(self.old, None, failing)
            judged = set(os.listdir(self.old))  # what fails stays where it is
            for name in sorted(judged - kept):
                if os.path.basename(there[name]) == name and Path(there[name]).parent == self.into:
                    try:
                        os.rename(self.into / name, aside / name)
                        self.aside += 1
                    except FileNotFoundError:
                        pass  # its owner was faster
            shared_folder.sync(aside)
            shared_folder.sync(self.into)

    # ---- told --------------------------------------------------------------------------------------

    def trouble(self):
        return bool(self.failures) or any(self.skipped[why] for why in TROUBLES)

    def told(self):
        return {"target": self.target.name, "into": os.fsencode(self.into).decode("utf-8", "replace"), "before": self.before,
                "new": self.inputs, "added": self.added, "moved_aside": self.aside, "skipped": dict(self.skipped)}

    def summary(self):
        line = (f"{self.target.name}: {shown(self.into)} had {count('input', self.before)}; {self.added:,} of "
                f"{count('new one', self.inputs)} added")
        if self.aside:
            line += f"; {self.aside:,} moved to {shown(self.into)}.aside"
        if self.skipped:
            line += "; skipped: " + ", ".join(f"{number:,} {why}" for why, number in sorted(self.skipped.items()))
        return line

"""Where mutants are built and tried: a tree of links to the sources in which one file is another,
compiled and linked into the replay of a finished build, under limits.

Only the objects that depend on the file are compiled, and they stand before the libraries, so that
the linker never takes the real ones.
"""

import json
import os
import re
import resource
import shlex
import signal
import subprocess
import time
from functools import lru_cache
from pathlib import Path
from typing import NamedTuple

from . import defects
from .common import TOP, Stop

REPLAY = "bin/fltfuzz-replay"
PARTS = ("model", "fuzz")  # whose sources may read what is changed
SLOWER = 20  # times the real one's time, then it hangs
MOST_OUTPUT = 64 << 20
MOST_MEMORY = 4 << 30
PATIENCE = 300  # seconds of waiting for a process that may sleep, or for a busy machine


class Outcome(NamedTuple):
    """What became of a mutant under the corpus."""

    state: str  # no build, same code, killed, survived
    rule: str = ""  # that says so, or: expectation, sanitizer, crash, hangs
    file: str = ""  # the committed sequence, when it is known


class Kit:
    """A finished build. `sanitized` False leaves sanitizers and coverage out of what is compiled here."""

    def __init__(self, folder, sanitized):
        self.folder, self.sanitized = Path(folder), sanitized
        self.stem = f"{self.folder.name}-{'as-it-is' if sanitized else 'plain'}"  # of what is compiled for it
        if not (self.folder / "compile_commands.json").is_file():
            raise Stop(f"{self.folder}: no finished build is there")
        self._rows = {row["file"]: row for row in json.loads((self.folder / "compile_commands.json").read_text(encoding="utf-8"))}
        self._library = {}  # of a source
        self._own = {}  # {file: {object: source}} of what reads it and is in no library
        self._users = self._read_users()
        self.uses_asan = any("-fsanitize" in word for word in self._link_words(REPLAY))

    @lru_cache(maxsize=None)
    def _link_words(self, program):
        return tuple(defects.link_command(self.folder, program))

    def _read_users(self):
        """{file: the sources of the replay's libraries that read it}, as the last build noted it."""
        done = subprocess.run(["ninja", "-C", str(self.folder), "-t", "deps"], capture_output=True, text=True, check=False)
        libraries = [word for word in self._link_words(REPLAY) if word.endswith(".a")]
        users = {}
        for block in done.stdout.split("\n\n"):
            head, *files = block.splitlines() or [""]
            library = next((word for word in libraries if head.startswith(_objects_of(word))), None)
            files = [str((self.folder / file.strip()).resolve()) for file in files]
            source = next((file for file in files if file in self._rows), None)
            if library:
                self._library[source] = library
            for file in files if source else ():
                if library:
                    users.setdefault(file, []).append(source)
                else:
                    self._own.setdefault(file, {})[head.partition(":")[0]] = source
        if not users:
            raise Stop(f"{self.folder}: ninja knows no dependencies there; build it again")
        return users

    def unit_tests(self, file):
        """The programs that test that file's folder, the file's own first."""
        folder, stem = Path(file).parent.name, Path(file).stem
        programs = [f"bin/{path.name}" for path in sorted((self.folder / "bin").glob(f"test_unit_{folder}_*"))]
        return sorted(programs, key=lambda program: program != f"bin/test_unit_{folder}_{stem}")

    def reading_words(self, source):
        """What matters for reading that source: its folders and definitions."""
        words = shlex.split(self._rows[str(source)]["command"])
        return [word for word in words if re.match(r"-(I|D|std)", word)]

    def sources_of(self, file):
        return self._users.get(str(TOP / file), [])

    def own_objects(self, program, file):
        """{object: source} of a program's own, in no library, that read that file: they are compiled anew,
        too, as what they were built with may have another layout."""
        reading = self._own.get(str(TOP / file), {})
        return {word: reading[word] for word in self._link_words(program) if word in reading}

    def compile_words(self, source):
        """All but the file and -o; what only costs time is left out."""
        words = shlex.split(self._rows[source]["command"])
        at = words.index("-o")
        words = [word for i, word in enumerate(words) if i not in (at, at + 1) and word not in ("-c", source)]
        words = ["-O1" if word == "-O2" else word for word in words if not re.match(r"-(W|g$)", word)]
        if not self.sanitized:
            words = [word for word in words if not re.match(r"-f(no-)?sanitize", word)]
        return [*words, "-w"]

    def link_words(self, program, objects, own, out):
        """`objects` are {source: object}; those of libraries that the program has none of stay out. `own`
        are {object of the build: what stands for it}."""
        words = [str(own.get(word, word)) for word in self._link_words(program)]
        at = words.index("-o")
        words[at + 1] = str(out)
        words[at + 2 : at + 2] = [str(path) for source, path in objects.items() if self._library[source] in words]
        return words


def _objects_of(library):
    """The folder that the objects of that library are built in."""
    return re.sub(r"lib(\w+)\.a$", r"CMakeFiles/\1.dir/", library)


class Workshop:
    """One worker's tree. `corpus` are the folders of committed sequences."""

    def __init__(self, work, corpus):
        self.work, self.corpus = Path(work), corpus
        self._tree = self.work / "tree"
        for path in sorted(path for part in PARTS for path in (TOP / part).rglob("*")):
            link = self._tree / path.relative_to(TOP)
            if path.is_dir():
                link.mkdir(parents=True)
            else:
                link.parent.mkdir(parents=True, exist_ok=True)
                link.symlink_to(path)
        self._clean = {}
        self._last = {}

    def objects(self, kit, mutant, text):
        """Of a mutant of that text, built once for all that is asked of it; None when it does not compile."""
        last, built = self._last.get(kit, (None, None))
        if last is not mutant:
            built = self.build(kit, mutant.file, mutant.apply(text), f"{kit.stem}-mutant-")
            self._last[kit] = mutant, built
        return built

    def program(self, kit, name, mutant, text):
        """One of the build's programs, in which all that reads the file is compiled anew; None when some of
        it does not compile."""
        own = kit.own_objects(name, mutant.file)
        built = self._compile_all(kit, mutant.file, mutant.apply(text), f"{kit.stem}-own-", own.values()) if own else {}
        if built is None:
            return None
        return self._link(kit, name, self.objects(kit, mutant, text), {word: built[source] for word, source in own.items()})

    def build(self, kit, file, text, stem):
        """{source: the object in which that file has that text} of the libraries; None when it does not compile."""
        if not kit.sources_of(file):
            raise Stop(f"{file} is in no program of {kit.folder}")
        return self._compile_all(kit, file, text, stem, kit.sources_of(file))

    def _compile_all(self, kit, file, text, stem, sources):
        link = self._tree / file
        link.unlink()
        link.write_text(text, encoding="latin-1")
        try:
            return self._compile(kit, stem, sources)
        finally:
            link.unlink()
            link.symlink_to(TOP / file)

    def _compile(self, kit, stem, sources):
        objects = {}
        for number, source in enumerate(sources):
            out = self.work / f"{stem}{number}.o"
            copy = self._tree / Path(source).relative_to(TOP)
            done = subprocess.run(
                [*kit.compile_words(source), "-c", str(copy), "-o", str(out)], cwd=kit.folder, capture_output=True, check=False
            )
            if done.returncode < 0 or b"Killed signal terminated" in done.stderr:
                raise Stop(f"the compiler was killed while it compiled {source}")  # says nothing of the mutant
            if done.returncode != 0:
                return None
            objects[source] = out
        return objects

    def _link(self, kit, program, objects, own):
        out = self.work / Path(program).name
        done = subprocess.run(kit.link_words(program, objects, own, out), cwd=kit.folder, capture_output=True, text=True, check=False)
        if done.returncode != 0:
            raise Stop(f"a mutant does not link: {done.stderr.strip()[-800:]}")
        return out

    def _clean_code(self, kit, file):
        """The code of the real file, compiled in the same place."""
        if (kit, file) not in self._clean:
            objects = self.build(kit, file, (TOP / file).read_text(encoding="latin-1"), f"{kit.stem}-clean-")
            if objects is None:
                raise Stop(f"{file} does not compile as it stands")
            self._clean[kit, file] = [path.read_bytes() for path in objects.values()]
        return self._clean[kit, file]

    def try_one(self, kit, mutant, text, seconds):
        """The outcome of a mutant of that text under the corpus."""
        clean = self._clean_code(kit, mutant.file)
        objects = self.objects(kit, mutant, text)
        if objects is None:
            return Outcome("no build")
        if [path.read_bytes() for path in objects.values()] == clean:
            return Outcome("same code")
        program = self.program(kit, REPLAY, mutant, text)
        if program is None:
            return Outcome("no build")
        return replay(program, self.corpus, self.work / "replay.json", seconds, kit.uses_asan)

    def failing_test(self, kit, mutant, text, seconds):
        """The first of the folder's unit tests that fails with that mutant, or does not compile, or ""."""
        for name in kit.unit_tests(mutant.file):
            program = self.program(kit, name, mutant, text)
            if program is None or not passes(program, self.work / "test.out", seconds, kit.uses_asan):
                return Path(name).name.removeprefix("test_")
        return ""


def _limits(seconds, uses_asan):
    """Time is the processor's: a busy machine kills nothing. ASan reserves more than any limit on memory."""
    memory = [] if uses_asan else [f"--as={MOST_MEMORY}"]
    return ["prlimit", f"--cpu={seconds}", f"--fsize={MOST_OUTPUT}", "--core=0", *memory, "--"]


def _run(program, words, out, seconds, uses_asan):
    """The exit code; None for a program that does not end. What it says goes to files, which have a limit."""
    with open(out, "wb") as log, open(f"{out}.err", "wb") as errors:
        try:
            return subprocess.run(
                [*_limits(seconds, uses_asan), str(program), *map(str, words)], cwd=TOP, stdin=subprocess.DEVNULL, stdout=log,
                stderr=errors, timeout=PATIENCE, check=False,
            ).returncode
        except subprocess.TimeoutExpired:
            return None


def passes(program, out, seconds, uses_asan):
    """Whether a unit test does."""
    return _run(program, [], out, seconds, uses_asan) == 0


def printed(program, words, out, seconds, uses_asan):
    """What a program prints; nothing, when it does not end."""
    code = _run(program, words, out, seconds, uses_asan)
    return "" if code is None else Path(out).read_text(encoding="utf-8", errors="replace")


def replay(program, corpus, out, seconds, uses_asan):
    """Survived, or what noticed it first."""
    code = _run(program, ["--json", *corpus], out, seconds, uses_asan)
    if code == 0:
        return Outcome("survived")
    if code is None or -code in (signal.SIGXCPU, signal.SIGKILL):
        return Outcome("killed", "hangs")
    try:
        rows = json.loads(Path(out).read_text(encoding="utf-8", errors="replace"))
    except ValueError:
        return _death(Path(f"{out}.err").read_text(encoding="utf-8", errors="replace"))
    kill = defects.first_kill(rows)
    return Outcome("killed", kill.rule or f"exit {code}", _in_corpus(kill.by))


def _in_corpus(path):
    return os.path.relpath(path, TOP) if path else ""


def _death(said):
    """Of a process that died while it replayed."""
    match = re.search(r"while replaying (\S+)", said)
    return Outcome("killed", "sanitizer" if match else "crash", _in_corpus(match.group(1)) if match else "")


def time_limit(kit, corpus, work):
    """Seconds of the processor for a replay, from what the real one takes; or this stops, as the real
    one must be fine."""
    before, start = resource.getrusage(resource.RUSAGE_CHILDREN), time.monotonic()
    outcome = replay(kit.folder / REPLAY, corpus, Path(work) / "clean.json", 600, kit.uses_asan)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    if outcome.state != "survived":
        raise Stop(f"the corpus fails without a mutant: {outcome.rule} {outcome.file}")
    used = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return max(1, int(SLOWER * used + 1)), time.monotonic() - start

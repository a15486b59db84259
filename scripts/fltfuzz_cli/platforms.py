"""The same everywhere: what a platform's build makes of the committed sequences, as lines to compare.

A platform is a preset of CMakePresets.json that inherits `platform`. Its lines are, for each folder of
the corpus, how replay ended and the digest of each file; then, for the binary forms that it writes of
the sequences, what is in them and their digests again.
"""

import hashlib
import itertools
import json
import shutil
import subprocess
from pathlib import Path
from typing import NamedTuple

from .common import TOP
from .mutants import CORPUS

REFERENCE = "gcc-O2"  # what the others are compared with
EVERY_TIME = ("gcc-O0", "gcc-O2", "clang-O3")  # of the native ones; the rest when all are asked for
REQUEST = "FLTFUZZ_PLATFORMS"  # in the environment: all are asked for, and none may be absent
STARTS = {"under_wine": "wine"}  # what a script of ours that stands for an emulator needs
PROGRAMS = ("replay", "seq")
OWN_EXIT_CODES = (0, 1, 2)  # replay's
SECONDS = 300  # for one run of a program
CRASH = "int main(void) {\n    *(volatile int *)0 = 0;\n    return 0;\n}\n"


class Different(Exception):
    """The platform fails, and why."""


class Platform(NamedTuple):
    name: str
    compiler: str
    emulator: list  # the words before a program; none where it runs by itself

    @property
    def folder(self):
        return TOP / "build" / self.name

    def absent(self):
        """The tool that is not installed, or None."""
        starts = [STARTS.get(Path(word).name, word) for word in self.emulator[:1]]
        return next((tool for tool in (self.compiler, *starts) if not shutil.which(tool)), None)

    def why_skipped(self, requested):
        """Why it is not tried, or None."""
        if requested:
            return None  # what is absent then fails
        absent = self.absent()
        if absent:
            return f"{absent} is not installed; ./scripts/fltfuzz test --platforms installs it"
        if not self.emulator and self.name not in EVERY_TIME:
            return "./scripts/fltfuzz test --platforms runs it"
        return None


def read_presets(presets):
    """{name: platform}, in their order; `presets` is the content of CMakePresets.json."""
    found = {}
    for preset in presets["configurePresets"]:
        if preset.get("inherits") == "platform":
            settings = preset["cacheVariables"]
            emulator = settings.get("CMAKE_CROSSCOMPILING_EMULATOR", "").replace("${sourceDir}", str(TOP))
            found[preset["name"]] = Platform(preset["name"], settings["CMAKE_C_COMPILER"], emulator.split(";") if emulator else [])
    return found


def platforms():
    return read_presets(json.loads((TOP / "CMakePresets.json").read_text(encoding="utf-8")))


# ---- running ---------------------------------------------------------------------------------------


def _run(platform, program, *words, cwd=TOP):
    suffix = ".exe" if program.with_suffix(".exe").exists() else ""
    command = [*platform.emulator, f"{program}{suffix}", *map(str, words)]
    return subprocess.run(command, cwd=cwd, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                          encoding="utf-8", errors="replace", timeout=SECONDS, check=False)


def check_that_a_crash_is_seen(platform):
    """Emulators have a way of ending well after a crash; nothing here may be taken for a result then."""
    source, program = platform.folder / "crash.c", platform.folder / "crash"
    source.write_text(CRASH, encoding="utf-8")
    subprocess.run([platform.compiler, source, "-o", program], check=True)
    code = _run(platform, program).returncode
    if code in OWN_EXIT_CODES:
        raise Different(f"a program that crashes ends with {code} on {platform.name}")


def files_below(folder, start):
    """The names, from `start`, of what replay runs of the folder."""
    paths = (path.relative_to(start) for path in folder.rglob("*") if path.is_file() and path.name != "README.md")
    return sorted(path.as_posix() for path in paths if not any(part.startswith(".") for part in path.parts))


def replay_lines(name, code, out, said, files):
    """How a replay of the folder `name` ended, and a line for each file. Of a program that died, or left
    out a file, there are none."""
    lines = out.splitlines()
    if code not in OWN_EXIT_CODES:
        raise Different(f"replay of {name} died with {code}: {said.strip()[-1000:]}")
    replayed = [line.rpartition(" ")[0] for line in lines]
    for wanted, got in itertools.zip_longest(files, replayed):
        if wanted != got:
            raise Different(f"replay of {name}: {len(lines)} of {len(files)} files, {got or 'nothing'} in the place of {wanted or 'nothing'}")
    return [f"{name} exit-{code}", *lines]


def _replay(platform, folder, start):
    name = folder.relative_to(start).as_posix()
    done = _run(platform, platform.folder / "bin" / "fltfuzz-replay", "--digests", name, cwd=start)
    return replay_lines(name, done.returncode, done.stdout, done.stderr, files_below(folder, start))


def _encode(platform, folder, out):
    """The binary form of the folder's sequences, as files in `out`."""
    out.mkdir(parents=True)
    words = ["seeds", folder.relative_to(TOP).as_posix(), "-o", out.relative_to(TOP).as_posix()]
    done = _run(platform, platform.folder / "bin" / "fltfuzz-seq", *words)
    if done.returncode != 0:
        raise Different(f"{' '.join(words)} ended with {done.returncode}: {done.stderr.strip()[-1000:]}")


def measure(platform):
    """The lines of a platform that is built."""
    lines = []
    for folder in sorted((TOP / "corpus").glob("fuzz_*")):
        lines += _replay(platform, folder, TOP)
    binaries = platform.folder / "binary"
    shutil.rmtree(binaries, ignore_errors=True)
    for folder in CORPUS:
        out = binaries / folder.name
        _encode(platform, folder, out)
        lines += [f"{path.relative_to(platform.folder).as_posix()} sha1-{hashlib.sha1(path.read_bytes()).hexdigest()}"
                  for path in sorted(out.iterdir())]
        lines += _replay(platform, out, platform.folder)
    return lines


# ---- comparing -------------------------------------------------------------------------------------


def first_difference(reference, lines):
    """In words; None where they are equal."""
    for expected, got in itertools.zip_longest(reference, lines):
        if expected != got:
            name, _, value = (got or "nothing nothing").rpartition(" ")
            expected_name, _, expected_value = (expected or "nothing nothing").rpartition(" ")
            where = name if name == expected_name else f"{name} in the place of {expected_name}"
            return f"{where}: {value}, on {REFERENCE} {expected_value}"
    return None

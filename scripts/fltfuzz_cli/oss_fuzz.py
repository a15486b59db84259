"""Fuzz targets as OSS-Fuzz and ClusterFuzzLite take them: built with the compilers and flags of the
environment ($CC, $CXX, $CFLAGS, $CXXFLAGS, $LIB_FUZZING_ENGINE) into $OUT, each with its seeds, its
dictionary and its options; a program for each target and profile. .clusterfuzzlite/build.sh is its caller:

  cd scripts && python3 -m fltfuzz_cli.oss_fuzz
"""

import os
import re
import shutil
import subprocess
import sys
import tempfile
import zipfile
from pathlib import Path

from .build import targets_of
from .common import FINE, TOP, TROUBLE, Stop, make_folder
from .fuzz import seed_folders
from .libfuzzer import SINGLE_RUN_SECONDS

NEEDED = ("CC", "CXX", "LIB_FUZZING_ENGINE", "OUT", "WORK")
ENGINE = "libfuzzer"  # no other calls our mutator
LEFT_OUT = {"fuzz_empty"}  # it does nothing, for the benchmark
CELL = 8  # bytes: what sequences are made of (fuzz/sequence/binary.h)
MOST_WORD = 64  # bytes: libFuzzer takes no longer entries
ZIP_DATE = (1980, 1, 1, 0, 0, 0)  # the same seeds are the same file


def profiles():
    """All but the first, which a sequence that names none has anyway."""
    text = (TOP / "model" / "call.h").read_text(encoding="utf-8")
    return re.findall(r"^ +FLT_PROFILE_([a-z]+),$", text, re.M)[1:]


def configurations(target):
    """The programs of a target."""
    more = profiles() if target.input == "sequences" else []
    return [target.name, *(f"{target.name}_{profile}" for profile in more)]


# ---- building ---------------------------------------------------------------------------------------


def read_environment(environment):
    missing = [name for name in NEEDED if not environment.get(name)]
    if missing:
        raise Stop(f"{' and '.join(missing)} must be set, as OSS-Fuzz's base-builder does; to fuzz here: ./scripts/fltfuzz fuzz")
    engine = environment.get("FUZZING_ENGINE", ENGINE)
    if engine != ENGINE:
        raise Stop(f"FUZZING_ENGINE={engine}: only {ENGINE} calls the mutator of sequences")
    for name in ("OUT", "WORK"):
        if not os.path.isdir(environment[name]):
            raise Stop(f"{name}={environment[name]} is not a folder")
    return {name: environment.get(name, "") for name in (*NEEDED, "CFLAGS", "CXXFLAGS")}


def cmake_words(environment, build):
    """The caller's flags alone say how to optimise and what to instrument."""
    # Also of C the base-builder wants it: libFuzzer is C++, with that compiler's library.
    link = "{CXX} {CXXFLAGS} <CMAKE_C_LINK_FLAGS> <LINK_FLAGS> <OBJECTS> -o <TARGET> <LINK_LIBRARIES>".format(**environment)
    values = {
        "CMAKE_BUILD_TYPE": "",
        "CMAKE_C_COMPILER": environment["CC"],
        "CMAKE_C_FLAGS": environment["CFLAGS"],
        "CMAKE_C_LINK_EXECUTABLE": link,
        "FLT_OPTIMIZE": "",
        "FLT_FUZZER": "ON",
        "FLT_INSTRUMENT": "OFF",
        "FLT_FUZZING_ENGINE": ";".join(environment["LIB_FUZZING_ENGINE"].split()),
        "FLT_PROFILES": ";".join(profiles()),
        "FLT_TESTS": "OFF",
    }
    generator = ["-G", "Ninja"] if shutil.which("ninja") else []
    return ["cmake", "-S", TOP, "-B", build, *generator, *(f"-D{name}={value}" for name, value in values.items())]


def run(words):
    try:
        code = subprocess.run([str(word) for word in words], check=False).returncode
    except OSError as error:
        raise Stop(f"{words[0]}: {error.strerror}") from None
    if code != 0:
        raise Stop(f"{words[0]} failed (exit {code})")


def build_all(environment):
    """The build's folder, and the targets in it."""
    build = make_folder(Path(environment["WORK"]) / "fltfuzz")
    run(cmake_words(environment, build))
    targets = [target for target in targets_of(build).values() if target.name not in LEFT_OUT]
    programs = [name for target in targets for name in configurations(target)]
    run(["cmake", "--build", build, "--parallel", os.cpu_count() or 1, "--target", "seq", *programs])
    return build, targets


# ---- what goes with a program -----------------------------------------------------------------------


def cells_of(seeds):
    """Each cell once: the calls, arguments and switches that the seeds use."""
    found = {seed[i : i + CELL] for seed in seeds for i in range(0, len(seed) - CELL + 1, CELL)}
    return sorted(found)


def words_of(seeds):
    """Each name once; what stands around names the engine guesses soon."""
    found = {word for seed in seeds for word in re.findall(rb"[A-Za-z_][\w.-]+", seed)}
    return sorted(word for word in found if len(word) <= MOST_WORD)


def dictionary(entries):
    """As libFuzzer reads it."""
    return "".join('"' + "".join(f"\\x{byte:02x}" for byte in entry) + '"\n' for entry in entries)


def write_zip(path, files):
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for file in files:
            # Folders of seeds can have files of one name.
            info = zipfile.ZipInfo(f"{file.parent.name}-{file.name}", ZIP_DATE)
            info.compress_type = zipfile.ZIP_DEFLATED
            archive.writestr(info, file.read_bytes())


def write_options(path, name):
    path.write_text(f"[libfuzzer]\ndict = {name}.dict\ntimeout = {SINGLE_RUN_SECONDS}\n", encoding="ascii")


def package(target, programs, out, scratch):
    """Every program of a target, with what goes with it, into $OUT."""
    folders = seed_folders(target, programs, scratch, False)
    files = sorted(path for folder in folders for path in folder.iterdir())
    if not files:
        raise Stop(f"{target.name} has no seeds in corpus/{target.seeds}")
    seeds = [path.read_bytes() for path in files]
    entries = cells_of(seeds) if target.input == "sequences" else words_of(seeds)
    for name in configurations(target):
        shutil.copy2(programs / name, out / name)
        write_zip(out / f"{name}_seed_corpus.zip", files)
        (out / f"{name}.dict").write_text(dictionary(entries), encoding="ascii")
        write_options(out / f"{name}.options", name)
        print(f"{name}: {len(files)} seeds, {len(entries)} words")


def main(environment):
    try:
        environment = read_environment(environment)
        build, targets = build_all(environment)
        # fltfuzz-seq is built as the targets are: no leaks under a tracer, no counts beside the sources.
        os.environ.update(ASAN_OPTIONS="detect_leaks=0", LLVM_PROFILE_FILE=os.devnull)
        for target in targets:
            with tempfile.TemporaryDirectory(dir=environment["WORK"]) as scratch:
                package(target, build / "bin", Path(environment["OUT"]), Path(scratch))
    except Stop as stop:
        if str(stop):
            print(f"oss_fuzz: {stop}", file=sys.stderr)
        return stop.code
    return FINE


if __name__ == "__main__":
    if len(sys.argv) > 1:
        print("oss_fuzz: it takes no options; the environment says all", file=sys.stderr)
        sys.exit(TROUBLE)
    sys.exit(main(os.environ))

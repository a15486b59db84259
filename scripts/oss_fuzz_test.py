"""The build for OSS-Fuzz and ClusterFuzzLite, for real, as their containers do it: .clusterfuzzlite/build.sh
with their compiler flags; then what their base runner checks of each program, and each program run where
nothing but $OUT is there, which cannot be written to.

  oss_fuzz_test.py address|undefined|memory|coverage
"""

import collections
import contextlib
import os
import re
import shutil
import subprocess
import sys
import tempfile
import unittest
import zipfile
from pathlib import Path

from fltfuzz_cli import defects, oss_fuzz
from fltfuzz_cli.build import targets_of
from fltfuzz_cli.common import TOP, targets

# What the base builder's environment holds (oss-fuzz, infra/base-images); its C++ library is a static one.
COMMON = "-O1 -fno-omit-frame-pointer -gline-tables-only -DFUZZING_BUILD_MODE_UNSAFE_FOR_PRODUCTION"
CXX_ONLY = "-static-libstdc++ -Wl,--allow-multiple-definition"  # Debian's and MSan both define operator new
INSTRUMENTED = "-fsanitize=fuzzer-no-link"
UNDEFINED = (
    "array-bounds,bool,builtin,enum,function,integer-divide-by-zero,null,object-size,return,returns-nonnull-attribute,"
    "shift,signed-integer-overflow,unreachable,vla-bound,vptr"
)
FLAGS = {
    "address": f"-fsanitize=address -fsanitize-address-use-after-scope {INSTRUMENTED}",
    "undefined": f"-fsanitize={UNDEFINED},unsigned-integer-overflow -fno-sanitize-recover={UNDEFINED} {INSTRUMENTED}",
    "memory": f"-fsanitize=memory -fsanitize-memory-track-origins {INSTRUMENTED}",
    "coverage": "-fprofile-instr-generate -fcoverage-mapping -pthread -Wl,--no-as-needed -Wl,-ldl -Wl,-lm -Wno-unused-command-line-argument",
}
C_ONLY = {"undefined": "-fno-sanitize=function"}

# And its runner's.
RUNTIME = {
    "ASAN_OPTIONS": "allocator_may_return_null=1:detect_odr_violation=0:detect_leaks=1:detect_stack_use_after_return=1:"
    "handle_abort=1:handle_segv=1:handle_sigill=1:print_scariness=1:strict_memcmp=1:dedup_token_length=3",
    "MSAN_OPTIONS": "print_stats=1:dedup_token_length=3",
    "UBSAN_OPTIONS": "print_stacktrace=1:print_summary=1:silence_unsigned_overflow=1:dedup_token_length=3",
}
RUNNER_ARGUMENTS = ["-rss_limit_mb=2560", "-timeout=25"]
UNKNOWN = ["-no_such_flag=1", "-another=text", "--long"]
LEAST_EDGES = 100
# Places that call a sanitizer's runtime: (least, most) for each, where its runner has a limit.
CALLS = {
    "address": {"asan": (1000, None), "msan": (0, 3), "ubsan": (0, 200), "dfsan": (0, 0)},
    "undefined": {"asan": (0, 0), "msan": (0, 3), "ubsan": (168, None), "dfsan": (0, 0)},
    "memory": {"asan": (0, 0), "msan": (1000, None), "ubsan": (0, 200), "dfsan": (0, 0)},
    "coverage": {"asan": (0, 0), "msan": (0, 3), "ubsan": (0, 200), "dfsan": (0, 0)},
}
CALL = re.compile(r"\b(?:callq?|bl)\s+[0-9a-f]+ <__(asan|msan|ubsan|dfsan)")
THERE = {"ld-linux-x86-64.so.2", "ld-linux-aarch64.so.1", "libc.so.6", "libm.so.6", "libgcc_s.so.1", "libpthread.so.0", "libdl.so.2", "librt.so.1", "libresolv.so.2"}
NOBODY = 65534


def somebody():
    """Who runs the programs, as arguments of subprocess.run. Root could write to a folder that is read-only, so
    it is nobody; but where the whole system stands below a folder of root's, nobody can start anything."""
    if os.geteuid() != 0:
        return {}
    user = {"user": NOBODY, "group": NOBODY, "extra_groups": []}
    try:
        subprocess.run(["/bin/true"], check=True, **user)
    except OSError:
        print("oss_fuzz_test: nobody can start no program here; root runs them, and only what they leave is seen", file=sys.stderr)
        return {}
    return user


def output_of(*words):
    return subprocess.run([str(word) for word in words], capture_output=True, text=True, errors="replace", check=True).stdout


def runtime_calls(program):
    """{sanitizer: places that call its runtime}, as its runner counts them."""
    lines = output_of("objdump", "-d", "--no-show-raw-insn", program).splitlines()
    matches = (CALL.search(line) for line in lines if "<__" in line)
    return collections.Counter(match[1] for match in matches if match)


class Build(unittest.TestCase):
    sanitizer = "address"

    @classmethod
    def setUpClass(cls):
        folder = tempfile.TemporaryDirectory()  # pylint: disable=consider-using-with
        cls.addClassCleanup(folder.cleanup)
        cls.top = Path(folder.name)
        cls.top.chmod(0o755)  # somebody else is to run what is in it
        cls.work, built = cls.top / "work", cls.top / "built"
        for folder in (cls.work, built):
            folder.mkdir()
        flags = f"{COMMON} {FLAGS[cls.sanitizer]}"
        environment = {
            **os.environ, "CC": "clang", "CXX": "clang++", "CFLAGS": f"{flags} {C_ONLY.get(cls.sanitizer, '')}",
            "CXXFLAGS": f"{flags} {CXX_ONLY}", "LIB_FUZZING_ENGINE": "-fsanitize=fuzzer", "FUZZING_ENGINE": "libfuzzer",
            "SANITIZER": cls.sanitizer, "ARCHITECTURE": "x86_64", "SRC": str(TOP.parent), "OUT": str(built), "WORK": str(cls.work),
        }
        script = TOP / ".clusterfuzzlite" / "build.sh"
        done = subprocess.run(["bash", "-eux", script], cwd=TOP, env=environment, capture_output=True, text=True, check=False)
        if done.returncode != 0:
            raise AssertionError((done.stdout + done.stderr)[-4000:])
        # The runner has it elsewhere: a path of the build must not be needed.
        cls.out = cls.top / "out"
        built.rename(cls.out)
        cls.out.chmod(0o555)
        cls.user = somebody()
        cls.before = cls.listing()
        cls.programs = sorted(path for path in cls.out.iterdir() if os.access(path, os.X_OK) and b"LLVMFuzzerTestOneInput" in path.read_bytes())

    @classmethod
    def tearDownClass(cls):
        cls.out.chmod(0o755)

    @classmethod
    def listing(cls):
        return {path.name: (path.stat().st_size, path.stat().st_mtime_ns) for path in cls.out.iterdir()}

    def setUp(self):
        scratch = tempfile.TemporaryDirectory(dir=self.top)
        self.addCleanup(scratch.cleanup)
        self.scratch = Path(scratch.name)
        self.scratch.chmod(0o777)
        self.assertTrue(self.programs)  # of none, nothing would be tested

    def tearDown(self):
        """Whatever was run has left the folder as it was built."""
        self.assertEqual(self.listing(), self.before)

    def run_there(self, program, *words, **more):
        """In $OUT, by somebody who may not write there: the finished process."""
        self.assertEqual(self.out.stat().st_mode & 0o222, 0)
        environment = {"PATH": str(self.out), "LLVM_PROFILE_FILE": str(self.scratch / "counts.profraw"), **RUNTIME, **more}
        return subprocess.run(
            [str(program), *map(str, words)], cwd=self.out, env=environment, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT, text=True, errors="replace", timeout=120, check=False, **self.user,
        )

    def unzipped(self, program):
        folder = self.scratch / f"{program.name} seeds"
        with zipfile.ZipFile(f"{program}_seed_corpus.zip") as archive:
            archive.extractall(folder)
        with contextlib.suppress(PermissionError):
            shutil.chown(folder, NOBODY)
        return folder


class Packed(Build):
    """Whatever the sanitizer."""

    def test_a_program_for_each_target_and_profile(self):
        table = targets_of(self.work / "fltfuzz")
        expected = {name for target in table.values() if target.name != "fuzz_empty" for name in oss_fuzz.configurations(target)}
        self.assertEqual({program.name for program in self.programs}, expected)
        self.assertEqual({name for name in targets() if name != "fuzz_empty"}, expected & set(targets()))
        self.assertIn("fuzz_names_strict", expected)
        beside = {f"{name}{ending}" for name in expected for ending in ("", "_seed_corpus.zip", ".dict", ".options")}
        self.assertEqual(set(self.before), beside)

    def test_names_that_are_taken(self):
        for program in self.programs:
            with self.subTest(program.name):
                self.assertRegex(program.name, r"^[A-Za-z0-9_-]+$")

    def test_calls_of_the_sanitizers(self):
        for program in self.programs:
            with self.subTest(program.name):
                counts = runtime_calls(program)
                for runtime, (least, most) in CALLS[self.sanitizer].items():
                    self.assertGreaterEqual(counts[runtime], least, runtime)
                    if most is not None:
                        self.assertLessEqual(counts[runtime], most, runtime)

    def test_needs_no_library_that_is_not_there(self):
        for program in self.programs:
            with self.subTest(program.name):
                needed = set(re.findall(r"\(NEEDED\).*\[(.+)\]", output_of("readelf", "-d", program)))
                self.assertIn("libc.so.6", needed)
                self.assertLessEqual(needed, THERE)

    def test_its_seeds_pass(self):
        """As the runner has them: unpacked, with what stands in the options file."""
        for program in self.programs:
            with self.subTest(program.name):
                seeds = self.unzipped(program)
                options = dict(line.split(" = ") for line in Path(f"{program}.options").read_text(encoding="ascii").splitlines()[1:])
                self.assertEqual(options["dict"], f"{program.name}.dict")
                done = self.run_there(program, "-runs=0", *RUNNER_ARGUMENTS, *(f"-{name}={value}" for name, value in options.items()), seeds)
                self.assertEqual(done.returncode, 0, done.stdout)
                words = len(Path(f"{program}.dict").read_text(encoding="ascii").splitlines())
                self.assertIn(f"Dictionary: {words} entries", done.stdout)
                self.assertGreater(words, 50)
                files = len(list(seeds.iterdir()))
                self.assertGreater(files, 10)
                self.assertRegex(done.stdout, rf"seed corpus: files: {files} ")
                if "codec" not in program.name:
                    self.assertIn("found LLVMFuzzerCustomMutator", done.stdout)

    def test_each_profile_is_its_own(self):
        """A handle of ZwCreateFile's goes to FltClose, and is then closed twice. Counted by the programs themselves."""
        text = 'h0 = ZwCreateFile(path="\\a", access=GENERIC_READ|SYNCHRONIZE, attributes=OBJ_KERNEL_HANDLE)\nFltClose(h0)\nZwClose(h0)\nZwClose(h0)\n'
        source, encoded = self.scratch / "closes.seq", self.scratch / "closes"
        source.write_text(text, encoding="ascii")
        subprocess.run([self.work / "fltfuzz" / "bin" / "fltfuzz-seq", "encode", source, "-o", encoded], check=True,
                       env={**os.environ, "LLVM_PROFILE_FILE": os.devnull})
        for target in ("fuzz_close", "fuzz_lifecycle", "fuzz_names"):
            counts = {}
            for ending in ("", "_forwarding", "_strict"):
                done = self.run_there(self.out / (target + ending), encoded)
                self.assertEqual(done.returncode, 0, done.stdout)
                counts[ending] = tuple(int(re.search(rf'"{what}": (\d+)', done.stdout)[1]) for what in ("breaches", "bugchecks"))
            self.assertEqual(len(set(counts.values())), 3, counts)
            self.assertEqual(counts[""][1], 0)
            self.assertGreater(counts["_forwarding"][0], counts[""][0])  # the second close was the third
            self.assertGreater(counts["_strict"][1], 0)
        own = self.scratch / "own.switches"
        own.write_text("profile documented\n", encoding="ascii")
        done = self.run_there(self.out / "fuzz_close_strict", encoded, FLTFUZZ_SWITCHES=str(own))
        self.assertIn('"bugchecks": 0', done.stdout)  # a file that is given comes first


class Instrumented(Build):
    """For libFuzzer, which learns from what is run."""

    def test_starts_without_a_corpus_and_with_unknown_flags(self):
        for program in self.programs:
            with self.subTest(program.name):
                flags = ["--", "-seed=1337", "-runs=4", *UNKNOWN, *RUNNER_ARGUMENTS]
                done = self.run_there(program, *flags)
                self.assertEqual(done.returncode, 0, done.stdout)
                self.assertIn("Done 4 runs", done.stdout)
                self.assertIn("no_such_flag", done.stdout)  # which is said, and no more
                found = re.search(r"Loaded \d+ modules? +\((\d+) inline 8-bit counters\)", done.stdout)
                self.assertIsNotNone(found, done.stdout)
                self.assertGreaterEqual(int(found[1]), LEAST_EDGES)

    def test_seeds_teach(self):
        for program in self.programs:
            with self.subTest(program.name):
                texts = [self.run_there(program, "-runs=0", *seeds).stdout for seeds in ([], [self.unzipped(program)])]
                nothing, learnt = (int(re.search(r"INITED cov: (\d+)", text)[1]) for text in texts)
                self.assertGreater(learnt, 2 * nothing)


class Canary(Instrumented):
    """A failure is seen there: FltClose takes any handle."""

    def test_a_seeded_bug_is_found_and_named(self):
        broken = defects.build_program(defects.find("canary"), self.work / "fltfuzz", "bin/fuzz_close", self.scratch / "canary")
        seeds, kept = self.unzipped(self.out / "fuzz_close"), self.scratch / "kept"
        kept.mkdir()
        kept.chmod(0o777)
        done = self.run_there(broken, *RUNNER_ARGUMENTS, "-runs=0", f"-artifact_prefix={kept}/", seeds)
        self.assertNotEqual(done.returncode, 0, done.stdout)
        # What ClusterFuzz takes for the crash's state, and so tells bugs apart by.
        self.assertRegex(done.stdout, r"(?m)^ASSERTION FAILED: close-only-flt-created: ")
        self.assertEqual(len(list(kept.iterdir())), 1)


class Coverage(Build):
    """llvm-cov's build: it counts when it is merged, as the runner does, and has what the counts mean."""

    def test_counts_are_written(self):
        for program in self.programs:
            with self.subTest(program.name):
                empty = self.scratch / f"{program.name} merged"
                empty.mkdir()
                empty.chmod(0o777)
                done = self.run_there(program, "-merge=1", *UNKNOWN, "-timeout=100", empty, self.unzipped(program))
                self.assertEqual(done.returncode, 0, done.stdout)
                self.assertGreater((self.scratch / "counts.profraw").stat().st_size, 10000)
                sections = output_of("readelf", "-SW", program)
                self.assertIn("__llvm_covmap", sections)
                self.assertNotIn("__sancov_cntrs", sections)


def chosen(sanitizer):
    cases = {"address": Canary, "coverage": Coverage}.get(sanitizer, Instrumented)
    # One class, so one build.
    both = type(f"OssFuzz_{sanitizer}", (Packed, cases), {"sanitizer": sanitizer})
    return unittest.defaultTestLoader.loadTestsFromTestCase(both)


if __name__ == "__main__":
    result = unittest.TextTestRunner().run(chosen(sys.argv[1]))
    sys.exit(not result.wasSuccessful())

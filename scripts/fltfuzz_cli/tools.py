"""replay, show, encode, minimize, export: the C tools do the work; these build and start them."""

import os
import shutil
import subprocess
import sys

from .build import build
from .common import Stop, echo, run_through, whole_number


def add_commands(command):
    replay = command(
        "replay",
        run_replay,
        "Run sequences, each twice, and compare each call with what the file says.\n"
        "A folder stands for all files in it. Exit 1: a finding, or not as the file says.",
        "replay --trace corpus/fuzz_close/seed/double-close.seq",
    )
    replay.add_argument("path", nargs="+", metavar="PATH", help="a sequence, text or binary, or a folder")
    replay.add_argument("--trace", action="store_true", help="print every call with its outcome and its IRPs")
    replay.add_argument("--json", action="store_true", help="print the result as JSON")
    replay.add_argument("--break", dest="step", type=whole_number(1, 4096), metavar="STEP",
                        help="stop in gdb where this step's call enters the system; one file")
    replay.add_argument("--quiet", action="store_true", help="print only what is wrong")
    replay.add_argument("--profile", metavar="NAME", help="documented, forwarding or strict, for files that name none")
    add_switches(replay)

    show = command("show", run_show, "Print sequences as text.", "show ~/.local/state/fltfuzz/fuzz_close/findings/crash-1f")
    show.add_argument("file", nargs="+", metavar="FILE", help="a sequence, text or binary")

    encode = command("encode", run_encode, "Write the binary form of a sequence, which engines read.", "encode my.seq -o my.bin")
    encode.add_argument("file", metavar="FILE", help="a sequence as text")
    encode.add_argument("-o", dest="out", required=True, metavar="OUT", help="the file to write")

    minimize = command(
        "minimize",
        run_minimize,
        "Make a sequence small, call by call, while it still shows the same rule; print it as text.",
        "minimize crash-1f -o corpus/fuzz_close/regress/stale-close.seq",
    )
    minimize.add_argument("file", metavar="FILE", help="a sequence, text or binary")
    minimize.add_argument("--rule", metavar="RULE", help="keep this rule (a finding, a breach or a leak) instead of what the file finds")
    add_switches(minimize)
    minimize.add_argument("-o", dest="out", metavar="OUT", help="the file to write; it must not exist")

    export = command(
        "export",
        run_export,
        "Write a sequence as a C function of a Windows driver: the real calls, each status checked against what\n"
        "the contract predicts. What has no function, and what may stop the system, becomes a comment.\n"
        "Exit 1: the sequence does not come out as it says.",
        "export --c corpus/fuzz_close/seed/double-close.seq -o double_close.c",
    )
    export.add_argument("--c", dest="file", required=True, metavar="FILE", help="a sequence, text or binary")
    export.add_argument("-o", dest="out", metavar="OUT", help="the file to write; it must not exist")
    export.add_argument("--name", metavar="FUNCTION", help="of the function (default: made of the file's name)")
    export.add_argument("--with-stops", action="store_true", help="write also the calls that stop the system, or may stop it")
    add_switches(export)


def add_switches(sub):
    sub.add_argument("--switches", metavar="FILE", help="profile and switch lines, for sequences that name no profile")


def run_replay(options):
    if options.step:
        return run_in_gdb(options)
    words = ["--" + flag for flag in ("trace", "json", "quiet") if getattr(options, flag)]
    if options.profile is not None:
        words += ["--profile", options.profile]
    words += switches_words(options)
    folder = build("fuzz", ["replay"], options)
    return run_through([folder / "fltfuzz-replay", *words, "--", *options.path], options.verbose)


def switches_words(options):
    return ["--switches", options.switches] if options.switches is not None else []


def run_in_gdb(options):
    """At a terminal gdb stays open; otherwise it prints the stack and ends."""
    if not shutil.which("gdb"):
        raise Stop("replay --break needs gdb; to install it, run: apt-get install gdb")
    if len(options.path) != 1:
        raise Stop("replay --break takes one file")
    program = build("gcc", ["replay"], options) / "fltfuzz-replay"
    words = ["gdb", "--quiet"] if sys.stdin.isatty() else ["gdb", "--quiet", "--batch"]
    for command in (f"break flt_perform if call->step == {options.step}", "run", "backtrace 8"):
        words += ["-ex", command]
    environment = {**os.environ, "ASAN_OPTIONS": "detect_leaks=0"}  # LeakSanitizer cannot run under gdb
    words += ["--args", program, "--quiet", *switches_words(options), "--", *options.path]
    echo(words, options.verbose)
    return subprocess.run([str(word) for word in words], env=environment, check=False).returncode


def run_show(options):
    folder = build("fuzz", ["seq"], options)
    return run_through([folder / "fltfuzz-seq", "show", *options.file], options.verbose)


def run_encode(options):
    folder = build("fuzz", ["seq"], options)
    return run_through([folder / "fltfuzz-seq", "encode", options.file, "-o", options.out], options.verbose)


def run_minimize(options):
    folder = build("fuzz", ["minimize"], options)
    words = ["--rule", options.rule] if options.rule else []
    words += switches_words(options)
    words += ["-o", options.out] if options.out else []
    return run_through([folder / "fltfuzz-minimize", *words, options.file], options.verbose)


def run_export(options):
    folder = build("release", ["export"], options)
    words = switches_words(options)
    words += ["--with-stops"] if options.with_stops else []
    for option, value in (("--name", options.name), ("-o", options.out)):
        words += [option, value] if value is not None else []
    return run_through([folder / "fltfuzz-export", *words, "--", options.file], options.verbose)

"""fltfuzz regress: every committed sequence, or folders of crashes, run in parallel; the results for people
and for programs. The C tool runs the inputs; crash_folders.py finds them."""

import json
import os
import subprocess
import sys
import time
from pathlib import Path

from . import crash_folders, regress_formats, rules
from .build import build, targets_of
from .common import FINDING, FINE, TOP, TROUBLE, Stop, count, echo, say, whole_number
from .regress_names import shown_name
from .tools import add_switches

SHOWN_SKIPPED = 20  # names of a long list


def add_command(command):
    sub = command(
        "regress",
        run,
        "Run every committed sequence, or the files of other folders (ours, libFuzzer's and AFL's crashes), in\n"
        "parallel. A text is held to its expectations, a binary to the contract. An input that crashes or hangs\n"
        "is named and the others are run; what is no sequence is listed. Exit 0: all as expected; 1: not so;\n"
        "2: something could not be read, or there was nothing to run.",
        "regress --corpus crashes/ --junit results.xml",
    )
    sub.add_argument("--corpus", nargs="+", action="extend", metavar="PATH",
                     help="files and folders to run instead; a name that begins with a dash: --corpus=-NAME")
    sub.add_argument("--bytes", action="store_true", help="they are bytes for the parsers, as fuzz_codec takes them")
    sub.add_argument("--jobs", type=whole_number(1, 64), default=min(os.cpu_count() or 1, 64), metavar="N",
                     help="processes (default: one for each processor)")
    sub.add_argument("--timeout", type=whole_number(1, 86400), default=10, metavar="SECONDS",
                     help="that an input may take (default: 10)")
    for name, what in (("junit", "JUnit XML"), ("tap", "TAP 14"), ("sarif", "SARIF 2.1.0"), ("json", "JSON")):
        sub.add_argument(f"--{name}", metavar="FILE", help=f"write the results as {what}; - is standard output")
    sub.add_argument("--preset", choices=["release", "fuzz", "gcc"], default="release",
                     help="of the build; fuzz and gcc have ASan and UBSan and are slower (default: release)")
    sub.add_argument("--build", type=Path, metavar="FOLDER", help="a finished build to take programs from")
    add_switches(sub)


# ---- running ------------------------------------------------------------------------------------------


def committed():
    """The folders of the committed corpus."""
    return [folder for folder in sorted((TOP / "corpus").glob("fuzz_*/*")) if folder.name in ("seed", "regress")]


def takes_bytes(path, targets):
    """True for what is committed for a target that takes bytes."""
    parts = os.path.relpath(os.path.abspath(path), TOP / "corpus").split(os.sep)
    return parts[0] in targets and targets[parts[0]].input == "bytes"


def run_tool(program, inputs, options, extra):
    """The rows of the C tool for these inputs."""
    if not inputs:
        return []
    words = [str(program), "--stdin", "--jobs", str(options.jobs), "--timeout", str(options.timeout), *extra]
    echo(words, options.verbose)
    names = b"".join(os.fsencode(row.path) + b"\0" for row in inputs)
    done = subprocess.run(words, input=names, stdout=subprocess.PIPE, check=False)
    rows = [json.loads(line.decode("utf-8", "surrogateescape")) for line in done.stdout.split(b"\n") if line]
    if len(rows) != len(inputs):
        raise Stop("" if done.returncode == TROUBLE else f"{program} ended with {done.returncode} before all was run")
    return [{**row, **({"found_as": given.found_as} if given.found_as else {})} for row, given in zip(rows, inputs)]


def results_of(found, programs, options):
    """A row for each input and for each file that is none, by folder and name as they were found."""
    targets = targets_of(programs.parent)
    tool = programs / "fltfuzz-regress"
    as_bytes = [row for row in found.inputs if options.bytes or takes_bytes(row.path, targets)]
    sequences = [row for row in found.inputs if row not in set(as_bytes)]
    switches = ["--switches", options.switches] if options.switches is not None else []
    rows = run_tool(tool, sequences, options, switches) + run_tool(tool, as_bytes, options, ["--bytes"])
    place = {row.path: i for i, row in enumerate(found.inputs)}
    rows.sort(key=lambda row: place[row["file"]])
    rows += [{"file": path, "verdict": "skipped", "what": why, "seconds": 0.0} for path, why in found.skipped]
    return rows + [{"file": path, "verdict": "unreadable", "what": why, "seconds": 0.0} for path, why in found.troubles]


# ---- telling ------------------------------------------------------------------------------------------


def lines_of(results, seconds):
    """For people."""
    lines = []
    for result in results:
        if result["verdict"] in regress_formats.WRONG:
            lines.append(f"{shown_name(result['file'])}: {regress_formats.body(result).rstrip()}")
    skipped = [result for result in results if result["verdict"] == "skipped"]
    lines += [f"skipped: {shown_name(row['file'])}: {regress_formats.headline(row)}" for row in skipped[:SHOWN_SKIPPED]]
    if len(skipped) > SHOWN_SKIPPED:
        lines.append(f"skipped: {len(skipped) - SHOWN_SKIPPED} more; every format lists them")
    counted = regress_formats.counts(results)
    wrong = [f"{counted[verdict]} {verdict}" for verdict in regress_formats.WRONG if counted[verdict]] or ["all as expected"]
    aside = [f"{counted[verdict]} {verdict}" for verdict in ("skipped", "unreadable") if counted[verdict]]
    ran = len(results) - counted["skipped"] - counted["unreadable"]
    lines.append(f"{count('input', ran)}, {count('call', counted['calls'])} in {seconds:.2f} s: {', '.join(wrong + aside)}")
    return lines


def write(name, text):
    if name == "-":
        sys.stdout.write(text)
        return
    try:
        with open(name, "w", encoding="utf-8") as out:
            out.write(text)
    except OSError as error:
        raise Stop(f"{name}: {error.strerror}") from None


def code_of(results):
    verdicts = {result["verdict"] for result in results}
    if verdicts & set(regress_formats.WRONG):
        return FINDING
    return FINE if "unreadable" not in verdicts else TROUBLE


def run(options):
    asked = {name: getattr(options, name) for name in regress_formats.FORMATS if getattr(options, name) is not None}
    if list(asked.values()).count("-") > 1:
        raise Stop("regress writes one format to standard output, not more")
    if options.bytes and (options.corpus is None or options.switches is not None):
        raise Stop("regress --bytes goes with --corpus, and without --switches")
    found = crash_folders.collect(options.corpus or [os.path.relpath(folder) for folder in committed()])
    programs = options.build / "bin" if options.build else build(options.preset, ["regress", "rules"], options)
    start = time.monotonic()
    results = results_of(found, programs, options)
    seconds = time.monotonic() - start
    for result in results:
        if result["verdict"] == "unreadable":
            say(f"{shown_name(result['file'])}: {regress_formats.headline(result)}")
    counted = regress_formats.counts(results)
    if counted["skipped"] == len(results):
        raise Stop(f"there is nothing to run: {count('file', len(results))} skipped" if results else "there is nothing to run: no file")
    table = rules.read_table(programs, options.verbose)["rules"] if "sarif" in asked else []
    for name, file in asked.items():
        write(file, regress_formats.FORMATS[name](results, table, seconds))
    print("\n".join(lines_of(results, seconds)), file=sys.stderr if "-" in asked.values() else sys.stdout)
    return code_of(results)

"""Which lines of the system and the contract a campaign's working corpus runs: llvm-cov's pages, in a folder
beside the report, and a table of folders."""

import json
import os
import shutil
import subprocess
import tempfile
from pathlib import Path

from . import durable
from .build import build, target_table
from .campaign_folder import timestamp
from .common import TOP, Stop, count, echo, say
from .report_data import number, printable

PRESET = "lines"
TOOLS = ("llvm-profdata", "llvm-cov")
SUMMARY = "summary.json"  # what the report takes from the folder
BATCH = 200  # inputs that one process gets
SECONDS = 600  # that a batch may take


def folder_for(page):
    return page.with_name(f"{page.stem}-lines")


def read(page):
    """What an earlier run left beside the page; None where there is nothing of use."""
    try:
        told = json.loads((folder_for(page) / SUMMARY).read_text(encoding="utf-8"))
        rows = [*told["folders"].values(), told["total"]]
        whole = all(number(row[key]) is not None for row in rows for key in ("covered", "lines", "percent"))
        return told if whole and number(told["inputs"]) is not None and isinstance(told["made"], str) else None
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return None


def measure(campaign, page, options):
    """Makes the folder. What is wrong is said in the campaign's `missing`, and the report goes without."""
    absent = [tool for tool in TOOLS if not shutil.which(tool)]
    if absent:
        campaign.say(f"the lines that the corpus runs: {' and '.join(absent)} not found; Debian's package llvm has both")
        return
    corpora = {path.name: inputs(path) for path in sorted((campaign.path / "corpus").glob("*/"))}
    corpora = {name: files for name, files in corpora.items() if files}
    programs = build(PRESET, sorted(path.stem for path in (TOP / "fuzz" / "targets").glob("fuzz_*.c")), options)
    for name in sorted(set(corpora) - set(target_table(PRESET))):
        campaign.say(f"the lines that the corpus runs: corpus/{name} is of no target that there is now; it is left out")
        del corpora[name]
    if not corpora:
        campaign.say("the lines that the corpus runs: the working corpus is empty")
        return
    with tempfile.TemporaryDirectory(prefix="fltfuzz-") as scratch:
        left_out = sum(run(programs / name, files, Path(scratch), options.verbose) for name, files in corpora.items())
        if left_out:
            campaign.say(f"the lines that the corpus runs: {count('input', left_out)} that failed, or ran longer than {SECONDS} s, not counted")
        try:
            write(folder_for(page), [programs / name for name in corpora], Path(scratch), sum(map(len, corpora.values())) - left_out, options.verbose)
        except subprocess.CalledProcessError as error:
            told = error.stderr.decode("utf-8", "replace").strip().splitlines()
            campaign.say(f"the lines that the corpus runs: {Path(error.cmd[0]).name}: {told[0] if told else error.returncode}")


def inputs(folder):
    return sorted(str(path) for path in folder.iterdir() if path.is_file() and not path.name.startswith("."))


def run(program, files, scratch, verbose):
    """Adds to the program's counts. How many inputs were left out: one that ends its process leaves no counts."""
    say(f"{program.name}: running {count('input', len(files))}")
    left_out = 0
    for at in range(0, len(files), BATCH):
        part = files[at : at + BATCH]
        if not runs(program, part, scratch, verbose):
            left_out += sum(not runs(program, [file], scratch, verbose) for file in part)
    return left_out


def runs(program, files, scratch, verbose):
    words = [str(program), *files]
    echo(words[:2], verbose)
    counts = {**os.environ, "LLVM_PROFILE_FILE": str(scratch / f"{program.name}-%m.profraw")}  # all processes in one file
    try:
        return subprocess.run(words, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
                              timeout=SECONDS, env=counts, check=False).returncode == 0
    except subprocess.TimeoutExpired:
        return False


def write(folder, programs, scratch, ran, verbose):
    if folder.exists() and not (folder / SUMMARY).is_file():
        raise Stop(f"{folder}: is there already, and is no report of lines; take another --html")

    def tool(*words):
        echo(words, verbose)
        return subprocess.run(list(map(str, words)), stdin=subprocess.DEVNULL, capture_output=True, check=True).stdout

    counts = scratch / "all.profdata"
    tool("llvm-profdata", "merge", "-sparse", *sorted(scratch.glob("*.profraw")), "-o", counts)
    of = [programs[0], *[word for program in programs[1:] for word in ("-object", program)], f"-instr-profile={counts}"]
    exported = json.loads(tool("llvm-cov", "export", "-summary-only", *of))
    shutil.rmtree(folder, ignore_errors=True)
    tool("llvm-cov", "show", "-format=html", "-tab-size=4", f"-output-dir={folder}", *of)
    summary = {"made": timestamp(), "inputs": ran, **by_folder(exported["data"][0]["files"])}
    durable.write_json(folder / SUMMARY, summary)


def by_folder(files):
    """{folders: {folder: {covered, lines, percent}}, total}"""
    folders = {}
    for file in files:
        name = os.path.relpath(os.path.dirname(file["filename"]), TOP)
        lines = file["summary"]["lines"]
        if not lines["count"]:
            continue
        row = folders.setdefault(printable(name), {"covered": 0, "lines": 0})
        row["covered"] += lines["covered"]
        row["lines"] += lines["count"]
    total = {key: sum(row[key] for row in folders.values()) for key in ("covered", "lines")}
    for row in (*folders.values(), total):
        row["percent"] = round(100 * row["covered"] / row["lines"], 1) if row["lines"] else 0.0
    return {"folders": dict(sorted(folders.items())), "total": total}

"""fltfuzz mutants: builds each seeded defect, and each lost check, and says what catches it."""

import json
import math
import statistics
import sys
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from . import defects, kills, operators_run
from .build import build
from .common import FINDING, FINE, TOP, Stop, whole_number
from .progress import StatusLine, bar

CORPUS = [folder for folder in sorted((TOP / "corpus").glob("fuzz_*")) if folder.name != "fuzz_codec"]  # those are bytes
MILLION = 1_000_000
SEEDS_APART = 1000  # a run may go on with the seeds that follow its own


def add_command(command):
    sub = command(
        "mutants",
        run,
        "Build each seeded defect of fuzz/defects and try the committed corpus on it, then fuzzing\n"
        "from an empty corpus; of a lost check (lost-RULE) only the sequence that it names. Exit 1: one\n"
        "was not caught, or under a rule it does not name.",
        "mutants --fuzz-runs 100000 canary",
    )
    sub.add_argument("defect", nargs="*", metavar="DEFECT", help="names of fuzz/defects (default: all)")
    sub.add_argument("--fuzz-runs", type=whole_number(0, 1000 * MILLION), metavar="N",
                     help="stop fuzzing after N sequences; 0: the corpus only (default: 1,000,000; with --operators 0)")
    sub.add_argument("--seed", type=whole_number(1, 2**31 - 1), default=1, metavar="N",
                     help="the engine's first seed; the next follow while only consequences are met; chooses the sample, too (default: 1)")
    sub.add_argument("--seeds", type=whole_number(1, 99), default=1, metavar="N",
                     help="fuzz from N seeds, each from an empty corpus, and say the median (default: 1)")
    sub.add_argument("--within-reach", action="store_true",
                     help=f"fuzz only for those that {kills.NAME} says need a tenth of --fuzz-runs at most")
    sub.add_argument("--at-least", type=whole_number(1, 100), metavar="PERCENT",
                     help="exit 0 when fuzzing finds that share of the defects (default: 100); with --operators, when\n"
                     "the corpus alone kills that share, though others survive (default: none may)")
    sub.add_argument("--build", type=Path, metavar="FOLDER", help="a finished build to take programs from")
    sub.add_argument("--json", action="store_true", help="print the result as JSON")
    sub.add_argument("--record", action="store_true", help=f"keep the result in {kills.NAME}, which fltfuzz rules --check reads")
    sub.add_argument("--jobs", type=whole_number(1, 256), default=1, metavar="N", help="try N at once (default: 1)")
    add = sub.add_argument_group("instead of the seeded defects").add_argument
    add("--operators", action="store_true", help="small edits of every statement of a folder; lists those that the corpus does not notice")
    add("--folder", choices=operators_run.FOLDERS, default=operators_run.FOLDERS[0], metavar="FOLDER",
        help=f"{' or '.join(operators_run.FOLDERS)} (default: the first)")
    add("--sample", type=whole_number(1, MILLION), metavar="N", help="N of them, which --seed chooses (default: all)")


ROOM = 10  # times what was once needed: other seeds, and every change of the mutator, need more or less
OUT_OF_REACH = "not asked: {} when last measured"
NOT_FUZZED = "not asked: a lost check of the caller shows no violation"


def _try(defect, build_folder, options):
    """A row of the table."""
    with tempfile.TemporaryDirectory(prefix="fltfuzz-defect-") as work:
        work = Path(work)
        objects = defects.compile_sources(defect, build_folder, work / "objects")
        replay = defects.link(defect, objects, build_folder, "bin/fltfuzz-replay")
        if defect.is_lost_check:
            return _lost_check_row(defect, defects.killed_by_missing(replay, defect))
        corpus = defects.killed_by_corpus(replay, CORPUS)
        shown = defects.killed_by_shown(replay, defect) if defect.shown else None
        row = _defect_row(defect, corpus, shown)
        if not options.fuzz_runs:
            return row
        last = kills.last(defect.name) if options.within_reach else None
        if last and kills.median(last) * ROOM > options.fuzz_runs:
            return {**row, "fuzzing": OUT_OF_REACH.format(kills.needed(last))}
        fuzz = defects.link(defect, objects, build_folder, f"bin/{defect.target}")
        return {**row, **_fuzz_row(defect, _fuzz_often(fuzz, defect, work, options), options)}


def _fuzz_often(program, defect, work, options):
    """From as many seeds as are asked for."""
    caught = []
    for number in range(options.seeds):
        folder = work / f"fuzzing-{number}"
        folder.mkdir()
        caught.append(_fuzz(program, defect, folder, options, options.seed + number * SEEDS_APART))
    return caught


def _fuzz_row(defect, caught, options):
    """What is added to the row of a defect that was fuzzed; found is what half of the seeds find."""
    needed = [kill.runs if kill.rule in defect.rules else None for kill in caught]
    under = next((kill.rule for kill in caught if kill.rule in defect.rules), caught[0].rule)
    row = {"fuzzing": "done", "fuzz_rule": under, "fuzz_needed": needed, "fuzz_budget": options.fuzz_runs}
    row["fuzz_calls"] = [kill.calls if kill.rule in defect.rules else None for kill in caught]
    return {**row, "found": kills.median(row) < math.inf}


def _fuzz(program, defect, work, options, first_seed):
    """Under a rule that it names. A run that meets another of its consequences, which is luck and moves
    with every change of the mutator, is no end: the next seed has the runs that are left."""
    seed, used, calls = first_seed, 0, 0
    while True:
        kill = defects.killed_by_fuzzing(program, work, options.fuzz_runs - used, seed)
        used, calls = used + kill.runs, calls + kill.calls
        if kill.rule in defect.rules:
            return kill._replace(runs=used, calls=calls)
        if not kill.rule or not kill.runs or used >= options.fuzz_runs:
            return kill
        seed += 1


def _lost_check_row(defect, corpus):
    return {
        "defect": defect.name,
        "kind": "lost check",
        "title": defect.title,
        "rules": defect.rules,
        "corpus_rule": corpus.rule,
        "corpus_file": Path(corpus.by).name,
        "fuzzing": NOT_FUZZED,
        "caught": corpus.rule == defect.rules[0],
    }


def _defect_row(defect, corpus, shown):
    """`shown` is None where no sequence is named."""
    caught = corpus.rule in defect.rules
    row = {
        "defect": defect.name,
        "kind": "defect",
        "title": defect.title,
        "rules": defect.rules,
        "corpus_rule": corpus.rule,
        "corpus_file": Path(corpus.by).name,
    }
    if shown:
        row["shown_rule"], row["shown_file"] = shown.rule, Path(defect.shown).name
        caught = caught and shown.rule == defect.rules[0]
    return {**row, "fuzzing": "not asked", "caught": caught}


def _said(rule, by, fits):
    return f"{rule or 'nothing'} {by}".rstrip() + ("" if fits or not rule else ", a rule it does not name there")


def report(row):
    """Two lines."""
    rules = row["rules"]
    parts = ["corpus: " + _said(row["corpus_rule"], row["corpus_file"], row["corpus_rule"] in rules)]
    if "shown_rule" in row:
        parts.append("shown: " + _said(row["shown_rule"], row["shown_file"], row["shown_rule"] == rules[0]))
    if row["fuzzing"] == "done":
        needed = kills.needed(row)
        parts.append("fuzzing: " + (_said(row["fuzz_rule"], needed, row["fuzz_rule"] in rules) if row["fuzz_rule"] else needed))
    elif row["fuzzing"].startswith("not asked: "):
        parts.append("fuzzing: " + row["fuzzing"])
    mark = "NOT CAUGHT" if not row["caught"] else "caught" if row.get("found", True) else "NOT FOUND by fuzzing"
    return f"{mark}: {row['defect']}: {row['title']}\n    {'; '.join(parts)}"


def summary(rows):
    """A line on many."""
    fuzzed = [row for row in rows if row["fuzzing"] == "done"]
    said = f"{len(rows)} tried, {sum(row['caught'] for row in rows)} caught by the corpus"
    if not fuzzed:
        return said
    found = [row for row in fuzzed if row["found"]]
    said += f"; {len(fuzzed)} fuzzed for, {len(found)} found ({_percent(found, fuzzed):.1f} %)"
    return said + (f", half of them within {statistics.median(map(kills.median, found)):,.0f} sequences" if found else "")


def _percent(some, of_all):
    return 100 * len(some) / len(of_all)


def verdict(rows, at_least):
    """All that the corpus must catch, and of what was fuzzed for a share."""
    fuzzed = [row for row in rows if row["fuzzing"] == "done"]
    found = [row for row in fuzzed if row["found"]]
    enough = not fuzzed or _percent(found, fuzzed) >= (at_least or 100)
    return FINE if enough and all(row["caught"] for row in rows) else FINDING


def _try_all(chosen, folder, options):
    """The table; at a terminal how far it is stands below the rows."""
    rows, status, start = [], StatusLine(), time.monotonic()
    with ThreadPoolExecutor(options.jobs) as pool:
        for row in pool.map(lambda defect: _try(defect, folder, options), chosen):
            rows.append(row)
            status.clear()
            if not options.json:
                print(report(row), flush=True)
            if len(rows) < len(chosen):
                missed = sum(not (row["caught"] and row.get("found", True)) for row in rows)
                status.show(bar(len(rows), len(chosen), f"defects, {missed} missed", time.monotonic() - start))
    return rows


def run(options):
    if options.operators:
        if options.defect:
            raise Stop("--operators takes no defects")
        options.fuzz_runs = options.fuzz_runs or 0
        return operators_run.run(options, CORPUS)
    if options.record and options.within_reach:
        raise Stop("--record keeps what was measured: it does not go with --within-reach, which leaves some out")
    if options.fuzz_runs is None:
        options.fuzz_runs = MILLION
    chosen = [defects.find(name) for name in options.defect] or defects.read_all()
    if not chosen:
        raise Stop(f"no defects in {defects.FOLDER}")
    programs = ["replay", *sorted({defect.target for defect in chosen})]
    folder = options.build or build("fuzz", programs, options).parent
    folder = folder.resolve()
    if not (folder / "compile_commands.json").is_file():
        raise Stop(f"{folder}: no finished build is there")
    rows = _try_all(chosen, folder, options)
    if options.record:
        kills.record(rows)
    if options.json:
        json.dump(rows, sys.stdout, indent=2)
        print()
    elif len(rows) > 1:
        print(summary(rows))
    return verdict(rows, options.at_least)

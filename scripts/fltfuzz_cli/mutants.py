"""fltfuzz mutants: builds each seeded defect and says what catches it."""

import json
import sys
import tempfile
from pathlib import Path

from . import defects
from .build import build
from .common import FINDING, FINE, TOP, Stop, whole_number

CORPUS = TOP / "corpus" / "fuzz_close"
MILLION = 1_000_000


def add_command(command):
    sub = command(
        "mutants",
        run,
        "Build each seeded defect of fuzz/defects and try the committed corpus on it, then fuzzing\n"
        "from an empty corpus. Exit 1: a defect was not caught, or under a rule it does not name.",
        "mutants --fuzz-runs 100000 canary",
    )
    sub.add_argument("defect", nargs="*", metavar="DEFECT", help="names of fuzz/defects (default: all)")
    sub.add_argument("--fuzz-runs", type=whole_number(0, 1000 * MILLION), default=MILLION, metavar="N",
                     help="stop fuzzing after N sequences; 0: the corpus only (default: 1,000,000)")
    sub.add_argument("--seed", type=whole_number(1, 2**31 - 1), default=1, metavar="N", help="the engine's seed")
    sub.add_argument("--build", type=Path, metavar="FOLDER", help="a finished build to take programs from")
    sub.add_argument("--json", action="store_true", help="print the result as JSON")


def _try(defect, build_folder, options):
    """A row of the table."""
    with tempfile.TemporaryDirectory(prefix="fltfuzz-defect-") as work:
        work = Path(work)
        replay = defects.build_program(defect, build_folder, "bin/fltfuzz-replay", work / "replay")
        corpus = defects.killed_by_corpus(replay, CORPUS)
        fuzzing = defects.Kill("", "")
        if options.fuzz_runs:
            fuzz = defects.build_program(defect, build_folder, "bin/fuzz_close", work / "fuzz")
            fuzzing = defects.killed_by_fuzzing(fuzz, work, options.fuzz_runs, options.seed)
    return {
        "defect": defect.name,
        "title": defect.title,
        "rules": defect.rules,
        "corpus_rule": corpus.rule,
        "corpus_file": Path(corpus.by).name,
        "fuzz_rule": fuzzing.rule,
        "fuzz_needed": fuzzing.by,
        "fuzz_rule_expected": _expected(fuzzing.rule, defect),
        "caught": _expected(corpus.rule, defect) and (not options.fuzz_runs or _expected(fuzzing.rule, defect)),
    }


def _expected(rule, defect):
    return rule in defect.rules


def _print(row):
    mark = "caught" if row["caught"] else "NOT CAUGHT"
    other = "" if row["fuzz_rule_expected"] else ", a rule it does not name"
    fuzz = f"; fuzzing: {row['fuzz_rule'] or 'nothing'} {row['fuzz_needed']}{other if row['fuzz_rule'] else ''}" if row["fuzz_rule"] or row["fuzz_needed"] else ""
    print(f"{mark}: {row['defect']}: {row['title']}")
    print(f"    corpus: {row['corpus_rule'] or 'nothing'} {row['corpus_file']}{fuzz}", flush=True)


def run(options):
    folder = options.build or build("fuzz", ["replay", "fuzz_close"], options).parent
    folder = folder.resolve()
    if not (folder / "compile_commands.json").is_file():
        raise Stop(f"{folder}: no finished build is there")
    chosen = [defects.find(name) for name in options.defect] or defects.read_all()
    if not chosen:
        raise Stop(f"no defects in {defects.FOLDER}")
    rows = []
    for defect in chosen:
        rows.append(_try(defect, folder, options))
        if not options.json:
            _print(rows[-1])
    if options.json:
        json.dump(rows, sys.stdout, indent=2)
        print()
    return FINE if all(row["caught"] for row in rows) else FINDING

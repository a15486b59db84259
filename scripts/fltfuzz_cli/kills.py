"""fuzz/defects/kills.json: what caught each seeded defect and each lost check when `fltfuzz mutants --record`
last tried it, and whether that was this defect as it is now."""

import hashlib
import json
import math
import statistics

from . import defects
from .common import TOP, Stop

NAME = "fuzz/defects/kills.json"
FILE = TOP / NAME


def edit_of(name):
    """Changes when the defect's file does: figures of another edit say nothing."""
    return hashlib.sha256((defects.FOLDER / f"{name}.defect").read_bytes()).hexdigest()[:12]


def read(path=FILE):
    """{defect: its row of fltfuzz mutants --json, and \"edit\"}"""
    try:
        rows = json.loads(path.read_text(encoding="utf-8"))
        return {row["defect"]: row for row in rows}
    except FileNotFoundError:
        return {}
    except (ValueError, TypeError, KeyError):
        raise Stop(f"{path}: is not what fltfuzz mutants --record writes") from None


def last(name):
    """The row of a defect as it is now; None when there is no figure of it."""
    row = read().get(name)
    return row if row and row["fuzzing"] == "done" and row["edit"] == edit_of(name) else None


def median(row, of="fuzz_needed"):
    """Sequences, or calls, that fuzzing needed; infinite when half of the seeds found nothing."""
    return statistics.median(math.inf if needed is None else needed for needed in row[of])


def needed(row):
    """The same in words."""
    needed_, budget = row["fuzz_needed"], f"{row['fuzz_budget']:,}"
    of_which = "" if len(needed_) == 1 else f", the median of {', '.join('none' if runs is None else f'{runs:,}' for runs in needed_)}"
    if median(row) < math.inf:
        return f"{median(row):,.0f} sequences, {median(row, 'fuzz_calls'):,.0f} calls{of_which}"
    return f"nothing in {budget} sequences" + (f" from {sum(runs is None for runs in needed_)} of {len(needed_)} seeds" if of_which else "")


def record(rows, path=FILE):
    """The rows replace those of the same defects; a defect that is gone goes."""
    kept = read(path)
    kept.update({row["defect"]: {**row, "edit": edit_of(row["defect"])} for row in rows})
    there = {defect.name for defect in defects.read_all()}
    lines = [json.dumps(kept[name], sort_keys=True) for name in sorted(kept) if name in there]
    path.write_text("[\n" + ",\n".join(lines) + "\n]\n", encoding="utf-8")


def blank(row, edit):
    """Why the row is no figure of the defect as it is now; empty when it is one."""
    if row is None:
        return "was never measured"
    if row.get("edit") != edit:
        return "has changed since it was measured"
    if row["fuzzing"] == "not asked":
        return "was measured without fuzzing"
    return "" if row["caught"] else "was not caught when it was measured"


def said(row):
    """The figures in words."""
    if row is None:
        return "never measured"
    corpus = f"{row['corpus_file']} fails under {row['corpus_rule']}" if row["corpus_rule"] else "no sequence fails"
    if row["kind"] != "defect":
        return corpus
    if row["fuzzing"] != "done":
        return f"{corpus}; fuzzing {row['fuzzing']}"
    found = f"{row['fuzz_rule']} after " if row["found"] else ""
    return f"{corpus}; fuzzing from nothing found {found}{needed(row)}"

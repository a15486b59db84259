"""How tight the contract is, and that it gets no looser: for each call the mean size of its allowed sets and
the share of calls with a single outcome, over the committed corpus, beside what they were when last
written. Whole numbers are kept and fractions compared, so nothing drifts."""

import re
from fractions import Fraction

from .common import TOP, Stop

NAME = "fuzz/tightness.txt"
FILE = TOP / NAME
MODES = {"own": "under its own switches", "any": "under any switches"}
HEAD = """\
# How tight the contract is over the committed corpus: `fltfuzz coverage` fails when a call's mean number of
# allowed outcomes (allowed / calls) rises, or its share of calls with a single one (single / calls) falls.
# Written by `fltfuzz coverage --write-tightness`; a change is to be explained by the commit that makes it.
# own: each sequence under its own switches. any: against a contract that accepts any switch.
#
# mode call calls allowed single
"""


def mean(row):
    return Fraction(row["allowed"], row["calls"])


def single(row):
    return Fraction(row["single"], row["calls"])


def write(counted):
    lines = []
    for mode in MODES:
        for call, row in sorted(counted[mode]["tightness"].items()):
            lines.append(f"{mode} {call} {row['calls']} {row['allowed']} {row['single']}\n")
    FILE.write_text(HEAD + "".join(lines), encoding="utf-8")


def read(path=FILE):
    """{(mode, call): row}"""
    floors = {}
    for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
        if not line or line.startswith("#"):
            continue
        match = re.fullmatch(r"(own|any) (\w+) ([1-9]\d*) (\d+) (\d+)", line)
        if not match:
            raise Stop(f"{path}:{number}: expected own|any CALL CALLS ALLOWED SINGLE: {line}")
        floors[match[1], match[2]] = dict(zip(("calls", "allowed", "single"), map(int, match.groups()[2:])))
    return floors


def _said(value, row, part):
    return f"{float(value):.4f} ({row[part]}/{row['calls']})"


def _looser(mode, call, floor, now):
    where = f"{call}, {MODES[mode]}"
    if mean(now) > mean(floor):
        yield (f"{where}: the mean size of the allowed sets is {_said(mean(now), now, 'allowed')}, "
               f"it was {_said(mean(floor), floor, 'allowed')}")
    if single(now) < single(floor):
        yield (f"{where}: the share of calls with a single outcome is {_said(single(now), now, 'single')}, "
               f"it was {_said(single(floor), floor, 'single')}")


def compare(floors, counted):
    """A line for each call that became looser, or that only one side knows."""
    lines = []
    measured = {(mode, call): row for mode in MODES for call, row in counted[mode]["tightness"].items()}
    for mode, call in sorted(set(floors) | set(measured), reverse=True):
        floor, now = floors.get((mode, call)), measured.get((mode, call))
        if floor is None:
            lines.append(f"{call}, {MODES[mode]}: {NAME} has no floor; fltfuzz coverage --write-tightness writes it")
        elif now is None:
            lines.append(f"{call}, {MODES[mode]}: no committed sequence makes it any more")
        else:
            lines.extend(_looser(mode, call, floor, now))
    return lines


def overall(rows):
    """Of all calls together."""
    total = {part: sum(row[part] for row in rows.values()) for part in ("calls", "allowed", "single")}
    return {**total, "mean": float(mean(total)), "single_share": float(single(total))} if total["calls"] else {**total, "mean": None, "single_share": None}

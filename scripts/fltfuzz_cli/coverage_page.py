"""The report of fltfuzz coverage as one page that needs nothing else."""

import functools
from pathlib import Path

import jinja2

from . import tightness
from .rules import KIND, SURE

TEMPLATE = "coverage.html.j2"
WORST_FIRST = ("open", "listed", "answered", "reached")
LEVELS = ((1, "1"), (2, "2 to 9"), (10, "10 to 99"), (100, "100 and more"))  # of the heat map


@functools.lru_cache(maxsize=None)
def _environment():
    """Of the templates that stand here."""
    loader = jinja2.FileSystemLoader(Path(__file__).parent)
    return jinja2.Environment(loader=loader, autoescape=True, undefined=jinja2.StrictUndefined, trim_blocks=True, lstrip_blocks=True)


def page_of(template, **values):
    return _environment().get_template(template).render(**values)


def heat(report):
    """What heat.html.j2 shows."""
    return {"groups": _grid(report), "legend": [(level, words) for level, (_, words) in enumerate(LEVELS, 1)], "never": _never(report)}


def render(report):
    return page_of(
        TEMPLATE,
        report=report,
        totals=report["totals"],
        **heat(report),
        outcomes=_outcomes(report),
        not_by_kernel=[row for row in report["outcomes"] if row["state"] != "reached"],
        moves=_moves(report),
        tight=_tightness(report),
        modes={mode: words for mode, words in tightness.MODES.items() if mode in report["tightness"]},
        kinds=KIND,
        sure=SURE,
        rules=report.get("rules"),
    )


def level(times):
    return sum(times >= lowest for lowest, _ in LEVELS)


def _grid(report):
    """[(heading, [(rule, cells)])]: a cell is None where the rule is never of the call, or (level, what to say)."""
    rows = {(row["rule"], row["call"]): row for row in report["rule_calls"]}

    def cell(rule, call):
        row = rows.get((rule, call))
        if not row:
            return None
        outcomes = ", ".join(f"{name} {times:,}" for name, times in row["outcomes"].items())
        return level(row["tried"]), f"{rule} by {call}: {outcomes or 'never tried'}"

    return [
        (KIND[kind], [(rule, [cell(rule, call) for call in report["calls"]])
                      for rule, of in report["rule_kinds"].items() if of == kind])
        for kind in KIND
    ]


def _never(report):
    never = {}
    for row in report["rule_calls"]:
        if not row["tried"]:
            never.setdefault(row["rule"], []).append(row["call"])
    return never


def _outcomes(report):
    """[(call, [(outcome, state, rules)])]"""
    found = {}
    for row in report["outcomes"]:
        found.setdefault(row["call"], {}).setdefault(row["outcome"], []).append(row)
    return [
        (call, [(outcome, min((row["state"] for row in rows), key=WORST_FIRST.index), ", ".join(sorted(row["rule"] for row in rows)))
                for outcome, rows in sorted(found[call].items())])
        for call in report["calls"] if call in found
    ]


def _moves(report):
    """[(words, [(call, level, times)])]"""
    moves = {}
    for row in report["transitions"]:
        moves.setdefault(row["words"], []).append((row["call"], level(row["times"]), row["times"]))
    return list(moves.items())


def _tightness(report):
    """[(call, {mode: row with mean and share})]"""
    return [
        (call, {mode: tightness.overall({call: of["calls"][call]}) if call in of["calls"] else None
                for mode, of in report["tightness"].items()})
        for call in report["calls"] if any(call in of["calls"] for of in report["tightness"].values())
    ]

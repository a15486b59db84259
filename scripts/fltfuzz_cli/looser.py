"""Whether a mutant of the contract allows more over the committed corpus than the contract does. What is
allowed and does not come back fails no replay; it is what `fltfuzz coverage` fails for."""

import json

from . import coverage_report, tightness
from .common import Stop
from .coverage import CORPUS
from .workshop import printed

COVERAGE = "bin/fltfuzz-coverage"
SECONDS = 120  # of the processor; the real one needs less than two
FOLDER = "model/contract"


def said(program, out, uses_asan):
    """The first reason, or ""."""
    text = printed(program, ["--open", *CORPUS], out, SECONDS, uses_asan)
    try:
        counted = json.loads(text)
    except ValueError:
        return "fltfuzz-coverage does not end as it should"
    lines = coverage_report.unreached(counted) + tightness.compare(tightness.read(), counted)
    return lines[0] if lines else ""


def check_clean(kit, work):
    line = said(kit.folder / COVERAGE, work / "clean.counted", kit.uses_asan)
    if line:
        raise Stop(f"without a mutant: {line}")


def of_mutant(workshop, kit, mutant, text):
    program = workshop.program(kit, COVERAGE, mutant, text)
    return said(program, workshop.work / "counted", kit.uses_asan) if program else ""

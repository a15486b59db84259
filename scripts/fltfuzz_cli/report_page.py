"""The report of fltfuzz report as one page that needs nothing else."""

from . import report_pictures, report_words
from .coverage_page import heat, page_of
from .report_diff import MEASURES, change, of_target

MEASURE_WORDS = {"coverage": "coverage, edges", "states": "states", "corpus": "corpus, files", "calls_per_second": "calls/s", "calls": "calls",
                 "seconds": "time, s"}


def render(report, nights, lines_page):
    """`nights`: with their samples, up to the one that is shown; `lines_page`: llvm-cov's."""
    night = nights[-1] if nights else None
    coverage = night["coverage"] if night else None
    names = report_pictures.names_of(nights)
    return page_of(
        "report.html.j2",
        report=report,
        night=night,
        row=report["nights"][-1] if night else None,
        speeds={name: of_target(row)["calls_per_second"] for name, row in night["targets"].items()} if night else {},
        tonight=report_pictures.make(nights[-1:], names) if night else None,
        all_nights=report_pictures.make(nights, names) if len(nights) > 1 else None,
        coverage=coverage,
        **(heat(coverage) if coverage else {"groups": [], "legend": [], "never": {}}),
        moves=_never_moved(coverage) if coverage else {},
        diff=report["diff"],
        measures=[(key, MEASURE_WORDS[key]) for key in MEASURES],
        grouped=_grouped,
        lines_page=lines_page,
        change=change,
        number=report_words.number,
        times=report_words.times,
        calls=report_words.calls,
        time=report_words.time,
        when=report_words.when,
    )


def _never_moved(coverage):
    """{what moves: calls that never did it}"""
    never = {}
    for row in coverage["transitions"]:
        if not row["times"]:
            never.setdefault(row["words"], []).append(row["call"])
    return never


def _grouped(cells, by):
    """{first: seconds} of pairs; `by` 1: the other way around."""
    groups = {}
    for cell in cells:
        groups.setdefault(cell[by], []).append(cell[1 - by])
    return groups

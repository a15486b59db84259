"""A report for the terminal."""

import datetime

from .campaign_screen import clock
from .common import count

SHOWN = 20  # findings


def number(value):
    return "-" if value is None else f"{value:,.0f}"


def times(value):
    return "-" if value is None else "once" if value == 1 else f"{number(value)} times"


def calls(value):
    return "- calls" if value is None else count("call", round(value))


def rounded(value):
    return None if value is None else round(value)


def time(seconds):
    return "-" if seconds is None else clock(seconds)


def when(timestamp):
    """2026-11-23T03:15:00Z as 2026-11-23 03:15 UTC; anything else as it is."""
    try:
        return datetime.datetime.strptime(timestamp, "%Y-%m-%dT%H:%M:%SZ").strftime("%Y-%m-%d %H:%M UTC")
    except ValueError:
        return timestamp


def lines(report, diff_lines):
    """`diff_lines`: of the comparison, or nothing."""
    night = report["night"]
    if night:
        yield from _night(report, night)
    else:
        yield f"{report['folder']}: no night to report"
    for folder, row in (report["lines"] or {}).get("folders", {}).items():
        yield f"lines of {folder:<24}{row['covered']:>7,} of {row['lines']:>7,}  {row['percent']:5.1f}%"
    yield from diff_lines
    for line in report["missing"]:
        yield f"MISSING {line}"


def _night(report, night):
    yield (f"night {night['id']}, {len(report['nights'])} in all: {night['state']}, {time(night['seconds'])}, jobs {number(night['jobs'])}, "
           f"seed {'-' if night['seed'] is None else night['seed']}, version {night['version']}")
    yield f"{'target':<16}{'time':>9}{'sequences':>15}{'calls':>17}{'calls/s':>11}{'coverage':>10}{'corpus':>9}{'states':>10}"
    for name, row in night["targets"].items():
        speed = row["calls"] / row["seconds"] if row["calls"] and row["seconds"] else None
        yield (f"{name:<16}{time(row['seconds']):>9}{number(row['sequences']):>15}{number(row['calls']):>17}{number(speed):>11}"
               f"{number(row['coverage']):>10}{number(row['corpus_after']):>9}{number(row['states']):>10}")
        if row["aside"]:
            yield f"    {row['aside']}"
    if report["totals"]:
        totals = report["totals"]
        yield (f"rule x call {totals['rule_calls_tried']:,} of {totals['rule_calls']:,} tried, "
               f"transitions {totals['transitions_reached']:,} of {totals['transitions']:,}")
    met = [one for one in report["findings"] if one["tonight"]]
    yield f"findings: {number(night['found'])} in this night, {len(report['findings'])} in the campaign"
    for one in met[:SHOWN]:
        ticket = f" ({one['ticket']})" if one["ticket"] else ""
        yield f"  {one['status']:<6} {one['name']}{ticket}: {one['shape']}"
    if len(met) > SHOWN:
        yield f"  and {len(met) - SHOWN} more"

"""Two nights compared: a is the earlier one, as a rule."""

from .common import count
from .report_words import number, rounded

MEASURES = ("coverage", "states", "corpus", "calls_per_second", "calls", "seconds")
FOUND = {"new": "only now", "gone": "not any more", "both": "in both"}
SHOWN = 12  # lines of a list that the terminal gets


def of_target(row):
    """A target's measures in a night; None where it has none."""
    speed = row["calls"] / row["seconds"] if row["calls"] and row["seconds"] else None
    return {"coverage": row["coverage"], "states": row["states"], "corpus": row["corpus_after"], "calls_per_second": rounded(speed),
            "calls": row["calls"], "seconds": rounded(row["seconds"])}


def make(a, b):
    """As JSON."""
    names = sorted(set(a["targets"]) | set(b["targets"]))
    found = [{one["name"] for one in night["findings"]} for night in (a, b)]
    diff = {
        "a": a["id"], "b": b["id"],
        "findings": None if not (a["named"] and b["named"]) else {"new": sorted(found[1] - found[0]), "gone": sorted(found[0] - found[1]), "both": sorted(found[0] & found[1])},
        "targets": {name: _measures(a["targets"].get(name), b["targets"].get(name)) for name in names},
        "rule_calls": None, "transitions": None,
        "not_compared": [night["id"] for night in (a, b) if not night["coverage"]],
    }
    if not diff["not_compared"]:
        diff["rule_calls"] = _cells(a, b, "rule_calls", ("rule", "call"), "tried")
        diff["transitions"] = _cells(a, b, "transitions", ("call", "words"), "times")
    return diff


def _measures(a, b):
    sides = [of_target(row) if row else dict.fromkeys(MEASURES) for row in (a, b)]
    return {key: {"a": sides[0][key], "b": sides[1][key]} for key in MEASURES}


def _cells(a, b, part, keys, times):
    """What one tried and the other did not: [[rule, call]], sorted."""
    tried = [{tuple(row[key] for key in keys) for row in night["coverage"][part] if row[times]} for night in (a, b)]
    return {"new": [list(cell) for cell in sorted(tried[1] - tried[0])], "lost": [list(cell) for cell in sorted(tried[0] - tried[1])],
            "a": len(tried[0]), "b": len(tried[1])}


# ---- in words ----------------------------------------------------------------------------------------


def change(pair, sign=True):
    """812 to 844 (+32)"""
    a, b = pair["a"], pair["b"]
    words = f"{number(a)} to {number(b)}" if a != b else number(a)
    return words + (f" ({b - a:+,.0f})" if sign and a is not None and b is not None and a != b else "")


def lines(diff):
    yield f"{diff['a']} compared with {diff['b']}"
    yield from _found(diff["findings"])
    for name, row in diff["targets"].items():
        yield (f"  {name:<16} coverage {change(row['coverage'])}; states {change(row['states'])}; corpus {change(row['corpus'])}; "
               f"calls/s {change(row['calls_per_second'])}")
    for part, words in (("rule_calls", "rule x call"), ("transitions", "transitions")):
        if diff[part]:
            yield f"  {words}: {diff[part]['a']:,} to {diff[part]['b']:,} tried, {len(diff[part]['new']):,} newly, {len(diff[part]['lost']):,} lost"
            for sign, what in (("+", "new"), ("-", "lost")):
                yield from _some(sign, diff[part][what])
    if diff["not_compared"]:
        yield f"  rule x call: not compared; {' and '.join(diff['not_compared'])} did not measure it"


def _found(found):
    if found is None:
        yield "  findings: not compared; night.json names them, and one is missing"
    elif not any(found.values()):
        yield "  findings: none in either"
    else:
        for what in FOUND:
            yield from (f"  finding {FOUND[what]}: {name}" for name in found[what])


def _some(sign, cells):
    for first, second in cells[:SHOWN]:
        yield f"    {sign} {first}: {second}"
    if len(cells) > SHOWN:
        yield f"    {sign} {count('other', len(cells) - SHOWN)} (all: --json, --html)"

"""What fltfuzz-coverage counted, beside what could be counted at all: what was tried, what never was, and
where the two contradict each other."""

from . import contract_source, tightness, unreachable
from .common import count

SHOWN = 12  # lines of a list that the terminal gets


def make(counted, told, described, whole_corpus):
    """The report as one JSON object. `told`: the rules of fltfuzz-rules."""
    ids = [rule["id"] for rule in told]
    entries = unreachable.read()
    named = contract_source.rules_by_call(counted["calls"], ids)
    cells = _merged(counted)
    named_by = {(rule, call) for call, rules in named.items() for rule in rules if rule not in counted["occasions"]}
    named_by |= {(rule, call) for rule, calls in counted["occasions"].items() for call in calls}
    possible = {pair for pair in named_by if not unreachable.excluded(entries, *pair)}
    report = {
        "of": described,
        "sequences": counted["sequences"],
        "calls_made": counted["calls_made"],
        "findings": counted["findings"],
        "calls": counted["calls"],
        "rule_kinds": {rule["id"]: rule["kind"] for rule in told},
        "rule_sentences": {rule["id"]: rule["sentence"] for rule in told},
        "rule_calls": _rule_calls(cells, ids, counted["calls"], possible),
        "outcomes": _outcomes(cells, entries),
        "transitions": _transitions(counted),
        "tightness": {mode: {"all": tightness.overall(counted[mode]["tightness"]), "calls": counted[mode]["tightness"]}
                      for mode in tightness.MODES if mode in counted},
    }
    report["totals"] = _totals(report)
    report["problems"] = _contradictions(cells, report, possible, entries)
    if whole_corpus:
        report["problems"] += _unreached(report["outcomes"]) + _stale(entries, cells, named_by, counted["calls"], ids)
    return report


def unreached(counted):
    """A line for each outcome that is allowed, that nothing comes back with, and that is not listed."""
    return _unreached(_outcomes(_merged(counted), unreachable.read()))


def _merged(counted):
    """{(rule, call, outcome): [tried under its own switches, under any, allowed, answered]}"""
    cells = {}
    for mode, at in (("own", 0), ("any", 1)):
        for rule, call, outcome, tried, allowed, answered in counted.get(mode, {}).get("cells", ()):
            cell = cells.setdefault((rule, call, outcome), [0, 0, 0, 0])
            cell[at] += tried
            cell[2] += allowed
            cell[3] += answered
    return cells


# ---- the parts -------------------------------------------------------------------------------------


def _rule_calls(cells, ids, calls, possible):
    """[{rule, call, tried, outcomes}]: each pair that can be, in the tables' order."""
    tried = {}
    for (rule, call, outcome), (own, _, _, _) in cells.items():
        if own:
            tried.setdefault((rule, call), {})[outcome] = own
    rows = []
    for rule in ids:
        for call in calls:
            if (rule, call) in possible or (rule, call) in tried:
                outcomes = tried.get((rule, call), {})
                rows.append({"rule": rule, "call": call, "tried": sum(outcomes.values()), "outcomes": outcomes})
    return rows


def _state(cell, entry):
    if cell[0] + cell[1]:
        return "reached"
    if cell[3]:
        return "answered"
    return "listed" if entry else "open"


def _outcomes(cells, entries):
    """[{call, rule, outcome, state, ...}]: each outcome that some prediction allowed."""
    rows = []
    for (rule, call, outcome), cell in cells.items():
        if cell[2]:
            entry = unreachable.listed(entries, rule, call, outcome)
            rows.append({"call": call, "rule": rule, "outcome": outcome, "allowed": cell[2], "reached": cell[0] + cell[1],
                         "answered": cell[3], "state": _state(cell, entry), "reason": entry.reason if entry else None})
    return rows


def _transitions(counted):
    times = {(call, move): n for call, move, n in counted["own"]["transitions"]}
    known = {move["name"]: move for move in counted["moves"]}
    rows = [{"call": call, "move": move["name"], "words": move["words"], "times": times.pop((call, move["name"]), 0), "possible": True}
            for move in counted["moves"] for call in move["calls"]]
    return rows + [{"call": call, "move": move, "words": known[move]["words"], "times": n, "possible": False}
                   for (call, move), n in times.items()]


def _totals(report):
    pairs, moves, states = report["rule_calls"], report["transitions"], [row["state"] for row in report["outcomes"]]
    return {
        "rule_calls": len(pairs),
        "rule_calls_tried": sum(row["tried"] > 0 for row in pairs),
        "cells_tried": sum(len(row["outcomes"]) for row in pairs),
        "transitions": len(moves),
        "transitions_reached": sum(row["times"] > 0 for row in moves),
        "outcomes": len(states),
        **{f"outcomes_{state}": states.count(state) for state in ("reached", "answered", "listed", "open")},
    }


# ---- what cannot be so -------------------------------------------------------------------------------


def _contradictions(cells, report, possible, entries):
    """Something was tried that nothing could try."""
    lines = []
    for rule, call in sorted({key[:2] for key, cell in cells.items() if cell[0] + cell[1]} - possible):
        entry = unreachable.excluded(entries, rule, call)
        why = f"fuzz/unreachable.txt:{entry.line} says that it never is" if entry else "no code of its prediction or observation names the rule"
        lines.append(f"{rule} by {call}: was tried, though {why}")
    for row in report["transitions"]:
        if not row["possible"]:
            lines.append(f"{row['call']}: {row['words']}: happened, though fuzz/moves.def says that it cannot")
    return lines


def _unreached(outcomes):
    return [f"{row['rule']}: {row['call']} may come back with {row['outcome']}: neither the kernel nor a scripted answer did, "
            "and fuzz/unreachable.txt gives no reason"
            for row in outcomes if row["state"] == "open"]


def _stale(entries, cells, named_by, calls, ids):
    """Entries of fuzz/unreachable.txt that say nothing of the contract as it is."""
    lines = []
    for entry in entries:
        where = f"fuzz/unreachable.txt:{entry.line}"
        lines += [f"{where}: no rule {rule}" for rule in entry.rules if rule not in ids]
        lines += [f"{where}: no call {pattern}" for pattern in entry.calls
                  if not any(unreachable.matches(call, pattern) for call in calls)]
        if entry.form == "outcome":
            lines += _stale_outcome(entry, cells, where)
        else:
            lines += [f"{where}: {rule}: is of no call that it excludes, whatever this says" for rule in entry.rules
                      if rule in ids and not any(unreachable.excluded([entry], rule, call) and (rule, call) in named_by for call in calls)]
    return lines


def _stale_outcome(entry, cells, where):
    met = [cell for (rule, call, outcome), cell in cells.items()
           if rule in entry.rules and entry.is_of(call) and outcome == entry.outcome]
    if any(cell[0] + cell[1] + cell[3] for cell in met):
        return [f"{where}: {entry.outcome} is reached"]
    return [] if any(cell[2] for cell in met) else [f"{where}: {entry.outcome} is not allowed there (any more)"]


# ---- in words ----------------------------------------------------------------------------------------


def never_tried(report):
    """{rule: calls}"""
    never = {}
    for row in report["rule_calls"]:
        if not row["tried"]:
            never.setdefault(row["rule"], []).append(row["call"])
    return never


def _tight(rows):
    return f"{rows['mean']:.4f} outcomes allowed on average, {rows['single_share']:.2%} of {rows['calls']:,} calls with a single one"


def lines(report):
    totals = report["totals"]
    yield f"{report['of']}: {count('sequence', report['sequences'])}, {count('call', report['calls_made'])}"
    yield (f"rule x call      {totals['rule_calls_tried']:,} of {totals['rule_calls']:,} tried, "
           f"with {count('outcome', totals['cells_tried'])}; {totals['rule_calls'] - totals['rule_calls_tried']:,} never")
    yield f"transitions      {totals['transitions_reached']:,} of {totals['transitions']:,} reached"
    yield (f"outcomes         {totals['outcomes']:,} allowed: {totals['outcomes_reached']:,} came back, {totals['outcomes_answered']:,} by a "
           f"scripted answer, {totals['outcomes_listed']:,} listed as unreachable, {totals['outcomes_open']:,} not yet")
    for mode, rows in report["tightness"].items():
        if rows["all"]["calls"]:
            yield f"{tightness.MODES[mode]:16} {_tight(rows['all'])}"
    never = sorted(never_tried(report).items(), key=lambda item: (-len(item[1]), item[0]))
    if never:
        yield "never tried, the rules that miss most calls (all: --json, --html):"
    for rule, calls in never[:SHOWN]:
        yield f"  {rule:34} {len(calls):2} calls: {', '.join(calls[:3])}" + (" ..." if len(calls) > 3 else "")
    for line in report["problems"]:
        yield f"PROBLEM {line}"

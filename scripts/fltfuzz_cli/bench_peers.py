"""fltfuzz bench --peers: seconds to seeded bugs, and bugs found in equal time, beside what people would
use instead. Every engine starts from nothing, in a build without sanitizers, as one process at a time;
the engines take turns, so that what else the machine does hits all alike."""

import concurrent.futures
import json
import math
import shutil
import statistics
import tempfile
from pathlib import Path

from . import defects, peers
from .build import build, set_up
from .common import FINE, Stop, say
from .peers import OURS, PEERS

DEFAULTS = {"seeds": 5, "seconds": 30, "jobs": 1}
EVERY = 14  # of the sorted list of seeded bugs the first, and every so manieth after it
SHARES = (0.03, 0.1, 0.3, 1)  # of the time, after which is counted what was found


def sample():
    """Names are sorted and say nothing of how deep a bug is: no choice of ours."""
    return [defect for defect in defects.read_all() if not defect.is_lost_check][::EVERY]


def run(options):
    names = [OURS, *(options.only or [name for name in PEERS if name != OURS])]
    chosen = [defects.find(name) for name in options.defects] if options.defects else sample()
    for defect in chosen:
        if defect.is_lost_check:
            raise Stop(f"{defect.name} is a lost check: it shows no violation")
    set_up(options, sorted({PEERS[name].packages for name in names} - {""}))
    for preset, programs in peers.presets_of(names).items():
        build(preset, programs, options)
    with tempfile.TemporaryDirectory(prefix="fltfuzz-peers-") as work:
        tries = all_tries(chosen, names, Path(work), options)
    result = summary(tries, names, options.seconds, options.seeds)
    text = json.dumps(result, indent=2)
    if options.json and options.json != "-":
        Path(options.json).write_text(text + "\n", encoding="utf-8")
    print(text if options.json == "-" else "\n".join(report(result)))
    return FINE


# ---- trying ---------------------------------------------------------------------------------------


def all_tries(chosen, names, work, options):
    python = peers.python_with_hypothesis() if "hypothesis" in names else "python3"
    dictionary = None
    if {"bytes", "afl"} & set(names):
        dictionary = peers.write_dictionary(work / "dictionary", peers.read_table(python, options.verbose))
    programs = {}
    for defect in chosen:
        programs[defect.name] = peers.build_defect(defect, names, work / "programs")
    orders = [
        peers.Order(defect.name, name, seed, programs[defect.name][name], options.seconds,
                    work / "tries" / f"{defect.name}-{name}-{seed}", dictionary, python, options.verbose)
        for seed in range(1, options.seeds + 1) for defect in chosen for name in names
    ]
    say(f"{len(chosen)} bugs, {len(names)} engines, {options.seeds} seeds, {options.seconds} s at most: {len(orders)} tries")
    with concurrent.futures.ThreadPoolExecutor(options.jobs) as pool:
        tries = []
        try:
            for done in pool.map(try_and_clean, orders):
                tries.append(done)
                say(f"{len(tries)} of {len(orders)}: {done.defect}, {done.peer}, seed {done.seed}: "
                    + (f"{done.rule} after {done.seconds:.1f} s" if done.rule else "nothing"))
        except BaseException:
            pool.shutdown(cancel_futures=True)
            raise
    return tries


def try_and_clean(order):
    try:
        return peers.try_once(order)
    finally:
        shutil.rmtree(order.folder, ignore_errors=True)


# ---- what comes out -------------------------------------------------------------------------------


def summary(tries, names, budget, seeds):
    """What a program would read; a number of seconds is null where it is more than the budget."""
    bugs = list(dict.fromkeys(one.defect for one in tries))
    in_time = [one if one.seconds <= budget else one._replace(rule="") for one in tries]
    rows = [bug_row(bug, [one for one in in_time if one.defect == bug], names) for bug in bugs]
    others = [name for name in names if name != OURS]
    return {
        "seconds": budget,
        "seeds": seeds,
        "engines": {name: PEERS[name].words for name in names},
        "bugs": rows,
        "found_within": {f"{share * budget:g}": {name: found_within(rows, name, share * budget) for name in names} for share in SHARES},
        "ratios": {name: ratios(rows, [name], budget) for name in others},
        "ratio_to_best": ratios(rows, others, budget) if others else None,
    }


def bug_row(bug, tries, names):
    row = {"defect": bug, "engines": {}}
    for name in names:
        own = [one for one in tries if one.peer == name]
        seconds = [one.seconds if one.rule else None for one in own]
        counted = [one.calls for one in own if one.rule and one.calls is not None]
        row["engines"][name] = {
            "median_s": median(seconds),
            "found": sum(one.rule != "" for one in own),
            "median_calls": statistics.median(counted) if counted else None,
            "seconds": seconds,
            "rules": sorted({one.rule for one in own} - {""}),
            "sequences": [one.sequences for one in own],
        }
    return row


def median(seconds):
    """None, which stands for more than the budget, when half of them are."""
    value = statistics.median_high([math.inf if one is None else one for one in seconds])
    return None if math.isinf(value) else value


def found_within(rows, name, seconds):
    """Tries that found something by then, and bugs that most tries had found."""
    early = [[one is not None and one <= seconds for one in row["engines"][name]["seconds"]] for row in rows]
    return {"tries": sum(map(sum, early)), "bugs": sum(2 * sum(tries) > len(tries) for tries in early)}


def ratios(rows, others, budget):
    """Seconds of the quickest of the others to ours, per bug; where those found nothing the budget
    counts, and the ratio is a lower bound; None where ours found nothing."""
    found = {}
    for row in rows:
        own = row["engines"][OURS]["median_s"]
        best = min((row["engines"][name]["median_s"] or math.inf for name in others), default=math.inf)
        found[row["defect"]] = None if own is None else {"ratio": round(min(best, budget) / own, 2), "at_least": math.isinf(best)}
    known = sorted((one for one in found.values() if one), key=lambda one: one["ratio"])
    return {"median": statistics.median(one["ratio"] for one in known) if known else None, "bugs": found}


def seconds_text(value, budget):
    return f">{budget}" if value is None else f"{value:.1f}"


def ratio_text(one):
    if one is None:
        return "-"
    return (">" if one["at_least"] else "") + f"{one['ratio']:.1f}"


def report(result):
    """Lines: a bug each, then what was found in equal time, and the medians of the ratios."""
    names, budget, seeds = list(result["engines"]), result["seconds"], result["seeds"]
    others = [name for name in names if name != OURS]
    for name, words in result["engines"].items():
        yield f"{name}: {words}"
    yield ""
    yield f"median seconds to the bug, found of {seeds}, median calls to it:"
    yield "bug".ljust(34) + "".join(name.rjust(24) for name in names) + "best to ours".rjust(14)
    best = result["ratio_to_best"]
    for row in result["bugs"]:
        cells = []
        for name in names:
            own = row["engines"][name]
            calls = "-" if own["median_calls"] is None else f"{own['median_calls']:,.0f}"
            cells.append(f"{seconds_text(own['median_s'], budget)} {own['found']}/{seeds} {calls}".rjust(24))
        yield row["defect"].ljust(34) + "".join(cells) + (ratio_text(best["bugs"][row["defect"]]) if best else "-").rjust(14)
    yield ""
    yield f"found in equal time, of {len(result['bugs'])} bugs (by most seeds) and of {len(result['bugs']) * seeds} tries:"
    for seconds, found in result["found_within"].items():
        yield f"within {seconds} s".ljust(34) + "".join(f"{found[name]['bugs']}, {found[name]['tries']}".rjust(24) for name in names)
    for name in others:
        yield f"median of the ratios of seconds, {name} to ours: {result['ratios'][name]['median']}"
    if best:
        yield f"median of the ratios of seconds, the best of them to ours: {best['median']}"

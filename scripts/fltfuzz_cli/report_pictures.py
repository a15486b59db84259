"""The pictures of a report: what the samples of one night, or of several end to end, say of each target."""

from statistics import mean

from .report_chart import ALL, legend, line_chart

GAP_SECONDS = 25  # without a sample: another target's turn; a sample is due every 10 seconds
MOST_TURNS = 40  # of a night; beyond that a turn is one point, its mean
PICTURES = (  # heading, unit, key of a sample, from 0
    ("Coverage", "edges", "coverage", False),
    ("Abstract states of the working corpus", "states", "states", False),
    ("Working corpus", "files", "corpus", False),
    ("Calls a second, while it runs", "calls/s", "calls_per_second", True),
)


def names_of(nights):
    """The targets that have samples; in one order, so that each has one colour on the page."""
    return sorted({sample["target"] for night in nights for sample in night["samples"]})


def make(nights, names):
    """{"legend": [(name, classes)], "charts": [(heading, svg)]}; the nights end to end, the oldest first."""
    starts = _starts(nights)
    span = starts.pop()
    charts = []
    for heading, unit, key, whole in PICTURES:
        lines = {name: _stretches(nights, starts, name, key) for name in names}
        for more, part in _apart(lines, nights) if key == "coverage" else [("", lines)]:
            charts.append((heading + more, line_chart(f"{heading}{more}, by target", unit, part, names, span, whole, starts[1:])))
    found = _found(nights, starts)
    if any(value for stretch in found for _, value in stretch):
        charts.append(("Findings of the night so far", line_chart("Findings of the night so far", "findings", {ALL: found}, [ALL], span, True, starts[1:])))
    return {"legend": legend(names), "charts": [chart for chart in charts if chart[1]]}


def _apart(lines, nights):
    """What only parses reaches half as much code: beside it nothing of the others' growth would be seen."""
    calling = {sample["target"] for night in nights for sample in night["samples"] if sample["calls"]}
    parts = [{name: lines[name] for name in lines if (name in calling) == calls} for calls in (True, False)]
    return [("", lines)] if not all(parts) else list(zip(("", " of targets that make no calls"), parts))


def _starts(nights):
    """The seconds at which each begins, and the last ends."""
    starts = [0]
    for night in nights:
        latest = max((sample["t"] for sample in night["samples"]), default=0)
        starts.append(starts[-1] + max(night["seconds"] or 0, latest))
    return starts


def _stretches(nights, starts, name, key):
    """What is joined by a line: never two nights; for a speed, never two turns."""
    stretches = []
    for night, start in zip(nights, starts):
        samples = [sample for sample in night["samples"] if sample["target"] == name]
        if key == "calls_per_second":
            stretches += _turns(samples, start)
        else:
            stretches.append([(start + sample["t"], sample[key]) for sample in samples if sample[key] is not None])
    return [stretch for stretch in stretches if stretch]


def _turns(samples, start):
    """Speeds. Of a target that makes no calls there is none; nor where an engine has started, and not yet told."""
    if not any(sample["calls"] for sample in samples):
        return []
    turns, before = [], None
    for sample in samples:
        if before is None or sample["t"] - before > GAP_SECONDS:
            turns.append([])
        before = sample["t"]
        if sample["calls_per_second"] or turns[-1] and sample["calls_per_second"] == 0:
            turns[-1].append((start + before, sample["calls_per_second"]))
    turns = [turn for turn in turns if turn]
    if len(turns) <= MOST_TURNS:
        return turns
    return [[(mean(t for t, _ in turn), mean(value for _, value in turn)) for turn in turns]]


def _found(nights, starts):
    """As steps: there is nothing between one finding and two."""
    stretches = []
    for night, start in zip(nights, starts):
        points = [(start + sample["t"], sample["findings"]) for sample in night["samples"] if sample["findings"] is not None]
        steps = points[:1]
        for at, value in points:
            if value != steps[-1][1]:
                steps += [(at, steps[-1][1]), (at, value)]
        stretches.append(steps + points[-1:] if points[-1:] != steps[-1:] else steps)
    return [stretch for stretch in stretches if stretch]

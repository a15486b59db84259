"""Line charts as SVG that stands in a page: colours are the page's classes s0, s1, ..., so that they follow its
light and dark."""

import math

from markupsafe import Markup, escape

WIDTH, HEIGHT = 420, 230
LEFT, RIGHT, TOP, BOTTOM = 52, 12, 26, 38
COLOURS = 6  # that the page has; with another dash they come again
ALL = ""  # the name of a line that is of no target
MOST_POINTS = 240  # of a line; more cannot be told apart
UNITS = ((2 * 86400, 86400, "days"), (2 * 3600, 3600, "hours"), (120, 60, "minutes"), (0, 1, "seconds"))


def steps(low, high, wanted=4):
    """Round whole numbers from at most `low` to at least `high`."""
    span = max(high - low, 1)
    size = 10 ** math.floor(math.log10(span / wanted))
    size = max(1, size * next(factor for factor in (1, 2, 5, 10) if span / (size * factor) <= wanted + 1e-9))
    first, last = math.floor(low / size + 1e-9), math.ceil(high / size - 1e-9)
    return [round(at * size) for at in range(first, max(last, first + 1) + 1)]


def labels(values):
    """9,500 in full; beyond ten thousand as 9.5k, 12k."""
    most = max(values)
    size, letter = next((row for row in ((1e12, "T"), (1e9, "G"), (1e6, "M"), (1e3, "k")) if most >= 10 * row[0]), (1, ""))
    return [f"{value / size:,g}{letter if value else ''}" for value in values]


def thinned(points):
    """First, last, lowest and highest of each stretch."""
    if len(points) <= MOST_POINTS:
        return points
    size = math.ceil(len(points) / (MOST_POINTS / 4))
    kept = []
    for at in range(0, len(points), size):
        part = points[at : at + size]
        some = {part[0], part[-1], min(part, key=lambda point: point[1]), max(part, key=lambda point: point[1])}
        kept += sorted(some)
    return kept


def _colour(names, at):
    if len(names) == 1 and names[0] == ALL:
        return "all"

    return f"s{at % COLOURS}" + (" dashed" if at // COLOURS % 2 else "")


def legend(names):
    """[(name, classes)]"""
    return [(name, _colour(names, at)) for at, name in enumerate(names)]


def line_chart(title, unit, lines, names, span, whole=False, marks=()):
    """`lines`: {name: [stretch]}, a stretch is [(seconds, value)] that is joined. `names` fixes the colours.
    `whole`: from 0. `marks`: seconds at which a line stands. None when there is nothing to show."""
    values = [value for stretches in lines.values() for stretch in stretches for _, value in stretch]
    if not values:
        return None
    _, second, word = next(row for row in UNITS if span >= row[0])
    ys = steps(0 if whole or min(values) < max(values) / 3 else min(values), max(values))
    xs = [x for x in steps(0, max(span, 1) / second) if x * second <= max(span, 1) * 1.001]
    width, height = WIDTH - LEFT - RIGHT, HEIGHT - TOP - BOTTOM

    def x_of(seconds):
        return LEFT + width * seconds / max(span, 1)

    def y_of(value):
        return TOP + height * (ys[-1] - value) / (ys[-1] - ys[0])

    parts = [f'<svg class="chart" viewBox="0 0 {WIDTH} {HEIGHT}" role="img" aria-label="{escape(title)}">']
    for y, label in zip(ys, labels(ys)):
        parts.append(f'<line class="grid" x1="{LEFT}" x2="{WIDTH - RIGHT}" y1="{y_of(y):.1f}" y2="{y_of(y):.1f}"/>')
        parts.append(f'<text class="tick" text-anchor="end" x="{LEFT - 6}" y="{y_of(y) + 4:.1f}">{label}</text>')
    for x in xs:
        parts.append(f'<line class="grid" x1="{x_of(x * second):.1f}" x2="{x_of(x * second):.1f}" y1="{HEIGHT - BOTTOM}" y2="{HEIGHT - BOTTOM + 4}"/>')
        parts.append(f'<text class="tick" text-anchor="middle" x="{x_of(x * second):.1f}" y="{HEIGHT - BOTTOM + 17}">{x:g}</text>')
    parts.append(f'<text class="axis" x="4" y="14">{escape(unit)}</text>')
    parts.append(f'<text class="axis" text-anchor="end" x="{WIDTH - RIGHT}" y="{HEIGHT - 4}">{word}</text>')
    parts += [f'<line class="mark" x1="{x_of(at):.1f}" x2="{x_of(at):.1f}" y1="{TOP}" y2="{HEIGHT - BOTTOM}"/>' for at in marks]
    for at, name in enumerate(names):
        if any(lines.get(name, ())):
            parts.append(_line(name, lines[name], _colour(names, at), x_of, y_of))
    return Markup("".join(parts) + "</svg>")


def _line(name, stretches, colour, x_of, y_of):
    first, last = stretches[0][0][1], stretches[-1][-1][1]
    of = escape(name or "all")
    parts = [f'<g class="{colour}"><title>{of}: {first:,.6g} to {last:,.6g}</title>']
    for stretch in stretches:
        points = [(x_of(seconds), y_of(value)) for seconds, value in thinned(stretch)]
        if len(points) == 1:
            parts.append(f'<circle cx="{points[0][0]:.1f}" cy="{points[0][1]:.1f}" r="3"/>')
        else:
            parts.append('<polyline points="' + " ".join(f"{x:.1f},{y:.1f}" for x, y in points) + '"/>')
    return "".join(parts) + "</g>"

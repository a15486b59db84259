"""What a campaign shows: at a terminal a live screen below lines that stay; elsewhere lines now and then;
and always lines in the night's log."""

import shutil
import sys
import time

from . import campaign_folder

LINE_SECONDS = 60  # between lines on how it goes, where a screen cannot be drawn
DRAW_SECONDS = 0.5


def clock(seconds):
    """0:12:31"""
    seconds = max(0, int(seconds))
    return f"{seconds // 3600}:{seconds // 60 % 60:02}:{seconds % 60:02}"


class Screen:
    def __init__(self, log, stream=None):
        self._log_path = log
        self._stream = stream or sys.stderr
        self._terminal = self._stream.isatty()
        self._drawn = 0  # lines
        self._last_line = self._last_drawn = time.monotonic()
        self.log_lost = 0  # lines that the disk did not take

    def say(self, line):
        """Stays on the screen, and in the log."""
        line = "".join(c if c.isprintable() else "?" for c in line)  # names may hold anything
        self._log(line)
        self.clear()
        print(f"fltfuzz: {line}", file=self._stream, flush=True)

    def _log(self, line):
        try:
            with open(self._log_path, "a", encoding="utf-8") as log:
                log.write(f"{campaign_folder.timestamp()} {line}\n")
        except OSError:
            self.log_lost += 1

    def clear(self):
        if self._drawn:
            print(f"\x1b[{self._drawn}F\x1b[J", end="", file=self._stream, flush=True)
            self._drawn = 0

    def show(self, make_lines):
        """`make_lines` is asked when it is time; its first line is for the log and where there is no screen."""
        now = time.monotonic()
        if self._terminal and now - self._last_drawn >= DRAW_SECONDS:
            self._last_drawn = now
            self._draw(make_lines()[1:])
        if now - self._last_line >= LINE_SECONDS:
            self._last_line = now
            line = make_lines()[0]
            self._log(line)
            if not self._terminal:
                print(f"fltfuzz: {line}", file=self._stream, flush=True)

    def _draw(self, lines):
        size = shutil.get_terminal_size()
        lines = [line[: size.columns - 1] for line in lines[: size.lines - 1]]
        back = f"\x1b[{self._drawn}F\x1b[J" if self._drawn else ""
        print(back + "\n".join(lines), file=self._stream, flush=True)
        self._drawn = len(lines)


ROW = "{:<15}{:>5}{:>13}{:>9}{:>9}{:>9}{:>10} {}"  # within 80 columns


def lines(turns, running, corpora, findings, elapsed, left):
    """The first says all in one; the others are the screen. `running` are slices, `corpora` by target."""
    speeds = {}
    for piece in running:
        speed = piece.process.output.per_second or piece.turn.per_second  # it has not said yet
        speeds[piece.turn.name] = speeds.get(piece.turn.name, 0) + speed
    calls = sum(speeds.get(turn.name, 0) * turn.calls_per_sequence for turn in turns)
    first = f"{clock(elapsed)} run, {clock(left)} left, findings {findings}"
    second = (f"{sum(speeds.values()):,} sequences/s, {calls:,.0f} calls/s, corpus {sum(len(corpus.files) for corpus in corpora.values()):,}, "
              f"states {sum(corpus.states or 0 for corpus in corpora.values()):,}")
    rows = [ROW.format("target", "time", "sequences", "per s", "coverage", "corpus", "states", "").rstrip()]
    total = sum(turn.tonight["seconds"] for turn in turns) or 1
    for turn in turns:
        if turn.weight:
            active = [piece.process.output for piece in running if piece.turn is turn]
            rows.append(row(turn, active, corpora[turn.name], speeds.get(turn.name, 0), total))
    return [f"{first}, {second}", first, second, *rows]


def row(turn, active, corpus, speed, total):
    """`active`: what its running slices have said."""
    files = max([len(corpus.files)] + [output.corpus for output in active])
    coverage = max([turn.coverage] + [output.coverage for output in active])
    sequences = turn.tonight["sequences"] + sum(output.runs for output in active)
    states = "-" if corpus.states is None else f"{corpus.states:,}"
    how = turn.aside or ("running" if active else "")
    return ROW.format(turn.name, f"{turn.tonight['seconds'] / total:.0%}", f"{sequences:,}", f"{speed:,}", coverage or "-", f"{files:,}", states, how).rstrip()

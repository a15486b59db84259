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
        """`make_lines` is asked when it is time; its first line is the one that stands alone elsewhere."""
        now = time.monotonic()
        if self._terminal and now - self._last_drawn >= DRAW_SECONDS:
            self._last_drawn = now
            self._draw(make_lines())
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


def lines(turns, running, corpora, findings, elapsed, left):
    """The first sums up; then a line per target. `running` are slices, `corpora` by target."""
    speeds = {}
    for piece in running:
        speed = piece.process.output.per_second or piece.turn.per_second  # it has not said yet
        speeds[piece.turn.name] = speeds.get(piece.turn.name, 0) + speed
    calls = sum(speed * turn.calls_per_sequence for turn in turns for speed in [speeds.get(turn.name, 0)])
    total = sum(turn.tonight["seconds"] for turn in turns) or 1
    sums = [
        f"{clock(elapsed)} run, {clock(left)} left",
        f"{sum(speeds.values()):,} sequences/s, {calls:,.0f} calls/s",
        f"corpus {sum(len(corpus.files) for corpus in corpora.values()):,}",
        f"states {sum(corpus.states or 0 for corpus in corpora.values()):,}",
        f"findings {findings}",
    ]
    rows = [", ".join(sums)]
    for turn in turns:
        if not turn.weight:
            continue
        corpus = corpora[turn.name]
        active = [piece for piece in running if piece.turn is turn]
        files = max([len(corpus.files)] + [piece.process.output.corpus for piece in active])
        coverage = max([turn.coverage] + [piece.process.output.coverage for piece in active])
        sequences = turn.tonight["sequences"] + sum(piece.process.output.runs for piece in active)
        rows.append(
            f"  {turn.name:<16}{turn.tonight['seconds'] / total:>5.0%}{sequences:>14,} sequences"
            f"{speeds.get(turn.name, 0):>9,}/s  coverage {coverage:<6} corpus {files:<7,}"
            f"states {'-' if corpus.states is None else format(corpus.states, ',')}"
            + (f"  {turn.aside}" if turn.aside else "  running" if active else "")
        )
    return rows

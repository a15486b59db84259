"""How far a long command is: a line that is rewritten in place."""

import shutil
import sys
import time

LINE_SECONDS = 10  # between status lines where they cannot be rewritten
BAR = 20  # characters


def bar(done, total, what, seconds):
    """With the time that is left, from how long those that are done took."""
    filled = BAR * done // total
    left = seconds / done * (total - done)
    return f"[{'#' * filled}{'.' * (BAR - filled)}] {done:,} of {total:,} {what}, {done / seconds:.1f}/s, {left / 60:.0f} min {left % 60:.0f} s left"


class StatusLine:
    """Rewritten in place at a terminal; a line now and then elsewhere."""

    def __init__(self):
        self._terminal = sys.stderr.isatty()
        self._last = time.monotonic()
        self._width = 0

    def show(self, text):
        if self._terminal:
            room = shutil.get_terminal_size().columns - 1
            text = text[:room]
            print("\r" + text.ljust(min(self._width, room)), end="", file=sys.stderr, flush=True)
            self._width = len(text)
        elif time.monotonic() - self._last >= LINE_SECONDS:
            print(text, file=sys.stderr, flush=True)
            self._last = time.monotonic()

    def clear(self):
        if self._terminal and self._width:
            print("\r" + " " * self._width + "\r", end="", file=sys.stderr, flush=True)

"""Makes a sequence small, call by call, where only a fuzz target itself can tell whether it still shows
the same: a sanitizer's report ends the process, so fltfuzz-minimize cannot go on from it."""

import time


def is_call(line):
    return "(" in line and not line.startswith("#")


def lines(text, still, seconds):
    """The text with as few lines of calls as `still` (of a text) allows, and whether no single one can go:
    False when time was up first. The text itself must show it."""
    end = time.monotonic() + seconds
    kept = [line for line in text.splitlines() if line.strip() and not line.startswith("#")]
    if not still(joined(kept)):
        return text, False
    size = max(1, sum(map(is_call, kept)) // 2)
    while True:
        dropped = False
        at = len(kept)
        while at > 0:
            if time.monotonic() > end:
                return joined(kept), False
            start = max(0, at - size)
            trial = kept[:start] + kept[at:]
            if any(map(is_call, trial)) and still(joined(trial)):
                kept, dropped = trial, True
            at = start
        if size == 1 and not dropped:
            return joined(kept), True
        size = max(1, size // 2) if not dropped or size > 1 else 1


def joined(kept):
    return "\n".join(kept) + "\n"

"""fuzz/unreachable.txt: what no run can try, with reasons. The file's own head has the form."""

import re
from fnmatch import fnmatchcase
from typing import NamedTuple

from .common import TOP, Stop

FILE = TOP / "fuzz" / "unreachable.txt"


def matches(call, pattern):
    return fnmatchcase(call, pattern)


class Entry(NamedTuple):
    line: int
    form: str  # "only", "not" or "outcome"
    rules: list
    calls: list  # patterns
    outcome: str
    reason: str

    def is_of(self, call):
        return any(matches(call, pattern) for pattern in self.calls)


def _entry(where, number, line):
    form, _, rest = line.partition(" ")
    parts = [part.strip() for part in re.split(r" : ", rest)]
    wanted = {"only": 3, "not": 3, "outcome": 4}.get(form)
    if len(parts) != wanted or not all(parts) or not re.fullmatch(r"[a-z0-9- ]+ : [\w* ]+", " : ".join(parts[:2])):
        raise Stop(f"{where}:{number}: expected only|not RULE... : CALL... : REASON, or outcome RULE : CALL : OUTCOME : REASON")
    outcome = parts[2] if form == "outcome" else ""
    return Entry(number, form, parts[0].split(), parts[1].split(), outcome, parts[-1])


def read(path=FILE):
    try:
        lines = path.read_text(encoding="utf-8").splitlines()
    except OSError as error:
        raise Stop(f"{path}: {error.strerror}") from None
    return [_entry(path, number, line) for number, line in enumerate(lines, 1) if line and not line.startswith("#")]


def excluded(entries, rule, call):
    """The entry by which the rule is never of the call, or None."""
    for entry in entries:
        if rule in entry.rules and entry.form in ("only", "not") and entry.is_of(call) == (entry.form == "not"):
            return entry
    return None


def listed(entries, rule, call, outcome):
    """The entry by which that outcome, though allowed, cannot come back, or None."""
    for entry in entries:
        if entry.form == "outcome" and rule in entry.rules and entry.is_of(call) and entry.outcome == outcome:
            return entry
    return None

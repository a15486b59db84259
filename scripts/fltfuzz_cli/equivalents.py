"""The reviewed list of mutants that survive for a reason: fuzz/defects/equivalent.txt.

    because REASON, which holds for each of those that follow
    in model/kernel/closes.c close_bad
    - the lines that the mutant changes, white space made one
    + the same lines with the change
    - another
    + ...
    in model/kernel/view.c objects
    every mutant

What stands in the list is still tried. An entry that matches no mutant is an error, and so is one
whose mutant is noticed, as then the reason is not true. `every mutant` takes those of a function that
survive, whichever they are: for code that no verdict depends on.
"""

from typing import NamedTuple

from .common import TOP, Stop

PATH = TOP / "fuzz" / "defects" / "equivalent.txt"


EVERY = "every mutant"  # stands for the changed lines


class Entry(NamedTuple):
    file: str
    function: str
    before: str
    after: str
    reason: str
    line: int  # in the list

    @property
    def key(self):
        return self.file, self.function, self.before, self.after


def read(path=PATH):
    """{key of a mutant: its entry}"""
    entries = {}
    reason, place, before = "", None, None
    for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
        word, _, rest = line.strip().partition(" ")
        rest = " ".join(rest.split())
        if not word or word.startswith("#"):
            continue
        if before is not None and word != "+":
            raise Stop(f"{path}:{number}: a + line must follow the - line")
        if word == "because" and rest:
            reason, place = rest, None
        elif word == "in" and reason and len(rest.split()) == 2:
            place = tuple(rest.split())
        elif line.strip() == EVERY and place:
            entry = Entry(*place, EVERY, "", reason, number)
            entries[entry.key] = entry
        elif word == "-" and place:
            before = rest
        elif word == "+" and before is not None:
            entry = Entry(*place, before, rest, reason, number)
            if entry.key in entries:
                raise Stop(f"{path}:{number}: stands in line {entries[entry.key].line} already")
            entries[entry.key], before = entry, None
        else:
            raise Stop(f"{path}:{number}: expected because REASON, in FILE FUNCTION, - OLD or + NEW: {line.strip()}")
    if before is not None:
        raise Stop(f"{path}: the last + line is missing")
    return entries


def find(entries, mutant):
    """The entry for that mutant, or None."""
    return entries.get(mutant.key) or entries.get((mutant.file, mutant.function, EVERY, ""))


def unmatched(entries, mutants, folder):
    """One line for each entry about that folder that matches no mutant."""
    matched = {id(find(entries, mutant)) for mutant in mutants}
    return [
        f"{_where(entry)}: no mutant of {entry.file} {entry.function} is: {entry.after or EVERY}"
        for entry in entries.values()
        if entry.file.startswith(folder + "/") and id(entry) not in matched
    ]


def untrue(entries, results, whole):
    """One line for each entry all of whose mutants were noticed. `results` are (mutant, what noticed it
    or ""); what is noticed of a sample says nothing about every mutant of a function."""
    survived, noticed = set(), {}
    for mutant, kill in results:
        entry = find(entries, mutant)
        if entry and kill and (whole or entry.before != EVERY):
            noticed.setdefault(entry, kill)
        elif entry and not kill:
            survived.add(entry)
    return [
        f"{_where(entry)}: is noticed ({kill}), so its reason is not true: {entry.after or EVERY}"
        for entry, kill in noticed.items()
        if entry not in survived
    ]


def _where(entry):
    return f"{PATH.relative_to(TOP)}:{entry.line}"

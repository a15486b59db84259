"""The reviewed list of mutants that survive for a reason: fuzz/defects/equivalent.txt.

    because REASON, which holds for each of those that follow
    in model/kernel/closes.c close_bad
    - the lines that the mutant changes, white space made one
    + the same lines with the change
    - another
    + ...

What stands in the list is still tried. An entry that matches no mutant is an error, and so is one
whose mutant is noticed: then the reason is not true.
"""

from typing import NamedTuple

from .common import TOP, Stop

PATH = TOP / "fuzz" / "defects" / "equivalent.txt"


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


def unmatched(entries, mutants, folder):
    """One line for each entry about that folder that matches no mutant."""
    keys = {mutant.key for mutant in mutants}
    return [
        f"{PATH.relative_to(TOP)}:{entry.line}: no mutant of {entry.file} {entry.function} is: {entry.after}"
        for key, entry in entries.items()
        if entry.file.startswith(folder + "/") and key not in keys
    ]


def untrue(entries, results):
    """One line for each entry all of whose mutants that were tried were noticed. `results` are (mutant, killed)."""
    survived, killed = set(), {}
    for mutant, kill in results:
        if kill:
            killed[mutant.key] = kill
        else:
            survived.add(mutant.key)
    return [
        f"{PATH.relative_to(TOP)}:{entries[key].line}: is noticed ({kill}), so its reason is not true: {entries[key].after}"
        for key, kill in killed.items()
        if key in entries and key not in survived
    ]

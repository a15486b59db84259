"""C files as clang reads them: its tree, and where each node stands in the text.

Clang's own dump is used, not its Python bindings: those of Debian 12 do not say which operator an
expression has, and the dump needs nothing that a build does not.

Texts are taken as Latin-1, so that a place in the string is a place in the file.
"""

import json
import re
import subprocess
from pathlib import Path

from .common import Stop

WRAPPERS = {"ImplicitCastExpr", "ConstantExpr", "FullExpr"}  # they stand for what they hold


def read_text(path):
    return Path(path).read_text(encoding="latin-1")


def tree_of(path, words):
    """Clang's tree of that file. `words` are what matters for reading it: -I, -D, -std."""
    command = ["clang", *words, "-w", "-fsyntax-only", "-Xclang", "-ast-dump=json", str(path)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise Stop(f"clang cannot read {path}: {done.stderr.strip()[:400]}")
    return json.loads(done.stdout, object_pairs_hook=_FileNames())


class _FileNames:
    """Clang names a location's file only where it changes from the location before."""

    def __init__(self):
        self._last = ""

    def __call__(self, pairs):
        node = dict(pairs)
        if "offset" in node:
            self._last = node.setdefault("file", self._last)
        return node


def inner(node):
    return [child for child in node.get("inner", []) if child.get("kind")]


def bare(node):
    """The node without the casts that nobody wrote."""
    while node["kind"] in WRAPPERS and len(inner(node)) == 1:
        node = inner(node)[0]
    return node


def type_of(node):
    kind = node.get("type", {})
    return kind.get("qualType", ""), kind.get("desugaredQualType", kind.get("qualType", ""))


def file_of(declaration):
    """Where it stands: of a declaration by a macro, where the macro is used."""
    begin = declaration.get("range", {}).get("begin", {})
    return begin.get("expansionLoc", begin).get("file", "")


class Place:
    """The places of nodes in one file."""

    def __init__(self, path, text):
        self.path, self.text = str(path), text

    def span(self, node):
        """From where to where the node stands in this file's text, or None when it does not. What a
        macro from elsewhere makes stands where the macro is used; what was written as its argument,
        where it was written."""
        begin, end = node.get("range", {}).get("begin", {}), node.get("range", {}).get("end", {})
        if "expansionLoc" in begin and "expansionLoc" in end and self._is_written(begin, end):
            begin, end = begin["spellingLoc"], end["spellingLoc"]
        start, stop = self._start(begin), self._stop(end)
        return (start, stop) if start is not None and stop is not None and start < stop else None

    def _is_written(self, begin, end):
        """In one argument, or in the body of a macro of this file."""
        spelled = begin["spellingLoc"], end["spellingLoc"]
        used = begin["expansionLoc"], end["expansionLoc"]
        return (
            all(place.get("file") == self.path for place in spelled)
            and used[0].get("offset") == used[1].get("offset")
            and used[0].get("isMacroArgExpansion") == used[1].get("isMacroArgExpansion")
        )

    def _start(self, place):
        place = place.get("expansionLoc", place)
        return place["offset"] if place.get("file") == self.path else None

    def _stop(self, place):
        is_macro = "expansionLoc" in place
        place = place.get("expansionLoc", place)
        if place.get("file") != self.path:
            return None
        stop = place["offset"] + place["tokLen"]
        return self._after_arguments(stop) if is_macro else stop

    def _after_arguments(self, stop):
        """Behind the parentheses that follow a macro's name, if any do."""
        if not re.match(r"\s*\(", self.text[stop:]):
            return stop
        depth = 0
        for at in range(self.text.index("(", stop), len(self.text)):
            depth += {"(": 1, ")": -1}.get(self.text[at], 0)
            if depth == 0:
                return at + 1
        return stop

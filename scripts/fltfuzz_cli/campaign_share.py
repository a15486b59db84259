"""A campaign's inputs for other machines, and theirs for it: a folder that all can reach, with one for each
target. Nothing in it is changed or removed; when it has grown large, `fltfuzz merge` it into an empty one."""

import os
from pathlib import Path

from . import shared_folder
from .common import count


class Share:
    def __init__(self, folder, say):
        self.folder = folder and Path(folder)
        self._say = say
        self._lost = False
        self._known = {}  # {target: names that we have seen there}; what pruning took away is not taken again

    def exchange(self, corpus):
        """After each slice. A folder that is away holds up nobody; our own disk is another matter."""
        if not self.folder:
            return
        known = self._known.setdefault(corpus.target, set())
        found = self._try(self._look, corpus, known)
        if found is None:
            return
        names, taken = found
        shared_folder.store(corpus.path, taken)
        corpus.take_in()
        mine = {name: shared_folder.read_input(corpus.path / name)[0] for name in set(corpus.files) - names - known}
        given = self._try(shared_folder.store, self.folder / corpus.target, {name: data for name, data in mine.items() if data is not None})
        if given is not None:
            known |= set(taken) | set(mine) | names & set(corpus.files)
        if taken or given:
            self._say(f"{corpus.target}: {count('input', len(taken))} taken from {self.folder}, {given or 0:,} given")

    def _try(self, what, *arguments):
        """None when the shared folder does not let us; that is said once."""
        try:
            done = what(*arguments)
        except OSError as error:
            if not self._lost:
                self._say(f"{error.filename or self.folder}: {error.strerror}; the campaign goes on alone, and tries again after each slice")
            self._lost = True
            return None
        if self._lost:
            self._say(f"{self.folder} is there again")
        self._lost = False
        return done

    def _look(self, corpus, known):
        """The names that are there, and {name: bytes} of those that are new to us."""
        there = self.folder / corpus.target
        if not there.is_dir():
            there.mkdir()  # never the folder itself: a disk that is away must not be mistaken for an empty one
        names = {entry.name for entry in os.scandir(there) if shared_folder.SHA1.fullmatch(entry.name)}
        read = {name: shared_folder.read_input(there / name)[0] for name in names - known - set(corpus.files)}
        return names, {name: data for name, data in read.items() if data is not None}  # else it is taken when it is whole

"""One night of a campaign: slices of engines, what they find, the corpus they share, until time is up.

Whatever goes wrong with a target costs it its slice. What goes wrong with the disk ends the night, after
what is known was written into the room that the ballast gives back."""

import contextlib
import errno
import json
import os
import random
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

from . import beside, campaign_desk, campaign_finds, campaign_record, campaign_screen, campaign_slices, durable
from .campaign_folder import option, timestamp
from .common import Stop, count
from .fuzz import MOST_NUMBER

ENDING = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
POLL_SECONDS = 0.1
SAMPLE_SECONDS = 10
LOOK_GROWTH, LOOK_FILES = 0.1, 100  # so much more in a corpus: its states are counted again
PRUNE_GROWTH, PRUNE_FILES = 0.5, 500  # and it is pruned
LEAST_FREE = 1024 * 1024  # bytes of the disk
OVER_QUOTA = 1.25  # a running slice may bring the corpus so far


class Interrupted(Exception):
    """Ctrl-C, a polite kill, or the terminal is gone."""


class Night:
    def __init__(self, folder, manifest, turns, corpora, seeds, programs, seconds, version):
        self.folder, self.manifest = folder, manifest
        self.turns, self.corpora, self.seeds = turns, corpora, seeds
        self.programs, self.seconds, self.version = programs, seconds, version
        self.id, self.path = folder.new_night()
        self.screen = campaign_screen.Screen(self.path / "log.txt")
        self.say = self.screen.say
        self.started_at = timestamp()
        self.started = time.monotonic()
        self.run_before = manifest["seconds_run"]
        self.last_sample = self.disk_looked_at = self.started
        self.slices, self.slice_number = [], 0
        self.random = random.Random(manifest["seed"] + len(manifest["nights"]))
        self.desk = campaign_desk.Desk(self)
        self.asked_to_end = self.ending = False
        self.coverage = None
        self.share = None  # a campaign_share.Share
        self.engines = [campaign_slices.Slice]  # they take turns on each target
        self.files_before = {}
        self.slice_seconds = campaign_slices.slice_length(seconds, manifest["jobs"], turns)

    # ---- time --------------------------------------------------------------------------------------

    def elapsed(self):
        return time.monotonic() - self.started

    def left(self):
        return self.seconds - self.elapsed()

    # ---- the whole ---------------------------------------------------------------------------------

    def run(self):
        """Stop when the disk does not take any more; else the night is over as it should be."""
        before = [(number, signal.signal(number, self._on_signal)) for number in ENDING]
        try:
            self._run()
        except Interrupted:
            self._disk_permitting(self._end_early)
        except OSError as error:
            self._give_up(error)
        finally:
            for number, handler in before:
                signal.signal(number, handler)
            for piece in self.slices:  # where we got here by a fault of ours
                piece.process.stop()
            if self.share:
                self.share.stop()
            self.screen.clear()

    def _on_signal(self, _number, _frame):
        """Seen by the next tick: nothing is cut off in the middle."""
        self.asked_to_end = True

    def _run(self):
        self.manifest["nights"].append(self.id)
        self.manifest["state"] = "running"
        self._recover()
        self.save()
        self.write_night()  # however it ends, it is known that it began
        self._sample([])
        while self.left() >= 1 and self._turns_left() or self.slices:
            self._start_slices()
            self._watch()
        self._end()

    def _recover(self):
        """What the last night left when it was cut short."""
        for left in sorted((self.folder.path / "work").glob("slice-*/*")):
            if left.name.startswith(campaign_slices.ARTIFACTS) and left.is_file() and left.stat().st_size:
                target = left.parent.name.split("-", 2)[2]
                if target in self.corpora:
                    campaign_finds.put_in(self.folder, left, target)
        self.folder.sweep_work()
        for name, corpus in self.corpora.items():
            corpus.start()
            self.files_before[name] = len(corpus.files)
        self.desk.store.load_all()  # one that cannot be read is told now, and not in the middle of the night
        for name in self.manifest["findings"]:
            if not (self.desk.store.folder(name) / "finding.json").is_file():
                self.say(f"the finding {name} is listed, and its folder is gone")
        waiting = campaign_finds.items(self.folder)
        if waiting:
            self.say(f"{count('input', len(waiting))} of the last night still to be looked at")
        self.desk.try_inputs()
        self.desk.work_through_inbox()
        for turn in self.turns:
            self._keep_small(turn)

    # ---- slices ------------------------------------------------------------------------------------

    def _turns_left(self):
        return any(turn.weight and not turn.aside for turn in self.turns)

    def _start_slices(self):
        while len(self.slices) < self.manifest["jobs"] and self.left() >= 1:
            turn = campaign_slices.next_turn(self.turns, [piece.turn.name for piece in self.slices], self.slice_seconds)
            if turn is None:
                return
            self.slice_number += 1
            work = self.folder.path / "work" / f"slice-{self.slice_number}-{turn.name}"
            seconds = max(1, min(self.slice_seconds, int(self.left())))
            folders = [self.corpora[turn.name].path, *self.seeds[turn.name]]
            seed = self.random.randint(1, MOST_NUMBER)
            try:
                engine = self.engines[turn.slices % len(self.engines)]
                self.slices.append(engine(turn, self.programs / turn.name, seconds, seed, work, folders))
                turn.slices += 1
            except (FileNotFoundError, PermissionError) as error:
                if str(error.filename).startswith(str(self.folder.path)):
                    raise
                turn.aside = f"cannot be started: {error.strerror}"
                self.say(f"{turn.name} {turn.aside}")

    def _watch(self):
        """Until a slice is over; it is settled."""
        while self.slices:
            self.tick()
            over = next((piece for piece in self.slices if not piece.running()), None)
            if over:
                self._settle(over)
                return
            time.sleep(POLL_SECONDS)

    def tick(self):
        """All that must go on while something takes its time. Interrupted, once, when we are asked to end."""
        if self.asked_to_end and not self.ending:
            self.ending = True
            raise Interrupted
        for piece in self.slices:
            piece.running()
        self._watch_disk()
        if self.share and not self.ending:
            self.share.tick()
        self.screen.show(self._lines)
        if time.monotonic() - self.last_sample >= SAMPLE_SECONDS:
            self.last_sample = time.monotonic()
            self._sample({piece.turn.name: piece.turn for piece in self.slices}.values())
            self.save()

    def _settle(self, piece):
        """A slice is over. First of all, what it found is stored."""
        self.slices.remove(piece)
        found = piece.finish()
        report = piece.process.output.report()
        for path in found:
            if path.stat().st_size:
                campaign_finds.put_in(self.folder, path, piece.turn.name, report if len(found) == 1 else "")
        turn = piece.turn
        trouble = piece.trouble()
        if trouble:
            self.say(f"{turn.name}: {trouble}")
        shutil.rmtree(piece.folder, ignore_errors=True)
        self.corpora[turn.name].take_in()
        out_of_the_way = self.desk.work_through_inbox()
        # Where the engine got nowhere because of a file, and that is gone, the next slice gets further.
        self._count_failure(turn, bool(trouble) or piece.got_nowhere() and bool(found) and not out_of_the_way)
        self._keep_small(turn)
        self._sample([turn], piece)
        self.save()
        self.write_night()

    def _count_failure(self, turn, failed):
        turn.failures = turn.failures + 1 if failed else 0
        if turn.failures == campaign_slices.FAILURES and not turn.aside:
            turn.aside = f"put aside: {turn.failures} slices in a row went wrong"
            self.say(f"{turn.name}: {turn.aside}")

    # ---- the corpus ----------------------------------------------------------------------------------

    def _keep_small(self, turn, growth=PRUNE_GROWTH, files=PRUNE_FILES):
        corpus = self.corpora[turn.name]
        sequences = turn.target.input == "sequences"
        if corpus.has_grown(growth, files):
            corpus.prune(self.programs, self.programs / turn.name, self.folder.path / "work" / f"merge-{turn.name}", sequences,
                         self.run_beside)
        elif sequences and len(corpus.files) > corpus.looked_at * (1 + LOOK_GROWTH) + LOOK_FILES:
            corpus.look(self.programs, self.run_beside)
        turn.calls_per_sequence = turn.calls_per_sequence or corpus.calls_per_file  # until a slice could say
        excess = sum(each.bytes() for each in self.corpora.values()) - self.manifest["quota_bytes"]
        if excess > 0:
            dropped = corpus.drop_largest(excess)
            self.say(f"{turn.name}: the working corpus is over its quota: the largest {count('file', dropped)} dropped")
        self.manifest["corpus"][turn.name] = {"files": len(corpus.files), "bytes": corpus.bytes()}

    def _watch_disk(self):
        """A slice that fills the corpus folder ends early; so does the night before the disk is full, for
        then an engine could not save what it finds."""
        if time.monotonic() - self.disk_looked_at < campaign_slices.LOOK_SECONDS:
            return
        self.disk_looked_at = time.monotonic()
        disk = os.statvfs(self.folder.path)
        if disk.f_bavail * disk.f_frsize < LEAST_FREE:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), str(self.folder.path))
        most = self.manifest["quota_bytes"] * OVER_QUOTA + durable.BALLAST_BYTES
        if self.slices and campaign_slices.size_of(self.folder.path / "corpus") > most:
            for piece in self.slices:
                piece.stop("the working corpus is far over its quota")

    # ---- the end ---------------------------------------------------------------------------------------

    def _end(self):
        for turn in self.turns:
            if turn.weight:
                self._keep_small(turn, 0.0, 0)
        self._measure_coverage()
        self._share_the_rest()
        self.folder.sweep_work()  # only here: what a night that is cut short has found may be there alone
        self.manifest["state"] = "ended"
        self._close()

    def _share_the_rest(self):
        if self.share:
            share, self.share = self.share, None  # no tick of ours goes on with it
            try:
                share.finish(self.tick)
            finally:
                share.stop()

    def _end_early(self):
        """Interrupted: what was found is kept and looked at."""
        self.screen.clear()
        self._stop_slices()
        self.desk.work_through_inbox()
        self.manifest["state"] = "interrupted"
        self._close()

    def _stop_slices(self):
        for piece in self.slices:
            piece.stop("interrupted")
        while self.slices:
            piece = self.slices.pop()
            for path in piece.finish():
                if path.stat().st_size:
                    campaign_finds.put_in(self.folder, path, piece.turn.name, piece.process.output.report())
            self.corpora[piece.turn.name].take_in()

    def _close(self):
        self.save()
        self.write_night()

    def _disk_permitting(self, action):
        try:
            action()
        except OSError as error:
            self._give_up(error)

    def _give_up(self, error):
        """The disk is full, or cannot be written: with the ballast's room what was found is still stored."""
        durable.drop_ballast(self.folder.path / "ballast")
        self.manifest["state"] = "interrupted"
        with contextlib.suppress(OSError):
            self._stop_slices()
        with contextlib.suppress(OSError):
            self._close()
        where = error.filename or self.folder.path
        resume = f"./scripts/fltfuzz campaign{option(self.folder.path)} --resume"
        self.say(f"{where}: {error.strerror}; all that campaign.json lists is safe. When that is put right: {resume}")
        raise Stop("") from None

    def _measure_coverage(self):
        """As `fltfuzz coverage --json` has it, of all sequences of the working corpus."""
        corpora = [self.corpora[turn.name] for turn in self.turns if turn.weight and turn.target.input == "sequences"]
        corpora = [corpus for corpus in corpora if set(corpus.files) - corpus.texts]
        if not corpora:
            return
        work = self.folder.path / "work"
        out = work / "coverage.json"
        words = [sys.executable, "-B", str(Path(__file__).parent), "coverage", "--build", str(self.programs.parent), "--json", str(out)]
        try:
            folders = [corpus.sequences(work / "sequences" / corpus.target) for corpus in corpora]
            self.run_beside([*words, *map(str, folders)], campaign_finds.TOOL_SECONDS * 5)
            self.coverage = json.loads(out.read_text(encoding="utf-8"))
        except (subprocess.TimeoutExpired, OSError, ValueError):
            self.say("the coverage of the contract could not be measured; night.json goes without")

    # ---- written ---------------------------------------------------------------------------------------

    def save(self):
        self.manifest["seconds_run"] = round(self.run_before + min(self.elapsed(), self.seconds), 1)
        self.manifest["targets"].update({turn.name: turn.entry() for turn in self.turns if turn.weight})
        self.folder.save(self.manifest)

    def told(self):
        """night.json"""
        return campaign_record.night(self)

    def write_night(self):
        durable.write_json(self.path / "night.json", self.told())

    def _sample(self, turns, ended=None):
        lines = [json.dumps(campaign_record.sample(self, turn, ended)) + "\n" for turn in turns]
        with open(self.path / "samples.jsonl", "a", encoding="utf-8") as out:
            out.write("".join(lines))

    def _lines(self):
        return campaign_screen.lines(self.turns, self.slices, self.corpora, len(self.desk.met), self.elapsed(), self.left())

    def run_beside(self, words, seconds):
        """subprocess.run, while the slices go on."""
        return beside.run(words, seconds, self.tick)

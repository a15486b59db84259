"""fltfuzz mutants --operators: every mutant of a folder built and tried, survivors listed."""

import hashlib
import json
import queue
import sys
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from . import defects, equivalents, looser, operators
from .build import build
from .common import FINDING, FINE, TOP, Stop, count, say
from .progress import StatusLine, bar
from .workshop import Kit, Outcome, Workshop, passes, time_limit

FOLDERS = ("model/kernel", looser.FOLDER)
UNIT_TEST_SECONDS = 20  # of the processor; the slowest of them needs less than one
FUZZ_TARGETS = ("fuzz_names", "fuzz_lifecycle", "fuzz_close")


class Tried:
    """A mutant and what became of it."""

    def __init__(self, mutant, outcome, entry):
        self.mutant, self.outcome, self.entry = mutant, outcome, entry
        self.looser = ""  # how the corpus shows that more is allowed
        self.unit_test = ""  # that fails
        self.fuzzing = None  # a defects.Kill, once it was fuzzed

    @property
    def verdict(self):
        if self.outcome.state != "survived":
            return self.outcome.state
        if self.looser:
            return "looser"
        if self.entry:
            return "explained"
        if self.unit_test:
            return "unit test"
        return "fuzzed" if self.fuzzing and self.fuzzing.rule else "survived"

    @property
    def noticed(self):
        """By the corpus: under which rule, or how."""
        return self.outcome.rule if self.outcome.state == "killed" else self.looser

    def row(self):
        mutant = self.mutant
        row = {
            "file": mutant.file, "line": mutant.line, "function": mutant.function, "operator": mutant.operator,
            "before": mutant.before, "after": mutant.after, "verdict": self.verdict,
            "rule": self.outcome.rule, "sequence": self.outcome.file,
        }
        if self.entry:
            row["reason"] = self.entry.reason
        if self.looser:
            row["looser"] = self.looser
        if self.unit_test:
            row["unit_test"] = self.unit_test
        if self.fuzzing:
            row["fuzz_rule"], row["fuzz_needed"] = self.fuzzing.rule, self.fuzzing.by
        return row


# ---- which mutants ------------------------------------------------------------------------------


def all_mutants(kit, folder):
    """Of the C files of that folder, and of its headers through the first file that reads each."""
    files = [f"{folder}/{path.name}" for path in sorted((TOP / folder).glob("*.[ch]"))]
    files = [file for file in files if kit.sources_of(file)]
    found = {}
    for file in files:
        if file.endswith(".c"):
            source = TOP / file
            left = {other for other in files if other not in found and (other == file or other.endswith(".h"))}
            found.update(operators.mutants_of(source, kit.reading_words(source), left))
    return [mutant for file in files for mutant in found.get(file, [])]


def sample(mutants, size, seed):
    """Those whose text has the lowest hash: an edit elsewhere in the file leaves the sample as it is."""

    def rank(mutant):
        return hashlib.sha256(repr((seed, mutant.key)).encode()).digest()

    chosen = sorted(mutants, key=rank)[:size] if size else mutants
    return sorted(chosen, key=lambda mutant: (mutant.file, mutant.begin, mutant.end, mutant.new))


# ---- trying them --------------------------------------------------------------------------------


class Trial:
    """All that the workers share."""

    def __init__(self, kits, corpus, options, work):
        self.kits, self.corpus, self.options, self.work = kits, corpus, options, Path(work)
        self.limits = [time_limit(kit, corpus, work)[0] for kit in kits]
        self.workshops = queue.SimpleQueue()
        for number in range(options.jobs):
            self.workshops.put(Workshop(self.work / str(number), corpus))
        self.texts = {}
        if options.folder == looser.FOLDER:
            looser.check_clean(kits[0], self.work)
        for program in kits[0].unit_tests(f"{options.folder}/any.c"):
            if not passes(kits[0].folder / program, self.work / "clean.out", UNIT_TEST_SECONDS, kits[0].uses_asan):
                raise Stop(f"{program} fails without a mutant")

    def run(self, mutants, entries):
        for file in {mutant.file for mutant in mutants}:
            self.texts[file] = operators.read_text(TOP / file)
        status, start, tried = StatusLine(), time.monotonic(), []
        with ThreadPoolExecutor(self.options.jobs) as pool:
            futures = [pool.submit(self._try, mutant, equivalents.find(entries, mutant)) for mutant in mutants]
            try:
                for future in futures:
                    tried.append(future.result())
                    status.show(_progress(tried, len(mutants), time.monotonic() - start))
            finally:
                for future in futures:
                    future.cancel()
                status.clear()
        return tried

    def _try(self, mutant, entry):
        workshop = self.workshops.get()
        try:
            return self._try_in(workshop, mutant, entry)
        finally:
            self.workshops.put(workshop)

    def _try_in(self, workshop, mutant, entry):
        """Without sanitizers first, which is quick and enough for most."""
        text = self.texts[mutant.file]
        outcome = Outcome("survived")
        for kit, seconds in zip(self.kits, self.limits):
            outcome = workshop.try_one(kit, mutant, text, seconds)
            if outcome.state != "survived":
                break
        tried = Tried(mutant, outcome, entry)
        if outcome.state == "survived" and self.options.folder == looser.FOLDER:
            tried.looser = looser.of_mutant(workshop, self.kits[0], mutant, text)
        if tried.verdict == "survived":
            tried.unit_test = workshop.failing_test(self.kits[0], mutant, text, UNIT_TEST_SECONDS)
            if self.options.fuzz_runs and not tried.unit_test:
                tried.fuzzing = self._fuzz(workshop, mutant, text)
        return tried

    def _fuzz(self, workshop, mutant, text):
        """From an empty corpus, each target in turn; the kill, or the runs of all without one."""
        runs = 0
        for target in FUZZ_TARGETS:
            program = workshop.program(self.kits[-1], f"bin/{target}", mutant, text)
            if program is None:
                continue
            with tempfile.TemporaryDirectory(dir=workshop.work) as work:
                kill = defects.killed_by_fuzzing(program, Path(work), self.options.fuzz_runs, self.options.seed)
            runs += kill.runs
            if kill.rule:
                return kill._replace(by=f"{target}, {kill.by}")
        return defects.Kill("", f"{runs} runs", runs)


def _progress(tried, total, seconds):
    survived = sum(one.outcome.state == "survived" for one in tried)
    return bar(len(tried), total, f"mutants, {survived} not noticed", seconds)


# ---- saying it ----------------------------------------------------------------------------------

COLUMNS = ("mutants", "no build", "same code", "killed", "looser", "explained", "unit test", "fuzzed", "survived")
BY_CORPUS = ("killed", "looser")


def table(tried):
    """{operator, and "all": {column: number}}, and the share that the corpus alone notices, as its replay
    fails or as it shows that more is allowed, of those that differ and are not explained."""
    rows = {}
    for operator in (*operators.OPERATORS, "all"):
        own = [one for one in tried if operator in (one.mutant.operator, "all")]
        row = {column: sum(one.verdict == column for one in own) for column in COLUMNS}
        row["mutants"] = len(own)
        counted = len(own) - row["no build"] - row["same code"] - row["explained"]
        row["percent"] = round(100 * sum(row[column] for column in BY_CORPUS) / counted, 1) if counted else None
        rows[operator] = row
    return rows


def print_table(rows):
    print(f"{'operator':<11}" + "".join(f"{column:>11}" for column in COLUMNS) + f"{'by the corpus':>15}")
    for operator, row in rows.items():
        share = "-" if row["percent"] is None else f"{row['percent']:.1f} %"
        print(f"{operator:<11}" + "".join(f"{row[column]:>11}" for column in COLUMNS) + f"{share:>15}")


def describe(one):
    """A survivor, in three lines or four."""
    mutant = one.mutant
    lines = [f"{mutant.file}:{mutant.line}: {mutant.function}: {mutant.operator}", f"    - {mutant.before}", f"    + {mutant.after}"]
    if one.fuzzing:
        lines.append(f"    fuzzing: {one.fuzzing.rule or 'nothing'}, {one.fuzzing.by}")
    return "\n".join(lines)


def kits_of(options):
    if options.build:
        folder = options.build.resolve()
        return [Kit(folder, sanitized=False), Kit(folder, sanitized=True)]
    quick = build("release", [], options).parent  # with the unit tests
    thorough = build("fuzz", ["replay", *FUZZ_TARGETS], options).parent
    return [Kit(quick, sanitized=True), Kit(thorough, sanitized=True)]


def run(options, corpus):
    entries = equivalents.read()
    kits = kits_of(options)
    mutants = all_mutants(kits[0], options.folder)
    chosen = sample(mutants, options.sample, options.seed)
    say(f"{options.folder}: {count('mutant', len(mutants))}, {len(chosen):,} to try in {count('job', options.jobs)}")
    wrong = equivalents.unmatched(entries, mutants, options.folder)
    start = time.monotonic()
    with tempfile.TemporaryDirectory(prefix="fltfuzz-operators-") as work:
        tried = Trial(kits, corpus, options, work).run(chosen, entries)
    seconds = time.monotonic() - start
    wrong += equivalents.untrue(entries, [(one.mutant, one.noticed) for one in tried], whole=not options.sample)
    survivors = [one for one in tried if one.verdict in ("survived", "fuzzed")]
    rows = table(tried)
    if options.json:
        result = {
            "folder": options.folder, "all_mutants": len(mutants), "seconds": round(seconds, 1), "operators": rows,
            "wrong_entries": wrong, "mutants": [one.row() for one in tried],
        }
        json.dump(result, sys.stdout, indent=2)
        print()
    else:
        for one in survivors:
            print(describe(one))
        print_table(rows)
        print(f"{len(tried):,} of {len(mutants):,} mutants in {seconds:.0f} s, {len(tried) / seconds:.2f} a second")
    for line in wrong:
        print(f"fltfuzz: {line}", file=sys.stderr)
    return verdict(rows["all"]["percent"], survivors, wrong, options.at_least)


def verdict(percent, survivors, wrong, at_least):
    """The exit code: without a share to reach, none may survive."""
    enough = not survivors if at_least is None else percent is not None and percent >= at_least
    return FINE if enough and not wrong else FINDING

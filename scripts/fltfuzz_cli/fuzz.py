"""fltfuzz fuzz: builds, starts an engine on a working corpus of the user's, tells how it goes."""

import contextlib
import json
import os
import random
import re
import shlex
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from . import afl, libfuzzer
from .build import build, target_table
from .common import FINDING, FINE, TOP, TROUBLE, Stop
from .common import count, echo, make_folder, run_through, say, state_folder, targets, whole_number
from .progress import StatusLine
from .tools import add_switches

DEFAULT_TARGET, DEFAULT_SECONDS = "fuzz_close", 60
MOST_SECONDS, MOST_JOBS, MOST_NUMBER = 30 * 24 * 3600, 256, 2**31 - 1
SWITCHES = "FLTFUZZ_SWITCHES"  # the targets read the file that it names
MARGIN_SECONDS = 60  # past its time limit a process is stopped


def add_command(command):
    sub = command(
        "fuzz",
        run,
        "Fuzz a target from its committed seeds and what earlier runs found. Stops at the first finding,\n"
        "shows it, and exits 1.",
        "fuzz fuzz_close --time 3600 --jobs 2",
    )
    add, names = sub.add_argument, ", ".join(targets())
    add("target", nargs="?", default=DEFAULT_TARGET, metavar="TARGET", help=f"default {DEFAULT_TARGET}; there are: {names}")
    add("--target", dest="target_option", metavar="TARGET", help="the same as TARGET alone")
    time_help = f"seconds; default {DEFAULT_SECONDS}, none with --runs"
    add("--time", type=whole_number(1, MOST_SECONDS), metavar="S", help=time_help)
    runs_help = "stop after N sequences, all jobs together (AFL++ may make some more)"
    add("--runs", type=whole_number(1, MOST_NUMBER), metavar="N", help=runs_help)
    seed_help = "start of the random numbers; default: another one each time"
    add("--seed", type=whole_number(1, MOST_NUMBER), metavar="N", help=seed_help)
    jobs_help = "processes, which share the corpus; default 1"
    add("--jobs", type=whole_number(1, MOST_JOBS), default=1, metavar="N", help=jobs_help)
    add("--corpus", metavar="DIR", help=f"the working corpus; default {state_folder()}/TARGET/corpus")
    engine_help = "libfuzzer (the default), or afl: AFL++ with our mutator, which is installed when it is missing"
    add("--engine", choices=("libfuzzer", "afl"), default="libfuzzer", metavar="NAME", help=engine_help)
    preset_help = "fuzz (the default): ASan and UBSan; msan: MSan and UBSan, for reads of what nobody wrote"
    add("--preset", choices=("fuzz", "msan"), metavar="NAME", help=preset_help)
    add_switches(sub)
    add("--json", action="store_true", help="print the result as JSON on standard output")


def run(options):
    options.target = options.target_option or options.target
    if options.target not in targets():
        raise Stop(f"unknown target {options.target}; there are: {', '.join(targets())}")
    preset = preset_of(options)
    corpus = working_corpus(options)
    artifacts = make_folder(state_folder() / options.target / "findings")
    programs = build(preset, [options.target, "seq"], options)
    target = target_table(preset)[options.target]
    use_switches(options, target, programs)
    mutator = build_mutator(target, options) if preset == "afl" else None
    seed = options.seed or random.SystemRandom().randint(1, MOST_NUMBER)
    with tempfile.TemporaryDirectory(prefix="fltfuzz-") as scratch:
        scratch = Path(scratch)
        folders = [corpus, *seed_folders(target, programs, scratch, options.verbose)]
        if preset == "afl":
            engine = afl.Engine(programs / options.target, mutator, artifacts, folders, scratch)
        else:
            engine = libfuzzer.Engine(programs / options.target, artifacts, folders)
        campaign = Campaign(options, seed, corpus)
        campaign.start(engine)
        campaign.watch()
        engine.keep(corpus)
    return campaign.conclude(target, programs, preset)


def preset_of(options):
    """Of CMakePresets.json."""
    if options.engine == "afl":
        if options.preset:
            raise Stop("--preset is for libFuzzer; AFL++ has a build of its own, with ASan and UBSan")
        return "afl"
    return options.preset or "fuzz"


def build_mutator(target, options):
    """The library that afl-fuzz loads; None for a target that takes bytes of any kind. No sanitizer's
    runtime is in afl-fuzz, so it comes from the build without one."""
    if target.input != "sequences":
        return None
    return build("release", [f"{target.name}_afl_mutator"], options) / f"lib{target.name}_afl_mutator.so"


def use_switches(options, target, programs):
    """The targets inherit what is set here. A bad file ends this before it costs a run."""
    if options.switches is None:
        return
    if target.input != "sequences":
        raise Stop(f"{target.name} takes no sequences, so no --switches")
    if run_through([programs / "fltfuzz-seq", "switches", options.switches], options.verbose) != 0:
        raise Stop("")  # it has said what is wrong
    os.environ[SWITCHES] = os.path.abspath(options.switches)


def working_corpus(options):
    """The folder that the engine writes to; never the committed one."""
    if options.corpus is None:
        return make_folder(state_folder() / options.target / "corpus")
    corpus = Path(options.corpus).absolute()
    if (TOP / "corpus") in (corpus.resolve(), *corpus.resolve().parents):
        raise Stop(f"{options.corpus} is the committed corpus; a run writes to its corpus, give another folder")
    if corpus.exists() and not corpus.is_dir():
        raise Stop(f"{options.corpus} is not a folder")
    make_folder(corpus)
    try:
        next(corpus.iterdir(), None)
        with tempfile.TemporaryFile(dir=corpus):
            pass
    except OSError as error:
        raise Stop(f"{options.corpus}: {error.strerror}; a folder that can be read and written is needed") from None
    return corpus


def seed_folders(target, programs, scratch, verbose):
    """Folders with the committed seeds and former failures in the form that the target reads."""
    folders = []
    for kind in ("seed", "regress"):
        committed = TOP / "corpus" / target.seeds / kind
        if not any(committed.glob("*.seq" if target.input == "sequences" else "*")):
            continue
        folder = make_folder(scratch / kind)
        if target.input == "bytes":
            shutil.copytree(committed, folder, dirs_exist_ok=True)
        elif run_through([programs / "fltfuzz-seq", "seeds", committed, "-o", folder], verbose) != 0:
            raise Stop(f"the seeds in {committed} cannot be encoded")
        folders.append(folder)
    return folders


def files_in(folder):
    return sum(1 for path in folder.iterdir() if path.is_file())


@contextlib.contextmanager
def end_on_signal():
    """Ctrl-C and a polite kill both end the run cleanly: KeyboardInterrupt, once."""

    def interrupt(_number, _frame):
        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, signal.SIG_IGN)
        raise KeyboardInterrupt

    before = [(number, signal.signal(number, interrupt)) for number in (signal.SIGINT, signal.SIGTERM)]
    try:
        yield
    finally:
        for number, handler in before:
            signal.signal(number, handler)


class Campaign:
    """The processes of one `fltfuzz fuzz`, from start to summary."""

    def __init__(self, options, seed, corpus):
        self.options = options
        self.seed = seed
        self.corpus = corpus
        self.files_before = files_in(corpus)
        self.seconds = options.time or (0 if options.runs else DEFAULT_SECONDS)
        self.processes = []
        self.started = self.elapsed = 0.0
        self.interrupted = False

    def start(self, engine):
        limit = f"{self.seconds} s" if self.seconds else count("sequence", self.options.runs)
        say(f"{self.options.target}, {limit}, seed {self.seed}; Ctrl-C ends it")
        for job in range(self.options.jobs):
            runs = self.options.runs or 0
            share = runs // self.options.jobs + (job < runs % self.options.jobs)
            if runs and not share:
                break
            # libFuzzer's seeds are 32 bits, and 0 means any
            limits = libfuzzer.Limits(self.seconds, share, (self.seed + job - 1) % MOST_NUMBER + 1)
            try:
                self.processes.append(engine.start(limits, job, lambda words: echo(words, self.options.verbose)))
            except OSError as error:
                self.stop()
                raise Stop(f"{error.filename}: {error.strerror}") from None
        self.started = time.monotonic()

    def watch(self):
        """Until one has found something, all are done, or the user has enough."""
        status = StatusLine()
        try:
            with end_on_signal():
                while any(process.running() for process in self.processes) and not self._ended_badly():
                    self._show(status)
                    time.sleep(0.2)
        except KeyboardInterrupt:
            self.interrupted = True
        self.elapsed = time.monotonic() - self.started
        self.stop()
        status.clear()

    def _ended_badly(self):
        """One has ended other than by reaching its limit: there is something to show."""
        return any(not process.running() and not process.ended_well() for process in self.processes)

    def _show(self, status):
        for process in self.processes:
            process.update()
        elapsed = time.monotonic() - self.started
        outputs = [process.output for process in self.processes]
        speed = sum(output.per_second for output in outputs)
        of = f" of {self.seconds}" if self.seconds else ""
        coverage = max(output.coverage for output in outputs)
        coverage = f"  coverage {coverage}" if coverage else ""  # afl-fuzz keeps it to itself
        status.show(
            f"{elapsed:.0f}{of} s  {sum(output.runs for output in outputs):,}+ sequences  {speed:,}/s"
            f"{coverage}  corpus {max(output.corpus for output in outputs)}"
        )
        if self.seconds and elapsed > self.seconds + MARGIN_SECONDS:
            self.stop()

    def stop(self):
        for process in self.processes:
            process.stop()
        for process in self.processes:
            process.finish()

    # ---- afterwards --------------------------------------------------------------------------------

    def result(self):
        """What a program would read."""
        outputs = [process.output for process in self.processes]
        result = {
            "target": self.options.target,
            "seed": self.seed,
            "jobs": len(self.processes),
            "seconds": round(self.elapsed, 1),
            "interrupted": self.interrupted,
            "sequences": sum(output.executed() for output in outputs),
            "corpus": str(self.corpus),
            "corpus_files": files_in(self.corpus),
            "corpus_new": files_in(self.corpus) - self.files_before,
            "stats": added_up([output.our_stats for output in outputs]),
            "findings": [],
        }
        for process in self.processes:
            verdict, reason = process.verdict()
            if verdict == "finding":
                add_finding(result["findings"], process.output, reason)
        return result

    def conclude(self, target, programs, preset):
        """Reports; the exit code."""
        result = self.result()
        for finding in result["findings"]:
            complete(finding, target, programs, preset)
        if self.options.json:
            print(json.dumps(result, indent=2))
        else:
            for finding in result["findings"]:
                print_finding(finding)
            print_summary(result)
        if result["findings"]:
            return FINDING
        return self._trouble()

    def _trouble(self):
        """A process that ended badly without a finding: the machine or the build, not the code."""
        for process in self.processes:
            verdict, reason = process.verdict()
            if verdict == "trouble":
                last = list(process.output.since_status)[-3:]
                print("\n".join(["fltfuzz: the fuzzer ended early: " + reason, *last]), file=sys.stderr)
                return TROUBLE
        return FINE


def add_finding(findings, output, reason):
    """A finding per cause: what another process found too is only named."""
    rule = output.rule()
    saved = output.saved[0] if output.saved else None
    for other in findings:
        if rule and other["rule"] == rule:
            other["also"].append(saved)
            return
    if rule:
        reason = f"a violation of {rule}"
    findings.append({"rule": rule, "reason": reason, "input": saved, "also": [], "report": output.report()})


def added_up(texts):
    """The statistics that the targets printed, summed (but not the time): {} when none did."""
    total = {}
    for text in texts:
        try:
            stats = json.loads(text)
        except ValueError:
            continue
        for name, number in stats.items():
            if name != "seconds":
                total[name] = total.get(name, 0) + number
    return total


def complete(finding, target, programs, preset):
    """Adds the command that reproduces it, and keeps the report beside the input. (fltfuzz replay is
    built with ASan: what only MSan sees, the target itself must show.)"""
    if finding["input"] is None:
        return
    replayed = target.input == "sequences" and (preset != "msan" or finding["rule"])
    replay = "./scripts/fltfuzz replay" if replayed else str(programs / target.name)
    shown = with_switches(finding["input"], programs) if replayed else finding["input"]
    finding["reproduce"] = f"{replay} {shlex.quote(shown)}"
    # The target cannot know the file's name; its report is to be complete.
    line = f"reproduce: {finding['reproduce']}"
    finding["report"] = re.sub(r"^reproduce: .*$", lambda _: line, finding["report"], flags=re.M)
    report = Path(finding["input"] + ".txt")
    report.write_text(finding["report"] + "\n", encoding="utf-8")


def with_switches(saved, programs):
    """The engine's file lacks what a switches file added: a text beside it has that in its header."""
    switches = os.environ.get(SWITCHES)
    if not switches:
        return saved
    shown = subprocess.run([programs / "fltfuzz-seq", "show", "--switches", switches, saved], capture_output=True, check=False)
    if shown.returncode != 0:
        return saved
    Path(saved + ".seq").write_bytes(shown.stdout)
    return saved + ".seq"


def print_finding(finding):
    print(finding["report"])
    print(f"\nfound: {finding['reason']}")
    if finding["input"]:
        print(f"saved: {finding['input']}, and this report beside it as .txt")
        if f"reproduce: {finding['reproduce']}" not in finding["report"]:
            print(f"reproduce: {finding['reproduce']}")
    for other in finding["also"]:
        print(f"the same cause: {other}")


def print_summary(result):
    stats, seconds = result["stats"], result["seconds"]
    ended = "interrupted after" if result["interrupted"] else "ran"
    calls = f" with {count('call', stats['calls'])}" if "calls" in stats else ""
    speed = f", {result['sequences'] / seconds:,.0f} a second" if seconds else ""
    sequences = count("sequence", result["sequences"])
    print(f"{result['target']} {ended} {seconds:.0f} s: {sequences}{calls}{speed}, seed {result['seed']}")
    if "breaches" in stats:
        bugchecks = stats.get("bugchecks", 0)
        print(f"in them the caller broke a rule {stats['breaches']:,} times, {bugchecks:,} ended in a bug check")
    files = count("file", result["corpus_files"])
    print(f"working corpus: {files}, {result['corpus_new']:,} of them new, in {result['corpus']}")
    print(f"findings: {len(result['findings'])}" if result["findings"] else "nothing was found")

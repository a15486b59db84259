"""fltfuzz campaign: all targets share the time; findings are kept once per cause, the corpus is kept small,
and nothing that was listed is lost, whatever ends it."""

import json
import os
import random
import re
import subprocess
import tempfile
from argparse import ArgumentTypeError
from pathlib import Path

from . import campaign_screen, report
from .build import build, target_table
from .campaign_corpus import Corpus
from .campaign_folder import Folder, default_folder, option
from .campaign_night import Night
from .campaign_share import Share
from .campaign_slices import WEIGHTS, AflSlice, Slice, Turn
from .common import FINDING, FINE, TOP, TROUBLE, Stop, count, say, state_folder, whole_number
from .fuzz import MOST_JOBS, MOST_NUMBER, MOST_SECONDS, build_mutator, seed_folders, use_switches
from .tools import add_switches

DEFAULT_QUOTA = 1024  # MiB
ENGINES = ("libfuzzer", "afl", "both")
PAGE = "report.html"  # of the last night, in the campaign's folder
TOOLS = ["seq", "minimize", "replay", "features", "coverage", "rules"]


def duration(text):
    """An argparse type: 90s, 30m, 8h, 2d."""
    match = re.fullmatch(r"(\d+)([smhd])", text)
    seconds = int(match.group(1)) * {"s": 1, "m": 60, "h": 3600, "d": 86400}[match.group(2)] if match else 0
    if not 1 <= seconds <= MOST_SECONDS:
        raise ArgumentTypeError(f"{text} is no time from 1s to 30d, as in 90s, 30m, 8h, 2d")
    return seconds


def add_command(command):
    sub = command(
        "campaign",
        run,
        "Fuzz all targets, sharing the time by weight, and go on past findings. Each cause is found once, made\n"
        "small, and kept until `fltfuzz triage` says what becomes of it. May be killed at any moment: --resume\n"
        "goes on. Exit 0: nothing new; 1: new findings; 2: a target could not run, or the disk not be written.",
        "campaign --for 8h --jobs 2",
    )
    add = sub.add_argument
    add("--for", dest="seconds", type=duration, metavar="TIME", help="how long: 90s, 30m, 8h, 2d")
    add("--jobs", type=whole_number(1, MOST_JOBS), metavar="N", help="engines at once; default 1")
    add("--dir", type=Path, metavar="DIR", help=f"the campaign's folder; default {default_folder()}")
    add("--resume", action="store_true", help="go on with the campaign that was cut short; --for gives it another time")
    add("--engine", choices=ENGINES, metavar="NAME",
        help="libfuzzer (the default), afl: AFL++ with our mutator, or both in turns; AFL++ is installed when it is missing")
    add("--target", action="append", dest="weights", metavar="NAME[=W]", help="only this target, with this weight; may come again")
    add("--seed", type=whole_number(1, MOST_NUMBER), metavar="N", help="start of the random numbers; default: another one each time")
    add("--quota", type=whole_number(1, 2**20), metavar="MIB", help=f"bytes of the working corpus, all targets together; default {DEFAULT_QUOTA}")
    add("--share", type=Path, metavar="FOLDER", help="every ten minutes take inputs from FOLDER/TARGET, and give: see `merge`")
    add_switches(sub)
    add("--json", action="store_true", help="print the night as JSON (night.json) on standard output")
    add("--build", type=Path, metavar="FOLDER", help="a finished build to take programs from")


# ---- what takes part ---------------------------------------------------------------------------------


def weights_of(words, table):
    """{target: weight}"""
    if not words:
        return {name: WEIGHTS.get(name, 1) for name in table}
    weights = {}
    for word in words:
        name, equals, number = word.partition("=")
        if name not in table:
            raise Stop(f"unknown target {name}; there are: {', '.join(sorted(table))}")
        if equals and not (number.isdigit() and 1 <= int(number) <= 1000):
            raise Stop(f"--target {word}: a weight is a whole number from 1 to 1000")
        weights[name] = int(number) if equals else max(1, WEIGHTS.get(name, 1))
    return weights


def table_of(folder):
    try:
        return target_table(folder)
    except OSError as error:
        raise Stop(f"{error.filename}: {error.strerror}; it is no finished build") from None


def programs_of(options):
    """The folder of the programs, built; and the targets."""
    if options.build:
        return options.build.resolve() / "bin", table_of(options.build.resolve())
    names = [path.stem for path in sorted((TOP / "fuzz" / "targets").glob("fuzz_*.c"))]
    programs = build("fuzz", [*names, *TOOLS], options)
    return programs, table_of("fuzz")


def engines_of(options, table, weights):
    """What makes a slice; AFL++ has programs of its own, in a build of its own."""
    if options.engine == ENGINES[0]:
        return [Slice]
    names = [name for name in weights if weights[name]]
    programs = build("afl", names, options)
    mutators = {name: build_mutator(table[name], options) for name in names}

    def afl_slice(turn, _binary, *more):
        return AflSlice(turn, programs / turn.name, *more, mutators[turn.name])

    return [afl_slice] if options.engine == "afl" else [Slice, afl_slice]


def version():
    done = subprocess.run(["git", "-C", str(TOP), "describe", "--always", "--dirty"], capture_output=True, text=True, check=False)
    return done.stdout.strip() or "unknown"


# ---- the manifest --------------------------------------------------------------------------------------


def manifest_for(options, folder):
    """The manifest to go on with, and how long this night is."""
    manifest = folder.manifest()
    if options.resume:
        if manifest is None:
            raise Stop(f"{folder.path}: there is no campaign to go on with; start one with --for")
        if manifest["state"] == "ended" and not options.seconds:
            raise Stop(f"{folder.path}: the campaign of {manifest['started']} has ended; start another with --for")
        if options.seconds:
            manifest["seconds_asked"] = manifest["seconds_run"] + options.seconds
    else:
        manifest = next_manifest(options, folder, manifest)
    go_on_as_asked(options, manifest)
    if options.jobs:
        manifest["jobs"] = options.jobs
    if options.quota:
        manifest["quota_bytes"] = options.quota << 20
    return manifest, max(0, manifest["seconds_asked"] - manifest["seconds_run"])


def go_on_as_asked(options, manifest):
    """A campaign that is resumed has the targets and switches with which it began, as long as it gets no others."""
    asked = manifest.get("asked", {}) if options.resume else {}
    options.weights = options.weights or asked.get("targets")
    options.switches = options.switches or asked.get("switches")
    options.share = options.share or asked.get("share")
    options.engine = options.engine or asked.get("engine") or ENGINES[0]
    manifest["asked"] = {"targets": options.weights, "switches": options.switches and os.path.abspath(options.switches),
                         "share": options.share and os.path.abspath(options.share), "engine": options.engine}


def next_manifest(options, folder, before):
    """Of a new campaign, with what earlier ones on the folder left."""
    seed = options.seed or random.SystemRandom().randint(1, MOST_NUMBER)
    quota = (options.quota or DEFAULT_QUOTA) << 20
    manifest = folder.new_manifest(seed, options.jobs or 1, options.seconds, quota)
    if before:
        if before["state"] != "ended":
            gone = f"{campaign_screen.clock(before['seconds_run'])} of {campaign_screen.clock(before['seconds_asked'])}"
            say(f"the last campaign was cut short after {gone}; this is a new one (--resume would have gone on)")
        manifest.update({name: before[name] for name in ("nights", "targets", "findings", "corpus")})
    return manifest


# ---- the command -----------------------------------------------------------------------------------------


def run(options):
    # What a sanitizer reports without a stack has no cause to be known by.
    os.environ.setdefault("UBSAN_OPTIONS", "print_stacktrace=1")
    if not options.resume and not options.seconds:
        raise Stop("campaign needs --for TIME, as in --for 8h, or --resume")
    folder = Folder((options.dir or default_folder()).absolute())
    folder.lock()
    try:
        folder.prepare()
        manifest, seconds = manifest_for(options, folder)
        programs, table = programs_of(options)
        weights = weights_of(options.weights, table)
        for name in weights if options.switches else ():
            if table[name].input == "sequences":  # the others have no use for it
                use_switches(options, table[name], programs)
        engines = engines_of(options, table, weights)
        with tempfile.TemporaryDirectory(prefix="fltfuzz-") as scratch:
            night = prepare(options, folder, manifest, seconds, programs, table, weights, engines, Path(scratch))
            night.run()
    except OSError as error:
        raise Stop(f"{error.filename or folder.path}: {error.strerror}") from None
    finally:
        folder.unlock()
    return conclude(options, night)


def prepare(options, folder, manifest, seconds, programs, table, weights, engines, scratch):
    turns = [Turn(name, table[name], weight, manifest["targets"].get(name, {})) for name, weight in sorted(weights.items()) if weight]
    lines = []
    first = folder.manifest() is None
    corpora = {turn.name: Corpus(folder, turn.name, lines.append) for turn in turns}
    seeds = {turn.name: seed_folders(turn.target, programs, scratch / turn.name, options.verbose) for turn in turns}
    night = Night(folder, manifest, turns, corpora, seeds, programs, seconds, version())
    night.engines = engines
    for corpus in corpora.values():
        corpus.tell(night.say)
    if options.share:
        night.share = Share(Path(options.share).absolute(), programs.parent, {name: corpus.path for name, corpus in corpora.items()}, night.say)
    night.say(f"night {night.id}: {campaign_screen.clock(seconds)}, {count('job', manifest['jobs'])}, seed {manifest['seed']}, "
              f"{count('target', len(turns))}; in {folder.path}; Ctrl-C ends it")
    if first and not options.dir:
        take_over(corpora, night)
    return night


def take_over(corpora, night):
    """A first campaign starts from what `fltfuzz fuzz` has learnt."""
    for name, corpus in corpora.items():
        learnt = state_folder() / name / "corpus"
        added = corpus.copy_from(learnt) if learnt.is_dir() else 0
        if added:
            night.say(f"{name}: {count('file', added)} taken over from {learnt}")


def conclude(options, night):
    """The summary, the page; the exit code."""
    told = night.told()
    write_page(night)
    if options.json:
        print(json.dumps(told, indent=1))
    else:
        print("\n".join(summary(told, night.folder.path)))
    if any(finding["status"] == "new" for finding in told["findings"]):
        return FINDING
    return TROUBLE if any(row["aside"] for row in told["targets"].values()) else FINE


def write_page(night):
    page = night.folder.path / PAGE
    trouble = report.write_page(night.folder.path, night.id, page)
    night.say(f"no page of the night: {trouble}" if trouble else f"the night as a page: {page}")


def summary(told, folder):
    """A night in lines; `told` is its night.json."""
    ended = {"ended": "ran", "interrupted": "interrupted after"}.get(told["state"], "ran")
    lines = [f"night {told['id']} {ended} {campaign_screen.clock(told['seconds'])}, {count('job', told['jobs'])}, seed {told['seed']}, "
             f"version {told['version']}", ""]
    lines.append(f"{'target':<16}{'time':>9}{'sequences':>15}{'calls':>17}{'calls/s':>11}{'coverage':>10}{'corpus':>16}{'states':>10}")
    for name, row in told["targets"].items():
        speed = row["calls"] / row["seconds"] if row["seconds"] else 0
        files = f"{row['corpus_before']:,} to {row['corpus_after']:,}"
        states = "-" if row["states"] is None else f"{row['states']:,}"
        lines.append(f"{name:<16}{campaign_screen.clock(row['seconds']):>9}{row['sequences']:>15,}{row['calls']:>17,}{speed:>11,.0f}"
                     f"{row['coverage']:>10,}{files:>16}{states:>10}")
        if row["aside"]:
            lines.append(f"    {row['aside']}")
    if told["coverage"]:
        totals = told["coverage"]["totals"]
        lines.append("")
        lines.append(f"the working corpus tries {totals['rule_calls_tried']:,} of {totals['rule_calls']:,} rules by calls, "
                     f"{totals['transitions_reached']:,} of {totals['transitions']:,} transitions")
    lines.append("")
    lines += finding_lines(told["findings"], folder)
    return lines


def finding_lines(found, folder):
    if not found:
        return ["nothing was found"]
    lines = []
    for finding in sorted(found, key=lambda finding: (finding["status"] != "new", finding["name"])):
        ticket = f" ({finding['ticket']})" if finding["ticket"] else ""
        lines.append(f"{finding['status']:<6}{finding['name']}{ticket}, met {count('time', finding['met'])}")
    new = sum(finding["status"] == "new" for finding in found)
    lines.append(f"findings: {new} new, {len(found) - new} known; ./scripts/fltfuzz triage{option(folder)} show NAME")
    return lines

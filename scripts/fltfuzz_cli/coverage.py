"""fltfuzz coverage: which rules, calls, outcomes and moves of the contract's state some sequences try,
what of it was never tried, and how tight the contract is."""

import json
import subprocess
import tempfile
from pathlib import Path

from . import coverage_report, rules, tightness
from .build import build, set_up
from .common import FINDING, FINE, TOP, Stop, count, echo, say, whole_number

CORPUS = [folder for folder in sorted((TOP / "corpus").glob("fuzz_*")) if folder.name != "fuzz_codec"]  # those are bytes
MILLION = 1_000_000


def add_command(command):
    sub = command(
        "coverage",
        run,
        "Say which rules, calls and outcomes of the contract some sequences try, which transitions of its\n"
        "state, and what they never tried. Without FILE and --run: the committed corpus, and then also that\n"
        "every outcome that the contract allows is reached, and that it has not become looser. Exit 1: not so.",
        "coverage --html coverage.html",
    )
    sub.add_argument("path", nargs="*", metavar="FILE", help="sequences, text or binary, or folders of them")
    sub.add_argument("--run", dest="sequences", type=whole_number(1, 1000 * MILLION), metavar="N",
                     help="N generated sequences, from an empty corpus; those that try something new are mutated further")
    sub.add_argument("--seed", type=whole_number(1, 2**31 - 1), default=1, metavar="N", help="of --run (default: 1)")
    sub.add_argument("--json", type=Path, metavar="OUT", help="write all of it as JSON; - is standard output")
    sub.add_argument("--html", type=Path, metavar="OUT", help="write a page of it, with heat maps")
    sub.add_argument("--rules", action="store_true", help="also each rule with its source, predictions, sequences, defects and kills")
    sub.add_argument("--write-tightness", action="store_true", help=f"how tight the contract is now becomes the floor, in {tightness.NAME}")
    sub.add_argument("--build", type=Path, metavar="FOLDER", help="a finished build to take programs from")


# ---- measuring -------------------------------------------------------------------------------------


def measure(options):
    """What fltfuzz-coverage counts."""
    program = (options.build / "bin" if options.build else build("fuzz", ["coverage", "rules"], options)) / "fltfuzz-coverage"
    words = [str(program)]
    if options.sequences:
        words += ["--run", str(options.sequences), "--seed", str(options.seed)]
    if is_whole_corpus(options):
        words += ["--open", *map(str, CORPUS)]
    words += [word if not word.startswith("-") else f"./{word}" for word in options.path]
    echo(words, options.verbose)
    with tempfile.TemporaryFile("w+") as out:  # it may be long
        code = subprocess.run(words, stdout=out, check=False).returncode
        if code not in (FINE, FINDING):
            raise Stop("" if code == 2 else f"{program} ended with {code}")
        out.seek(0)
        return json.load(out)


def is_whole_corpus(options):
    return not options.path and not options.sequences


def described(options):
    parts = [f"{count('generated sequence', options.sequences)}, seed {options.seed}"] if options.sequences else []
    return ", ".join(parts + options.path) or "the committed corpus"


# ---- the command -----------------------------------------------------------------------------------


def run(options):
    if options.write_tightness and not is_whole_corpus(options):
        raise Stop("--write-tightness is of the committed corpus: it goes without FILE and --run")
    if options.html:
        set_up(options, ["--jinja2"])
    counted = measure(options)
    told = rules.known(options)
    report = coverage_report.make(counted, told["rules"], described(options), is_whole_corpus(options))
    if options.write_tightness:
        tightness.write(counted)
        say(f"{tightness.NAME} written")
    elif is_whole_corpus(options):
        report["problems"] += tightness.compare(tightness.read(), counted)
    if options.rules:
        report["rules"] = told["rules"]
    if options.json:
        write(options.json, json.dumps(report, indent=1) + "\n")
    if options.html:
        from . import coverage_page  # needs Jinja2, which only this option does

        write(options.html, coverage_page.render(report))
    if str(options.json) != "-":
        print("\n".join(coverage_report.lines(report)))
    return FINDING if report["problems"] or report["findings"] else FINE


def write(path, text):
    if str(path) == "-":
        print(text, end="")
        return
    try:
        path.write_text(text, encoding="utf-8")
    except OSError as error:
        raise Stop(f"{path}: {error.strerror}") from None

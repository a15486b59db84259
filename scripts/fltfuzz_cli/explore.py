"""fltfuzz explore: every sequence up to a length, over a scope. The C tool does the work; this finds
the scope, builds and starts it."""

from pathlib import Path

from .build import build
from .common import TOP, Stop, make_folder, run_through, state_folder, whole_number

SCOPES = TOP / "fuzz" / "explore" / "scopes"


def scopes():
    return sorted(path.stem for path in SCOPES.glob("*.scope"))


def add_command(command):
    sub = command(
        "explore",
        run,
        "Run every sequence of calls up to a length, over a scope: a table of calls with their values.\n"
        "States that are equal are gone on from once. Ends with a statement of what was covered.\n"
        "Exit 0: nothing was found (also when time is up); 1: a finding; 2: it could not be done.",
        "explore --scope handles --length 7 --jobs 2",
    )
    sub.add_argument("--scope", default="default", metavar="NAME",
                     help=f"{', '.join(scopes())}, or a file of calls, one to a line (default: default)")
    sub.add_argument("--length", type=whole_number(1, 16), default=3, metavar="N", help="calls in a sequence (default: 3)")
    sub.add_argument("--jobs", type=whole_number(1, 64), default=1, metavar="N", help="processes (default: 1)")
    sub.add_argument("--memory", type=whole_number(1, 2**20), default=1024, metavar="MIB",
                     help="of the set of states, shared by all processes (default: 1024)")
    sub.add_argument("--time", type=whole_number(1, 2**30), metavar="SECONDS", help="stop then; --resume goes on")
    sub.add_argument("--resume", action="store_true", help="go on from the last checkpoint, also to a greater length")
    sub.add_argument("--json", metavar="FILE", help="write the statement as JSON; - is standard output")
    sub.add_argument("--preset", choices=["release", "fuzz", "gcc"], default="release",
                     help="of the build; fuzz and gcc have the sanitizers and are slower (default: release)")
    what = sub.add_mutually_exclusive_group()
    what.add_argument("--print-scope", action="store_true", help="print every move of the scope, and nothing else")
    what.add_argument("--check-merges", type=whole_number(1, 2**30), metavar="N",
                      help="of what was explored: go on from N pairs of sequences that lead to one state, and compare")
    what.add_argument("--reached", nargs="+", metavar="PATH",
                      help="of what was explored: look up the states that these sequences reach")
    sub.add_argument("--seed", type=whole_number(0, 2**30), default=0, metavar="N", help="of --check-merges (default: 0)")


def scope_file(name):
    """A name of ours, or a file."""
    if name in scopes():
        return SCOPES / f"{name}.scope"
    if Path(name).exists():
        return Path(name)
    raise Stop(f"there is no scope {name}, and no such file; scopes are {', '.join(scopes())}")


def words_of(options, scope):
    """The C tool's."""
    words = ["--scope", scope]
    if options.print_scope:
        return [*words, "--print-scope"]
    words += ["--folder", make_folder(state_folder() / "explore") / scope.stem, "--memory", options.memory]
    if options.check_merges:
        return [*words, "--check-merges", options.check_merges, "--seed", options.seed]
    if options.reached:
        return [*words, "--reached", *options.reached]
    words += ["--length", options.length, "--jobs", options.jobs]
    words += ["--time", options.time] if options.time else []
    words += ["--resume"] if options.resume else []
    return words + (["--json", options.json] if options.json else [])


def run(options):
    scope = scope_file(options.scope)
    folder = build(options.preset, ["explore"], options)
    return run_through([folder / "fltfuzz-explore", *words_of(options, scope)], options.verbose)

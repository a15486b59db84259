"""fltfuzz triage: what becomes of a campaign's findings. It lists and shows them, compares two, accepts one
under a ticket, and makes a test of one that is fixed."""

import contextlib
import difflib
import re
import shutil
import subprocess
import tempfile
from pathlib import Path

from .build import build, target_table
from .campaign_folder import MANIFEST, default_folder
from .common import FINE, TOP, Stop, count, echo, say
from .findings import Findings, facts, holds, parse_condition

TITLE = "{:<7}{:<40}{:>7}{:>7}  {:<11}{:<11}{}"


def add_command(command):
    sub = command(
        "triage",
        run,
        "Look at what campaigns have found, and say what becomes of it. A new finding makes every campaign that\n"
        "meets it fail; an accepted one is reported, as long as its condition holds; a fixed one becomes a test.",
        "triage accept close-once-3fa1c2 --ticket BUG-12 --when 'call=NtClose, profile=strict'",
    )
    sub.add_argument("--dir", type=Path, metavar="DIR", help=f"the campaign's folder; default {default_folder()}")
    sub.add_argument("--build", type=Path, metavar="FOLDER", help="a finished build to take programs from")
    what = sub.add_subparsers(dest="what", metavar="WHAT", required=True)
    what.add_parser("list", help="all findings; the default order is new, known, fixed").add_argument(
        "--check", action="store_true", help="run each as the system is now, and say whether it still shows")
    what.add_parser("show", help="one, with its sequence, its trace, and its state now").add_argument("name", metavar="NAME")
    compare = what.add_parser("compare", help="what two have in common, and where their sequences differ")
    compare.add_argument("name", metavar="A")
    compare.add_argument("other", metavar="B")
    accept = what.add_parser("accept", help="known from now on, under a ticket, where the condition holds")
    accept.add_argument("name", metavar="NAME")
    accept.add_argument("--ticket", required=True, metavar="T", help="where it is tracked")
    accept.add_argument("--when", required=True, metavar="CONDITION", help="FIELD=VALUE, ...: `triage show` lists the finding's")
    promote = what.add_parser("promote", help="fixed: its sequence goes to corpus/TARGET/regress with what it comes back with now")
    promote.add_argument("name", metavar="NAME")
    promote.add_argument("--to", type=Path, metavar="FOLDER", help="instead of corpus/TARGET/regress")


def run(options):
    path = (options.dir or default_folder()).absolute()
    if not (path / MANIFEST).is_file():
        raise Stop(f"{path}: there is no campaign; start one with ./scripts/fltfuzz campaign --for 8h")
    store = Findings(path)
    return {"list": run_list, "show": run_show, "compare": run_compare, "accept": run_accept, "promote": run_promote}[options.what](options, store)


# ---- as the system is now ----------------------------------------------------------------------------


class Now:
    """Runs a finding's sequences with the programs of today."""

    def __init__(self, options):
        if options.build:
            self.programs = options.build.resolve() / "bin"
            self.targets = target_table(options.build.resolve())
        else:
            self.programs = build("fuzz", ["replay", "seq", *target_names()], options)
            self.targets = target_table("fuzz")
        self.verbose = options.verbose

    def run(self, words):
        words = list(map(str, words))
        echo(words, self.verbose)
        try:
            return subprocess.run(words, capture_output=True, timeout=120, check=False)
        except subprocess.TimeoutExpired:
            return subprocess.CompletedProcess(words, -1, b"", b"DEDUP_TOKEN: timeout")

    def shows(self, target, path):
        """The rule or "a failure" that it shows now; empty: nothing."""
        if path.suffix == ".seq":
            with self.as_binary(path) as binary:
                done = self.run([self.programs / "fltfuzz-replay", "--", binary])
        else:
            done = self.run([self.programs / target, path])
        if done.returncode == 0:
            return ""
        rule = re.search(rb"^DEDUP_TOKEN: (\S+)", done.stdout + done.stderr, re.M)
        return rule.group(1).decode() if rule else "a failure"

    @contextlib.contextmanager
    def as_binary(self, path):
        """Without what its calls came back with when it was found, which is not what they must."""
        with tempfile.TemporaryDirectory(prefix="fltfuzz-") as folder:
            binary = Path(folder) / "sequence"
            done = self.run([self.programs / "fltfuzz-seq", "encode", path, "-o", binary])
            if done.returncode != 0:
                raise Stop(done.stderr.decode("utf-8", "replace").strip() or f"{path}: cannot be encoded")
            yield binary

    def still_shown(self, store, finding):
        """[(path, what it shows)] of those that show something."""
        shown = [(path, self.shows(finding["target"], path)) for path in store.sequences(finding["name"])]
        return [(path, what) for path, what in shown if what]


def target_names():
    return [path.stem for path in sorted((TOP / "fuzz" / "targets").glob("fuzz_*.c"))]


# ---- list, show, compare -------------------------------------------------------------------------------


def run_list(options, store):
    found = sorted(store.load_all(), key=lambda one: (["new", "known", "fixed"].index(one["status"]), one["name"]))
    if not found:
        print("no findings")
        return FINE
    now = Now(options) if options.check else None
    print(TITLE.format("status", "name", "calls", "met", "first", "last", "ticket"))
    for one in found:
        ticket = f"{one['ticket']} when {one['condition']}" if one["ticket"] else ""
        print(TITLE.format(one["status"], one["name"], one["calls"] or "-", one["seen"], one["first_seen"][:10], one["last_seen"][:10], ticket).rstrip())
        if one.get("note"):
            print(f"       {one['note']}")
        if now:
            shown = now.still_shown(store, one)
            print(f"       {described(shown, store.sequences(one['name']))}")
    statuses = [one["status"] for one in found]
    print(", ".join(f"{statuses.count(status)} {status}" for status in ("new", "known", "fixed")))
    return FINE


def described(shown, paths):
    if not shown:
        return f"now: nothing is shown by {count('sequence', len(paths))}"
    fail = "fails" if len(paths) == 1 else "fail"
    return f"now: {len(shown)} of {count('sequence', len(paths))} still {fail}: " + ", ".join(sorted({what for _, what in shown}))


def run_show(options, store):
    one = store.find(options.name)
    folder = store.folder(one["name"])
    print(f"{one['name']}: {one['status']}, met {count('time', one['seen'])}, first {one['first_seen']}, last {one['last_seen']}")
    if one["ticket"]:
        print(f"ticket {one['ticket']}, when {one['condition']}")
    if one.get("note"):
        print(one["note"])
    print("for a condition: " + ", ".join(f"{field}={value}" for field, value in facts(one).items() if value and field != "shape"))
    if not one["minimal"]:
        print("not minimal" + (", and it does not show each time" if one["flaky"] else ""))
    print(f"folder: {folder}\n")
    # The trace is of the minimal sequence and ends with its report; report.txt is of the engine's input.
    path = next(folder / name for name in ("trace.txt", "report.txt") if name == "report.txt" or (folder / name).is_file())
    print(path.read_text(encoding="utf-8", errors="replace").rstrip() + "\n")
    variants = sorted((folder / "variants").glob("*.seq"))
    if variants:
        print(f"---- {count('other way', len(variants))} to the same cause, in {folder / 'variants'}")
    print(described(Now(options).still_shown(store, one), store.sequences(one["name"])))
    print(f"reproduce: {one['reproduce']}")
    return FINE


def run_compare(options, store):
    a, b = store.find(options.name), store.find(options.other)
    for field in ("rule", "shape", "target", "profile", "status", "ticket", "calls", "seen"):
        left, right = a.get(field), b.get(field)
        print(f"{field:<8}" + (f"both {left}" if left == right else f"{left}  |  {right}"))
    texts = [calls_of(store, one) for one in (a, b)]
    print()
    print("\n".join(difflib.unified_diff(*texts, a["name"], b["name"], lineterm="", n=50)) or "the sequences are the same")
    return FINE


def calls_of(store, one):
    path = store.folder(one["name"]) / "sequence.seq"
    return path.read_text(encoding="utf-8").splitlines() if path.is_file() else ["(bytes: see input)"]


# ---- accept, promote -----------------------------------------------------------------------------------


def run_accept(options, store):
    if not options.ticket.strip() or not options.ticket.isprintable():
        raise Stop("--ticket needs a name")
    parse_condition(options.when)
    with store.locked():
        one = store.find(options.name)
        if not holds(options.when, one):
            known = ", ".join(f"{field}={value}" for field, value in facts(one).items() if value and field != "shape")
            raise Stop(f"{one['name']}: the condition does not hold for the finding itself: {known}")
        one.update(status="known", ticket=options.ticket.strip(), condition=options.when, note="")
        store.save(one)
    say(f"{one['name']}: known, {one['ticket']}, when {one['condition']}")
    return FINE


def run_promote(options, store):
    one = store.find(options.name)
    if one["status"] == "fixed":
        raise Stop(f"{one['name']}: is fixed already; if a campaign meets it again it is new again")
    now = Now(options)
    shown = now.still_shown(store, one)
    if shown:
        raise Stop(f"{one['name']}: is not fixed: {shown[0][0].name} still shows {shown[0][1]}"
                   + (f", and {count('other', len(shown) - 1)} do" if len(shown) > 1 else ""))
    target = now.targets[one["target"]]
    to = options.to or TOP / "corpus" / target.seeds / "regress"
    written = write_test(store, one, now, target, to)
    with store.locked():
        one = store.load(one["name"])
        one.update(status="fixed", note="")
        store.save(one)
    say(f"{one['name']}: fixed; {written} is a test from now on")
    return FINE


def write_test(store, one, now, target, to):
    """The sequence with what its calls come back with now."""
    folder = store.folder(one["name"])
    is_text = (folder / "sequence.seq").is_file()
    path = to / (f"{one['name']}.seq" if is_text else one["name"])
    to.mkdir(parents=True, exist_ok=True)
    if path.exists():
        raise Stop(f"{path}: is there already")
    if not is_text:
        shutil.copyfile(folder / "input", path)
        return path
    why = (folder / "sequence.seq").read_text(encoding="utf-8").splitlines()[0]
    head = f"{why}\n# A campaign of {target.name} found: {one['shape'].partition(' ')[2]}.\n"
    path.write_text(head + with_outcomes(folder / "sequence.seq", now), encoding="utf-8")
    done = now.run([now.programs / "fltfuzz-replay", "--quiet", "--", path])
    if done.returncode != 0:
        path.unlink()
        raise Stop(f"{one['name']}: its sequence does not come back with the same twice: " + (done.stdout + done.stderr).decode("utf-8", "replace").strip()[:200])
    return path


def with_outcomes(sequence, now):
    """As replay prints them, without IRPs."""
    with now.as_binary(sequence) as binary:
        done = now.run([now.programs / "fltfuzz-replay", "--trace", "--", binary])
    lines = done.stdout.decode("utf-8").splitlines()
    return "".join(line + "\n" for line in lines if is_of_a_test(line))


def is_of_a_test(line):
    return line.startswith("# end:") or bool(line.strip()) and not line.startswith("#") and not re.match(r"\d+ sequences, ", line)

"""fltfuzz merge: what other folders add to a corpus, in code that is covered and in what is tried of the contract."""

import json
import subprocess
import sys
import tempfile
from pathlib import Path
from types import SimpleNamespace
from typing import NamedTuple

from . import shared_folder
from .build import build
from .campaign import table_of
from .campaign_corpus import TOOL_SECONDS, Corpus
from .campaign_folder import MANIFEST, Folder
from .common import FINE, TROUBLE, Stop, count, make_folder, say
from .fuzz import working_corpus


class Added(NamedTuple):
    code: set  # names of inputs that the engine takes for the code that they cover
    states: set  # of those that try more of the contract: rules, outcomes, moves, abstract states
    failing: set  # that break a rule: no engine could start from them


def add_command(command):
    sub = command(
        "merge",
        run,
        "Add to a corpus what other folders have and it has not: code that is covered, and rules, outcomes and\n"
        "states that are tried. The folders are corpora, AFL's output folders, campaigns' folders, texts (.seq).\n"
        "Any of them may be in use, on other machines too: files are named by their content and appear whole;\n"
        "what is half-written is left for the next time. Nothing is removed: to make a corpus small, merge it\n"
        "into an empty folder. Exit 0: done; 2: a folder cannot be read or written, or a program is missing.",
        "merge fuzz_names /mnt/shared/fuzz_names ~/.local/state/fltfuzz/campaign afl-out/",
    )
    add = sub.add_argument
    add("target", metavar="TARGET", help="whose corpus it is")
    add("into", type=Path, metavar="INTO", help="the corpus that is added to; made when it is not there")
    add("sources", nargs="+", type=Path, metavar="FROM", help="folders or files; read, and left as they are")
    add("--json", action="store_true", help="print the numbers as JSON")
    add("--build", type=Path, metavar="FOLDER", help="a finished build to take programs from")


def programs_of(options):
    """The folder of the programs, and the target."""
    if options.build:
        folder = options.build.resolve()
        table, programs = table_of(folder), folder / "bin"
    else:
        programs = build("fuzz", ["seq", "features"], options)
        table = table_of("fuzz")
    if options.target not in table:
        raise Stop(f"unknown target {options.target}; there are: {', '.join(sorted(table))}")
    if not options.build:
        build("fuzz", [options.target], options)
    return programs, table[options.target]


# ---- reading ------------------------------------------------------------------------------------------


def source(path, target):
    """Of a campaign's folder the working corpus."""
    return Folder(path).corpus(target) if (path / MANIFEST).is_file() else path


def encode(texts, programs, scratch, skipped):
    """{name: bytes} of sequences as text; one by one only where one of them is none."""
    folder, out = make_folder(scratch / "texts"), make_folder(scratch / "encoded")
    paths = [folder / f"{number:06}.seq" for number in range(len(texts))]
    for path, data in zip(paths, texts.values()):
        path.write_bytes(data)
    program = str(programs / "fltfuzz-seq")
    if paths and run_tool([program, "seeds", str(folder), "-o", str(out)], TOOL_SECONDS).returncode != 0:
        for path in paths:
            encoded = out / path.name
            encoded.unlink(missing_ok=True)
            done = run_tool([program, "encode", str(path), "-o", str(encoded)], TOOL_SECONDS)
            skipped["no sequence"] += done.returncode != 0
    return {shared_folder.name_of(data): data for data in map(Path.read_bytes, out.iterdir())}


def read_sources(options, target, programs, scratch):
    """What is there now, and how many files were skipped, by reason."""
    paths = [source(path, target.name) for path in options.sources]
    read, troubles = shared_folder.read_all(paths)
    for path, why in troubles:
        if Path(path) in paths:
            raise Stop(f"{path}: {why}")
        read.skipped[why] += 1
    if target.input == "bytes":
        read.inputs.update((shared_folder.name_of(data), data) for data in read.texts.values())
    else:
        read.inputs.update(encode(read.texts, programs, scratch, read.skipped))
    return read.inputs, read.skipped


def read_corpus(folder):
    """What is in INTO now, whatever others do with it."""
    read, _ = shared_folder.read_all([folder])
    return read.inputs


# ---- choosing -----------------------------------------------------------------------------------------


def run_tool(words, seconds):
    return subprocess.run(words, capture_output=True, text=True, errors="replace", timeout=seconds, check=False)


def private(folder, target, inputs):
    """A corpus that nobody else touches."""
    corpus = Corpus(Folder(folder), target.name, say)
    for name, data in inputs.items():
        (corpus.path / name).write_bytes(data)
    corpus.take_in()
    return corpus


def covers_more(program, base, new, scratch):
    """The names of those that the engine adds to the base."""
    into, of = make_folder(scratch / "into"), make_folder(scratch / "of")
    for folder, inputs in ((into, base), (of, new)):
        for name, data in inputs.items():
            (folder / name).write_bytes(data)
    words = [str(program), "-merge=1", f"-artifact_prefix={make_folder(scratch / 'artifacts')}/", str(into), str(of)]
    try:
        done = run_tool(words, TOOL_SECONDS)
    except (OSError, subprocess.TimeoutExpired) as error:
        raise Stop(f"{program}: {error.strerror if isinstance(error, OSError) else 'the merge did not come to an end'}") from None
    if done.returncode != 0:
        raise Stop(f"{program}: the merge failed: {(done.stderr.strip().splitlines() or ['it said nothing'])[-1]}")
    return {path.name for path in into.iterdir()} & set(new)


def tries_more(programs, target, base, new, scratch):
    """The names of those that try more than the base, and of those that fail."""
    if target.input != "sequences":
        return set(), set()
    both = private(scratch / "both", target, {**base, **new})
    keep = both.look(programs, run_tool)
    if keep is None:
        return set(), set()  # it has said so; the engine still chooses
    failing = {path.name for path, _rule in both.failing}
    before = private(scratch / "before", target, base)
    before.look(programs, run_tool)
    more = both.features != before.features
    return (keep & set(new)) - failing if more else set(), failing & set(new)


def choose(programs, target, base, new, scratch):
    states, failing = tries_more(programs, target, base, new, scratch)
    sound = {name: data for name, data in new.items() if name not in failing}
    code = covers_more(programs / target.name, base, sound, scratch) if sound else set()
    return Added(code, states - code, failing)


# ---- the command --------------------------------------------------------------------------------------


def run(options):
    programs, target = programs_of(options)
    into = working_corpus(SimpleNamespace(corpus=options.into))
    shared_folder.sweep(into)
    with tempfile.TemporaryDirectory(prefix="fltfuzz-merge-") as scratch:
        scratch = Path(scratch)
        found, skipped = read_sources(options, target, programs, scratch)
        base = read_corpus(into)
        new = {name: data for name, data in found.items() if name not in base}
        added = choose(programs, target, base, new, scratch) if new else Added(set(), set(), set())
    try:
        stored = shared_folder.store(into, {name: new[name] for name in added.code | added.states})
    except OSError as error:
        print(f"fltfuzz: {into}: {error.strerror}; what was added before is whole", file=sys.stderr)
        return TROUBLE
    result = {
        "target": target.name, "into": str(into), "found": len(found), "new": len(new), "added": stored, "for_code": len(added.code),
        "for_states": len(added.states), "failing": len(added.failing), "skipped": dict(skipped), "files": len(base) + stored,
    }
    print(json.dumps(result, indent=1) if options.json else summary(result))
    return FINE


def summary(result):
    lines = [f"{result['target']}: {result['added']:,} of {count('input', result['found'])} added to {result['into']}, "
             f"{result['for_code']:,} for code, {result['for_states']:,} for states; {count('file', result['files'])} there"]
    lines += [f"{count('file', number)} skipped: {why}" for why, number in sorted(result["skipped"].items())]
    if result["failing"]:
        lines.append(f"{count('input', result['failing'])} left out: a rule is broken; ./scripts/fltfuzz regress --corpus FROM says which")
    return "\n".join(lines)

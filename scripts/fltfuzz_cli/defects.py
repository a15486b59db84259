"""Seeded defects: an edit of the kernel, named by function and statement, built beside the real one.
And lost checks: an edit of the contract, so that it no longer finds what a caller does wrong.

The form, fuzz/defects/NAME.defect:

    # FltClose takes a handle of any opener.
    rules close-only-flt-created failed-call-changes-nothing
    edit model/kernel/calls_flt.c flt_close_own
    - if (!opened_by_flt(entry))
    + if (false)

The first line says what an implementer got wrong. `rules` names those that it may be reported under,
three at most; it is the first one's defect. `shown FILE` is the committed sequence that must fail, under
that first rule. `target NAME` is the fuzz target that must find it, fuzz_close when left out.
`edit FILE FUNCTION` begins an edit: the lines after `-` must stand exactly once in that function (white
space does not count), the lines after `+` replace them. An edit that does not apply is an error, never
skipped. FLT_PREDICT(NAME) is the function flt_predict_NAME, and so on.

A lost check, lost-RULE.defect, edits model/contract/ alone and names one rule, the caller's whose breach
or leak is no longer found. It must have a `shown`: the sequence that expects that breach, and must fail.
Where a rule is looked at in several places each is lost in a file of its own, lost-RULE-WORDS.defect.
"""

import json
import re
import shlex
import shutil
import subprocess
from pathlib import Path
from typing import NamedTuple

from . import libfuzzer
from .common import TOP, Stop

FOLDER = TOP / "fuzz" / "defects"
CONTRACT = "model/contract/"


class Edit(NamedTuple):
    file: str
    function: str
    old: str
    new: str


class Defect(NamedTuple):
    name: str
    title: str
    rules: list
    edits: list
    shown: str = ""  # the committed sequence that shows it
    target: str = "fuzz_close"  # the fuzz target that must find it

    @property
    def is_lost_check(self):
        return self.edits[0].file.startswith(CONTRACT)


# ---- reading ------------------------------------------------------------------------------------


def read(path):
    lines = path.read_text(encoding="utf-8").splitlines()
    if not lines or not lines[0].startswith("# "):
        raise Stop(f"{path}:1: the first line must say what is wrong: # SENTENCE")
    rules, edits, shown, target = [], [], "", "fuzz_close"
    for number, line in enumerate(lines[1:], 2):
        words = line.split()
        if not words or line.startswith("#"):
            continue
        if words[0] == "rules":
            rules = words[1:]
        elif words[0] == "shown" and len(words) == 2:
            shown = words[1]
        elif words[0] == "target" and len(words) == 2:
            target = words[1]
        elif words[0] == "edit" and len(words) == 3:
            edits.append(Edit(words[1], words[2], "", ""))
        elif words[0] == "-" and edits:
            edits[-1] = edits[-1]._replace(old=edits[-1].old + line[1:] + "\n")
        elif words[0] == "+" and edits:
            edits[-1] = edits[-1]._replace(new=edits[-1].new + line[1:] + "\n")
        else:
            raise Stop(f"{path}:{number}: expected rules, shown FILE, target NAME, edit FILE FUNCTION, - OLD or + NEW: {line}")
    if not 1 <= len(rules) <= 3:
        raise Stop(f"{path}: one to three rules are needed, there are {len(rules)}")
    if not edits or not all(edit.old for edit in edits):
        raise Stop(f"{path}: an edit with a line to replace is needed")
    if shown and not (TOP / shown).is_file():
        raise Stop(f"{path}: no sequence {shown}")
    defect = Defect(path.stem, lines[0][2:], rules, edits, shown, target)
    _check_kind(path, defect)
    return defect


def _check_kind(path, defect):
    """It breaks the kernel or the contract, not both."""
    lost = defect.is_lost_check
    if any(edit.file.startswith(CONTRACT) != lost for edit in defect.edits):
        raise Stop(f"{path}: edits of {CONTRACT} and of other files do not go together")
    if lost and (len(defect.rules) != 1 or not defect.shown):
        raise Stop(f"{path}: a lost check names one rule, and the sequence that shows it")
    if lost != f"{path.stem}-".startswith(f"lost-{defect.rules[0]}-"):
        raise Stop(f"{path}: lost-RULE is the name of a lost check, and of nothing else")


def read_all():
    return [read(path) for path in sorted(FOLDER.glob("*.defect"))]


def find(name):
    path = FOLDER / f"{name}.defect"
    if not path.is_file():
        raise Stop(f"unknown defect {name}; there are: {' '.join(d.name for d in read_all())}")
    return read(path)


# ---- applying -----------------------------------------------------------------------------------


def _tokens(code):
    """A pattern for the code in which white space does not count."""
    return r"\s*".join(re.escape(token) for token in re.findall(r"\w+|[^\w\s]", code))


def _function_span(text, function, where):
    """From the definition's name to its closing brace, which stands at the line's start."""
    head = rf"[A-Za-z].*\b{re.escape(function)}\([^;{{]*"
    macro = re.fullmatch(r"flt_(predict|observe)_(\w+)", function)
    if macro:
        head = rf"(?:{head}|FLT_{macro.group(1).upper()}\({macro.group(2)}\)\s*)"
    starts = list(re.finditer(rf"^{head}\{{", text, re.M))
    if len(starts) != 1:
        raise Stop(f"{where}: {len(starts)} definitions of {function}, one is needed")
    end = text.find("\n}", starts[0].end())
    if end < 0:
        raise Stop(f"{where}: {function} has no end")
    return starts[0].start(), end


def apply_edit(text, edit, where):
    start, end = _function_span(text, edit.function, where)
    found = list(re.finditer(_tokens(edit.old), text[start:end]))
    if len(found) != 1:
        raise Stop(f"{where}: {edit.function}: the statement stands there {len(found)} times, not once: {edit.old.strip()}")
    at = found[0]
    return text[: start + at.start()] + edit.new.strip() + text[start + at.end() :]


def edited_sources(defect):
    """{path in the project: new text}."""
    texts = {}
    for edit in defect.edits:
        where = f"fuzz/defects/{defect.name}.defect"
        if edit.file not in texts:
            path = TOP / edit.file
            if not path.is_file():
                raise Stop(f"{where}: no file {edit.file}")
            texts[edit.file] = path.read_text(encoding="utf-8")
        texts[edit.file] = apply_edit(texts[edit.file], edit, where)
    return texts


# ---- building -----------------------------------------------------------------------------------


def _compile_command(build, source):
    """How the build compiles that file, without -o OBJECT and the file's name."""
    rows = json.loads((build / "compile_commands.json").read_text(encoding="utf-8"))
    for row in rows:
        if Path(row["file"]) == source:
            words = shlex.split(row["command"])
            at = words.index("-o")
            return [word for i, word in enumerate(words) if i not in (at, at + 1) and word not in ("-c", row["file"])]
    raise Stop(f"{build} does not compile {source}")


def link_command(build, program):
    """How the build links that program, as words."""
    done = subprocess.run(["ninja", "-C", str(build), "-t", "commands", program], capture_output=True, text=True, check=False)
    lines = done.stdout.strip().splitlines()
    if done.returncode != 0 or not lines:
        raise Stop(f"{build} does not build {program}: {done.stderr.strip()}")
    return shlex.split(re.sub(r"^: && | && :$", "", lines[-1]))


def compile_sources(defect, build, work):
    """The objects of the edited files, below `work`; every program of that build can take them."""
    shutil.rmtree(work, ignore_errors=True)
    work.mkdir(parents=True)
    objects = []
    for file, text in edited_sources(defect).items():
        source = TOP / file
        copy = work / source.name
        copy.write_text(text, encoding="utf-8")
        target = work / (source.name + ".o")
        # Quoted includes are looked up where the original stands.
        command = [*_compile_command(build, source), "-Wno-error", "-w", "-iquote", str(source.parent), "-c", str(copy), "-o", str(target)]
        done = subprocess.run(command, cwd=build, capture_output=True, text=True, check=False)
        if done.returncode != 0:
            raise Stop(f"fuzz/defects/{defect.name}.defect does not compile:\n{done.stderr.strip()}")
        objects.append(target)
    return objects


def link(defect, objects, build, program):
    """The program of a finished build with those objects in it, beside them: they stand before the
    libraries, so that the linker never takes the real ones from the archive."""
    words = link_command(build, program)
    at = words.index("-o")
    out = objects[0].parent / Path(words[at + 1]).name
    words[at + 1] = str(out)
    words[at + 2 : at + 2] = map(str, objects)
    done = subprocess.run(words, cwd=build, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise Stop(f"fuzz/defects/{defect.name}.defect does not link:\n{done.stderr.strip()[-800:]}")
    return out


def build_program(defect, build, program, work):
    """The program of a finished build, with the defect in it: its path below `work`."""
    return link(defect, compile_sources(defect, build, work), build, program)


# ---- trying -------------------------------------------------------------------------------------


class Kill(NamedTuple):
    rule: str  # empty: not killed
    by: str  # the file, or what the fuzzer needed
    runs: int = 0  # that the fuzzer made
    calls: int = 0  # in them


def _replay(program, path):
    """The rows of a replay's result; None when it died under a sanitizer, and the file it died in."""
    done = subprocess.run([str(program), "--json", str(path)], capture_output=True, text=True, errors="replace", check=False)
    try:
        return json.loads(done.stdout), ""
    except ValueError:
        match = re.search(r"while replaying (\S+)", done.stderr)
        return None, match.group(1) if match else str(path)


EXPECTATION = "expectation"  # in place of a rule: what came back is allowed, and not what the sequence says


def first_kill(rows):
    """By the first file that fails."""
    for row in rows:
        if row["verdict"] in ("finding", "unexpected"):
            return Kill(row.get("rule", EXPECTATION), row["file"])
    return Kill("", "")


def killed_by_corpus(program, folders):
    """The first committed sequence that fails under a rule; when none does, the first that expects
    something else, which says that there is a difference and not what is broken."""
    different = Kill("", "")
    for folder in folders:
        rows, died = _replay(program, folder)
        if rows is None:
            return Kill("sanitizer", died)
        kill = first_kill([row for row in rows if "rule" in row])
        if kill.rule:
            return kill
        different = different if different.rule else first_kill(rows)
    return different


def killed_by_shown(program, defect):
    """The sequence that the defect names."""
    rows, died = _replay(program, TOP / defect.shown)
    return Kill("sanitizer", died) if rows is None else first_kill(rows)


def killed_by_missing(program, lost):
    """A lost check: the sequence fails where it expects the rule."""
    path = TOP / lost.shown
    rows, died = _replay(program, path)
    if rows is None:
        return Kill("sanitizer", died)
    kill = first_kill(rows)
    missed = re.findall(r"\b(?:breach|leak) ([a-z0-9-]+)", _expected_where_it_failed(rows[0], path)) if kill.rule else []
    return kill._replace(rule=lost.rules[0]) if lost.rules[0] in missed else kill


def _expected_where_it_failed(row, path):
    """In the words of the sequence. Where the check kept a call from the system, the call is made
    now, and what goes wrong is a finding of its step."""
    if row["verdict"] == "finding":
        return expectation(path.read_text(encoding="utf-8"), row["step"])
    return row["what"] if row["what"].endswith("expected, and not found") else row["what"].partition(", expected ")[2]


def expectation(text, step):
    """What a sequence says that its call of that number comes back with."""
    calls = [line for line in text.splitlines() if "(" in line and not line.lstrip().startswith("#")]
    return calls[step - 1].partition("#")[2].strip() if 0 < step <= len(calls) else ""


def killed_by_fuzzing(program, work, runs, seed):
    """From an empty corpus: the rule, and how many runs it took."""
    corpus = work / f"corpus-{seed}"
    corpus.mkdir(exist_ok=True)
    command = [str(program), f"-runs={runs}", f"-seed={seed}", "-print_final_stats=1", f"-artifact_prefix={work}/", str(corpus)]
    done = subprocess.run(command, capture_output=True, text=True, errors="replace", check=False)
    output = libfuzzer.Output()
    for line in done.stderr.splitlines():
        output.feed(line)
    made, calls = output.executed(), json.loads(output.our_stats or "{}").get("calls", 0)
    if done.returncode == 0:
        return Kill("", "", made, calls)
    return Kill(output.rule() or "sanitizer", f"{made} runs", made, calls)

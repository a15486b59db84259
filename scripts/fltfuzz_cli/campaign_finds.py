"""An input that an engine stopped at becomes a finding: is it shown every time, by how few calls, what is
its cause's name. First of all it is put where no crash loses it."""

import hashlib
import json
import re
import shlex
import subprocess
from pathlib import Path

from . import durable, findings, libfuzzer, shrink
from .common import TOP

TIMES = 3  # an input is run to see whether it always shows the same
TOOL_SECONDS = 120
BYTES_SECONDS = 10
KINDS = {"crash-": "", "leak-": "memory-leak", "timeout-": "timeout", "oom-": "out-of-memory"}
_SUMMARY = re.compile(r"SUMMARY: (\w+)Sanitizer: ([\w-]+)")
_FRAME = re.compile(r"^\s*#\d+ 0x[0-9a-f]+ in (\S+) ?(\S*)", re.M)
_FOREIGN = re.compile(r"^(__|_start|main$|fuzzer::|LLVMFuzzer|raise$|abort$|malloc|calloc|realloc|free$|gsignal|pthread_)|compiler-rt|/sanitizer")
_SHORT = {"Address": "asan", "Undefined": "ubsan", "UndefinedBehavior": "ubsan", "Memory": "msan"}
FRAMES = 3


class Shown:
    """What one run of a target shows: the rule, or the kind of a report with its innermost functions."""

    def __init__(self, rule, kind="", frames=()):
        self.rule, self.kind, self.frames = rule, kind, tuple(frames)

    def __eq__(self, other):
        return (self.rule, self.kind, self.frames) == (other.rule, other.kind, other.frames)

    @property
    def name(self):
        return self.rule or self.kind


def shown_by(report, kind=""):
    """Of what was printed. `kind` when the engine has said it by the artifact's name."""
    rule = re.search(r"^DEDUP_TOKEN: (\S+)", report, re.M)
    if rule:
        return Shown(rule.group(1))
    if "libFuzzer: timeout" in report:
        kind = "timeout"
    elif "libFuzzer: out-of-memory" in report:
        kind = "out-of-memory"
    summary = _SUMMARY.search(report)
    if not kind and "LeakSanitizer: detected memory leaks" in report:
        kind = "memory-leak"
    if not kind and summary:
        tool = _SHORT.get(summary.group(1), summary.group(1).lower())
        what = summary.group(2)
        kind = f"{tool}-{what}".lower()
    if kind in ("timeout", "out-of-memory"):
        return Shown("", kind)  # where it was by then says nothing
    frames = [name for name, where in _FRAME.findall(report) if not _FOREIGN.search(name) and not _FOREIGN.search(where)]
    if kind or "ERROR:" in report:
        return Shown("", kind or "crash", frames[:FRAMES])
    return Shown("")


# ---- the inbox -----------------------------------------------------------------------------------


def put_in(folder, artifact, target, report="", rule=""):
    """Stores an input that something was found with; it is safe when this returns. An engine's artifact
    says by its name what kind it is; of other files the rule is known."""
    data = Path(artifact).read_bytes()
    item = folder.path / "inbox" / hashlib.sha1(data).hexdigest()
    kind = next((kind for prefix, kind in KINDS.items() if Path(artifact).name.startswith(prefix)), "")
    meta = {"target": target, "kind": kind, "rule": rule}
    if not item.exists():
        durable.store_folder(item, {"input": data, "report.txt": report.encode(), "meta.json": json.dumps(meta).encode()})


def items(folder):
    inbox = folder.path / "inbox"
    return sorted(path for path in inbox.iterdir() if not path.name.startswith(durable.NEW) and (path / "meta.json").is_file())


def target_of(item):
    """Empty when the item does not say."""
    try:
        return json.loads((item / "meta.json").read_text(encoding="utf-8"))["target"]
    except (ValueError, KeyError, TypeError):
        return ""


# ---- looking at one ------------------------------------------------------------------------------


class Examiner:
    """Works with the programs of a build. `run(words, seconds)` is as subprocess.run, and may do other
    things meanwhile."""

    def __init__(self, programs, targets, run, say, switches=None):
        self.programs, self.targets, self.run, self.say = programs, targets, run, say
        self.switches = switches

    def examine(self, item, is_known):
        """(what is seen of the finding, its files). Of one whose name is known no more than that."""
        meta = json.loads((item / "meta.json").read_text(encoding="utf-8"))
        target = self.targets[meta["target"]]
        report = (item / "report.txt").read_text(encoding="utf-8", errors="replace")
        shown = Shown(meta["rule"]) if meta["rule"] else shown_by(report, meta["kind"])
        seen = {"rule": shown.name, "target": target.name, "flaky": False, "minimal": False, "calls": None, "call": "",
                "outcome": "", "profile": "documented", "switches": {}}
        sequence = self.minimise(item, shown, seen) if target.input == "sequences" and shown.rule else None
        # What is no rule's has its name by its report, and bytes by their target: no calls are needed.
        nameable = seen["minimal"] or shown.name and (not shown.rule or target.input == "bytes")
        if not (nameable and is_known(self.name(sequence, shown, target, seen))):
            shown, report = self.deflake(item, target, shown, report, seen)
            if target.input == "sequences" and not seen["minimal"]:
                sequence = self.minimise(item, shown, seen) if shown.rule else self.shrink(item, target, shown, seen)
            self.name(sequence, shown, target, seen)
        files = {"input": (item / "input").read_bytes(), "report.txt": report.encode()}
        if target.input == "bytes" and shown.name and not seen["flaky"]:
            files.update(self.smaller(item, target))
        if sequence:
            files["sequence.seq"] = sequence.read_bytes()
            self.describe(files["sequence.seq"].decode("utf-8", "replace"), seen)
        return seen, files

    def deflake(self, item, target, shown, report, seen):
        """Does the input show the same every time? What it shows, and the report."""
        again = [self.show(target.name, item / "input") for _ in range(TIMES)]
        if not shown.name:
            shown = next((one for one, _ in again if one.name), shown)
        seen["rule"] = shown.name or "unknown"
        seen["flaky"] = any(one != shown for one, _ in again)
        return shown, report or next((text for one, text in again if one.name), "")

    def name(self, sequence, shown, target, seen):
        seen["shape"] = self.shape(sequence, shown, target, seen)
        seen["name"] = findings.name_of(seen["rule"], seen["shape"])
        return seen["name"]

    def show(self, name, path):
        """One run of the target itself."""
        words = [str(self.programs / name), f"-timeout={libfuzzer.SINGLE_RUN_SECONDS}", str(path)]
        try:
            done = self.run(words, 2 * libfuzzer.SINGLE_RUN_SECONDS)
        except subprocess.TimeoutExpired:
            return Shown("", "timeout"), ""
        text = done.stderr.decode("utf-8", "replace")
        return (shown_by(text) if done.returncode else Shown("")), text

    # ---- few calls -------------------------------------------------------------------------------

    def whole(self, item):
        """The input as text; None when it is no sequence."""
        path = item / "whole.seq"
        if not path.exists():
            switches = ["--switches", str(self.switches)] if self.switches else []
            done = self.tool("seq", "show", *switches, str(item / "input"))
            if done is None or done.returncode != 0:
                return None
            path.write_bytes(done.stdout)
        return path

    def minimise(self, item, shown, seen):
        """What shows a rule. The minimal sequence's path; the whole one's where that cannot be."""
        whole, small = self.whole(item), item / "sequence.seq"
        small.unlink(missing_ok=True)
        if whole is None:
            return None
        done = self.tool("minimize", "--rule", shown.rule, str(whole), "-o", str(small))
        seen["minimal"] = done is not None and done.returncode == 0
        return small if seen["minimal"] else whole

    def shrink(self, item, target, shown, seen):
        """What shows no rule, by running the target."""
        whole, small, trial = self.whole(item), item / "sequence.seq", item / "try.bin"
        if whole is None or not shown.kind or seen["flaky"]:
            return whole

        def still(text):
            path = trial.with_suffix(".seq")
            path.write_text(text, encoding="utf-8")
            trial.unlink(missing_ok=True)
            done = self.tool("seq", "encode", str(path), "-o", str(trial))
            return done is not None and done.returncode == 0 and self.show(target.name, trial)[0] == shown

        text, seen["minimal"] = shrink.lines(whole.read_text(encoding="utf-8"), still, TOOL_SECONDS)
        head = f"# {shown.kind}{' in ' + ' < '.join(shown.frames) if shown.frames else ''}\n"
        small.write_text(head + text, encoding="utf-8")
        return small

    def smaller(self, item, target):
        """Bytes that are no calls are made small by the engine."""
        small = item / "smaller"
        words = [str(self.programs / target.name), "-minimize_crash=1", f"-max_total_time={BYTES_SECONDS}", f"-exact_artifact_path={small}"]
        try:
            self.run([*words, str(item / "input")], TOOL_SECONDS)
        except subprocess.TimeoutExpired:
            pass
        return {"smaller": small.read_bytes()} if small.is_file() and small.stat().st_size else {}

    def shape(self, sequence, shown, target, seen):
        if shown.rule and seen["minimal"]:
            done = self.tool("minimize", "--shape", str(sequence))
            if done is not None and done.returncode == 0:
                return done.stdout.decode().strip()
        if shown.rule and sequence:
            calls = findings.calls_only(sequence.read_bytes()).decode()
            return f"{shown.rule}, not minimised: {calls}"
        inside = " in " + " < ".join(shown.frames) if shown.frames else f" of {target.name}"
        return f"{seen['rule']}{inside}"

    @staticmethod
    def describe(text, seen):
        """What conditions and lists speak of."""
        for word, name, _, value in re.findall(r"^(profile|switch) (\w+)(=(\w+))?$", text, re.M):
            if word == "profile":
                seen["profile"] = name
            else:
                seen["switches"][name] = value
        seen["calls"] = len(findings.calls_only(text.encode()).split())
        told = re.match(r"\S+ (\w+) = ([^,]+)", seen["shape"])
        if told:
            seen["call"], seen["outcome"] = told.groups()

    def tool(self, name, *words):
        """None when it took too long."""
        try:
            return self.run([str(self.programs / f"fltfuzz-{name}"), *words], TOOL_SECONDS)
        except subprocess.TimeoutExpired:
            self.say(f"fltfuzz-{name} took longer than {TOOL_SECONDS} s for a finding; it is kept as it is")
            return None

    # ---- what goes with it -----------------------------------------------------------------------

    def complete(self, item, where, seen, files):
        """The command that reproduces it, the trace, the C form. `where`: the finding's folder to be."""
        if "sequence.seq" in files:
            files.update(self.pictures(item, where, files["sequence.seq"]))
        # The text says what came back when it was found; without that it can come out well once it is fixed.
        replayed = "minimal" in files and not seen["flaky"]
        program = "./scripts/fltfuzz replay" if replayed else shlex.quote(relative(self.programs / seen["target"]))
        seen["reproduce"] = f"{program} {shlex.quote(str(where / ('minimal' if replayed else 'input')))}"
        report = files["report.txt"].decode("utf-8", "replace")
        line = f"reproduce: {seen['reproduce']}"
        report, changed = re.subn(r"^reproduce: .*$", lambda _: line, report, flags=re.M)
        files["report.txt"] = (report if changed else f"{report}\n{line}\n").encode()

    def pictures(self, item, where, text):
        """Of a sequence: its binary form, its trace, its C form."""
        sequence, binary, files = item / "sequence.seq", item / "minimal", {}
        sequence.write_bytes(text)
        binary.unlink(missing_ok=True)
        done = self.tool("seq", "encode", str(sequence), "-o", str(binary))
        if done is not None and done.returncode == 0:
            files["minimal"] = binary.read_bytes()
            done = self.tool("replay", "--trace", "--quiet", "--", str(binary))
            files["trace.txt"] = done.stdout.replace(str(binary).encode(), str(where / "minimal").encode()) if done is not None else b""
        return {**files, **self.c_form(sequence, where)}

    def c_form(self, sequence, where):
        """A function of the finding's name; {} where the build has no program that writes it."""
        if not (self.programs / "fltfuzz-export").exists():
            return {}
        function = "".join(word.capitalize() for word in re.findall(r"[A-Za-z0-9]+", where.name))
        done = self.tool("export", "--name", function, "--", str(sequence))
        if done is None or done.returncode != 0 or not done.stdout:
            told = done.stderr.decode("utf-8", "replace").strip().splitlines() if done is not None else []
            self.say("no C form of the finding" + (f": {told[0].replace(str(sequence), sequence.name)}" if told else ""))
            return {}
        return {"program.c": done.stdout.replace(str(sequence).encode(), f"{where.name}/sequence.seq".encode())}


def relative(path):
    """From the project's folder, when it is in it."""
    try:
        return str(Path(path).relative_to(TOP))
    except ValueError:
        return str(path)

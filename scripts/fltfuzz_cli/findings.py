"""The findings of a campaign, and their life:

    new    nobody has looked at it yet: a campaign that meets it fails
    known  accepted, with a ticket and a condition: it is reported and does not fail, where the condition
           holds. Where it does not, the finding is new again.
    fixed  it no longer shows, and its sequence is a test; met once more it is new again

A finding is findings/NAME/: finding.json, input (as the engine saved it), sequence.seq with what came
back when it was found, minimal (its binary form), report.txt, trace.txt, program.c where the build can
write one, and variants/*.seq: other ways to the same cause.

The same cause: the same rule, and the same shape. The shape is what `fltfuzz-minimize --shape` prints:
rule, call and outcome of the finding, once each call of the minimal sequence is the plainest of its
kind that still shows the rule. What is no rule's (a sanitizer's report, a leak of memory) has the kind
of report and the innermost functions for a shape; what takes too long or too much memory, the target.

A condition is FIELD=VALUE, or several with commas between: all must hold. FIELD is one of rule, call,
outcome, target, profile, shape, or switch.NAME (as a header line of the sequence sets it). A condition
also covers other findings that it fits: they are reported under the same ticket."""

import contextlib
import fcntl
import hashlib
import json
import re

from . import campaign_folder, durable
from .common import Stop

STATUSES = ("new", "known", "fixed")
KEYS = ("name", "rule", "shape", "ticket", "condition", "first_seen", "last_seen", "target", "seen", "calls", "minimal", "flaky", "reproduce")
FIELDS = ("rule", "call", "outcome", "target", "profile", "shape")


def name_of(rule, shape):
    """Short, and the same for the same cause in every campaign."""
    return f"{rule}-{hashlib.sha1(shape.encode()).hexdigest()[:6]}"


# ---- conditions ----------------------------------------------------------------------------------


def parse_condition(text):
    """[(field, value)]"""
    pairs = []
    for part in text.split(","):
        field, equals, value = (word.strip() for word in part.partition("="))
        if not equals or not value or not (field in FIELDS or re.fullmatch(r"switch\.\w+", field)):
            raise Stop(f"a condition is FIELD=VALUE, ..., where FIELD is {', '.join(FIELDS)} or switch.NAME: {part.strip() or text}")
        pairs.append((field, value))
    return pairs


def facts(finding):
    """What conditions speak of."""
    known = {field: str(finding.get(field, "")) for field in FIELDS}
    known.update({f"switch.{name}": value for name, value in finding.get("switches", {}).items()})
    return known


def holds(condition, finding):
    known = facts(finding)
    return all(known.get(field) == value for field, value in parse_condition(condition))


# ---- the folder ----------------------------------------------------------------------------------


class Findings:
    """Of one campaign's folder. Every change is made under a lock: triage and a running campaign both
    make them."""

    def __init__(self, path):
        self.path = path / "findings"

    @contextlib.contextmanager
    def locked(self):
        with open(self.path.parent / "findings.lock", "a", encoding="utf-8") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            yield

    def folder(self, name):
        return self.path / name

    def names(self):
        try:
            folders = [path for path in self.path.iterdir() if not path.name.startswith(durable.NEW)]
            return sorted(path.name for path in folders if (path / "finding.json").is_file())
        except FileNotFoundError:
            return []

    def load(self, name):
        path = self.path / name / "finding.json"
        try:
            finding = json.loads(path.read_text(encoding="utf-8"))
        except OSError as error:
            raise Stop(f"{path}: {error.strerror}") from None
        except ValueError:
            raise Stop(f"{path}: is no JSON") from None
        if not isinstance(finding, dict) or finding.get("status") not in STATUSES:
            raise Stop(f"{path}: its status is none of {', '.join(STATUSES)}")
        absent = [key for key in KEYS if key not in finding]
        if absent or finding["name"] != name:
            raise Stop(f"{path}: says nothing of {', '.join(absent)}" if absent else f"{path}: is of another finding, {finding['name']}")
        return finding

    def load_all(self):
        return [self.load(name) for name in self.names()]

    def find(self, name):
        """By its name, or the beginning of one."""
        names = [name] if name in self.names() else [other for other in self.names() if other.startswith(name)]
        if len(names) != 1:
            what = f"is the beginning of {', '.join(names)}" if names else "there is no such finding"
            raise Stop(f"{name}: {what}; ./scripts/fltfuzz triage list has them all")
        return self.load(names[0])

    def save(self, finding):
        durable.write_json(self.folder(finding["name"]) / "finding.json", finding)

    # ---- met by a campaign -----------------------------------------------------------------------

    def meet(self, seen, files):
        """A campaign has seen that cause: the finding as it is now. `files` {name: bytes} are kept when it
        is the first time. Says in "came_back" and "note" what changed."""
        with self.locked():
            if seen["name"] not in self.names():
                return self._first(seen, files)
            finding = self.load(seen["name"])
            finding["seen"] += 1
            finding["last_seen"] = campaign_folder.timestamp()
            finding["note"] = self._reopen(finding, seen)
            self.save(finding)
            self._add_variant(finding["name"], files)
            return finding

    def _first(self, seen, files):
        now = campaign_folder.timestamp()
        finding = {
            **seen, "status": "new", "ticket": None, "condition": None, "first_seen": now, "last_seen": now, "seen": 1, "note": "",
        }
        for other in self.load_all():
            if other["status"] == "known" and other["condition"] and holds(other["condition"], finding):
                finding.update(status="known", ticket=other["ticket"], condition=other["condition"],
                               note=f"covered by the condition of {other['name']}")
        durable.store_folder(self.folder(seen["name"]), {**files, "finding.json": (json.dumps(finding, indent=1) + "\n").encode()})
        return finding

    @staticmethod
    def _reopen(finding, seen):
        if finding["status"] == "fixed":
            finding["status"] = "new"
            return "it was fixed, and came back"
        # The first time's facts are this time's too, as far as they make the shape; the target may differ.
        if finding["status"] == "known" and not holds(finding["condition"], {**finding, **seen}):
            finding["status"] = "new"
            return f"it was known when {finding['condition']}, and came where that does not hold"
        return finding.get("note", "")

    MOST_VARIANTS = 8

    def _add_variant(self, name, files):
        """Another way to the same cause: all must be gone before it is fixed."""
        data = files.get("sequence.seq")
        if not data:
            return
        folder = self.folder(name) / "variants"
        key = hashlib.sha1(calls_only(data)).hexdigest()[:12]
        mine = self.folder(name) / "sequence.seq"
        if mine.is_file() and calls_only(mine.read_bytes()) == calls_only(data):
            return
        folder.mkdir(exist_ok=True)
        if (folder / f"{key}.seq").exists() or len(list(folder.iterdir())) >= self.MOST_VARIANTS:
            return
        durable.write(folder / f"{key}.seq", data)

    def sequences(self, name):
        """All ways to it that were kept."""
        folder = self.folder(name)
        own = [folder / "sequence.seq"] if (folder / "sequence.seq").is_file() else [folder / "input"]
        return own + sorted((folder / "variants").glob("*.seq"))


def calls_only(text):
    """The names of a sequence's calls."""
    return b" ".join(re.findall(rb"^(?!#)[^#(\n]*?(\w+)\(", text, re.M))

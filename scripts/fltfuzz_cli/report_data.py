"""What a campaign's folder (campaign_folder.py) holds, read whatever has become of it: each thing that is
missing, cut short or not what it should be is a line in `missing`, and the rest is there."""

import json
import math
from pathlib import Path

from .campaign_folder import MANIFEST, runs
from .common import Stop, count

NUMBERS = ("sequences", "calls", "per_second", "calls_per_second", "coverage", "corpus", "states", "findings")  # of a sample
OF_TARGET = ("seconds", "sequences", "calls", "coverage", "corpus_before", "corpus_after", "states")  # of night.json
MOST_TEXT = 20_000  # characters of a file that are shown
TEXTS = ("sequence.seq", "trace.txt", "report.txt", "program.c")
OF_COVERAGE = {"calls": list, "rule_kinds": dict, "rule_sentences": dict, "rule_calls": list, "transitions": list, "totals": dict}
TOTALS = ("rule_calls", "rule_calls_tried", "transitions", "transitions_reached")


def printable(value):
    """Names and reports may hold anything, also what no terminal and no page should get."""
    if isinstance(value, str):
        return "".join(c if c.isprintable() or c in "\n\t" else "\N{REPLACEMENT CHARACTER}" for c in value)
    if isinstance(value, list):
        return [printable(each) for each in value]
    if isinstance(value, dict):
        return {printable(key): printable(each) for key, each in value.items()}
    return value


def number(value):
    """None for what is no measure."""
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        return None
    return value if 0 <= value < 1e18 and math.isfinite(value) else None


def _dict(value):
    return value if isinstance(value, dict) else {}


def _list(value):
    return value if isinstance(value, list) else []


def _text(value, otherwise="unknown"):
    return value if isinstance(value, str) and value else otherwise


class Campaign:
    """manifest, nights (ids, the oldest first), findings, missing."""

    def __init__(self, path):
        self.path, self.missing = Path(path), []
        if not any((self.path / name).exists() for name in (MANIFEST, "nights", "findings")):
            raise Stop(f"{self.path}: there is no campaign; start one with ./scripts/fltfuzz campaign --for 8h")
        self.manifest = _dict(self._json(MANIFEST))
        self.nights = self._nights()
        self._read = {}
        self.findings = self._findings()

    def say(self, line):
        if printable(line) not in self.missing:
            self.missing.append(printable(line))

    def _json(self, *names):
        """None when there is none; said."""
        path = self.path.joinpath(*names)
        name = "/".join(names)
        try:
            return printable(json.loads(path.read_text(encoding="utf-8", errors="replace")))
        except FileNotFoundError:
            self.say(f"{name}: is missing")
        except OSError as error:
            self.say(f"{name}: {error.strerror}")
        except (ValueError, RecursionError):
            self.say(f"{name}: is no JSON, or not all of it")
        return None

    def _folders(self, name):
        try:
            return sorted(path.name for path in (self.path / name).iterdir() if path.is_dir() and not path.name.startswith("."))
        except OSError as error:
            self.say(f"{name}: {error.strerror}")
            return []

    # ---- nights ------------------------------------------------------------------------------------

    def _nights(self):
        there = self._folders("nights")
        listed = [name for name in _list(self.manifest.get("nights")) if isinstance(name, str)]
        for name in listed:
            if name not in there:
                self.say(f"nights/{name}: is listed in {MANIFEST}, and its folder is missing")
        listed = list(dict.fromkeys(name for name in listed if name in there))
        if self.manifest:
            for name in sorted(set(there) - set(listed)):
                self.say(f"nights/{name}: is not listed in {MANIFEST}")
        if any(late < early for early, late in zip(listed, listed[1:])):
            self.say("a night began before the one that it follows: the clock was set back; they are in the order in which they ran")
        return listed + sorted(set(there) - set(listed)) if listed else there

    def choose(self, name):
        """The id that last, previous, an id or its beginning stands for."""
        if name in ("last", "previous"):
            at = {"last": -1, "previous": -2}[name]
            if len(self.nights) < -at:
                raise Stop(f"{self.path}: there is no {name} night, but {count('night', len(self.nights))}")
            return self.nights[at]
        found = [night for night in self.nights if night == name] or [night for night in self.nights if name and night.startswith(name)]
        if len(found) == 1:
            return found[0]
        known = ", ".join(self.nights[-5:]) or "none"
        what = "is the beginning of several nights" if found else "there is no such night"
        raise Stop(f"{printable(name)}: {what}; the last ones are: {known}")

    def before(self, night):
        at = self.nights.index(night)
        return self.nights[at - 1] if at else None

    def night(self, name):
        """{id, started, seconds, jobs, seed, version, state, targets, findings, found, named, coverage, measured, samples}"""
        if name not in self._read:
            self._read[name] = self._read_night(name)
        return self._read[name]

    def _read_night(self, name):
        where = f"nights/{name}"
        told = _dict(self._json("nights", name, "night.json"))
        samples = self._samples(name)
        night = {"id": name, **{key: _text(told.get(key)) for key in ("started", "version", "state")},
                 **{key: number(told.get(key)) for key in ("seconds", "jobs", "seed")}, "samples": samples}
        targets = {key: row for key, row in _dict(told.get("targets")).items() if isinstance(row, dict)}
        if not targets and samples:
            self.say(f"{where}: what its targets did is taken from its samples")
            targets = _from_samples(samples)
        night["targets"] = {target: {**{key: number(row.get(key)) for key in OF_TARGET}, "aside": _text(row.get("aside"), "")}
                            for target, row in targets.items()}
        if night["seconds"] is None:
            night["seconds"] = max((sample["t"] for sample in samples), default=None)
        night["findings"] = [{"name": one["name"], "status": _text(one.get("status")), "met": number(one.get("met"))}
                             for one in _list(told.get("findings")) if isinstance(one, dict) and _text(one.get("name"), "")]
        # How many causes it met; without night.json their names are not known.
        night["found"] = len(night["findings"]) if told else max((one["findings"] for one in samples if one["findings"] is not None), default=None)
        night["named"] = bool(told)
        night["coverage"] = self._coverage(told.get("coverage"), where)
        night["measured"] = not told or told.get("coverage") is not None
        if night["state"] == "running":
            night["state"] = "still running" if name == self.nights[-1] and runs(self.path) else "killed"
        return night

    def _samples(self, name):
        where = f"nights/{name}/samples.jsonl"
        try:
            lines = (self.path / "nights" / name / "samples.jsonl").read_text(encoding="utf-8", errors="replace").splitlines()
        except FileNotFoundError:
            self.say(f"{where}: is missing")
            return []
        except OSError as error:
            self.say(f"{where}: {error.strerror}")
            return []
        samples = [sample for sample in map(_sample, lines) if sample]
        if len(samples) < len(lines):
            last = " (the last one: it was being written)" if len(lines) - len(samples) == 1 and not _sample(lines[-1]) else ""
            self.say(f"{where}: {count('line', len(lines) - len(samples))} of {len(lines):,} cannot be read{last}")
        if any(late["t"] < early["t"] for early, late in zip(samples, samples[1:])):
            self.say(f"{where}: its time goes backwards; the samples are shown in the order of their times")
            samples.sort(key=lambda sample: sample["t"])
        return samples

    def _coverage(self, coverage, where):
        """What `fltfuzz coverage --json` wrote, when it is whole."""
        if coverage is not None and not _is_coverage(coverage):
            self.say(f"{where}: the coverage of the contract is not what `fltfuzz coverage --json` writes")
            return None
        return coverage

    # ---- findings ----------------------------------------------------------------------------------

    def _findings(self):
        listed = [name for name in _list(self.manifest.get("findings")) if isinstance(name, str)]
        there = self._folders("findings")
        for name in sorted(set(listed) - set(map(printable, there))):
            self.say(f"findings/{name}: is listed in {MANIFEST}, and its folder is missing")
        return [self._finding(name) for name in there]

    def _finding(self, name):
        told = _dict(self._json("findings", name, "finding.json"))
        keys = ("rule", "shape", "status", "target", "first_seen", "last_seen", "reproduce")
        finding = {"name": printable(name), **{key: _text(told.get(key)) for key in keys}}
        finding.update({key: _text(told.get(key), "") for key in ("ticket", "condition", "note")})
        finding.update({key: number(told.get(key)) for key in ("seen", "calls")})
        finding.update({key: told.get(key) is True for key in ("minimal", "flaky")})
        finding["texts"] = {text: read for text in TEXTS for read in [self._shown(name, text)] if read}
        return finding

    def _shown(self, finding, name):
        """The beginning of one of its files; empty when there is none."""
        try:
            with open(self.path / "findings" / finding / name, encoding="utf-8", errors="replace") as file:
                text = file.read(MOST_TEXT + 1)
        except FileNotFoundError:
            return ""
        except OSError as error:
            self.say(f"findings/{finding}/{name}: {error.strerror}")
            return ""
        return printable(text if len(text) <= MOST_TEXT else text[:MOST_TEXT] + "\n(it goes on)")


def _sample(line):
    """None for a line that is none."""
    try:
        told = json.loads(line)
    except (ValueError, RecursionError):
        return None
    if not isinstance(told, dict) or number(told.get("t")) is None or not isinstance(told.get("target"), str):
        return None
    return {"t": told["t"], "target": printable(told["target"]), **{key: number(told.get(key)) for key in NUMBERS}}


def _from_samples(samples):
    """As night.json has it, as far as they say."""
    targets = {}
    for sample in samples:
        row = targets.setdefault(sample["target"], {"corpus_before": sample["corpus"]})
        row.update({key: sample[key] for key in ("sequences", "calls", "coverage", "states") if sample[key] is not None})
        row["corpus_after"] = sample["corpus"]
    return targets


def _is_coverage(coverage):
    """All that the heat map, the lists and the comparison take from it."""
    if not isinstance(coverage, dict) or not all(isinstance(coverage.get(key), kind) for key, kind in OF_COVERAGE.items()):
        return False
    cells = all(isinstance(row, dict) and isinstance(row.get("rule"), str) and isinstance(row.get("call"), str)
                and number(row.get("tried")) is not None and isinstance(row.get("outcomes"), dict)
                and all(number(times) is not None for times in row["outcomes"].values()) for row in coverage["rule_calls"])
    moves = all(isinstance(row, dict) and isinstance(row.get("call"), str) and isinstance(row.get("words"), str)
                and number(row.get("times")) is not None for row in coverage["transitions"])
    rules = all(isinstance(kind, str) and isinstance(coverage["rule_sentences"].get(rule), str) for rule, kind in coverage["rule_kinds"].items())
    return (cells and moves and rules and all(isinstance(call, str) for call in coverage["calls"])
            and all(number(coverage["totals"].get(key)) is not None for key in TOTALS))

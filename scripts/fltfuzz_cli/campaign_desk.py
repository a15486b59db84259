"""Where what engines stop at is looked at, one input after the other, while they go on."""

import collections
import hashlib
import os

from . import campaign_corpus, campaign_finds, durable, findings
from .common import count
from .fuzz import SWITCHES

LOOKED_AT = 20  # inputs that fail when the night begins, for each rule and target


class Desk:
    """Of one campaign_night.Night."""

    def __init__(self, night):
        self.night = night
        self.store = findings.Findings(night.folder.path)
        targets = {turn.name: turn.target for turn in night.turns}
        self.examiner = campaign_finds.Examiner(night.programs, targets, night.run_beside, night.say, os.environ.get(SWITCHES))
        self.left = set()  # in the inbox
        self.met = {}  # findings of this night: {name: times}

    def work_through_inbox(self):
        """How many files were taken out of the engines' way."""
        removed = 0
        for item in campaign_finds.items(self.night.folder):
            target = campaign_finds.target_of(item)
            if target not in self.night.corpora:
                if item not in self.left:
                    self.night.say(f"inbox/{item.name}: its target {target or 'is not known, and'} takes no part tonight; it stays there")
                    self.left.add(item)
                continue
            self.look_at(item)
            removed += self.out_of_the_way(item.name, target)
            durable.remove_folder(item)
        return removed

    def look_at(self, item):
        names = self.store.names()
        seen, files = self.examiner.examine(item, lambda name: name in names)
        if seen["name"] not in names:
            self.examiner.complete(item, self.store.folder(seen["name"]), seen, files)
        finding = self.store.meet(seen, files)
        name = finding["name"]
        if name not in self.night.manifest["findings"]:
            self.night.manifest["findings"].append(name)
            self.night.save()
        self.met[name] = self.met.get(name, 0) + 1
        self.tell(finding)

    def tell(self, finding):
        """The first time in full; then as its number doubles."""
        times = self.met[finding["name"]]
        status = f"known, {finding['ticket']}" if finding["status"] == "known" else finding["status"]
        if times == 1:
            calls = f", {count('call', finding['calls'])}" if finding["calls"] else ""
            words = [] if finding["minimal"] else ["not minimal"]
            words += ["flaky"] if finding["flaky"] else []
            words += [finding["note"]] if finding.get("note") else []
            if finding["calls"] and not (self.night.programs / "fltfuzz-export").exists():
                words.append("no C form: this build cannot write one")
            more = f" ({', '.join(words)})" if words else ""
            self.night.say(f"{finding['target']}: {status}: {finding['name']}: {finding['shape']}{calls}{more}")
        elif times & (times - 1) == 0:
            self.night.say(f"{finding['name']} ({status}) met {times:,} times tonight")

    def out_of_the_way(self, content, target):
        """An input that fails would end every slice of its target at the start."""
        removed = self.night.corpora[target].put_away([content])
        for folder in self.night.seeds[target]:
            for path in folder.iterdir():
                if hashlib.sha1(path.read_bytes()).hexdigest() == content:
                    path.unlink()
                    removed += 1
                    self.night.say(f"{target}: the committed {path.name} fails; it is left out tonight")
        return removed

    def try_inputs(self):
        """Inputs that fail would each end a slice before it has begun: committed ones, and of the working
        corpus those that the system of another night could take."""
        for turn in self.night.turns:
            if turn.target.input != "sequences":
                continue
            self.night.corpora[turn.name].look(self.night.programs, self.night.run_beside)
            failing = list(self.night.corpora[turn.name].failing)
            for folder in self.night.seeds[turn.name]:
                failing += campaign_corpus.failing(folder, self.night.programs, self.night.run_beside)
            self.take_from_inputs(turn, failing)

    def take_from_inputs(self, turn, failing):
        """A few for each rule are looked at: by then the cause is known, or the bug is everywhere."""
        looked_at = collections.Counter()
        unseen = []
        for path, rule in failing:
            looked_at[rule] += 1
            if looked_at[rule] <= LOOKED_AT:
                campaign_finds.put_in(self.night.folder, path, turn.name, rule=rule)
            else:
                unseen.append(path)
        self.night.corpora[turn.name].put_away(path.name for path in unseen)
        for path in unseen:
            path.unlink(missing_ok=True)  # a copy of a committed one
        if unseen:
            rules = ", ".join(sorted(rule for rule, number in looked_at.items() if number > LOOKED_AT))
            self.night.say(f"{turn.name}: {count('more input', len(unseen))} fail by {rules}: left out tonight, and not looked at")

"""The life of a finding: new, known under a condition, fixed, and back; and the commands that move it."""

import contextlib
import io
import json
import tempfile
import unittest
from pathlib import Path

from . import campaign_fixture, findings
from .cli import main
from .common import FINE, TROUBLE, Stop

SEEN = {"rule": "close-once", "target": "fuzz_close", "flaky": False, "minimal": True, "calls": 1, "call": "FltClose",
        "outcome": "STATUS_SUCCESS", "profile": "documented", "switches": {"reuse": "immediate"}, "shape": "close-once FltClose = STATUS_SUCCESS",
        "name": findings.name_of("close-once", "close-once FltClose = STATUS_SUCCESS"), "reproduce": "replay it"}
TEXT = b"# close-once: a handle is closed once.\nFltClose(0x4)  # STATUS_SUCCESS\n# end: no leak\n"
FILES = {"input": b"bytes", "report.txt": b"what was printed\n", "sequence.seq": TEXT, "trace.txt": b"FltClose(0x4)\n"}


class Lives(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.top = Path(folder.name)
        self.folder = self.top / "campaign"
        (self.folder / "findings").mkdir(parents=True)
        (self.folder / "campaign.json").write_text("{}", encoding="utf-8")
        self.store = findings.Findings(self.folder)

    def meet(self, files=None, **changes):
        return self.store.meet({**SEEN, **changes}, files or FILES)


class Met(Lives):
    def test_names(self):
        self.assertRegex(SEEN["name"], r"^close-once-[0-9a-f]{6}$")
        self.assertNotEqual(SEEN["name"], findings.name_of("close-once", "close-once ZwClose = STATUS_SUCCESS"))

    def test_first_and_again(self):
        self.assertEqual((self.meet()["status"], self.meet()["seen"], self.store.names()), ("new", 2, [SEEN["name"]]))

    def test_what_is_half_written_is_none(self):
        self.meet()
        (self.folder / "findings" / SEEN["name"]).rename(self.folder / "findings" / f".new-{SEEN['name']}")
        self.assertEqual(self.store.names(), [])

    def test_other_ways_are_kept_once_each(self):
        self.meet()
        for _ in range(2):
            for text in (TEXT, b"h0 = Open()\nFltClose(h0)\n", b"# another comment\nh1 = Open()\nFltClose(h1)\n"):
                self.meet({**FILES, "sequence.seq": text})
        self.assertEqual(len(self.store.sequences(SEEN["name"])), 2)
        for number in range(20):
            self.meet({**FILES, "sequence.seq": b"A()\n" * (number + 3)})
        self.assertEqual(len(self.store.sequences(SEEN["name"])), 1 + self.store.MOST_VARIANTS)

    def known(self, condition):
        finding = self.meet()
        self.store.save({**finding, "status": "known", "ticket": "BUG-1", "condition": condition})

    def test_known_where_the_condition_holds(self):
        self.known("rule=close-once, target=fuzz_close")
        self.assertEqual(self.meet()["status"], "known")
        back = self.meet(target="fuzz_names")
        self.assertEqual(back["status"], "new")
        self.assertIn("where that does not hold", back["note"])

    def test_a_condition_covers_others_that_it_fits(self):
        self.known("rule=close-once, profile=documented")
        other = self.meet(name="close-once-000000", shape="close-once ZwClose = STATUS_SUCCESS", call="ZwClose")
        self.assertEqual((other["status"], other["ticket"]), ("known", "BUG-1"))
        self.assertIn(SEEN["name"], other["note"])
        self.assertEqual(self.meet(name="close-once-000001", profile="strict")["status"], "new")

    def test_fixed_comes_back(self):
        finding = self.meet()
        self.store.save({**finding, "status": "fixed"})
        back = self.meet()
        self.assertEqual((back["status"], back["note"]), ("new", "it was fixed, and came back"))


class Conditions(unittest.TestCase):
    def test_all_must_hold(self):
        self.assertTrue(findings.holds("rule=close-once, switch.reuse=immediate", SEEN))
        self.assertFalse(findings.holds("rule=close-once, switch.reuse=never", SEEN))
        self.assertFalse(findings.holds("switch.verifier=on", SEEN))

    def test_mistakes(self):
        for text in ("", "always", "rule=", "=x", "colour=red", "rule=a,", "rule=a,,call=b"):
            with self.assertRaisesRegex(Stop, "a condition is FIELD=VALUE"):
                findings.parse_condition(text)


class Commands(Lives):
    def setUp(self):
        super().setUp()
        self.build = campaign_fixture.Build(self.top / "build", "busy")
        self.broken = self.build.bin / "broken"
        self.broken.touch()
        self.meet()
        self.name = SEEN["name"]

    def triage(self, *words):
        """The exit code, and what was printed."""
        out, errors = io.StringIO(), io.StringIO()
        with contextlib.redirect_stdout(out), contextlib.redirect_stderr(errors):
            code = main(["triage", "--dir", str(self.folder), "--build", str(self.build.path), *words])
        return code, out.getvalue() + errors.getvalue()

    def test_list(self):
        code, told = self.triage("list", "--check")
        self.assertEqual(code, FINE)
        self.assertIn(self.name, told)
        self.assertIn("1 of 1 sequence still fails: a", told)
        self.assertIn("1 new, 0 known, 0 fixed", told)

    def test_show(self):
        code, told = self.triage("show", self.name[:-3])
        self.assertEqual(code, FINE)
        for words in (f"{self.name}: new, met 1 time", "call=FltClose", "switch.reuse=immediate", "FltClose(0x4)", "reproduce: replay it"):
            self.assertIn(words, told)

    def test_compare(self):
        self.meet({**FILES, "sequence.seq": b"ZwClose(0x4)\n"}, name="close-once-000000", shape="close-once ZwClose = STATUS_SUCCESS")
        code, told = self.triage("compare", self.name, "close-once-000000")
        self.assertEqual(code, FINE)
        for words in ("rule    both close-once", "-FltClose(0x4)", "+ZwClose(0x4)"):
            self.assertIn(words, told)

    def test_accept(self):
        code, told = self.triage("accept", self.name, "--ticket", "BUG-1", "--when", "call=NtClose")
        self.assertEqual(code, TROUBLE)
        self.assertIn("does not hold for the finding itself", told)
        self.assertEqual(self.store.load(self.name)["status"], "new")
        self.assertEqual(self.triage("accept", self.name, "--ticket", "BUG-1", "--when", "call=FltClose")[0], FINE)
        self.assertEqual((self.store.load(self.name)["status"], self.store.load(self.name)["ticket"]), ("known", "BUG-1"))
        self.assertIn("BUG-1 when call=FltClose", self.triage("list")[1])

    def test_promote_only_what_is_fixed(self):
        to = self.top / "regress"
        code, told = self.triage("promote", self.name, "--to", str(to))
        self.assertEqual((code, "is not fixed: sequence.seq still shows a" in told, to.exists()), (TROUBLE, True, False), told)
        self.broken.unlink()
        self.assertEqual(self.triage("promote", self.name, "--to", str(to))[0], FINE)
        self.assertEqual((to / f"{self.name}.seq").read_text(encoding="utf-8").splitlines(), [
            "# close-once: a handle is closed once.", "# A campaign of fuzz_close found: FltClose = STATUS_SUCCESS.",
            "FltClose(0x4)  # STATUS_INVALID_HANDLE", "# end: no leak"])
        self.assertEqual(self.store.load(self.name)["status"], "fixed")
        code, told = self.triage("promote", self.name, "--to", str(to))
        self.assertEqual((code, "is fixed already" in told), (TROUBLE, True), told)
        self.store.save({**self.store.load(self.name), "status": "new"})
        code, told = self.triage("promote", self.name, "--to", str(to))
        self.assertEqual((code, "is there already" in told), (TROUBLE, True), told)  # never over a file

    def test_bytes_are_promoted_as_they_are(self):
        files = {"input": b"odd bytes", "report.txt": b"report\n"}
        self.store.meet({**SEEN, "name": "codec-000000"}, files)
        to = self.top / "regress"
        self.assertEqual(self.triage("promote", "codec-000000", "--to", str(to))[0], FINE)
        self.assertEqual((to / "codec-000000").read_bytes(), b"odd bytes")

    def test_mistakes(self):
        for words, line in ((["show", "nothing"], "there is no such finding"), (["accept", self.name, "--ticket", " ", "--when", "call=FltClose"], "needs a name")):
            code, told = self.triage(*words)
            self.assertEqual((code, line in told), (TROUBLE, True), told)
        (self.folder / "findings" / self.name / "finding.json").write_text('{"status": "odd"}', encoding="utf-8")
        self.assertIn("its status is none of new", self.triage("list")[1])
        path = self.folder / "findings" / self.name / "finding.json"
        path.write_text(json.dumps({**SEEN, "status": "new", "first_seen": "", "last_seen": "", "seen": 1}), encoding="utf-8")
        self.assertIn("finding.json: says nothing of ticket, condition\n", self.triage("list")[1])
        path.write_text(json.dumps({**SEEN, "name": "b", "status": "new", "first_seen": "", "last_seen": "", "seen": 1, "ticket": None, "condition": None}), encoding="utf-8")
        self.assertIn("finding.json: is of another finding, b\n", self.triage("list")[1])
        (self.folder / "campaign.json").unlink()
        self.assertIn("there is no campaign", self.triage("list")[1])

    def test_a_finding_is_json(self):
        kept = json.loads((self.folder / "findings" / self.name / "finding.json").read_text(encoding="utf-8"))
        self.assertEqual({key: kept[key] for key in SEEN}, SEEN)


if __name__ == "__main__":
    unittest.main()

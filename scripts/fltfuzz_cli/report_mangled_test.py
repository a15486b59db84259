"""Whatever has become of a campaign's folder, its report says what is missing and shows the rest."""

import json
import os
import shutil
import unittest

from . import report_data
from .report_fixture import A, B, OfFolder, coverage, sample


class Mangled(OfFolder):
    def says(self, *lines):
        """A page comes all the same, with those lines and no other."""
        page = self.page()
        self.assertEqual([line[len("MISSING ") :] for line in self.printed.splitlines() if line.startswith("MISSING ")], list(lines))
        for line in lines:
            self.assertIn(line, page.words)
        return page

    def test_a_last_line_that_was_being_written(self):
        with open(self.dir / "nights" / B / "samples.jsonl", "a", encoding="utf-8") as out:
            out.write('{"t": 50.0, "tar')
        self.says(f"nights/{B}/samples.jsonl: 1 line of 5 cannot be read (the last one: it was being written)")
        self.assertEqual(self.text.count('<svg class="chart"'), 8)

    def test_lines_that_are_no_samples(self):
        lines = [json.dumps(sample(10)), "[]", '{"t": "x", "target": "fuzz_close"}', '{"t": NaN, "target": "fuzz_close"}', "\0\xff", "[" * 100000,
                 json.dumps(sample(20, coverage="no number", states=-3, calls=True, corpus=10**400)), json.dumps(sample(30))]
        self.put(f"nights/{B}/samples.jsonl", "\n".join(lines) + "\n")
        self.says(f"nights/{B}/samples.jsonl: 5 lines of 8 cannot be read")
        self.assertNotIn("no number", self.text)

    def test_no_samples(self):
        (self.dir / "nights" / B / "samples.jsonl").unlink()
        page = self.says(f"nights/{B}/samples.jsonl: is missing")
        self.assertIn("There are no samples.", page.words)

    def test_no_night_json(self):
        (self.dir / "nights" / B / "night.json").unlink()
        page = self.says(f"nights/{B}/night.json: is missing", f"nights/{B}: what its targets did is taken from its samples")
        self.assertIn(f"Rules and calls are not compared: {B} did not measure them.", page.words)
        row = self.told()["night"]["targets"]["fuzz_close"]
        self.assertEqual((row["coverage"], row["calls"], row["corpus_after"], row["seconds"]), (840, 40000, 300, None))
        self.assertIn("findings: 0 in this night, 3 in the campaign", self.printed)
        self.assertIn("findings: not compared", self.printed)
        self.assertIn("Findings are not compared", page.words)

    def test_half_a_night_json(self):
        path = self.dir / "nights" / B / "night.json"
        path.write_bytes(path.read_bytes()[:200])
        self.says(f"nights/{B}/night.json: is no JSON, or not all of it", f"nights/{B}: what its targets did is taken from its samples")

    def test_no_coverage(self):
        for measured, said in ((None, "was not measured: the night was cut short, or had no sequences"), ({"totals": {}}, "is not what"),
                               ({**coverage(), "rule_calls": [{"rule": "x"}]}, "is not what"), ({**coverage(), "rule_sentences": {}}, "is not what"),
                               ([], "is not what")):
            self.night(B, 845, [], measured)
            page = self.page()
            self.assertIn(f"MISSING nights/{B}: the coverage of the contract {said}", self.printed)
            self.assertNotIn('class="heat"', self.text)
            self.assertIn("Compared with", page.words)

    def test_a_clock_that_went_back(self):
        self.put(f"nights/{B}/samples.jsonl", "".join(json.dumps(sample(t)) + "\n" for t in (10, 40, 20)))
        self.put("campaign.json", {"version": 1, "nights": [B, A], "findings": []})
        page = self.says("a night began before the one that it follows: the clock was set back; they are in the order in which they ran",
                         f"nights/{B}/samples.jsonl: its time goes backwards; the samples are shown in the order of their times")
        self.assertIn("Campaign: night " + A, page.words)
        self.assertEqual([one["t"] for one in report_data.Campaign(self.dir).night(B)["samples"]], [10, 20, 40])

    def test_no_nights(self):
        shutil.rmtree(self.dir / "nights")
        self.put("campaign.json", {"version": 1, "nights": [], "findings": []})
        page = self.says("nights: No such file or directory", "nights: there is none yet")
        self.assertIn("There is no night to report", page.words)
        self.assertIn("close-once-111111", page.words)
        self.run_it("--night", "last", code=2)

    def test_a_manifest_that_is_none(self):
        for text, said in ((None, "is missing"), ('{"version', "is no JSON, or not all of it")):
            (self.dir / "campaign.json").unlink()
            if text is not None:
                self.put("campaign.json", text)
            self.says(f"campaign.json: {said}")
            self.put("campaign.json", "")

    def test_a_manifest_of_other_things(self):
        self.put("campaign.json", {"nights": ["2026-01-01T000000Z", 7, B], "findings": ["gone-000000", None]})
        self.says("nights/2026-01-01T000000Z: is listed in campaign.json, and its folder is missing", f"nights/{A}: is not listed in campaign.json",
                  "findings/gone-000000: is listed in campaign.json, and its folder is missing")

    def test_findings(self):
        self.put("findings/close-once-111111/finding.json", "{")
        os.mkdir(bytes(self.dir / "findings") + b"/bad\xff\n<b>-333333")
        page = self.page()
        self.assertIn("MISSING findings/close-once-111111/finding.json: is no JSON, or not all of it", self.printed)
        self.assertIn("bad\N{REPLACEMENT CHARACTER}", page.words)
        shutil.rmtree(self.dir / "findings" / "close-once-111111")
        self.assertIn("findings/close-once-111111: is listed in night.json, and its folder is missing", self.told()["missing"])

    def test_values_of_other_kinds(self):
        """Whatever stands where a value should, a page comes."""
        path = self.dir / "nights" / B / "night.json"
        whole = json.loads(path.read_text(encoding="utf-8"))
        for key in whole:
            for value in (None, 7, "x", [1], {"x": 1}, [{"name": 3}], {"fuzz_close": None}, {"fuzz_close": {"calls": "x", "aside": 4}}, 1e400, -1):
                self.put(f"nights/{B}/night.json", {**whole, key: value})
                with self.subTest(key=key, value=value):
                    self.page()
                    self.told()


if __name__ == "__main__":
    unittest.main()

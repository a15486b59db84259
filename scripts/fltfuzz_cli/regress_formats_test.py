"""The formats of a regression run, each read again by what reads it."""

import json
import os
import re
import unittest
import xml.etree.ElementTree as xml
from urllib.parse import unquote_to_bytes, urlsplit

from . import pages, regress_formats
from .common import TOP
from .regress_names import as_characters, shown_name, shown_text, uri

RULES = [
    {"id": "close-once", "kind": "CALLER", "sure": "OTHER_PAGE", "source": "NtClose (CL-8, CL-11)", "sentence": "a handle is closed once"},
    {"id": "failed-outputs", "kind": "PROVIDER", "sure": "CHOICE", "source": "silent (OUT-5): failed_outputs", "sentence": "no handle"},
]
NAMES = [b"plain.seq", b"two words # and \\ more", b"new\nline", b"-dash", b"caf\xc3\xa9 \xe2\x82\xac", b"caf\xe9", b"<&\"'>]]>", b"bell\x07tab\tend\x7f", b"a:b?c%41"]
FINE = {"file": "d/fine.seq", "verdict": "fine", "form": "text", "calls": 3, "seconds": 0.25}
FINDING = {"file": "d/found.seq", "verdict": "finding", "form": "text", "calls": 2, "rule": "close-once", "step": 2, "call": 'FltClose(h0)',
           "line": 5, "what": "it came back", "report": "step 2 of 3: \x1b[1mbold\x00\udcff ]]>\nDEDUP_TOKEN: close-once\n", "seconds": 0.5}
DIFFERS = {"file": "e/text.seq", "verdict": "differs", "form": "text", "calls": 2, "step": 1, "line": 7, "call": "FltClose(h1)",
           "what": "FltClose(h1): came back STATUS_SUCCESS, expected STATUS_INVALID_HANDLE", "seconds": 0.125}
CRASHED = {"file": "d/crash-1", "verdict": "crashed", "what": "the process died of signal 6 (Aborted)", "report": "ERROR: AddressSanitizer", "seconds": 0}
HUNG = {"file": "d/timeout-1", "verdict": "hung", "what": "its time was up", "report": "", "seconds": 0, "found_as": "timeout"}
SKIPPED = {"file": "d/notes", "verdict": "skipped", "line": 1, "what": "expected a call, found #1", "seconds": 0}
UNREADABLE = {"file": "d/locked", "verdict": "unreadable", "what": "Permission denied", "seconds": 0}
ALL = [FINE, FINDING, DIFFERS, CRASHED, HUNG, SKIPPED, UNREADABLE]


def named(name, result):
    return {**result, "file": "d/" + os.fsdecode(name)}


def of_any_name():
    return [named(name, result) for name in NAMES for result in (FINE, FINDING, SKIPPED, UNREADABLE)]


class Names(unittest.TestCase):
    def test_a_name_is_one_line_that_no_other_has(self):
        shown = [shown_name(os.fsdecode(name)) for name in NAMES]
        self.assertEqual(shown, ["plain.seq", "two words # and \\\\ more", "new\\nline", "-dash", "café €", "caf\\xe9",
                                 "<&\"'>]]>", "bell\\x07tab\\tend\\x7f", "a:b?c%41"])
        self.assertNotEqual(shown_name("\\n"), shown_name("\n"))
        self.assertNotEqual(shown_name("\\xe9"), shown_name("\udce9"))

    def test_a_uri_is_exact(self):
        for name in NAMES:
            for path in (os.fsdecode(name), str(TOP / "corpus" / os.fsdecode(name))):
                parts = urlsplit(uri(path))
                self.assertIn((parts.scheme, parts.netloc), [("file", ""), ("", "")])
                self.assertEqual((parts.query, parts.fragment), ("", ""))
                base = b"/" if parts.scheme else os.fsencode(TOP)
                self.assertEqual(os.path.join(base, unquote_to_bytes(parts.path)), os.fsencode(os.path.abspath(path)))
        self.assertEqual(uri(str(TOP / "corpus" / "a b.seq")), "corpus/a%20b.seq")

    def test_text_keeps_its_lines(self):
        self.assertEqual(shown_text("a\n\tb\x00\udcff\\"), "a\n\tb\\x00\\xff\\")
        self.assertEqual(as_characters("new\nline caf\udce9"), "new\nline caf\\xe9")


class Pages(unittest.TestCase):
    def test_the_first_that_has_one(self):
        self.assertTrue(pages.page_of("PreviousMode, ObCloseHandle (KH-8)").endswith("/ddi/wdm/nf-wdm-obclosehandle"))
        self.assertTrue(pages.page_of("FILE_OBJECT (LF-10)").endswith("/ddi/wdm/ns-wdm-_file_object"))
        self.assertIsNone(pages.page_of("[MS-FSA] 513"))
        self.assertIsNone(pages.page_of("silent; FltCreateFile"))


class Junit(unittest.TestCase):
    def parsed(self, results):
        return xml.fromstring(regress_formats.junit(results, RULES, 1.5))

    def test_structure(self):
        top = self.parsed(ALL)
        self.assertEqual(top.tag, "testsuites")
        totals = {key: top.get(key) for key in ("tests", "failures", "errors", "skipped")}
        self.assertEqual(totals, {"tests": "7", "failures": "2", "errors": "3", "skipped": "1"})
        self.assertEqual([suite.get("name") for suite in top], ["d", "e"])
        for suite in top:
            cases = suite.findall("testcase")
            self.assertEqual(suite.get("tests"), str(len(cases)))
            for tag, total in (("failure", "failures"), ("error", "errors"), ("skipped", "skipped")):
                self.assertEqual(suite.get(total), str(sum(case.find(tag) is not None for case in cases)))
            for case in cases:
                self.assertLessEqual(len(case), 1)
                self.assertTrue(case.get("name") and case.get("classname") and float(case.get("time")) >= 0)

    def test_a_failure_says_all(self):
        failure = self.parsed([FINDING]).find(".//failure")
        self.assertEqual((failure.get("type"), failure.get("message")), ("close-once", "step 2: FltClose(h0): it came back"))
        self.assertIn("DEDUP_TOKEN: close-once", failure.text)
        self.assertIn("\\x1b[1mbold\\x00\\xff ]]>", failure.text)

    def test_names(self):
        cases = self.parsed(of_any_name()).findall(".//testcase")
        self.assertEqual([case.get("name") for case in cases[::4]], [shown_name(os.fsdecode(name)) for name in NAMES])


class Tap(unittest.TestCase):
    """Read by TAP 14's grammar."""

    def parsed(self, results):
        """(number, ok, name, directive, diagnostics) of each test point."""
        lines = regress_formats.tap(results, RULES, 1).splitlines()
        self.assertEqual(lines[:2], ["TAP version 14", f"1..{len(results)}"])
        points, block = [], None
        for line in lines[2:]:
            if line == "  ---":
                block = points[-1][4]
            elif line == "  ...":
                block = None
            elif block is not None:
                key, value = re.fullmatch(r"  (\w+): (.*)", line).groups()
                block[key] = json.loads(value)
            else:
                point = re.fullmatch(r"(ok|not ok) (\d+) - ((?:[^\\#]|\\\\|\\#)*?)(?: # (SKIP .*))?", line)
                self.assertIsNotNone(point, line)
                ok, number, name, directive = point.groups()
                points.append((int(number), ok == "ok", re.sub(r"\\([\\#])", r"\1", name), directive, {}))
        return points

    def test_points(self):
        points = self.parsed(ALL)
        self.assertEqual([point[0] for point in points], list(range(1, 8)))
        self.assertEqual([point[1] for point in points], [True, False, False, False, False, True, False])
        self.assertEqual(points[5][3], "SKIP line 1: expected a call, found #1")
        self.assertEqual(points[1][4]["rule"], "close-once")
        self.assertEqual((points[2][4]["rule"], points[2][4]["step"], points[2][4]["line"]), ("as-the-text-says", 1, 7))
        self.assertEqual(points[0][4], {})

    def test_names(self):
        points = self.parsed(of_any_name())
        self.assertEqual([point[2] for point in points[::4]], ["d/" + shown_name(os.fsdecode(name)) for name in NAMES])


class Sarif(unittest.TestCase):
    """What SARIF 2.1.0 requires of the parts that are written."""

    def run_of(self, results):
        log = json.loads(regress_formats.sarif(results, RULES, 1))
        self.assertEqual((log["version"], len(log["runs"])), ("2.1.0", 1))
        return log["runs"][0]

    def test_rules(self):
        driver = self.run_of([])["tool"]["driver"]
        self.assertEqual(driver["name"], "fltfuzz")
        ids = [rule["id"] for rule in driver["rules"]]
        self.assertEqual(len(ids), len(set(ids)))
        once, outputs = driver["rules"][:2]
        self.assertEqual(once["shortDescription"]["text"], "a handle is closed once")
        self.assertEqual(once["help"]["text"], "Source: NtClose (CL-8, CL-11).")
        self.assertTrue(once["helpUri"].endswith("/ntifs/nf-ntifs-ntclose"))
        self.assertNotIn("helpUri", outputs)

    def test_results(self):
        run = self.run_of(ALL)
        rules = run["tool"]["driver"]["rules"]
        self.assertEqual([result["ruleId"] for result in run["results"]], ["close-once", "as-the-text-says", "no-crash", "no-hang"])
        for result in run["results"]:
            self.assertEqual(rules[result["ruleIndex"]]["id"], result["ruleId"])
            self.assertTrue(result["message"]["text"])
            self.assertEqual(result["level"], "error")
        place = run["results"][0]["locations"][0]
        self.assertEqual(place["physicalLocation"]["region"], {"startLine": 5, "snippet": {"text": "FltClose(h0)"}})
        self.assertEqual(place["logicalLocations"][0]["name"], "step 2")
        self.assertNotIn("region", run["results"][2]["locations"][0]["physicalLocation"])

    def test_what_was_not_run(self):
        run = self.run_of(ALL)
        notes = run["invocations"][0]["toolExecutionNotifications"]
        self.assertEqual([note["level"] for note in notes], ["note", "error"])
        self.assertFalse(run["invocations"][0]["executionSuccessful"])
        self.assertTrue(self.run_of([FINE, SKIPPED])["invocations"][0]["executionSuccessful"])

    def test_names(self):
        results = self.run_of(of_any_name())["results"]
        paths = [unquote_to_bytes(urlsplit(result["locations"][0]["physicalLocation"]["artifactLocation"]["uri"]).path) for result in results]
        self.assertEqual([os.path.basename(path) for path in paths], NAMES)
        regress_formats.sarif(of_any_name(), RULES, 1).encode("utf-8")

    def test_the_same_finding_has_the_same_fingerprint(self):
        prints = [self.run_of([result])["results"][0]["partialFingerprints"] for result in (FINDING, {**FINDING, "seconds": 9}, DIFFERS)]
        self.assertEqual(prints[0], prints[1])
        self.assertNotEqual(prints[0], prints[2])


class Json(unittest.TestCase):
    def test_counts_and_rows(self):
        told = json.loads(regress_formats.as_json(ALL, RULES, 1.5))
        self.assertEqual(told["seconds"], 1.5)
        self.assertEqual({key: value for key, value in told["counts"].items() if value},
                         {"inputs": 7, "calls": 7, "fine": 1, "finding": 1, "differs": 1, "crashed": 1, "hung": 1, "skipped": 1, "unreadable": 1})
        self.assertEqual([row.get("rule") for row in told["results"]],
                         [None, "close-once", "as-the-text-says", "no-crash", "no-hang", None, None])
        self.assertEqual(told["results"][4]["found_as"], "timeout")

    def test_names(self):
        rows = json.loads(regress_formats.as_json([named(name, FINE) for name in NAMES], RULES, 1).encode("utf-8"))["results"]
        self.assertEqual(rows[2]["file"], "d/new\nline")
        self.assertEqual(rows[5]["file"], "d/caf\\xe9")
        self.assertEqual([os.path.basename(unquote_to_bytes(urlsplit(row["uri"]).path)) for row in rows], NAMES)


if __name__ == "__main__":
    unittest.main()

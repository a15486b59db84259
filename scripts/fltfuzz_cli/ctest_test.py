"""Counting what ctest says: what did not run has failed."""

import contextlib
import io
import unittest
import xml.etree.ElementTree as xml
from types import SimpleNamespace
from unittest import mock

from . import ctest
from .common import FINDING, FINE
from .ctest import Counts

RESULTS = """<testsuite tests="5">
<testcase name="good" status="run"/>
<testcase name="bad" status="fail"><failure message="Failed"/><system-out>it broke</system-out></testcase>
<testcase name="gone" status="notrun"><skipped message="Unable to find executable: /x"/></testcase>
<testcase name="asked" status="notrun"><skipped message="SKIP_RETURN_CODE=5"/><system-out>skipped: no tool
</system-out></testcase>
<testcase name="off" status="disabled"/>
</testsuite>"""


class Results(unittest.TestCase):
    def test_each_status(self):
        counts, failures, skipped = ctest.read_results(xml.fromstring(RESULTS))
        self.assertEqual(counts, Counts(passed=1, failed=2, skipped=2))
        self.assertEqual([name for name, _ in failures], ["bad", "gone"])
        self.assertEqual(failures[0][1], "it broke")
        self.assertEqual(skipped, {"no tool": ["asked"], "it did not say why": ["off"]})


class Command(unittest.TestCase):
    def run_with(self, *counts):
        """The exit code and the last line."""
        out = io.StringIO()
        with mock.patch.object(ctest, "set_up"), mock.patch.object(ctest, "run_preset", side_effect=counts):
            with contextlib.redirect_stdout(out):
                code = ctest.run(SimpleNamespace(platforms=False))
        return code, out.getvalue().splitlines()[-1]

    def test_the_closing_line_adds_both_builds(self):
        self.assertEqual(self.run_with(Counts(3), Counts(2)), (FINE, "5 passed, 0 failed"))
        self.assertEqual(self.run_with(Counts(3, 1), Counts(2, 1, 1)), (FINDING, "5 passed, 2 failed, 1 skipped"))

    def test_no_tests_are_no_success(self):
        self.assertEqual(self.run_with(Counts(), Counts()), (FINDING, "0 passed, 0 failed"))

    def test_platforms_are_set_up_on_request(self):
        for asked, extra in ((False, []), (True, ["--platforms"])):
            with mock.patch.object(ctest, "set_up") as set_up, mock.patch.object(ctest, "run_preset", return_value=Counts(1)):
                with contextlib.redirect_stdout(io.StringIO()):
                    ctest.run(SimpleNamespace(platforms=asked))
            self.assertEqual(set_up.call_args.args[1], extra)

    def test_a_build_that_fails_is_a_failure(self):
        with mock.patch.object(ctest, "try_build", return_value="building gcc failed"):
            with contextlib.redirect_stdout(io.StringIO()):
                self.assertEqual(ctest.run_preset("gcc", None), Counts(failed=1))


if __name__ == "__main__":
    unittest.main()

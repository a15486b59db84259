"""Tests at once: all run, at the same time, and what came of each is told."""

import threading
import unittest

from . import tests_at_once

MET = threading.Barrier(tests_at_once.TESTS, timeout=30)


def case(name, action):
    def run(self):
        action(self)

    return type(name, (unittest.TestCase,), {"runTest": run})()


class AtOnce(unittest.TestCase):
    def run_all(self, *actions):
        result = unittest.TestResult()
        tests_at_once.AtOnce([unittest.TestSuite(case(f"Case{number}", action) for number, action in enumerate(actions))]).run(result)
        return result

    def test_they_wait_together(self):
        result = self.run_all(*[lambda _: MET.wait()] * tests_at_once.TESTS)
        self.assertEqual((result.testsRun, result.wasSuccessful()), (tests_at_once.TESTS, True), result.errors)

    def test_what_came_of_each(self):
        result = self.run_all(lambda test: None, lambda test: test.fail("it is wrong"), lambda test: 1 / 0, lambda test: test.skipTest("not here"))
        self.assertEqual((result.testsRun, len(result.failures), len(result.errors), len(result.skipped)), (4, 1, 1, 1))
        self.assertFalse(result.wasSuccessful())
        self.assertIn("it is wrong", result.failures[0][1])


if __name__ == "__main__":
    unittest.main()

"""For tests that mostly wait for processes: several at once."""

import unittest
from concurrent.futures import ThreadPoolExecutor

TESTS = 4  # at once


class AtOnce(unittest.TestSuite):
    """Each test in a thread; what they have in common is theirs to see to."""

    def run(self, result, debug=False):
        with ThreadPoolExecutor(TESTS) as pool:
            for own in pool.map(_alone, flat(self)):
                result.testsRun += own.testsRun
                for kind in ("failures", "errors", "skipped", "expectedFailures", "unexpectedSuccesses"):
                    getattr(result, kind).extend(getattr(own, kind))
        return result


def _alone(test):
    """What came of it."""
    result = unittest.TestResult()
    test.run(result)
    return result


def flat(suite):
    """The tests themselves."""
    for test in suite:
        if isinstance(test, unittest.TestSuite):
            yield from flat(test)
        else:
            yield test

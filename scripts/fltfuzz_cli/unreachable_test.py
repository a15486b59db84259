"""The form of fuzz/unreachable.txt, and what its entries take out."""

import tempfile
import unittest
from pathlib import Path

from . import unreachable
from .common import Stop

TEXT = """# a remark

only a-rule b-rule : FltCreate* ZwClose : it is of these
not c-rule : Ke* : they take no handle
outcome d-rule : FltClose : STATUS_SUCCESS : nobody does
"""


def read(text):
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "unreachable.txt"
        path.write_text(text, encoding="utf-8")
        return unreachable.read(path)


class Entries(unittest.TestCase):
    def test_what_is_taken_out(self):
        entries = read(TEXT)

        def lines(*pairs):
            found = [unreachable.excluded(entries, *pair) for pair in pairs]
            return [entry and entry.line for entry in found]

        self.assertEqual(lines(("a-rule", "FltCreateFileEx"), ("b-rule", "ZwClose"), ("c-rule", "FltClose")), [None] * 3)
        self.assertEqual(lines(("a-rule", "FltClose"), ("b-rule", "KeRaiseIrql"), ("c-rule", "KeRaiseIrql")), [3, 3, 4])
        self.assertEqual(lines(("d-rule", "FltClose")), [None])

    def test_outcomes(self):
        entries = read(TEXT)
        self.assertEqual(unreachable.listed(entries, "d-rule", "FltClose", "STATUS_SUCCESS").reason, "nobody does")
        self.assertIsNone(unreachable.listed(entries, "d-rule", "ZwClose", "STATUS_SUCCESS"))
        self.assertIsNone(unreachable.listed(entries, "d-rule", "FltClose", "STATUS_CANCELLED"))

    def test_bad_lines(self):
        for line in ("never a : b : c", "only a : b", "not a : b :  ", "outcome a : b : c", "only : b : c : d"):
            with self.assertRaisesRegex(Stop, r"unreachable\.txt:1: expected"):
                read(line)

    def test_the_committed_file(self):
        self.assertGreater(len(unreachable.read()), 10)


if __name__ == "__main__":
    unittest.main()

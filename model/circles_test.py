"""No file of a library needs, by way of others, itself: asks nm who defines what, and who needs it.

Run by CTest as: python3 circles_test.py LIBRARY...
"""
import collections
import graphlib
import subprocess
import sys
import unittest

LIBRARIES = sys.argv[1:]
DEFINED = set("TDRBG")


def needs_of(listing):
    """{object: the objects that it takes names from}, of what nm -A prints."""
    defined, wanted = {}, collections.defaultdict(set)
    for line in listing.splitlines():
        where, rest = line.rsplit(":", 1)
        file = where.rsplit(":", 1)[1]
        kind, name = rest.split()[-2:]
        wanted[file]  # also one that needs nothing  # pylint: disable=pointless-statement
        if kind == "U":
            wanted[file].add(name)
        elif kind in DEFINED:
            defined[name] = file
    return {file: {defined[name] for name in names if name in defined} - {file} for file, names in wanted.items()}


def circle_in(needs):
    """The objects of one, the first again at the end; none: an empty list."""
    try:
        graphlib.TopologicalSorter(needs).prepare()
    except graphlib.CycleError as error:
        return error.args[1]
    return []


class Circles(unittest.TestCase):
    def test_the_libraries(self):
        self.assertTrue(LIBRARIES)
        for library in LIBRARIES:
            with self.subTest(library):
                done = subprocess.run(["nm", "-A", library], capture_output=True, text=True, check=True)
                needs = needs_of(done.stdout)
                self.assertGreater(sum(map(len, needs.values())), len(needs) / 2)  # nm was understood
                self.assertEqual(circle_in(needs), [])

    def test_one_is_seen(self):
        listing = "l.a:a.o:0 T one\nl.a:a.o: U two\nl.a:b.o:0 T two\nl.a:b.o: U three\nl.a:c.o:0 T three\nl.a:c.o: U {}\n"
        self.assertEqual(circle_in(needs_of(listing.format("memcpy"))), [])
        self.assertEqual(set(circle_in(needs_of(listing.format("one")))), {"a.o", "b.o", "c.o"})


if __name__ == "__main__":
    unittest.main(argv=sys.argv[:1])

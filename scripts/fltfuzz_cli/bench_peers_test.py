"""fltfuzz bench --peers: what comes of tries, and what goes into them."""

import contextlib
import io
import json
import tempfile
import unittest
from pathlib import Path
from types import SimpleNamespace
from unittest import mock

from . import bench_peers, cli, peers
from .common import FINE, TROUBLE
from .peers import Try

NAMES = ["ours", "bytes", "afl"]
BUDGET = 10


def tries(defect, peer, *seconds):
    """None: nothing was found."""
    return [Try(defect, peer, seed, BUDGET if one is None else one, "" if one is None else "close-once", 7, 3)
            for seed, one in enumerate(seconds, 1)]


def summary(*all_tries):
    return bench_peers.summary([one for some in all_tries for one in some], NAMES, BUDGET, 3)


class Numbers(unittest.TestCase):
    def test_a_median_counts_what_was_not_found(self):
        self.assertEqual(bench_peers.median([1, 3, None]), 3)
        self.assertIsNone(bench_peers.median([1, None, None]))
        self.assertIsNone(bench_peers.median([1, None]))
        self.assertEqual(bench_peers.median([1, 2]), 2)

    def test_the_ratio_is_to_the_quickest(self):
        result = summary(tries("a", "ours", 1, 1, 2), tries("a", "bytes", 5, 6, None), tries("a", "afl", 2, 3, 4))
        self.assertEqual(result["ratios"]["bytes"]["median"], 6)
        self.assertEqual(result["ratio_to_best"], {"median": 3, "bugs": {"a": {"ratio": 3, "at_least": False}}})

    def test_what_nobody_found_is_a_lower_bound_and_what_we_did_not_find_is_no_ratio(self):
        none = (None, None, None)
        result = summary(tries("a", "ours", 2, 2, 2), tries("a", "bytes", *none), tries("a", "afl", *none),
                         tries("b", "ours", *none), tries("b", "bytes", 1, 1, 1), tries("b", "afl", *none))
        best = result["ratio_to_best"]["bugs"]
        self.assertEqual(best["a"], {"ratio": 5, "at_least": True})
        self.assertIsNone(best["b"])
        text = "\n".join(bench_peers.report(result))
        self.assertRegex(text, r"(?m)^a .*2\.0 3/3 7 .*>10 0/3 - .*>5\.0$")
        self.assertRegex(text, r"(?m)^b .*>10 0/3 - +1\.0 3/3 7 .* -$")

    def test_what_is_found_after_the_time_is_not_found(self):
        result = summary(tries("a", "ours", 1, 1, 1), tries("a", "bytes", 10, 10.1, 10.6), tries("a", "afl", None, None, None))
        self.assertEqual(result["bugs"][0]["engines"]["bytes"]["seconds"], [10, None, None])
        self.assertEqual(result["bugs"][0]["engines"]["bytes"]["found"], 1)

    def test_found_in_equal_time(self):
        result = summary(tries("a", "ours", 0.2, 2, 4), tries("a", "bytes", 4, 9, None), tries("a", "afl", None, None, 1))
        found = result["found_within"]
        self.assertEqual(list(found), ["0.3", "1", "3", "10"])
        self.assertEqual(found["0.3"]["ours"], {"tries": 1, "bugs": 0})
        self.assertEqual(found["3"]["ours"], {"tries": 2, "bugs": 1})
        self.assertEqual(found["10"]["bytes"], {"tries": 2, "bugs": 1})
        self.assertEqual(found["10"]["afl"], {"tries": 1, "bugs": 0})


class Choices(unittest.TestCase):
    def test_the_sample_is_the_sorted_list_and_no_choice(self):
        sample = bench_peers.sample()
        self.assertTrue(11 <= len(sample) <= 14, len(sample))
        self.assertEqual([one.name for one in sample], sorted(one.name for one in sample))
        self.assertFalse(any(one.is_lost_check for one in sample))

    def test_engines_take_turns(self):
        """A seed, then a bug, then each engine on it."""
        seen = []

        def try_once(order):
            seen.append((order.seed, order.defect, order.peer))
            return Try(order.defect, order.peer, order.seed, 1.0, "close-once", None, 1)

        options = SimpleNamespace(seeds=2, seconds=5, jobs=1, verbose=False)
        chosen = [SimpleNamespace(name="x"), SimpleNamespace(name="y")]
        with mock.patch.object(peers, "try_once", try_once), tempfile.TemporaryDirectory() as work, \
                mock.patch.object(peers, "build_defect", lambda *_: {"ours": "o", "hypothesis": "h"}), \
                mock.patch.object(peers, "python_with_hypothesis", lambda: "python3"), contextlib.redirect_stderr(io.StringIO()):
            bench_peers.all_tries(chosen, ["ours", "hypothesis"], Path(work), options)
        self.assertEqual(seen, [(seed, bug, peer) for seed in (1, 2) for bug in "xy" for peer in ("ours", "hypothesis")])

    def test_options_without_peers_are_refused(self):
        for words in (["--seeds", "2"], ["--defects", "canary"], ["--only", "afl"], ["--json", "file"]):
            error = io.StringIO()
            with contextlib.redirect_stderr(error):
                self.assertEqual(cli.main(["bench", *words]), TROUBLE)
            self.assertRegex(error.getvalue(), r"^fltfuzz: bench takes --\w+( FILE)? with --peers only\n$")

    def test_a_lost_check_is_refused(self):
        error = io.StringIO()
        with contextlib.redirect_stderr(error):
            self.assertEqual(cli.main(["bench", "--peers", "--defects", "lost-close-once"]), TROUBLE)
        self.assertEqual(error.getvalue().count("\n"), 1)

    def test_defaults_and_the_file(self):
        """The builds and the tries are stand-ins."""
        made = []

        def all_tries(chosen, names, _work, options):
            made.append((len(chosen), names, options.seeds, options.seconds, options.jobs))
            return [one for name in names for one in tries("a", name, 1, 2, 3)]

        with tempfile.TemporaryDirectory() as folder, mock.patch.object(bench_peers, "all_tries", all_tries), \
                mock.patch.object(bench_peers, "set_up"), mock.patch.object(bench_peers, "build"), \
                contextlib.redirect_stdout(io.StringIO()) as out:
            path = Path(folder) / "result.json"
            self.assertEqual(cli.main(["bench", "--peers", "--only", "bytes", "--json", str(path)]), FINE)
            result = json.loads(path.read_text(encoding="utf-8"))
        self.assertEqual(made, [(len(bench_peers.sample()), ["ours", "bytes"], 5, 30, 1)])
        self.assertEqual(result["ratio_to_best"]["median"], 1)
        self.assertIn("the best of them to ours: 1", out.getvalue())


class Dictionary(unittest.TestCase):
    TABLE = {
        "profiles": 1,
        "switches": [2],
        "args": [{"id": 1, "kind": "HANDLE", "values": []}, {"id": 6, "kind": "FLAGS", "values": [0x80000000]}],
        "calls": [{"opcode": 0x10, "handles": [0], "objects": [1]}, {"opcode": 0x18, "handles": [], "objects": []}],
    }

    def test_cells_are_those_of_the_binary_form(self):
        made = [entry.hex() for entry in peers.cells(self.TABLE)]
        self.assertEqual(made, ["8200000000000000", "8301000000000000", "8301000001000000",
                                "8010000001010000", "8010000002020000", "8018000000000000",
                                "0101000000000000", "0101000001000000", "0600000000000080"])

    def test_the_file_is_one_that_both_engines_read(self):
        with tempfile.TemporaryDirectory() as folder:
            lines = peers.write_dictionary(Path(folder) / "d", self.TABLE).read_text(encoding="ascii").splitlines()
        self.assertEqual(lines[0], '"' + r"\x82" + r"\x00" * 7 + '"')
        self.assertEqual(len(lines), 9)


if __name__ == "__main__":
    unittest.main()

"""Campaigns: whose turn it is, what a report shows, what is one cause, what is on the screen."""

import argparse
import importlib.util
import io
import json
import os
import tempfile
import time
import unittest
from pathlib import Path
from types import SimpleNamespace
from unittest import mock

from . import campaign, campaign_corpus, campaign_finds, campaign_fixture, campaign_record, campaign_screen, campaign_slices, durable, shrink
from .build import Target
from .campaign_slices import Turn
from .common import FINDING, FINE, TROUBLE, Stop
from .tests_at_once import AtOnce


def load_tests(loader, tests, _pattern):
    """Nights wait; the others change what all see."""
    nights = AtOnce(loader.loadTestsFromTestCase(Nights))
    return unittest.TestSuite([*(suite for suite in tests if not any(isinstance(test, Nights) for test in suite)), nights])


class Options(unittest.TestCase):
    def test_times(self):
        for text, seconds in (("90s", 90), ("30m", 1800), ("8h", 28800), ("2d", 172800)):
            self.assertEqual(campaign.duration(text), seconds)
        for text in ("", "8", "h", "-1h", "0s", "31d", "1.5h", "8H", "8h "):
            with self.assertRaises(argparse.ArgumentTypeError):
                campaign.duration(text)

    def test_weights(self):
        table = {"fuzz_close": None, "fuzz_empty": None, "fuzz_new": None}
        self.assertEqual(campaign.weights_of(None, table), {"fuzz_close": 4, "fuzz_empty": 0, "fuzz_new": 1})
        self.assertEqual(campaign.weights_of(["fuzz_close=7", "fuzz_empty"], table), {"fuzz_close": 7, "fuzz_empty": 1})
        for word in ("fuzz_none", "fuzz_close=", "fuzz_close=0", "fuzz_close=1001", "fuzz_close=x"):
            with self.assertRaises(Stop):
                campaign.weights_of([word], table)

    def test_what_was_asked_is_kept(self):
        """For --resume, unless it is asked for something else; a new campaign begins with what is asked then."""
        def asked(manifest, resume, weights=None, switches=None, share=None, engine=None):
            options = SimpleNamespace(resume=resume, weights=weights, switches=switches, share=share, engine=engine)
            campaign.go_on_as_asked(options, manifest)
            shared.append((options.share, options.engine))
            return options.weights, options.switches

        manifest, shared = {}, []
        self.assertEqual(asked(manifest, False, ["fuzz_names=3"], "my.switches", "there", "afl"), (["fuzz_names=3"], "my.switches"))
        self.assertEqual(asked(manifest, True), (["fuzz_names=3"], os.path.abspath("my.switches")))
        self.assertEqual(asked(manifest, True, ["fuzz_close"])[0], ["fuzz_close"])
        self.assertEqual(asked(manifest, True)[0], ["fuzz_close"])
        self.assertEqual(asked(manifest, False), (None, None))
        self.assertEqual(asked({}, True), (None, None))  # of an older version
        self.assertEqual(shared, [("there", "afl"), *[(os.path.abspath("there"), "afl")] * 3, (None, "libfuzzer"), (None, "libfuzzer")])

    def test_every_target_has_a_weight(self):
        from .common import targets

        self.assertLessEqual(set(campaign_slices.WEIGHTS), set(targets()))


def turn(name, weight):
    return Turn(name, Target(name, "sequences", name), weight, {})


class Turns(unittest.TestCase):
    def shares(self, turns, jobs=1, slices=300):
        """What each gets when `jobs` slices run at a time."""
        running = []
        for _ in range(slices):
            while len(running) < jobs:
                running.append(campaign_slices.next_turn(turns, [one.name for one in running], 60))
            running.pop(0).add(60, 0, 0)
        total = sum(one.seconds for one in turns)
        return {one.name: round(one.seconds / total, 2) for one in turns}

    def test_by_weight(self):
        for jobs in (1, 2, 5):
            shares = self.shares([turn("a", 4), turn("b", 1), turn("c", 0)], jobs)
            self.assertAlmostEqual(shares["a"], 0.8, delta=0.02)
            self.assertEqual(shares["c"], 0)

    def test_each_has_a_slice_before_any_has_two(self):
        turns = [turn("a", 1000), turn("b", 1), turn("c", 1)]
        order = []
        for _ in range(3):
            order.append(campaign_slices.next_turn(turns, [], 60))
            order[-1].add(60, 0, 0)
        self.assertEqual({one.name for one in order}, {"a", "b", "c"})

    def test_nobody_is_left(self):
        aside = turn("a", 1)
        aside.aside = "broken"
        self.assertIsNone(campaign_slices.next_turn([aside, turn("b", 0)], [], 60))

    def test_length(self):
        turns = [turn(name, 1) for name in "abcd"]
        self.assertEqual(campaign_slices.slice_length(8 * 3600, 1, turns), 60)
        self.assertEqual(campaign_slices.slice_length(120, 1, turns), 10)
        self.assertEqual(campaign_slices.slice_length(1, 1, turns), 2)


ASAN = """==7==ERROR: AddressSanitizer: heap-use-after-free on address 0x60
READ of size 4 at 0x60 thread T0
    #0 0x55 in __asan_memcpy (/x/fuzz_close+0x1)
    #1 0x56 in flt_close /x/model/kernel/closing.c:12:3
    #2 0x57 in flt_run /x/fuzz/run.c:9:1
    #3 0x58 in LLVMFuzzerTestOneInput /x/fuzz/targets/fuzz_close.c:1:1
SUMMARY: AddressSanitizer: heap-use-after-free /x/model/kernel/closing.c:12:3 in flt_close
"""


class Reports(unittest.TestCase):
    def test_a_rule(self):
        shown = campaign_finds.shown_by("step 1\nDEDUP_TOKEN: close-once\n==1== ERROR: libFuzzer: deadly signal\n")
        self.assertEqual((shown.rule, shown.kind), ("close-once", ""))

    def test_a_sanitizer(self):
        shown = campaign_finds.shown_by(ASAN)
        self.assertEqual((shown.kind, shown.frames), ("asan-heap-use-after-free", ("flt_close", "flt_run")))
        # Where it stood in memory, and in which line, is no part of the cause.
        self.assertEqual(shown, campaign_finds.shown_by(ASAN.replace("0x60", "0x99").replace(":12:3", ":14:3")))
        self.assertNotEqual(shown, campaign_finds.shown_by(ASAN.replace("flt_close", "flt_open")))

    def test_a_leak_by_its_size(self):
        report = ASAN.replace("AddressSanitizer: heap-use-after-free on", "LeakSanitizer: detected memory leaks").replace(
            "SUMMARY: AddressSanitizer: heap-use-after-free", "SUMMARY: AddressSanitizer: 24 byte(s) leaked in")
        self.assertEqual(campaign_finds.shown_by(report).kind, "memory-leak")

    def test_time_and_memory(self):
        for text, kind in (("==1== ERROR: libFuzzer: timeout after 20 seconds\n" + ASAN, "timeout"),
                           ("==1== ERROR: libFuzzer: out-of-memory (used: 3Mb; limit: 2Mb)\n", "out-of-memory")):
            shown = campaign_finds.shown_by(text)
            self.assertEqual((shown.kind, shown.frames), (kind, ()))

    def test_nothing(self):
        self.assertEqual(campaign_finds.shown_by("Running: input\nExecuted in 1 ms\n").name, "")


class Shrinking(unittest.TestCase):
    def test_no_line_can_go(self):
        text = "profile strict\n" + "".join(f"Call{number}()\n" for number in range(40))
        needed = ("Call3()", "Call17()", "Call38()")
        small, minimal = shrink.lines(text, lambda trial: all(line in trial.splitlines() for line in needed), 60)
        self.assertEqual((small.splitlines(), minimal), (list(needed), True))

    def test_what_does_not_show_it_is_left_alone(self):
        self.assertEqual(shrink.lines("A()\nB()\n", lambda _: False, 60), ("A()\nB()\n", False))

    def test_time_is_up(self):
        small, minimal = shrink.lines("A()\nB()\n", lambda _: True, 0)
        self.assertEqual((small, minimal), ("A()\nB()\n", False))


class Durable(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = Path(folder.name)

    def test_a_file_is_old_or_new(self):
        path = self.folder / "a.json"
        durable.write_json(path, [1])
        with mock.patch.object(durable.os, "fsync", side_effect=OSError(28, "full")), self.assertRaises(OSError):
            durable.write_json(path, [2])
        self.assertEqual(json.loads(path.read_text(encoding="utf-8")), [1])
        self.assertEqual([entry.name for entry in self.folder.iterdir()], ["a.json"])

    def test_it_is_synced_before_it_has_its_name(self):
        events = []
        with mock.patch.object(durable.os, "fsync", side_effect=lambda _: events.append("fsync")), \
                mock.patch.object(durable.os, "rename", side_effect=lambda *_: events.append("rename")):
            durable.write(self.folder / "a", b"x")
        self.assertEqual(events, ["fsync", "rename", "fsync"])

    def test_a_folder_is_there_or_not(self):
        path = self.folder / "finding"
        with mock.patch.object(durable.os, "rename", side_effect=OSError(28, "full")), self.assertRaises(OSError):
            durable.store_folder(path, {"a": b"x"})
        self.assertEqual(list(self.folder.iterdir()), [])
        durable.store_folder(path, {"a": b"x", "b": b""})
        self.assertEqual(sorted(entry.name for entry in path.iterdir()), ["a", "b"])
        durable.remove_folder(path)
        self.assertEqual(list(self.folder.iterdir()), [])

    def test_what_a_crash_leaves_is_swept(self):
        (self.folder / ".new-a").mkdir()
        (self.folder / ".new-b").touch()
        (self.folder / "c").touch()
        durable.sweep(self.folder)
        self.assertEqual([entry.name for entry in self.folder.iterdir()], ["c"])


class Corpora(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.top = Path(folder.name)
        (self.top / "corpus").mkdir()
        self.lines = []
        self.corpus = self.make()

    def make(self):
        where = SimpleNamespace(path=self.top, corpus=lambda target: self.top / "corpus" / target)
        return campaign_corpus.Corpus(where, "fuzz_close", self.lines.append)

    def put(self, *inputs):
        for data in inputs:
            (self.corpus.path / f"new-{data.decode()}").write_bytes(data)
        self.corpus.take_in()
        return list(self.corpus.files)

    def listed(self):
        return set(json.loads(self.corpus.list.read_text(encoding="utf-8"))["files"])

    def test_dropped_files_leave_the_list_first(self):
        names = self.put(b"one", b"two")
        listed = []
        with mock.patch.object(Path, "unlink", side_effect=lambda **_: listed.append(self.listed())):
            self.assertEqual(self.corpus.drop([names[0], "no such name"]), 1)
        self.assertEqual(listed, [{names[1]}])

    def test_pruning_keeps_what_either_wants(self):
        names = self.put(b"1", b"2", b"3", b"4")
        with mock.patch.object(self.corpus, "look", return_value={names[0]}), \
                mock.patch.object(self.corpus, "merge", return_value={names[1]}):
            self.corpus.prune(None, None, self.top / "work", True, None)
        self.assertEqual(set(self.corpus.files), {names[0], names[1]})
        self.assertEqual({path.name for path in self.corpus.path.iterdir()}, self.listed())

    def test_pruning_without_both_answers_keeps_all(self):
        names = self.put(b"1", b"2")
        for look, merge in ((None, {names[0]}), ({names[0]}, None)):
            with mock.patch.object(self.corpus, "look", return_value=look), mock.patch.object(self.corpus, "merge", return_value=merge):
                self.corpus.prune(None, None, self.top / "work", True, None)
            self.assertEqual(set(self.corpus.files), set(names))

    def test_what_comes_while_pruning_is_kept(self):
        self.put(b"1")

        def merge(*_):
            self.put(b"late")
            return set()

        with mock.patch.object(self.corpus, "look", return_value=set()), mock.patch.object(self.corpus, "merge", side_effect=merge):
            self.corpus.prune(None, None, self.top / "work", True, None)
        self.assertEqual([(self.corpus.path / name).read_bytes() for name in self.corpus.files], [b"late"])

    def test_what_fails_is_tried_again_another_night(self):
        names = self.put(b"one", b"two")
        self.assertEqual(self.corpus.put_away([names[0]]), 1)
        self.assertEqual((self.listed(), self.corpus.put_away([names[0]])), ({names[1]}, 0))
        other = self.make()
        other.start()
        self.assertEqual(set(other.files), set(names))
        self.assertEqual(list(other.away.iterdir()), [])

    def test_what_others_have_learnt(self):
        other = self.top / "other"
        other.mkdir()
        for data in (b"one", b"two"):
            (other / f"of {data.decode()}").write_bytes(data)
        self.put(b"two")
        self.assertEqual((self.corpus.copy_from(other), len(self.corpus.files), len(list(other.iterdir()))), (1, 2, 2))

    def test_tools_that_fail(self):
        self.put(b"1")
        broken = lambda *_: SimpleNamespace(returncode=1, stdout=b"what?")  # noqa: E731
        self.assertIsNone(self.corpus.look(Path("/programs"), broken))
        self.assertIsNone(self.corpus.merge("/target", self.top / "work", broken))
        self.assertEqual(sum("could not" in line for line in self.lines), 2, self.lines)

    def test_an_engine_takes_files_away_while_another_merges(self):
        names = self.put(b"1", b"2")

        def engine(words, _):
            (self.corpus.path / names[0]).unlink()
            kept, of = map(Path, words[-2:])
            for path in of.iterdir():
                (kept / path.name).write_bytes(path.read_bytes())
            return SimpleNamespace(returncode=0)

        self.assertEqual(self.corpus.merge("/target", self.top / "work", engine), set(names))
        self.assertEqual(self.corpus.merge("/target", self.top / "work", lambda *_: SimpleNamespace(returncode=0)), set())
        self.assertEqual([path.name for path in (self.top / "work" / "of").iterdir()], [names[1]])

    def test_where_there_are_no_links(self):
        names = self.put(b"1", b"2")
        with mock.patch.object(campaign_corpus.os, "link", side_effect=PermissionError(1, "no links here")):
            folder = self.corpus.sequences(self.top / "sequences")
        self.assertEqual({path.name: path.read_bytes() for path in folder.iterdir()}, {name: (self.corpus.path / name).read_bytes() for name in names})

    def test_the_largest_go_first(self):
        self.put(b"x" * 10, b"y" * 30, b"z" * 20)
        self.assertEqual(self.corpus.drop_largest(35), 2)
        self.assertEqual(self.corpus.bytes(), 10)


class Terminal(io.StringIO):
    """One that needs no device, which a bare system has none of."""

    def isatty(self):
        return True


class Screens(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.log = Path(folder.name) / "log.txt"

    def lines(self):
        one = turn("fuzz_close", 4)
        one.add(30, 600, 12000)
        one.calls_per_sequence = 20
        output = SimpleNamespace(per_second=5, runs=50, corpus=12, coverage=99)
        running = SimpleNamespace(turn=one, process=SimpleNamespace(output=output))
        corpora = {"fuzz_close": SimpleNamespace(files={"a": 1}, states=1234)}
        return campaign_screen.lines([one, turn("fuzz_empty", 0)], [running], corpora, "2", 60, 7200)

    def test_what_is_told(self):
        first, *screen = self.lines()
        for words in ("0:01:00 run", "2:00:00 left", "5 sequences/s", "100 calls/s", "states 1,234", "findings 2"):
            self.assertIn(words, first)
            self.assertIn(words, "\n".join(screen[:2]))
        self.assertEqual(screen[3].split(), ["fuzz_close", "100%", "650", "5", "99", "12", "1,234", "running"])
        self.assertLess(max(map(len, screen)), 80)

    def test_elsewhere_lines_now_and_then(self):
        stream = io.StringIO()
        screen = campaign_screen.Screen(self.log, stream)
        screen.show(self.lines)
        self.assertEqual(stream.getvalue(), "")
        screen._last_line -= campaign_screen.LINE_SECONDS  # pylint: disable=protected-access
        screen.show(self.lines)
        screen.say("a file \x1b[2J of\nmine")
        told = stream.getvalue()
        self.assertEqual(len(told.splitlines()), 2)
        self.assertNotIn("\x1b", told)
        self.assertEqual(len(self.log.read_text(encoding="utf-8").splitlines()), 2)

    def test_a_terminal_is_drawn_anew(self):
        stream = Terminal()
        screen = campaign_screen.Screen(self.log, stream)
        for _ in range(2):
            screen._last_drawn -= campaign_screen.DRAW_SECONDS  # pylint: disable=protected-access
            screen.show(self.lines)
        screen.say("found")
        told = stream.getvalue()
        self.assertEqual(told.count("\x1b[4F\x1b[J"), 2)
        self.assertTrue(told.rstrip().endswith("fltfuzz: found"), told)

    def test_a_log_that_cannot_be_written(self):
        screen = campaign_screen.Screen(Path("/nowhere/log.txt"), io.StringIO())
        screen.say("still said")
        self.assertEqual(screen.log_lost, 1)


class Slices(unittest.TestCase):
    def test_its_time_is_over_when_it_has_ended(self):
        """Not when somebody gets to it: a corpus may be pruned meanwhile."""
        with tempfile.TemporaryDirectory() as folder:
            build = campaign_fixture.Build(Path(folder) / "build", "busy")
            (Path(folder) / "corpus").mkdir()
            one, begun = turn("fuzz_close", 4), time.monotonic()
            piece = campaign_slices.Slice(one, build.bin / "fuzz_close", 60, 1, Path(folder) / "work", [Path(folder) / "corpus"])
            while piece.running():
                time.sleep(0.01)
            took = time.monotonic() - begun
            time.sleep(0.5)
            piece.finish()
        self.assertLessEqual(one.seconds, took)
        self.assertGreaterEqual(one.seconds, 0.25)


class Samples(unittest.TestCase):
    def sample(self, per_second, seconds, ended=None):
        """Of a target that has an engine which says that, so long after its start."""
        one = turn("fuzz_close", 4)
        one.calls_per_sequence = 20
        output = SimpleNamespace(per_second=per_second, runs=50, corpus=12, coverage=99)
        running = [SimpleNamespace(turn=one, elapsed=lambda: seconds, process=SimpleNamespace(output=output))]
        corpora = {"fuzz_close": SimpleNamespace(files={}, states=None)}
        night = SimpleNamespace(slices=running, corpora=corpora, desk=SimpleNamespace(met={}), elapsed=lambda: 70.0)
        return campaign_record.sample(night, one, ended)["calls_per_second"]

    def test_an_engine_that_starts_is_not_slow(self):
        self.assertEqual(self.sample(5, 1), 100)
        self.assertIsNone(self.sample(0, 1))
        self.assertEqual(self.sample(0, 60), 0)
        self.assertEqual(self.sample(0, 1, SimpleNamespace(speed=lambda: 7)), 140)


class Nights(unittest.TestCase):
    """The real command, with a stand-in for the target."""

    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.top = Path(folder.name)
        self.folder = self.top / "campaign"

    def test_what_is_written(self):
        build = campaign_fixture.Build(self.top / "build", "finds-a", "busy", "finds-b", "finds-a", "busy")
        done = campaign_fixture.campaign(build, self.folder, "--for", "15s", "--seed", "5", "--json")
        self.assertEqual(done.returncode, FINDING, done.stderr)
        told = json.loads(done.stdout)
        self.assertEqual(sorted((one["rule"], one["status"], one["met"]) for one in told["findings"]), [("a", "new", 2), ("b", "new", 1)])
        manifest = campaign_fixture.check(self.folder)
        self.assertEqual((manifest["state"], manifest["seed"], manifest["nights"]), ("ended", 5, [told["id"]]))
        night = self.folder / "nights" / told["id"]
        self.assertEqual(json.loads((night / "night.json").read_text(encoding="utf-8")), {**told, "seconds": mock.ANY, "state": "ended"})
        samples = [json.loads(line) for line in (night / "samples.jsonl").read_text(encoding="utf-8").splitlines()]
        self.assertGreaterEqual(len(samples), 4)
        for sample in samples:
            self.assertEqual(sorted(sample), ["calls", "calls_per_second", "corpus", "coverage", "findings", "per_second", "sequences", "states", "t", "target"])
        self.check_page(told["id"], done.stderr)
        self.assertIn("new: a-", (night / "log.txt").read_text(encoding="utf-8"))
        finding = self.folder / "findings" / next(one["name"] for one in told["findings"] if one["rule"] == "a")
        self.assertEqual(sorted(path.name for path in finding.iterdir()), ["finding.json", "input", "minimal", "report.txt", "sequence.seq", "trace.txt"])
        kept = json.loads((finding / "finding.json").read_text(encoding="utf-8"))
        self.assertEqual((kept["seen"], kept["minimal"], kept["flaky"]), (2, True, False))
        self.assertEqual(kept["reproduce"], f"./scripts/fltfuzz replay {finding}/minimal")
        self.assertIn(f"reproduce: {kept['reproduce']}", (finding / "report.txt").read_text(encoding="utf-8"))

    def check_page(self, night, said):
        page = self.folder / "report.html"
        if importlib.util.find_spec("jinja2") is None:
            self.assertIn("no page of the night: it needs Jinja2", said)
        else:
            self.assertIn(f"the night as a page: {page}", said)
            self.assertIn(f"night {night}</title>", page.read_text(encoding="utf-8"))

    def test_no_page_is_no_failure(self):
        build = campaign_fixture.Build(self.top / "build", "busy")
        (self.folder / "report.html" / "in the way").mkdir(parents=True)
        done = campaign_fixture.campaign(build, self.folder, "--for", "2s")
        self.assertEqual(done.returncode, FINE, done.stderr)
        self.assertIn("no page of the night: ", done.stderr)

    def test_inputs_that_fail_when_it_begins(self):
        """They are findings; of many that break one rule a few are looked at, and no slice is lost to them."""
        build = campaign_fixture.Build(self.top / "build", "busy")
        corpus = self.folder / "corpus" / "fuzz_close"
        corpus.mkdir(parents=True)
        for number in range(30):
            (corpus / str(number)).write_text(f"FIND r {number}", encoding="utf-8")
        done = campaign_fixture.campaign(build, self.folder, "--for", "30s", "--json")
        self.assertEqual(done.returncode, FINDING, done.stderr)
        self.assertEqual([(one["rule"], one["met"]) for one in json.loads(done.stdout)["findings"]], [("r", 20)])
        self.assertIn("10 more inputs fail by r: left out tonight, and not looked at", done.stderr)
        self.assertEqual(len(list((self.folder / "failing" / "fuzz_close").iterdir())), 30)

    def test_nothing_new_is_fine(self):
        build = campaign_fixture.Build(self.top / "build", "finds-a", "busy")
        self.assertEqual(campaign_fixture.campaign(build, self.folder, "--for", "6s").returncode, FINDING)
        done = campaign_fixture.campaign(build, self.folder, "--for", "2s")
        self.assertEqual((done.returncode, "nothing was found" in done.stdout), (FINE, True))
        build.behave("finds-a", "busy")  # it is still new: nobody has looked at it
        self.assertEqual(campaign_fixture.campaign(build, self.folder, "--for", "6s").returncode, FINDING)

    def test_usage(self):
        build = campaign_fixture.Build(self.top / "build", "busy")
        for words, line in (([], "campaign needs --for"), (["--for", "8"], "no time from 1s"), (["--for", "2s", "--target", "x"], "unknown target x")):
            done = campaign_fixture.campaign(build, self.folder, *words)
            self.assertEqual(done.returncode, TROUBLE)
            self.assertIn(line, done.stderr.splitlines()[-1])
        done = campaign_fixture.campaign(SimpleNamespace(path=self.top), self.folder, "--for", "2s")
        self.assertEqual((done.returncode, "no finished build" in done.stderr), (TROUBLE, True), done.stderr)


if __name__ == "__main__":
    unittest.main()

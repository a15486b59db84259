"""What libFuzzer prints and how it ends, read."""

import unittest

from .libfuzzer import Limits, Output, Process, command

PULSE = "#65536\tpulse  cov: 241 ft: 1029 corp: 276/41Kb lim: 4096 exec/s: 9362 rss: 71Mb"
VIOLATION = f"""INFO: seed corpus: files: 40
#41\tINITED cov: 100 ft: 200 corp: 40/900b exec/s: 0 rss: 40Mb
{PULSE}
step 1 of 1: FltClose(h0) = STATUS_SUCCESS, allowed: STATUS_INVALID_HANDLE
rule close-bad-handle (page: FltClose), profile documented
FltClose(h0)
reproduce: ./scripts/fltfuzz replay FILE
DEDUP_TOKEN: close-bad-handle
ASSERTION FAILED: close-bad-handle: sentence FuzzerHash=close-bad-handle
==12== ERROR: libFuzzer: deadly signal
    #0 0x55 in abort
SUMMARY: libFuzzer: deadly signal
artifact_prefix='/s/'; Test unit written to /s/crash-1f
stat::number_of_executed_units: 70001
"""


def read(text):
    output = Output()
    for line in text.splitlines():
        output.feed(line)
    return output


def ended(script):
    process = Process(["bash", "-c", script])
    process.finish()
    return process


class Lines(unittest.TestCase):
    def test_status(self):
        output = read(PULSE)
        self.assertEqual((output.runs, output.coverage, output.corpus, output.per_second), (65536, 241, 276, 9362))
        self.assertEqual(output.executed(), 65536)

    def test_the_exact_count_wins(self):
        self.assertEqual(read(VIOLATION).executed(), 70001)

    def test_report_of_a_target(self):
        output = read(VIOLATION)
        self.assertEqual(output.rule(), "close-bad-handle")
        self.assertEqual(output.saved, ["/s/crash-1f"])
        lines = output.report().splitlines()
        self.assertTrue(lines[0].startswith("step 1 of 1"), lines)
        self.assertTrue(lines[-1].startswith("ASSERTION FAILED: close-bad-handle"), lines)

    def test_report_of_a_sanitizer(self):
        output = read(f"{PULSE}\n==5==ERROR: AddressSanitizer: SEGV\n    #0 0x1 in flt_run\nSUMMARY: AddressSanitizer: SEGV\n")
        self.assertEqual(output.rule(), "")
        self.assertIn("#0 0x1 in flt_run", output.report())
        self.assertIn("SUMMARY", output.report())

    def test_a_slow_input_is_no_finding(self):
        self.assertEqual(read("artifact_prefix='/s/'; Test unit written to /s/slow-unit-77").saved, [])

    def test_our_statistics(self):
        self.assertEqual(read('fltfuzz-stats: {"calls": 3}').our_stats, '{"calls": 3}')


class Ends(unittest.TestCase):
    def test_each_end(self):
        saved = "echo \"artifact_prefix='/s/'; Test unit written to /s/crash-1\" >&2;"
        for script, verdict in (
            ("exit 0", "fine"),
            ("exit 72", "fine"),
            ("exit 77", "finding"),
            ("exit 70", "finding"),
            ("exit 71", "finding"),
            (saved + "exit 1", "finding"),
            (saved + "exit 77", "finding"),
            ("exit 1", "trouble"),
            ("kill -KILL $$", "trouble"),
        ):
            self.assertEqual(ended(script).verdict()[0], verdict, script)

    def test_a_process_that_was_stopped_is_fine(self):
        process = Process(["sleep", "60"])
        process.stop()
        process.finish()
        self.assertEqual(process.verdict(), ("fine", ""))

    def test_all_that_was_said_is_read(self):
        self.assertEqual(ended(f"printf '{PULSE}\\nstat::number_of_executed_units: 9' >&2").output.executed(), 9)


class Options(unittest.TestCase):
    def test_the_limits(self):
        words = command("fuzz_x", Limits(60, 0, 7), "/a", ["/corpus", "/seeds"])
        self.assertIn("-seed=7", words)
        self.assertIn("-max_total_time=60", words)
        self.assertIn("-artifact_prefix=/a/", words)
        self.assertFalse([word for word in words if word.startswith("-runs")])
        self.assertEqual(words[-2:], ["/corpus", "/seeds"])
        self.assertIn("-runs=5", command("fuzz_x", Limits(0, 5, 7), "/a", []))


if __name__ == "__main__":
    unittest.main()

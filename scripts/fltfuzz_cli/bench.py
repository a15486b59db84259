"""fltfuzz bench: speed with every check on; under libFuzzer beside a target that does nothing, and
of single calls; with --peers beside what people would use instead."""

import json
import subprocess
import tempfile
from pathlib import Path

from . import bench_peers, libfuzzer
from .build import build, target_table
from .common import Stop, echo, make_folder, say, whole_number
from .fuzz import seed_folders
from .peers import OURS, PEERS

TARGET, EMPTY = "fuzz_close", "fuzz_empty"
LENGTHS = (16, 64)  # calls per sequence
SECONDS = 5  # of each measurement
MAX_BYTES = 65536  # enough for the longest of them


def add_command(command):
    sub = command(
        "bench",
        run,
        "Measure sequences and calls a second, and what a call costs, with every check on. With --peers:\n"
        "seconds to seeded bugs, beside " + "; ".join(f"{name}: {peer.words}" for name, peer in PEERS.items() if name != OURS) + ".\n"
        f"The bugs are every {bench_peers.EVERY}th of the sorted list, unless --defects names others.",
        "bench --peers --seconds 10 --defects canary",
    )
    sub.add_argument("--json", nargs="?", const="-", metavar="FILE", help="print the numbers as JSON; with --peers FILE gets them")
    sub.add_argument("--peers", action="store_true", help="beside what people would use instead")
    sub.add_argument("--defects", nargs="+", metavar="NAME", help="with --peers: names of fuzz/defects")
    sub.add_argument("--only", nargs="+", choices=[name for name in PEERS if name != OURS], help="with --peers: these only")
    for name, most, words in (
        ("seeds", 1000, "tries of each engine on each bug"),
        ("seconds", 24 * 3600, "of each try, at most"),
        ("jobs", 256, "tries at once"),
    ):
        words = f"with --peers: {words} (default: {bench_peers.DEFAULTS[name]})"
        sub.add_argument(f"--{name}", type=whole_number(1, most), metavar="N", help=words)


def run(options):
    if options.peers:
        for name, value in bench_peers.DEFAULTS.items():
            setattr(options, name, getattr(options, name) or value)
        return bench_peers.run(options)
    given = [f"--{name}" for name in ("defects", "only", *bench_peers.DEFAULTS) if getattr(options, name) is not None]
    given += ["--json FILE"] * (options.json not in (None, "-"))
    if given:
        raise Stop(f"bench takes {given[0]} with --peers only")
    programs = build("fuzz", [TARGET, EMPTY, "seq", "bench"], options)
    result = {"engine": {}}
    for length in LENGTHS:
        say(f"measuring sequences of about {length} calls")
        result["engine"][str(length)] = measure_length(programs, length, options.verbose)
    say("measuring single calls")
    result.update(measure_calls(programs / "fltfuzz-bench", options.verbose))
    if options.json:
        print(json.dumps(result, indent=2))
    else:
        print("\n".join(table(result)))
    return 0


def measure_length(programs, calls, verbose):
    """libFuzzer with our mutator, which makes every sequence so long."""
    ours = fuzz(programs, TARGET, calls, verbose)
    empty = fuzz(programs, EMPTY, calls, verbose)
    return {
        **ours,
        "empty_sequences_per_s": empty["sequences_per_s"],
        "share_of_empty": round(ours["sequences_per_s"] / empty["sequences_per_s"], 3),
    }


def fuzz(programs, target, calls, verbose):
    with tempfile.TemporaryDirectory(prefix="fltfuzz-") as name:
        scratch = Path(name)
        corpus = make_folder(scratch / "corpus")
        seeds = seed_folders(target_table("fuzz")[target], programs, scratch, verbose)
        limits = libfuzzer.Limits(SECONDS, 0, 1)
        words = libfuzzer.command(programs / target, limits, scratch, [corpus, *seeds], [f"-max_len={MAX_BYTES}"])
        words = ["env", f"FLTFUZZ_STEPS={calls}", *words]
        echo(words, verbose)
        process = libfuzzer.Process(words)
        process.finish(SECONDS + libfuzzer.SINGLE_RUN_SECONDS)
    verdict, reason = process.verdict()
    if verdict != "fine":
        raise Stop(f"{target} ended early ({reason}): run fltfuzz fuzz {target}")
    return rates(process.output, SECONDS)


def rates(output, seconds):
    stats = json.loads(output.our_stats) if output.our_stats else {}
    sequences = stats.get("sequences", output.executed())
    seconds = stats.get("seconds", seconds)
    calls = stats.get("calls", 0)
    return {
        "sequences_per_s": round(sequences / seconds),
        "calls_per_s": round(calls / seconds),
        "calls_per_sequence": round(calls / sequences, 1),
    }


def measure_calls(program, verbose):
    echo([program], verbose)
    done = subprocess.run([str(program)], stdout=subprocess.PIPE, check=False)
    if done.returncode != 0:
        raise Stop(f"{program} ended with {done.returncode}")
    return json.loads(done.stdout)


def table(value, path=()):
    """Nested numbers as lines: what, indented, and the number."""
    for name, inner in value.items():
        if isinstance(inner, dict):
            yield "  " * len(path) + name
            yield from table(inner, (*path, name))
        else:
            yield ("  " * len(path) + name).ljust(40) + f"{inner:>14,}"

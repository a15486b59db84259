"""What people would use instead of ours, each as one try: an engine on a defect from an empty corpus,
until its first report of a violation or until the time is over."""

import json
import os
import re
import subprocess
import sys
import time
from pathlib import Path
from typing import NamedTuple, Optional

from . import afl, defects, libfuzzer
from .common import TOP, Stop, echo, make_folder

OURS = "ours"
STATE_MACHINE = TOP / "fuzz" / "peers" / "state_machine.py"
MARGIN_SECONDS = 20  # past its time a try is stopped
QUICK_REPORT = {"UBSAN_OPTIONS": "symbolize=0"}  # libFuzzer's own stack would take longer than a shallow bug
RULE = re.compile(r"^DEDUP_TOKEN: (\S+)", re.M)


class Peer(NamedTuple):
    words: str  # what
    preset: str  # of its build
    program: str  # below that build, in which the defects are put
    packages: str = ""  # scripts/setup's option for what it needs


PEERS = {
    OURS: Peer("libFuzzer with our mutator", "peers", "bin/fuzz_close"),
    "bytes": Peer("libFuzzer with its byte mutators and a dictionary", "peers", "bin/fuzz_bytes"),
    "afl": Peer("AFL++, persistent mode, its own mutators and a dictionary", "peers-afl", "bin/fuzz_close", "--afl"),
    "hypothesis": Peer("Hypothesis, rule-based state machine", "peers-library", "bin/libfltfuzz_model.so", "--hypothesis"),
}
MODEL = PEERS["hypothesis"]  # its library knows the tables


class Try(NamedTuple):
    defect: str
    peer: str
    seed: int
    seconds: float
    rule: str  # that was reported; empty: nothing was
    calls: Optional[int]  # None: the engine does not count them
    sequences: int


# ---- building -------------------------------------------------------------------------------------


def presets_of(names):
    """{preset: programs}; the library too where a dictionary is to be written."""
    wanted = [PEERS[name] for name in names] + ([MODEL] if {"bytes", "afl"} & set(names) else [])
    presets = {}
    for peer in wanted:
        target = "flt_model" if peer is MODEL else Path(peer.program).name
        presets.setdefault(peer.preset, set()).add(target)
    return {preset: sorted(programs) for preset, programs in presets.items()}


def build_defect(defect, names, work):
    """{peer: its program with the defect}."""
    programs = {}
    for name in names:
        peer, build = PEERS[name], TOP / "build" / PEERS[name].preset
        folder = work / defect.name / name
        programs[name] = defects.build_program(defect, build, peer.program, folder)
    return programs


# ---- the dictionary -------------------------------------------------------------------------------

CELL_CALL, CELL_PROFILE, CELL_SWITCH, FORM_SLOT = 0x80, 0x82, 0x83, 1  # of fuzz/sequence/binary.h
MOST_SLOTS = 2  # that calls of the dictionary use


def cell(head, byte1, value):
    return bytes([head, byte1, 0, 0]) + (value & 0xFFFFFFFF).to_bytes(4, "little")


def cells(table):
    """Each call with its results in the first slots, each argument with each value that has a name."""
    for profile in range(table["profiles"]):
        yield cell(CELL_PROFILE, 0, profile)
    for which, count in enumerate(table["switches"]):
        for choice in range(count):
            yield cell(CELL_SWITCH, which + 1, choice)
    for call in table["calls"]:
        results = [*call["handles"], *call["objects"]]
        for slot in range(MOST_SLOTS if results else 1):
            yield cell(CELL_CALL, call["opcode"], sum((slot + 1) << 8 * result for result in results))
    for arg in table["args"]:
        slots = arg["kind"] in ("HANDLE", "OBJECT")
        for value in range(MOST_SLOTS) if slots else arg["values"]:
            yield cell(arg["id"], FORM_SLOT if slots else 0, value)


def write_dictionary(path, table):
    """As libFuzzer and AFL++ both read it."""
    entries = dict.fromkeys(cells(table))
    path.write_text("".join('"' + "".join(f"\\x{byte:02x}" for byte in entry) + '"\n' for entry in entries), encoding="ascii")
    return path


def read_table(python, verbose):
    """What the library says of the model's calls."""
    code = "import sys, json; from model import Model; json.dump(Model(sys.argv[1]).table, sys.stdout)"
    words = [python, "-B", "-c", code, str(TOP / "build" / MODEL.preset / MODEL.program)]
    echo(words, verbose)
    done = subprocess.run(words, capture_output=True, text=True, check=False, cwd=STATE_MACHINE.parent)
    if done.returncode != 0:
        raise Stop(f"the model's library does not load: {last_line(done.stderr)}")
    return json.loads(done.stdout)


def python_with_hypothesis():
    """Debian's own has it, and another python3 may come first."""
    for folder in os.get_exec_path():
        python = os.path.join(folder, "python3")
        if os.access(python, os.X_OK) and subprocess.run([python, "-c", "import hypothesis"], capture_output=True, check=False).returncode == 0:
            return python
    raise Stop("bench --peers needs Hypothesis (Debian: python3-hypothesis), and no python3 has it")


def last_line(text):
    return (text.strip().splitlines() or ["nothing was said"])[-1]


# ---- a try ----------------------------------------------------------------------------------------


class Order(NamedTuple):
    """What is to be tried."""

    defect: str
    peer: str
    seed: int
    program: Path
    seconds: int
    folder: Path  # its own, and empty
    dictionary: Optional[Path] = None
    python: str = sys.executable
    verbose: bool = False


def try_once(order):
    started = time.monotonic()
    tries = {OURS: _libfuzzer, "bytes": _libfuzzer, "afl": _afl, "hypothesis": _hypothesis}
    rule, calls, sequences, seconds = tries[order.peer](order, started)
    return Try(order.defect, order.peer, order.seed, round(seconds, 2), rule, calls, sequences)


def _libfuzzer(order, started):
    corpus, kept = make_folder(order.folder / "corpus"), make_folder(order.folder / "kept")
    extra = [f"-dict={order.dictionary}"] if order.peer == "bytes" else []
    words = libfuzzer.command(order.program, libfuzzer.Limits(order.seconds, 0, order.seed), kept, [corpus], extra)
    echo(words, order.verbose)
    process = libfuzzer.Process(words, environment={**os.environ, **QUICK_REPORT})
    process.finish(order.seconds + MARGIN_SECONDS)
    seconds = time.monotonic() - started
    output = process.output
    if process.verdict()[0] == "trouble":
        raise Stop(f"{order.peer} on {order.defect}: {process.verdict()[1]}: {last_line(output.report())}")
    stats = json.loads(output.our_stats) if output.our_stats else {}
    return output.rule(), stats.get("calls"), output.executed(), seconds


def _afl(order, started):
    """Its corpus may not be empty: it starts from what libFuzzer makes of an empty one, a line feed."""
    seeds, out = make_folder(order.folder / "seeds"), order.folder / "out"
    (seeds / "seed").write_bytes(b"\n")
    words = ["afl-fuzz", "-i", str(seeds), "-o", str(out), "-s", str(order.seed), "-V", str(order.seconds)]
    words += ["-x", str(order.dictionary), "--", str(order.program)]
    echo(words, order.verbose)
    output = afl.Output(out / "default")
    process = libfuzzer.Process(words, output, afl.environment(None))
    process.finish(order.seconds + MARGIN_SECONDS)
    seconds = time.monotonic() - started
    output.look_at_end()
    if output.final_runs is None:
        raise Stop(f"afl on {order.defect}: {last_line(chr(10).join(output.since_status))}")
    crashes = sorted((out / "default" / "crashes").glob("id:*"))
    rule = RULE.search(afl.replay(order.program, crashes[:1])[1]) if crashes else None
    return rule.group(1) if rule else "", None, output.executed(), seconds


def _hypothesis(order, started):
    words = [order.python, "-B", str(STATE_MACHINE), str(order.program), "--seconds", str(order.seconds), "--seed", str(order.seed)]
    echo(words, order.verbose)
    try:
        done = subprocess.run(words, capture_output=True, text=True, errors="replace", check=False, timeout=order.seconds + MARGIN_SECONDS)
    except subprocess.TimeoutExpired:
        raise Stop(f"hypothesis on {order.defect} did not end in time") from None
    seconds = time.monotonic() - started
    try:
        result = json.loads(done.stdout)
    except ValueError:
        raise Stop(f"hypothesis on {order.defect}: {last_line(done.stderr)}") from None
    return result["rule"], result["calls"], result["examples"], seconds

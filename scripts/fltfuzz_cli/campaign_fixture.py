"""For the tests of campaigns: a build whose programs are stand-ins. The target does what the file
`behaviour` beside it says, a word for each of its runs in turn (the last one for all that follow):

    finds-NAME   saves an input "FIND NAME ..." and ends as libFuzzer does on a broken rule
    crashes-F    the same with ASan's report, in the functions F
    leaks        LeakSanitizer's report
    slow, large  libFuzzer's on a timeout, on too much memory
    ends         runs out its time well, and writes a new file to the corpus
    busy         as ends, in a quarter of a second
    hangs        neither ends nor listens
    exits        exit 3
    dies         kills itself
    prints       without end
    long-line    the same, without a line's end
    writes       files without end, to its own folder
    fills        files without end, to the corpus
    leaves       a child behind that holds its output open

Every input that it saves is named in the file `ledger` beside it, once it is whole."""

import hashlib
import json
import os
import subprocess
import sys
from pathlib import Path

HERE = Path(__file__).resolve().parent

TARGET = '''
import hashlib, os, signal, sys, time
here = os.path.dirname(os.path.abspath(__file__))
words = sys.argv[1:]
flags = dict(word[1:].partition("=")[::2] for word in words if word.startswith("-"))
paths = [word for word in words if not word.startswith("-")]

def say(*lines):
    print("\\n".join(lines), file=sys.stderr, flush=True)

def read(path):
    with open(path, "rb") as file:
        return file.read()

def show(data):
    """What a run of the input shows; the exit code."""
    what, _, name = data.split(b" ")[0].partition(b"="), None, (data.split(b" ") + [b"", b""])[1].decode()
    if data.startswith(b"FIND"):
        say(f"step 1 of 1: {name}", "reproduce: ./scripts/fltfuzz replay FILE", f"DEDUP_TOKEN: {name}", "==1== ERROR: libFuzzer: deadly signal")
        return 77
    if data.startswith(b"CRASH"):
        say("==1==ERROR: AddressSanitizer: heap-use-after-free on address 0x1", f"    #0 0x1 in __asan_memcpy (x)",
            f"    #1 0x2 in {name} /x/y.c:3:1", "SUMMARY: AddressSanitizer: heap-use-after-free /x/y.c:3:1 in f")
        return 77
    if data.startswith(b"LEAK"):
        say("==1==ERROR: LeakSanitizer: detected memory leaks", "    #0 0x1 in malloc (x)", "    #1 0x2 in forgets /x/y.c:3:1",
            "SUMMARY: AddressSanitizer: 24 byte(s) leaked in 1 allocation(s).")
        return 77
    return 0

def save(kind, data, code):
    path = flags["artifact_prefix"] + kind + hashlib.sha1(data).hexdigest()
    with open(path, "wb") as out:
        out.write(data)
    with open(os.path.join(here, "ledger"), "a") as out:
        out.write(hashlib.sha1(data).hexdigest() + " " + data.decode().split(" ")[1] + "\\n")
    say(f"artifact_prefix='x'; Test unit written to {path}")
    sys.exit(code)

if "set_cover_merge" in flags:
    for name in os.listdir(paths[1]):
        with open(os.path.join(paths[0], name), "wb") as out:
            out.write(read(os.path.join(paths[1], name)))
    sys.exit(0)
if paths and os.path.isfile(paths[0]):
    sys.exit(show(read(paths[0])))

count = os.path.join(here, "count-" + os.path.basename(sys.argv[0]))
number = int(read(count)) if os.path.exists(count) else 0
with open(count, "w") as out:
    out.write(str(number + 1))
behaviour = read(os.path.join(here, "behaviour")).decode().split()
mode, _, name = behaviour[min(number, len(behaviour) - 1)].partition("-")
say("#2\\tINITED cov: 7 ft: 4 corp: 3/1b exec/s: 0 rss: 1Mb", "#9\\tNEW    cov: 8 ft: 4 corp: 3/1b exec/s: 4 rss: 1Mb")
unique = f"{os.getpid()} {time.time_ns()}"
if mode == "finds":
    data = f"FIND {name} {unique}".encode()
    code = show(data)
    save("crash-", data, code)
if mode == "crashes":
    data = f"CRASH {name} {unique}".encode()
    code = show(data)
    save("crash-", data, code)
if mode == "leaks":
    data = f"LEAK forgets {unique}".encode()
    code = show(data)
    save("leak-", data, code)
if mode == "slow":
    say("==1== ERROR: libFuzzer: timeout after 20 seconds")
    save("timeout-", f"SLOW slow {unique}".encode(), 70)
if mode == "large":
    say("==1== ERROR: libFuzzer: out-of-memory (malloc(1))")
    save("oom-", f"LARGE large {unique}".encode(), 71)
if mode == "hangs":
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    while True:
        time.sleep(1)
if mode == "exits":
    say("the target does not like it here")
    sys.exit(3)
if mode == "dies":
    os.kill(os.getpid(), signal.SIGKILL)
while mode == "prints":
    say("x" * 1000)
while mode == "long":
    sys.stderr.write("x" * 100000)
if mode in ("writes", "fills"):
    folder = flags["artifact_prefix"] if mode == "writes" else paths[0] + "/"
    number = 0
    while True:
        number += 1
        with open(f"{folder}large-{os.getpid()}-{number}", "wb") as out:
            out.write(os.urandom(1000000))
        time.sleep(0.002)
if mode == "leaves":
    if os.fork() == 0:
        time.sleep(600)
        sys.exit(0)
    os._exit(3)
end = time.monotonic() + (0.25 if mode == "busy" else int(flags["max_total_time"]))
signal.signal(signal.SIGINT, lambda *_: sys.exit(72))
data = unique.encode()
with open(os.path.join(paths[0], hashlib.sha1(data).hexdigest()), "wb") as out:
    out.write(data)
while time.monotonic() < end:
    time.sleep(0.02)
say("#90\\tDONE   cov: 8 ft: 4 corp: 3/1b exec/s: 4 rss: 1Mb", "stat::number_of_executed_units: 90", 'fltfuzz-stats: {"sequences": 90, "calls": 900}')
'''

TOOL = '''
import json, os, sys
words = sys.argv[1:]
tool = os.path.basename(sys.argv[0])

def read(path):
    with open(path, "rb") as file:
        return file.read().decode("utf-8", "replace")

def option(name):
    return words[words.index(name) + 1]

if tool == "fltfuzz-features":
    names = sorted(os.listdir(words[0]))
    texts = {name: read(os.path.join(words[0], name)) for name in names}
    found = [{"file": name, "rule": text.split(" ")[1]} for name, text in texts.items() if text.startswith("FIND ")]
    print(json.dumps({"files": len(names), "unreadable": 0, "calls": 10 * len(names), "features": 5, "states": 7,
                      "keep": names, "text": [], "findings": found}))
elif tool == "fltfuzz-seq" and words[0] == "seeds":
    with open(option("-o") + "/seed", "w") as out:
        out.write("a seed")
elif tool == "fltfuzz-seq" and words[0] == "show":
    print("# as text\\\\nFltClose(0x4)\\\\nFltClose(0x8)\\\\n#" + read(words[-1]))
elif tool == "fltfuzz-seq":  # encode: the input is in the last comment, or gone
    text = read(words[1])
    with open(option("-o"), "w") as out:
        out.write(text[text.index("#" ) + 1:] if "#" in text else "CRASH " + text)
elif tool == "fltfuzz-minimize":
    text = read([word for word in words if os.path.isfile(word)][0])
    rule = text.split("FIND ")[1].split(" ")[0] if "FIND " in text else ""
    if not rule:
        sys.exit("nothing to keep")
    if "--shape" in words:
        print(f"{rule} FltClose = STATUS_SUCCESS")
    else:
        with open(option("-o"), "x") as out:
            out.write(f"# {rule}: as it must be.\\\\nFltClose(0x4)  # STATUS_SUCCESS\\\\n# from FIND {rule} \\\\n")
elif tool == "fltfuzz-replay":  # the system is broken as long as that file is there
    broken = os.path.exists(os.path.join(os.path.dirname(os.path.abspath(sys.argv[0])), "broken"))
    if "--quiet" not in words or "--trace" in words:
        print("# a file\\nFltClose(0x4)  # STATUS_INVALID_HANDLE\\n#     IRP_MJ_CLOSE to object 1\\n# end: no leak")
    if broken:
        print("DEDUP_TOKEN: a")
    sys.exit(broken)
'''.replace("\\\\n", "\\n")


def program(path, text):
    path.write_text(f"#!{sys.executable} -SE\n{text}", encoding="utf-8")
    path.chmod(0o755)


class Build:
    """In a folder, with one target or more."""

    def __init__(self, folder, *behaviour, targets=("fuzz_close",)):
        self.path = Path(folder)
        self.bin = self.path / "bin"
        self.bin.mkdir(parents=True)
        rows = "".join(f"{name} sequences fuzz_close\n" for name in targets)
        (self.path / "fuzz_targets.txt").write_text(rows, encoding="utf-8")
        for name in targets:
            program(self.bin / name, TARGET)
        for name in ("seq", "minimize", "replay", "features"):
            program(self.bin / f"fltfuzz-{name}", TOOL)
        self.behave(*behaviour)

    def behave(self, *behaviour):
        (self.bin / "behaviour").write_text(" ".join(behaviour), encoding="utf-8")
        for path in self.bin.glob("count-*"):
            path.unlink()

    def ledger(self):
        """[(sha1, cause)] of what its targets have saved."""
        path = self.bin / "ledger"
        return [tuple(line.split()) for line in path.read_text(encoding="utf-8").splitlines()] if path.exists() else []


def command(build, folder, *words):
    return [sys.executable, "-B", "-W", "error", str(HERE), "campaign", "--build", str(build.path), "--dir", str(folder), *words]


def campaign(build, folder, *words, seconds=90, **more):
    """Runs one to its end."""
    return subprocess.run(command(build, folder, *words), capture_output=True, text=True, errors="replace", timeout=seconds, check=False, **more)


def check(folder):
    """What must hold at every moment: all that is listed is there, and whole. The manifest."""
    folder = Path(folder)
    manifest = json.loads((folder / "campaign.json").read_text(encoding="utf-8"))
    for name in manifest["findings"]:
        finding = json.loads((folder / "findings" / name / "finding.json").read_text(encoding="utf-8"))
        assert finding["name"] == name and finding["reproduce"], finding
        for file in ("input", "report.txt"):
            assert (folder / "findings" / name / file).stat().st_size > 0, (name, file)
    for night in manifest["nights"]:
        assert (folder / "nights" / night).is_dir(), night
    for path in (folder / "corpus").glob("fuzz_*.list.json"):
        corpus = folder / "corpus" / path.name[: -len(".list.json")]
        for name, size in json.loads(path.read_text(encoding="utf-8"))["files"].items():
            data = (corpus / name).read_bytes()
            assert len(data) == size and hashlib.sha1(data).hexdigest() == name, name
    return manifest


def causes(folder):
    """The rules of the findings that are listed."""
    manifest = check(folder)
    found = [json.loads((Path(folder) / "findings" / name / "finding.json").read_text(encoding="utf-8")) for name in manifest["findings"]]
    return sorted(finding["rule"] for finding in found)


def is_root():
    return os.geteuid() == 0

"""One platform, for real: it is built, and makes of every committed sequence what the reference makes.

  platform_test.py NAME     the reference's own run keeps what the others are compared with
"""

import os
import resource
import sys
from types import SimpleNamespace

from fltfuzz_cli import platforms
from fltfuzz_cli.build import try_build
from fltfuzz_cli.common import FINDING, FINE, TOP

SKIPPED = 4  # as scripts/CMakeLists.txt says


def run(platform):
    kept = TOP / "build" / platforms.REFERENCE / "digests.txt"
    reference = platform.name == platforms.REFERENCE
    if reference:
        kept.unlink(missing_ok=True)
    failure = try_build(platform.name, platforms.PROGRAMS, SimpleNamespace(verbose=False))
    if failure:
        raise platforms.Different(failure)
    platforms.check_that_a_crash_is_seen(platform)
    lines = platforms.measure(platform)
    if reference:
        kept.write_text("".join(line + "\n" for line in lines), encoding="utf-8")
    difference = platforms.first_difference(kept.read_text(encoding="utf-8").splitlines(), lines)
    if difference:
        raise platforms.Different(difference)
    sequences = sum(line.startswith("corpus/") and ".seq " in line for line in lines)
    print(f"{platform.name}: {sequences} sequences and their binary forms, as on {platforms.REFERENCE}")


def main(name):
    platform = platforms.platforms()[name]
    why = platform.why_skipped(bool(os.environ.get(platforms.REQUEST)))
    if why:
        print(f"skipped: {why}")
        return SKIPPED
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))  # one program is meant to crash
    try:
        run(platform)
    except platforms.Different as different:
        print(different)
        return FINDING
    return FINE


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))

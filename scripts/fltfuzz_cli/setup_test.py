"""scripts/setup on made-up machines: which tools are there, who may install, what apt says."""

import os
import pty
import shutil
import subprocess
import sys
import tempfile
import unittest
from pathlib import Path

SETUP = Path(__file__).resolve().parents[1] / "setup"
BASICS = "bash env dirname readlink cat mktemp rm mkdir sed awk grep tail cksum chmod cp touch true".split()
TOOLS = {
    "clang": 'case "$*" in --version) echo "clang 14.0.6" ;; -dumpversion) echo 14.0.6 ;; *) [ -e "$machine/runtime" ] && link "$@" ;; esac',
    "gcc": 'case "$*" in --version) echo "gcc 12" ;; *-lcmocka*) [ -e "$machine/cmocka" ] && link "$@" ;; *) link "$@" ;; esac',
    "cmake": 'echo "cmake version $(cat "$machine/cmake-version")"',
    "ninja": "echo 1.11",
    "llvm-symbolizer": "echo LLVM",
}
FOREIGN = {
    "s390x-linux-gnu-gcc": 'link "$@"',
    "aarch64-linux-gnu-gcc": 'link "$@"',
    "x86_64-w64-mingw32-gcc": 'link "$@"',
    "qemu-s390x": "true",
    "qemu-aarch64": "true",
    "wine": "true",
    "wineserver": "true",
}
EXTRA = {"afl-fuzz": "true", "afl-clang-fast": 'link "$@"', **FOREIGN}
LINK = 'link() { while [ "$1" != -o ]; do shift; done; echo "#!/bin/sh" >"$2"; chmod +x "$2"; }'
APT_GET = """
echo "apt-get $*" >>"$machine/apt"
[ -e "$machine/apt-fails" ] && { echo "E: Unable to fetch"; exit 100; }
case "$*" in *install*) ;; *) exit 0 ;; esac
[ -e "$machine/apt-lies" ] && exit 0
for package in "$@"; do
    case $package in
    clang | gcc | cmake) cp "$machine/spare/$package" "$machine/bin/" ;;
    ninja-build) cp "$machine/spare/ninja" "$machine/bin/" ;;
    llvm) cp "$machine/spare/llvm-symbolizer" "$machine/bin/" ;;
    afl++) cp "$machine/spare/afl-fuzz" "$machine/spare/afl-clang-fast" "$machine/bin/" ;;
    gcc-s390x-linux-gnu | gcc-aarch64-linux-gnu) cp "$machine/spare/${package#gcc-}-gcc" "$machine/bin/" ;;
    gcc-mingw-w64-x86-64-win32) cp "$machine/spare/x86_64-w64-mingw32-gcc" "$machine/bin/" ;;
    qemu-user) cp "$machine"/spare/qemu-* "$machine/bin/" ;;
    wine) cp "$machine"/spare/wine* "$machine/bin/" ;;
    libclang-*) touch "$machine/runtime" ;;
    libcmocka-dev) touch "$machine/cmocka" ;;
    python3-jinja2) touch "$machine/jinja2" ;;
    python3-hypothesis) touch "$machine/hypothesis" ;;
    esac
done
"""
APT_CACHE = """
case "$1 $2" in
"depends clang") echo "clang"; echo "  Depends: clang-14" ;;
"show $(cat "$machine/runtime-package")") echo "Package: $2" ;;
*) exit 100 ;;
esac
"""


class Machine:
    """A folder with a PATH of its own and a copy of the script."""

    def __init__(self, folder):
        self.folder = Path(folder)
        self.bin = self.folder / "bin"
        for name in ("bin", "spare", "scripts"):
            (self.folder / name).mkdir()
        shutil.copy(SETUP, self.folder / "scripts" / "setup")
        for name in BASICS:
            os.symlink(shutil.which(name), self.bin / name)
        os.symlink(sys.executable, self.bin / "python3")  # what PATH has may be a wrapper that needs more than this
        for name, body in {**TOOLS, **EXTRA}.items():
            self.program(name, body, "spare")
        (self.folder / "cmake-version").write_text("3.25.1\n", encoding="utf-8")
        (self.folder / "runtime-package").write_text("libclang-rt-14-dev\n", encoding="utf-8")
        self.program("apt-get", APT_GET)
        self.program("apt-cache", APT_CACHE)
        self.user(0)

    def program(self, name, body, where="bin"):
        path = self.folder / where / name
        path.write_text(f"#!{shutil.which('bash')}\nmachine={self.folder}\n{LINK}\n{body}\n", encoding="utf-8")
        path.chmod(0o755)

    def user(self, number):
        self.program("id", f"echo {number}")

    def have(self, *names):
        for name in names:
            if name in TOOLS or name in EXTRA:
                shutil.copy(self.folder / "spare" / name, self.bin / name)
            else:
                (self.folder / name).touch()

    def have_all(self):
        self.have(*TOOLS, "runtime", "cmocka")

    def apt(self):
        path = self.folder / "apt"
        return path.read_text(encoding="utf-8").splitlines() if path.exists() else []

    def setup(self, *words, answer=None):
        """Exit code and stderr; with an answer, at a terminal on which it is typed."""
        command = [str(self.bin / "bash"), str(self.folder / "scripts" / "setup"), *words]
        environment = {"PATH": str(self.bin), "HOME": str(self.folder), "TMPDIR": str(self.folder)}
        if answer is None:
            done = subprocess.run(command, env=environment, stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False)
            return done.returncode, done.stdout + done.stderr
        try:
            ours, theirs = pty.openpty()
        except OSError as error:  # a bare chroot has no /dev/pts
            raise unittest.SkipTest(f"no pseudo-terminal: {error}") from None
        os.write(ours, answer.encode())
        with subprocess.Popen(command, env=environment, stdin=theirs, stdout=theirs, stderr=theirs) as process:
            os.close(theirs)
            said = b""
            while True:
                try:
                    piece = os.read(ours, 4096)
                except OSError:  # the other side was closed
                    break
                if not piece:
                    break
                said += piece
            process.wait()
        os.close(ours)
        return process.returncode, said.decode()


class Setup(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.machine = Machine(folder.name)

    def test_all_is_there(self):
        self.machine.have_all()
        self.assertEqual(self.machine.setup(), (0, ""))
        self.assertEqual(self.machine.apt(), [])

    def test_a_good_check_is_remembered_until_a_tool_changes(self):
        self.machine.have_all()
        self.machine.setup()
        log = self.machine.folder / "build" / "setup.log"
        log.unlink()
        self.assertEqual(self.machine.setup(), (0, ""))
        self.assertFalse(log.exists(), "the checks ran again")
        self.machine.program("clang", TOOLS["clang"].replace("14.0.6", "19.1.0"))
        self.assertEqual(self.machine.setup(), (0, ""))
        self.assertTrue(log.exists(), "the checks did not run again")

    def test_root_installs_without_asking(self):
        code, said = self.machine.setup()
        self.assertEqual(code, 0, said)
        update, install = self.machine.apt()
        self.assertTrue(update.endswith(" update"), update)
        for package in "clang libclang-rt-14-dev llvm cmake ninja-build gcc libc6-dev libcmocka-dev".split():
            self.assertIn(f" {package}", install)
        self.assertIn(" -y --no-remove --no-install-recommends ", install)

    def test_only_what_is_missing(self):
        self.machine.have_all()
        (self.machine.folder / "cmocka").unlink()
        self.assertEqual(self.machine.setup()[0], 0)
        self.assertTrue(self.machine.apt()[1].endswith(" --no-install-recommends libcmocka-dev"), self.machine.apt())

    def test_the_runtime_where_it_is_in_the_common_package(self):
        (self.machine.folder / "runtime-package").write_text("libclang-common-14-dev\n", encoding="utf-8")
        self.assertEqual(self.machine.setup()[0], 0)
        self.assertIn("libclang-common-14-dev", self.machine.apt()[1])

    def refused(self, *expected, **how):
        code, said = self.machine.setup(**how)
        self.assertEqual(code, 2, said)
        for text in expected:
            self.assertIn(text, said)

    def test_a_user_without_sudo(self):
        self.machine.user(1000)
        self.refused("sudo apt-get update && sudo apt-get install -y --no-remove --no-install-recommends clang libclang-rt-14-dev")
        self.assertEqual(self.machine.apt(), [])

    def test_a_user_whose_sudo_wants_a_password(self):
        self.machine.user(1000)
        self.machine.program("sudo", "exit 1")
        self.refused("sudo apt-get install")
        self.assertEqual(self.machine.apt(), [])

    def test_a_user_with_sudo(self):
        self.machine.user(1000)
        self.machine.program("sudo", 'shift; exec "$@"')
        self.assertEqual(self.machine.setup()[0], 0)
        self.assertEqual(len(self.machine.apt()), 2)

    def test_no_apt(self):
        (self.machine.bin / "apt-get").unlink()
        self.refused("missing: clang", "no apt-get")

    def test_apt_fails(self):
        self.machine.have("apt-fails")
        self.refused("apt-get update failed: E: Unable to fetch", str(self.machine.folder / "build" / "setup.log"))

    def test_apt_does_not_help(self):
        self.machine.have("apt-lies")
        self.refused("still do not work: clang libfuzzer")

    def test_an_old_cmake(self):
        self.machine.have_all()
        (self.machine.folder / "cmake-version").write_text("3.18.4\n", encoding="utf-8")
        self.refused("still do not work: cmake")

    def test_asked_at_a_terminal(self):
        self.refused("install clang", "[Y/n]", "to install them, run: apt-get update", answer="n\n")
        self.assertEqual(self.machine.apt(), [])
        code, said = self.machine.setup(answer="y\n")
        self.assertEqual((code, said.count("[Y/n]")), (0, 1), said)
        self.assertEqual(len(self.machine.apt()), 2)

    def test_yes_does_not_ask(self):
        code, said = self.machine.setup("--yes", answer="")
        self.assertEqual(code, 0, said)
        self.assertNotIn("[Y/n]", said)

    def test_afl_only_when_it_is_asked_for(self):
        self.machine.have_all()
        self.assertEqual(self.machine.setup(), (0, ""))
        self.assertEqual(self.machine.setup("--afl")[0], 0)
        self.assertTrue(self.machine.apt()[1].endswith(" --no-install-recommends afl++"), self.machine.apt())
        self.assertEqual(self.machine.setup("--afl"), (0, ""))
        (self.machine.bin / "afl-fuzz").unlink()
        self.assertEqual(self.machine.setup(), (0, ""))
        self.assertEqual(len(self.machine.apt()), 2)
        self.assertEqual(self.machine.setup("--afl")[0], 0)
        self.assertEqual(len(self.machine.apt()), 4)

    def test_jinja2_only_when_it_is_asked_for(self):
        self.machine.have_all()
        (self.machine.bin / "python3").unlink()
        self.machine.program("python3", f'case "$*" in *jinja2*) [ -e "$machine/jinja2" ] && echo 3.1 ;; *) exec {sys.executable} "$@" ;; esac')
        self.assertEqual(self.machine.setup(), (0, ""))
        self.assertEqual(self.machine.setup("--jinja2")[0], 0)
        self.assertTrue(self.machine.apt()[1].endswith(" --no-install-recommends python3-jinja2"), self.machine.apt())
        self.assertEqual(self.machine.setup("--jinja2"), (0, ""))
        (self.machine.folder / "jinja2").unlink()
        self.assertEqual(self.machine.setup(), (0, ""))
        self.assertEqual(self.machine.setup("--jinja2")[0], 0)
        self.assertEqual(len(self.machine.apt()), 4)

    def test_platforms_only_when_they_are_asked_for(self):
        self.machine.have_all()
        self.assertEqual(self.machine.setup(), (0, ""))
        code, said = self.machine.setup("--platforms")
        self.assertEqual(code, 0, said)
        installed = self.machine.apt()[1].partition("--no-install-recommends ")[2].split()
        self.assertEqual(installed, ["gcc-s390x-linux-gnu", "libc6-dev-s390x-cross", "gcc-aarch64-linux-gnu", "libc6-dev-arm64-cross",
                                     "gcc-mingw-w64-x86-64-win32", "qemu-user", "wine", "wine64"])
        self.assertEqual(self.machine.setup("--platforms"), (0, ""))
        (self.machine.bin / "wineserver").unlink()
        self.assertEqual(self.machine.setup("--platforms")[0], 0)
        self.assertTrue(self.machine.apt()[3].endswith(" --no-install-recommends wine wine64"), self.machine.apt())

    def test_a_user_who_may_not_install_platforms(self):
        self.machine.have_all()
        self.machine.have(*FOREIGN)
        (self.machine.bin / "qemu-s390x").unlink()
        self.machine.user(1000)
        code, said = self.machine.setup("--platforms")
        self.assertEqual(code, 2, said)
        self.assertIn("missing: qemu; to install them, run: sudo apt-get update && sudo apt-get install", said)

    def test_hypothesis_only_when_it_is_asked_for(self):
        self.machine.have_all()
        (self.machine.bin / "python3").unlink()
        self.machine.program("python3", f'case "$*" in *hypothesis*) [ -e "$machine/hypothesis" ] ;; *) exec {sys.executable} "$@" ;; esac')
        self.assertEqual(self.machine.setup(), (0, ""))
        self.assertEqual(self.machine.setup("--hypothesis")[0], 0)
        self.assertTrue(self.machine.apt()[1].endswith(" --no-install-recommends python3-hypothesis"), self.machine.apt())
        self.assertEqual(self.machine.setup("--hypothesis"), (0, ""))
        (self.machine.folder / "hypothesis").unlink()
        self.assertEqual(self.machine.setup("--hypothesis")[0], 0)
        self.assertEqual(len(self.machine.apt()), 4)

    def test_the_report_lists_what_is_optional(self):
        self.machine.have_all()
        code, said = self.machine.setup("--report")
        self.assertEqual(code, 0, said)
        self.assertRegex(said, r"(?m)^afl\+\+ +missing .*optional; Debian: afl\+\+$")
        self.machine.have("afl-fuzz", "afl-clang-fast")
        self.assertRegex(self.machine.setup("--report")[1], r"(?m)^afl\+\+ +works ")

    def test_unknown_option(self):
        self.assertEqual(self.machine.setup("--what")[0], 2)


if __name__ == "__main__":
    unittest.main()

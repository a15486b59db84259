"""fltfuzz-export: every committed sequence as a C function that compiles with mingw-w64's DDK headers, and
that finds on our own kernel what it expects; and what single functions look like.

Run by CTest as: python3 export_test.py BUILD-FOLDER Functions OnOurKernel, and with Compiled, which prints
"skipped: ..." where mingw-w64 is missing.
"""
import functools
import os
import re
import shlex
import shutil
import subprocess
import sys
import tempfile
import unittest
from pathlib import Path

HERE = Path(__file__).resolve().parent
TOP = HERE.parents[1]
BUILD = Path(sys.argv.pop(1)).resolve()
EXPORT = BUILD / "bin" / "fltfuzz-export"
MINGW = shutil.which("x86_64-w64-mingw32-gcc")
DDK = "/usr/x86_64-w64-mingw32/include/ddk"
FIRST_INCLUDE = "#include <ntifs.h>\n"

SEQUENCES = sorted(path for path in (TOP / "corpus").glob("fuzz_*/*/*.seq") if path.parts[-3] != "fuzz_codec")

PROCESS, FILTER = {"System": 0, "p1": 1, "p2": 2}, {"NULL": 0, "f0": 1, "f1": 2}
INSTANCE, UNLOAD = {"NULL": 0, "i0": 1, "i1": 2, "i2": 3}, {"optional": 0, "mandatory": 1}


def export(path, *words):
    done = subprocess.run([EXPORT, *words, "--", path], capture_output=True, text=True, timeout=60, check=False)
    return done.returncode, done.stdout, done.stderr


@functools.lru_cache(maxsize=None)
def export_all(*words):
    """{name of the function: its file's text}, of every committed sequence."""
    texts = {}
    for number, path in enumerate(SEQUENCES):
        code, text, said = export(path, "--name", f"Seq{number}", *words)
        if code != 0:
            raise AssertionError(f"{path}: {said}")
        texts[f"Seq{number}"] = text
    return texts


def body(text):
    return text[text.index("NTSTATUS Sequence("):]


class One(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = Path(folder.name)

    def of(self, sequence, *words, name="a.seq"):
        path = self.folder / name
        path.write_text(sequence, encoding="utf-8")
        code, text, said = export(path, "--name", "Sequence", *words)
        self.assertEqual((code, said), (0, ""))
        return text


class Functions(One):
    def test_a_double_close(self):
        text = body(self.of('h0 = FltCreateFile(path="\\a", access=GENERIC_READ|DELETE, instance=i0)\nFltClose(h0)\n'
                            "FltClose(h0)  # STATUS_INVALID_HANDLE breach close-once\n"))
        self.assertIn('UNICODE_STRING name1 = RTL_CONSTANT_STRING(FLTFUZZ_VOLUME L"\\\\a");', text)
        self.assertIn("InitializeObjectAttributes(&attributes, &name1, OBJ_KERNEL_HANDLE, NULL, NULL);", text)
        self.assertIn("FltCreateFile(Filter, Instance, &h0, GENERIC_READ | DELETE, &attributes, &iosb, NULL,", text)
        self.assertIn("FILE_SHARE_READ | FILE_SHARE_WRITE | FILE_SHARE_DELETE, FILE_OPEN, 0,", text)
        self.assertIn('SequenceCheck(2, "FltClose", STATUS_SUCCESS, status)', text)
        self.assertIn('SequenceCheck(3, "FltClose", STATUS_INVALID_HANDLE, status)', text)
        self.assertIn("// It breaks close-once: a handle is closed once", text)

    def test_derived_values(self):
        text = body(self.of("h0 = ZwCreateEvent()\nFltClose(h0|1)  # STATUS_INVALID_HANDLE breach handle-unaltered\n"
                            "ZwClose(0x1234)  # STATUS_INVALID_HANDLE breach close-real-handle\nZwClose(h0)\n"))
        self.assertIn("FltClose((HANDLE)((ULONG_PTR)h0 | 1))", text)
        self.assertIn("ZwClose((HANDLE)(ULONG_PTR)0x1234)", text)

    def test_what_would_stop_the_machine_is_a_comment(self):
        sequence = ("KeRaiseIrql(DISPATCH_LEVEL)\nh0 = FltCreateFile()  # STATUS_SUCCESS breach flt-at-passive\n"
                    "KeLowerIrql(PASSIVE_LEVEL)\nFltClose(h0)\nObDereferenceObject(NULL)  # withheld breach object-not-null\n")
        text = body(self.of(sequence))
        self.assertNotIn("FltCreateFile(Filter", text)
        self.assertIn("// not made: step 2: h0 = FltCreateFile(): it may stop the system: it breaks flt-at-passive", text)
        self.assertIn("// not made: step 4: FltClose(h0): nothing above has set h0", text)
        self.assertIn("// not made: step 5: ObDereferenceObject(NULL): it may stop the system: it breaks object-not-null", text)
        with_stops = body(self.of(sequence, "--with-stops"))
        self.assertNotIn("not made", with_stops)
        for call in ("status = FltCreateFile(Filter", "status = FltClose(h0);", "ObDereferenceObject(NULL);"):
            self.assertIn(call, with_stops)

    def test_a_bug_check_is_a_comment_and_so_is_the_rest(self):
        text = body(self.of("profile strict\nh0 = ZwCreateEvent()\nZwClose(h0)\nZwClose(h0)  # bugcheck INVALID_KERNEL_HANDLE breach close-once\n"))
        self.assertIn("not made: step 3: ZwClose(h0): it stops the system with bug check 0x93", text)

    def test_switches(self):
        (self.folder / "my.switches").write_text("profile strict\n", encoding="utf-8")
        sequence = self.folder / "b.seq"
        sequence.write_text("h0 = ZwCreateEvent()\nZwClose(h0)\nZwClose(h0)  # bugcheck INVALID_KERNEL_HANDLE breach close-once\n", encoding="utf-8")
        self.assertEqual(export(sequence)[0], 1)
        code, text, _ = export(sequence, "--switches", str(self.folder / "my.switches"))
        self.assertEqual(code, 0)
        self.assertIn("of the profile strict", text)

    def test_an_object_that_is_not_there_is_not_used(self):
        text = body(self.of("h0, o0 = FltCreateFileEx()\nObDereferenceObject(o0)\nFltClose(h0)\nh0, o0 = FltCreateFileEx()\nObDereferenceObject(o0)\nFltClose(h0)\n"))
        self.assertIn("    if (o0 != NULL) {\n        ObDereferenceObject(o0);\n    } else {\n", text)
        self.assertEqual(text.count("    o0 = NULL;\n"), 1, "before the second open, which may fail")
        self.assertIn("PFILE_OBJECT o0 = NULL;", text)

    def test_an_object_that_no_call_sets_is_not_asked_for(self):
        text = body(self.of("h0 = FltCreateFileEx2(ecp=o5)\nFltClose(h0)\n"))
        self.assertIn("PVOID o5 = NULL;", text)
        self.assertNotIn("o5 != NULL", text)

    def test_what_a_withheld_call_would_set_keeps_its_value(self):
        text = body(self.of("h0 = ZwCreateEvent()\nh0, o1 = FltOpenVolume(instance=i1)  # withheld breach instance-live\nZwClose(h0)\n",
                            "--with-stops"))
        self.assertNotIn("h0 = NULL;\n    status", text)

    def test_what_a_failed_open_leaves_is_no_handle(self):
        text = body(self.of('h0 = FltCreateFile(path="\\missing")  # STATUS_OBJECT_NAME_NOT_FOUND\n'
                            "FltClose(h0)  # STATUS_INVALID_HANDLE breach output-used-after-failure\n"))
        self.assertIn("h0 = (HANDLE)(ULONG_PTR)0x4B4B4B48; // no handle\n", text)

    def test_the_thread_is_put_back(self):
        text = body(self.of("KeEnterCriticalRegion()\nKeStackAttachProcess(p2)\nKeRaiseIrql(APC_LEVEL)\n# end: leak irql-left-raised\n"
                            "# end: leak region-left\n# end: leak attach-left\n"))
        end = text[text.index("// Not of the sequence"):]
        self.assertEqual(re.findall(r"Ke\w+", end), ["KeLowerIrql", "KeUnstackDetachProcess", "KeLeaveCriticalRegion"])

    def test_the_environment_and_failures_are_comments(self):
        text = body(self.of("RunIn(p2)\nh0 = FltCreateFile(fail=STATUS_SHARING_VIOLATION)  # STATUS_SHARING_VIOLATION\n"))
        self.assertIn("// Step 1: RunIn(p2)\n    // The test driver must bring this about: what follows runs in", text)
        self.assertIn("// The system must be made to fail this call", text)

    def test_binary_and_text_give_the_same(self):
        text = self.of("h0 = FltCreateFile()\nFltClose(h0)\n")
        binary = self.folder / "a.bin"
        subprocess.run([BUILD / "bin" / "fltfuzz-seq", "encode", self.folder / "a.seq", "-o", binary], check=True)
        self.assertEqual(body(export(binary, "--name", "Sequence")[1]), body(text))

    def test_the_name_is_made_of_the_files(self):
        for name, function in (("double-close.seq", "DoubleClose"), ("2 closes", "Sequence2Closes"), ("caf\xe9.x.seq", "CafX"), ("\xe9", "Sequence")):
            path = self.folder / name
            path.write_text("h0 = FltCreateFile()\nFltClose(h0)\n", encoding="utf-8")
            self.assertIn(f"\nNTSTATUS {function}(\n", export(path)[1])

    def test_bad_input(self):
        good = self.folder / "a.seq"
        good.write_text("h0 = FltCreateFile()\nFltClose(h0)\n", encoding="utf-8")
        (self.folder / "bad.seq").write_text("FltClos(h0)\n", encoding="utf-8")
        (self.folder / "none.seq").write_text("# Nothing.\n", encoding="utf-8")
        (self.folder / "stale.seq").write_text("FltClose(NULL)\n", encoding="utf-8")
        for code, file, *words in ((2, "bad.seq"), (2, "none.seq"), (1, "stale.seq"), (2, "nowhere"), (2, good, "--name", "int"),
                                   (2, good, "--name", "a b"), (2, good, "-o", good), (2, good, "--what"), (2, good, good)):
            got, text, said = export(self.folder / file, *words)
            self.assertEqual((got, text, len(said.splitlines())), (code, "", 1), said)
        self.assertEqual(good.read_text(encoding="utf-8"), "h0 = FltCreateFile()\nFltClose(h0)\n")


class Compiled(One):
    def compile(self, *files):
        done = subprocess.run([MINGW, "-fsyntax-only", "-Wall", "-Werror", f"-I{HERE / 'mingw'}", f"-I{DDK}", *files],
                              capture_output=True, text=True, check=False)
        self.assertEqual((done.returncode, done.stderr), (0, ""))

    def test_every_committed_sequence(self):
        for words in ((), ("--with-stops",)):
            path = self.folder / "all.c"
            path.write_text("".join(export_all(*words).values()), encoding="utf-8")
            self.compile(path)

    def test_each_file_stands_alone(self):
        for name in ("fuzz_close/seed/double-close.seq", "fuzz_close/seed/attach.seq"):
            path = self.folder / "one.c"
            path.write_text(export(TOP / "corpus" / name)[1], encoding="utf-8")
            self.compile(path)

    def test_a_mistake_is_seen(self):
        path = self.folder / "one.c"
        path.write_text(export(SEQUENCES[0])[1].replace("&attributes", "attributes"), encoding="utf-8")
        with self.assertRaises(AssertionError):
            self.compile(path)


# ---- on our own kernel --------------------------------------------------------------------------------


ENVIRONMENT = {"RunIn": ["process"], "StartProcess": ["process"], "ExitProcess": ["process"], "SetPreviousMode": ["mode"],
               "AttachInstance": ["instance", "filter"], "TeardownStart": ["instance"], "TeardownComplete": ["instance"],
               "UnloadFilter": ["filter", "unload"], "UnloadComplete": ["filter", "answer"]}
IS_ENVIRONMENT = re.compile(r"// Step \d+: (.*)\n +// The test driver must bring this about.*")


def environment(call):
    """The C of a call of the environment, which is a comment in an exported function; None for one that is
    not among those above."""
    name, words = re.fullmatch(r".*?(\w+)\((.*)\)", call).groups()
    if name not in ENVIRONMENT:
        return None
    given = dict(word.split("=") if "=" in word else ("process", word) for word in words.split(", ") if word)
    values = {
        "process": PROCESS[given.get("process", "p1")], "mode": given.get("mode", "KernelMode"),
        "filter": f"host->world.filter[{FILTER[given.get('filter', 'f0')]}]", "answer": given.get("answer", "STATUS_SUCCESS"),
        "instance": f"host->world.instance[{INSTANCE[given.get('instance', 'NULL')]}]", "unload": UNLOAD[given.get("unload", "optional")],
    }
    return f"{name}({', '.join(str(values[key]) for key in ENVIRONMENT[name])});"


def argument(parameter):
    """What stands for a parameter of an exported function in our world."""
    name = re.search(r"\w+$", parameter).group()
    if name.startswith("FileId"):
        of = {"27": "id:1", "28": "id:2"}[name[6:]]
        return hex(int.from_bytes(of.encode("utf-16-le"), "little"))
    if name == "Registration":
        return "NULL"
    if name == "SystemHandle":
        return "host->world.process_handle[FLT_PROCESS_HANDLE_SYSTEM]"
    kind, number, handle = re.fullmatch(r"([A-Za-z]+?)(\d?)(Handle)?", name).groups()
    if handle:
        return f"host->world.process_handle[FLT_PROCESS_HANDLE_SYSTEM + {number}]"
    index = int(number or 0) + (0 if kind == "Process" else 1)
    return f"host->world.{kind.lower()}[{index}]"


class OnOurKernel(One):
    """The calls of the function are the calls of the sequence: on the system that predicted them, through
    the WDK's names, they come back as it expects."""

    def source(self, texts):
        functions, rows = [], []
        for (name, text), path in zip(texts.items(), SEQUENCES):
            if "The system must be made to fail this call" in text or None in map(environment, IS_ENVIRONMENT.findall(text)):
                continue  # no WDK function does that
            header = re.findall(r"^(profile|switch) +(\S+)", path.read_text(encoding="utf-8"), re.M)
            profile = next((value for key, value in header if key == "profile"), "documented")
            changes = "".join(f'"{value}", ' for key, value in header if key == "switch")
            text = text.replace(FIRST_INCLUDE, "").replace("#include <fltKernel.h>\n", "")
            text = IS_ENVIRONMENT.sub(lambda found: environment(found[1]), text)
            parameters = re.search(rf"NTSTATUS {name}\((.*?)\)\n{{", text, re.S).group(1).split(",\n")
            call = f"{name}({', '.join(argument(parameter) for parameter in parameters)})"
            functions.append(f"{text}\nstatic NTSTATUS call_{name}(void) {{ return {call}; }}\n"
                             f"static const char *const changes_{name}[] = {{{changes}NULL}};\n")
            rows.append(f'    {{"{path.relative_to(TOP)}", "{profile}", changes_{name}, call_{name}}},\n')
        table = "const struct host_function host_functions[] = {\n" + "".join(rows) + "    {NULL, NULL, NULL, NULL}};\n"
        return '#include "host.h"\n#define FLTFUZZ_VOLUME L""\n' + "".join(functions) + table, len(rows)

    def program(self, source):
        """Linked as the test of the WDK's names is, with host.c in the place of that test."""
        path = self.folder / "functions.c"
        path.write_text(source, encoding="utf-8")
        commands = subprocess.run(["ninja", "-C", BUILD, "-t", "commands", "bin/test_unit_model_api"], stdout=subprocess.PIPE, text=True, check=True)
        link = shlex.split(re.sub(r"^: && | && :$", "", commands.stdout.strip().splitlines()[-1]))
        objects = []
        for file in (path, HERE / "host" / "host.c"):
            objects.append(str(self.folder / (file.stem + ".o")))
            subprocess.run([link[0], "-std=gnu11", "-w", "-fshort-wchar", f"-I{HERE / 'host'}", f"-I{TOP / 'model' / 'include'}",
                            "-c", str(file), "-o", objects[-1]], check=True)
        words = [word for word in link if not word.endswith("api_test.c.o")]
        at = words.index("-o")
        words[at + 1] = str(self.folder / "host")
        words[at + 2 : at + 2] = objects
        subprocess.run(words, cwd=BUILD, check=True)
        return self.folder / "host"

    def test_every_status_is_as_expected(self):
        source, count = self.source(export_all("--with-stops"))
        done = subprocess.run([self.program(source)], capture_output=True, text=True, check=False)
        self.assertEqual(done.stdout, f"{count} functions, 0 wrong\n")
        self.assertGreater(count, 300)

    def test_a_wrong_expectation_is_seen(self):
        texts = dict(list(export_all("--with-stops").items())[:3])
        source, _ = self.source(texts)
        done = subprocess.run([self.program(source.replace("STATUS_SUCCESS, status)", "STATUS_ACCESS_DENIED, status)", 1))],
                              capture_output=True, text=True, check=False)
        self.assertEqual(done.returncode, 1)
        self.assertRegex(done.stdout, r"expected 0xC0000022, got 0x00000000\n")


if __name__ == "__main__":
    if "Compiled" in sys.argv and not (MINGW and os.path.isdir(DDK)):
        print("skipped: mingw-w64 is not installed; to install it, run: scripts/setup --platforms")
        sys.exit(0)
    unittest.main(verbosity=1)

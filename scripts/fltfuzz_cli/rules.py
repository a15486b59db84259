"""fltfuzz rules and fltfuzz explain: the contract, as its tables, seeds and defects tell it."""

import difflib
import json
import re
import subprocess
import sys
from pathlib import Path

from . import defects
from .build import build
from .common import TOP, Stop, echo

SURE = {
    "PAGE": "the call's own page",
    "OTHER_PAGE": "another page",
    "OBSERVED": "observed on real systems or in open implementations",
    "CHOICE": "our choice where the pages are silent",
}
KIND = {"PROVIDER": "the system must", "CALLER": "the driver must"}
BEGIN, END = "<!-- rules: begin -->", "<!-- rules: end -->"


def add_commands(command):
    rules = command("rules", run_rules, "List the contract's rules.", "rules --markdown")
    rules.add_argument("--json", action="store_true", help="as JSON, with sequences and defects")
    rules.add_argument("--markdown", action="store_true", help="as the table of README.md")
    rules.add_argument("--check-readme", action="store_true", help="exit 1 unless README.md has this table")

    explain = command("explain", run_explain, "Say what a rule means, where it comes from and what shows it.", "explain close-once")
    explain.add_argument("rule", metavar="RULE")
    explain.add_argument("--json", action="store_true", help="as JSON")
    for sub in (rules, explain):
        sub.add_argument("--build", type=Path, metavar="FOLDER", help="a finished build to take programs from")


# ---- what is known of a rule -----------------------------------------------------------------------


def tables(options):
    programs = options.build / "bin" if options.build else build("fuzz", ["rules"], options)
    program = programs / "fltfuzz-rules"
    echo([program], options.verbose)
    done = subprocess.run([str(program)], capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise Stop(f"fltfuzz-rules failed: {done.stderr.strip()}")
    return json.loads(done.stdout)


def _size(text):
    """Calls; then breaches, so that of two equally short sequences the plainer one is shown."""
    calls = sum(1 for line in text.splitlines() if "(" in line and not line.startswith("#"))
    return calls, len(re.findall(r"\b(?:breach|leak) ", text))


def sequences():
    """{rule: path of the shortest committed sequence that breaches it or leaves it behind}."""
    shortest = {}
    for path in sorted((TOP / "corpus").glob("*/*/*.seq")):
        if path.parts[-3] == "fuzz_codec":  # bytes for the parsers, not scenarios
            continue
        text = path.read_text(encoding="utf-8")
        for rule in set(re.findall(r"\b(?:breach|leak) ([a-z0-9-]+)", text)):
            size = _size(text)
            if rule not in shortest or size < shortest[rule][0]:
                shortest[rule] = (size, path)
    return {rule: str(path.relative_to(TOP)) for rule, (_, path) in shortest.items()}


def known(options):
    """The rules, each with the sequence that shows it, the defects that break it, its switches."""
    told = tables(options)
    shown, seeded = sequences(), defects.read_all()
    for rule in told["rules"]:
        breaking = [defect for defect in seeded if defect.rules[0] == rule["id"]]
        rule["defects"] = [f"fuzz/defects/{defect.name}.defect" for defect in breaking]
        killers = [defect.shown for defect in breaking if defect.shown]
        rule["sequence"] = shown.get(rule["id"]) or (killers[0] if killers else None)
        rule["switches"] = [row["name"] for row in told["switches"] if re.search(rf"\b{row['name']}\b", rule["source"])]
    return told


# ---- rules -------------------------------------------------------------------------------------------


def markdown(told):
    lines = ["| rule | who | what | source | how sure |", "|---|---|---|---|---|"]
    for rule in told["rules"]:
        lines.append(f"| `{rule['id']}` | {KIND[rule['kind']]} | {rule['sentence']} | {rule['source']} | {SURE[rule['sure']]} |")
    return "\n".join(lines)


def readme_table():
    text = (TOP / "README.md").read_text(encoding="utf-8")
    match = re.search(re.escape(BEGIN) + r"\n(.*?)\n" + re.escape(END), text, re.S)
    return match.group(1) if match else None


def run_rules(options):
    told = known(options)
    if options.check_readme:
        if readme_table() == markdown(told):
            return 0
        print(f"README.md: the table between {BEGIN} and {END} is not what fltfuzz rules --markdown prints", file=sys.stderr)
        return 1
    if options.json:
        json.dump(told, sys.stdout, indent=2)
        print()
    elif options.markdown:
        print(markdown(told))
    else:
        for rule in told["rules"]:
            print(f"{rule['id']:34} {KIND[rule['kind']]}: {rule['sentence']}")
    return 0


# ---- explain -----------------------------------------------------------------------------------------


def _find(told, name):
    for rule in told["rules"]:
        if rule["id"] == name:
            return rule
    near = difflib.get_close_matches(name, [rule["id"] for rule in told["rules"]], 3)
    raise Stop(f"unknown rule {name}" + (f"; did you mean {' or '.join(near)}?" if near else "; fltfuzz rules lists them"))


def run_explain(options):
    told = known(options)
    rule = _find(told, options.rule)
    if options.json:
        json.dump(rule, sys.stdout, indent=2)
        print()
        return 0
    print(f"{rule['id']}: {rule['sentence']}.")
    print(f"  who        {KIND[rule['kind']]}" + ("; the call is not performed" if rule["action"] == "WITHHOLD" else ""))
    print(f"  source     {rule['source']}")
    print(f"  how sure   {SURE[rule['sure']]}")
    print(f"  needs      {rule['needs'].lower()}")
    for name in rule["switches"]:
        row = next(row for row in told["switches"] if row["name"] == name)
        chosen = ", ".join(f"{profile} {value}" for profile, value in row["profiles"].items())
        print(f"  switch     {name} ({' or '.join(row['choices'])}): {row['meaning']}; {chosen}")
    for path in rule["defects"]:
        print(f"  defect     {path}")
    if rule["sequence"]:
        print(f"  sequence   {rule['sequence']}:\n")
        print((TOP / rule["sequence"]).read_text(encoding="utf-8").rstrip())
    return 0

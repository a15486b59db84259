"""fltfuzz rules and fltfuzz explain: the contract, as its tables, seeds and defects tell it."""

import difflib
import json
import re
import subprocess
import sys
from pathlib import Path

from . import contract_source, defects, kills
from .build import build
from .common import FINDING, FINE, TOP, Stop, echo

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
    rules.add_argument("--check", action="store_true", help="exit 1 where a rule has a blank: no prediction, sequence, defect or kill")

    explain = command("explain", run_explain, "Say what a rule means, where it comes from and what shows it.", "explain close-once")
    explain.add_argument("rule", metavar="RULE")
    explain.add_argument("--json", action="store_true", help="as JSON")
    for sub in (rules, explain):
        sub.add_argument("--build", type=Path, metavar="FOLDER", help="a finished build to take programs from")


# ---- what is known of a rule -----------------------------------------------------------------------


def tables(options):
    return read_table(options.build / "bin" if options.build else build("fuzz", ["rules"], options), options.verbose)


def read_table(programs, verbose):
    """What fltfuzz-rules of a finished build prints."""
    program = programs / "fltfuzz-rules"
    echo([program], verbose)
    done = subprocess.run([str(program)], capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise Stop(f"fltfuzz-rules failed: {done.stderr.strip()}")
    return json.loads(done.stdout)


def _size(text):
    """Calls; then breaches, so that of two equally short sequences the plainer one is shown."""
    calls = sum(1 for line in text.splitlines() if "(" in line and not line.startswith("#"))
    return calls, len(re.findall(r"\b(?:breach|leak) ", text))


def sequences():
    """{rule: paths of the committed sequences that breach it or leave it behind}, the shortest first."""
    found = {}
    for path in sorted((TOP / "corpus").glob("*/*/*.seq")):
        if path.parts[-3] == "fuzz_codec":  # bytes for the parsers, not scenarios
            continue
        text = path.read_text(encoding="utf-8")
        for rule in set(re.findall(r"\b(?:breach|leak) ([a-z0-9-]+)", text)):
            found.setdefault(rule, []).append((_size(text), path))
    return {rule: [_name(path) for _, path in sorted(pairs)] for rule, pairs in found.items()}


def _name(path):
    return str(path.relative_to(TOP))


def shown_by(seeded):
    """{rule: paths of the sequences that fail under it, each with a defect in}, the shortest first."""
    shown = {}
    for defect in seeded:
        if defect.shown and not defect.is_lost_check:
            shown.setdefault(defect.rules[0], set()).add(defect.shown)
    return {rule: sorted(paths, key=lambda path: _size((TOP / path).read_text(encoding="utf-8"))) for rule, paths in shown.items()}


def known(options):
    """The rules, each with the sequences that show it, the defects that break it, its switches."""
    told = tables(options)
    seeded = defects.read_all()
    breached, failing, measured = sequences(), shown_by(seeded), kills.read()
    places = contract_source.named_at({rule["id"] for rule in told["rules"]}, contract_source.definitions())
    for rule in told["rules"]:
        rule["prediction"] = places.get(rule["id"], [])
        breaking = [defect for defect in seeded if defect.rules[0] == rule["id"]]
        rule["defects"] = [f"fuzz/defects/{defect.name}.defect" for defect in breaking]
        rule["kills"] = [_kill(defect.name, measured.get(defect.name)) for defect in breaking]
        rule["sequences"] = (breached if rule["kind"] == "CALLER" else failing).get(rule["id"], [])
        rule["sequence"] = next(iter(rule["sequences"]), None)
        rule["switches"] = [row["name"] for row in told["switches"] if re.search(rf"\b{row['name']}\b", rule["source"])]
    return told


def _kill(name, row):
    """What caught the defect when it was last tried; `blank` says why that is no figure of it as it is."""
    return {"defect": name, "blank": kills.blank(row, kills.edit_of(name)), "said": kills.said(row), "measured": row}


# ---- what is missing ---------------------------------------------------------------------------------


def blanks(told, seeded):
    """What each rule lacks, a line each, and what the defects say of rules that there are not."""
    lines = []
    kinds = {rule["id"]: rule["kind"] for rule in told}
    for rule in told:
        lost = rule["kind"] == "CALLER"
        if not any(defect.rules[0] == rule["id"] and defect.is_lost_check == lost for defect in seeded):
            wanted = f"lost-{rule['id']}.defect" if lost else "NAME.defect that names it first in its rules"
            lines.append(f"{rule['id']}: no fuzz/defects/{wanted}")
        lines += [f"{rule['id']}: {part} is blank" for part in ("source", "sentence", "sure") if not rule[part].strip()]
        if not rule["prediction"]:
            lines.append(f"{rule['id']}: no function of model/contract names it")
        lines += [f"{rule['id']}: {kill['defect']} {kill['blank']}; fltfuzz mutants --record {kill['defect']}"
                  for kill in rule["kills"] if kill["blank"]]
        if not rule["sequence"]:
            wanted = f"expects breach or leak {rule['id']}" if lost else "a defect of it shows"
            lines.append(f"{rule['id']}: no committed sequence that {wanted}")
    for defect in seeded:
        for name in defect.rules:
            if kinds.get(name) != ("CALLER" if defect.is_lost_check else "PROVIDER"):
                whose = "the caller's" if defect.is_lost_check else "the provider's"
                lines.append(f"fuzz/defects/{defect.name}.defect: {name} is no rule of {whose}")
    return lines


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
    if options.check:
        lines = blanks(told["rules"], defects.read_all())
        print("\n".join(lines) if lines else f"{len(told['rules'])} rules, each with a source, a prediction, a sequence, a defect and its kill")
        return FINDING if lines else FINE
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
    print(f"  prediction {', '.join(rule['prediction'])}")
    for name in rule["switches"]:
        row = next(row for row in told["switches"] if row["name"] == name)
        chosen = ", ".join(f"{profile} {value}" for profile, value in row["profiles"].items())
        print(f"  switch     {name} ({' or '.join(row['choices'])}): {row['meaning']}; {chosen}")
    for path, kill in zip(rule["defects"], rule["kills"]):
        print(f"  {'lost check' if rule['kind'] == 'CALLER' else 'defect    '} {path}")
        print(f"             {kill['said']}")
    if rule["sequence"]:
        print(f"  sequence   {rule['sequence']}:\n")
        print((TOP / rule["sequence"]).read_text(encoding="utf-8").rstrip())
    return 0

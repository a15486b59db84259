"""What a regression run came to, in the formats that other programs read: JUnit, TAP 14, SARIF 2.1.0, JSON."""

import hashlib
import json
import os
import xml.etree.ElementTree as xml

from .pages import page_of
from .regress_names import as_characters, shown_name, shown_text, uri

WRONG = ("finding", "differs", "unstable", "malformed", "crashed", "hung", "leaked")
DIED = ("crashed", "hung", "leaked")
SAID_LIMIT = 20_000  # characters of a report

# What can go wrong that is no rule of the contract, as rules of the harness.
HARNESS_RULES = {
    "differs": ("as-the-text-says", "a sequence comes out as its text says: outcomes, breaches and what is left"),
    "unstable": ("same-every-time", "a sequence comes out the same however undefined memory is filled"),
    "malformed": ("sequence-parses", "a .seq file is a sequence"),
    "crashed": ("no-crash", "an input does not end the process"),
    "hung": ("no-hang", "an input ends in time"),
    "leaked": ("no-memory-leak", "an input leaves no memory behind"),
}


def rule_of(result):
    """The id under which a result that is wrong is reported."""
    return result["rule"] if result["verdict"] == "finding" else HARNESS_RULES[result["verdict"]][0]


def headline(result):
    """One line: where, and what."""
    what = shown_text(result.get("what", result["verdict"])).replace("\n", " ")
    if result["verdict"] == "finding" and "call" in result:
        what = f"{shown_text(result['call'])}: {what}"
    step = f"step {result['step']}: " if "step" in result else ""
    line = f"line {result['line']}: " if "line" in result and not step else ""
    return f"{step}{line}{what}"


def body(result):
    """All that there is to say of one that is wrong."""
    report = shown_text(result.get("report", ""))
    if len(report) > SAID_LIMIT:
        report = report[:SAID_LIMIT] + "\n... (cut)"
    return f"{result['verdict']}: {headline(result)}\n{report}".rstrip() + "\n"


def counts(results):
    counted = {"inputs": len(results), "calls": sum(result.get("calls", 0) for result in results)}
    for verdict in ("fine", *WRONG, "skipped", "unreadable"):
        counted[verdict] = sum(1 for result in results if result["verdict"] == verdict)
    return counted


# ---- JUnit ----------------------------------------------------------------------------------------------


def _junit_totals(results):
    verdicts = [result["verdict"] for result in results]
    return {
        "tests": str(len(results)),
        "failures": str(sum(verdict in WRONG and verdict not in DIED for verdict in verdicts)),
        "errors": str(sum(verdict in DIED or verdict == "unreadable" for verdict in verdicts)),
        "skipped": str(verdicts.count("skipped")),
        "time": f"{sum(result.get('seconds', 0) for result in results):.6f}",
    }


def _junit_case(suite, folder, result):
    case = xml.SubElement(suite, "testcase", {
        "name": shown_name(os.path.basename(result["file"])), "classname": folder,
        "file": shown_name(result["file"]), "time": f"{result.get('seconds', 0):.6f}",
    })
    verdict = result["verdict"]
    if verdict == "skipped":
        xml.SubElement(case, "skipped", {"message": headline(result)})
    elif verdict == "unreadable":
        xml.SubElement(case, "error", {"message": headline(result), "type": verdict})
    elif verdict in WRONG:
        wrong = xml.SubElement(case, "error" if verdict in DIED else "failure", {"message": headline(result), "type": rule_of(result)})
        wrong.text = body(result)


def junit(results, rules, seconds):
    """A suite for each folder."""
    del rules
    top = xml.Element("testsuites", {"name": "fltfuzz regress", **_junit_totals(results), "time": f"{seconds:.6f}"})
    folders = {}
    for result in results:
        folders.setdefault(shown_name(os.path.dirname(result["file"])) or ".", []).append(result)
    for folder, of_folder in folders.items():
        suite = xml.SubElement(top, "testsuite", {"name": folder, **_junit_totals(of_folder)})
        for result in of_folder:
            _junit_case(suite, folder, result)
    if hasattr(xml, "indent"):  # from Python 3.9 on
        xml.indent(top)
    return '<?xml version="1.0" encoding="UTF-8"?>\n' + xml.tostring(top, encoding="unicode") + "\n"


# ---- TAP ------------------------------------------------------------------------------------------------


def _tap_escaped(text):
    return text.replace("\\", "\\\\").replace("#", "\\#")


def _tap_diagnostics(result):
    fields = {"verdict": result["verdict"], "message": headline(result)}
    if result["verdict"] in WRONG:
        fields["rule"] = rule_of(result)
        fields["report"] = body(result)
    fields.update({key: result[key] for key in ("step", "line") if key in result})
    return ["  ---", *(f"  {key}: {json.dumps(value)}" for key, value in fields.items()), "  ..."]  # JSON is YAML


def tap(results, rules, seconds):
    del rules, seconds
    lines = ["TAP version 14", f"1..{len(results)}"]
    for number, result in enumerate(results, 1):
        verdict = result["verdict"]
        name = f"{number} - {_tap_escaped(shown_name(result['file']))}"
        if verdict == "skipped":
            lines.append(f"ok {name} # SKIP {headline(result)}")
        elif verdict == "fine":
            lines.append(f"ok {name}")
        else:
            lines += [f"not ok {name}", *_tap_diagnostics(result)]
    return "\n".join(lines) + "\n"


# ---- SARIF ----------------------------------------------------------------------------------------------


def _sarif_rule(rule):
    page = page_of(rule["source"])
    return {
        "id": rule["id"],
        "shortDescription": {"text": rule["sentence"]},
        "fullDescription": {"text": f"The {'system' if rule['kind'] == 'PROVIDER' else 'driver'} must: {rule['sentence']}."},
        "help": {"text": f"Source: {rule['source']}."},
        **({"helpUri": page} if page else {}),
        "defaultConfiguration": {"level": "error"},
        "properties": {"kind": rule["kind"].lower(), "sure": rule["sure"].lower()},
    }


def _sarif_harness_rule(rule_id, sentence):
    return {
        "id": rule_id,
        "shortDescription": {"text": sentence},
        "help": {"text": "Of the harness itself; no page."},
        "defaultConfiguration": {"level": "error"},
        "properties": {"kind": "harness"},
    }


def _sarif_location(result):
    location = {"physicalLocation": {"artifactLocation": {"uri": uri(result["file"])}}}
    if "line" in result:
        location["physicalLocation"]["region"] = {"startLine": result["line"]}
        if "call" in result:
            location["physicalLocation"]["region"]["snippet"] = {"text": shown_text(result["call"])}
    if "step" in result:
        location["logicalLocations"] = [{"name": f"step {result['step']}", "kind": "call"}]
    return location


def _sarif_result(result, index):
    rule = rule_of(result)
    fingerprint = hashlib.sha256(f"{rule}\n{uri(result['file'])}".encode()).hexdigest()
    return {
        "ruleId": rule,
        "ruleIndex": index[rule],
        "level": "error",
        "message": {"text": body(result)},
        "locations": [_sarif_location(result)],
        "partialFingerprints": {"ruleAndFile/v1": fingerprint},
    }


def sarif(results, rules, seconds):
    del seconds
    descriptors = [_sarif_rule(rule) for rule in rules] + [_sarif_harness_rule(*row) for row in HARNESS_RULES.values()]
    index = {row["id"]: i for i, row in enumerate(descriptors)}
    notes = [
        {"level": "error" if result["verdict"] == "unreadable" else "note",
         "message": {"text": f"{result['verdict']}: {headline(result)}"},
         "locations": [_sarif_location(result)]}
        for result in results if result["verdict"] in ("skipped", "unreadable")
    ]
    run = {
        "tool": {"driver": {"name": "fltfuzz", "rules": descriptors}},
        "invocations": [{
            "executionSuccessful": not any(result["verdict"] == "unreadable" for result in results),
            "toolExecutionNotifications": notes,
        }],
        "results": [_sarif_result(result, index) for result in results if result["verdict"] in WRONG],
    }
    log = {"$schema": "https://json.schemastore.org/sarif-2.1.0.json", "version": "2.1.0", "runs": [run]}
    return json.dumps(log, indent=1) + "\n"


# ---- JSON -----------------------------------------------------------------------------------------------


def as_json(results, rules, seconds):
    del rules
    rows = []
    for result in results:
        row = {key: shown_text(value) if isinstance(value, str) else value for key, value in result.items()}
        row.update(file=as_characters(result["file"]), uri=uri(result["file"]))
        if result["verdict"] in WRONG:
            row["rule"] = rule_of(result)
        rows.append(row)
    return json.dumps({"counts": counts(results), "seconds": round(seconds, 6), "results": rows}, indent=1) + "\n"


FORMATS = {"junit": junit, "tap": tap, "sarif": sarif, "json": as_json}

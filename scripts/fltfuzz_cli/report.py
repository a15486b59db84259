"""fltfuzz report: what a campaign has done, as a page with pictures, as JSON and in words; and two of its
nights compared."""

import json
from pathlib import Path

from . import durable, report_diff, report_lines, report_words
from .build import set_up
from .campaign_folder import default_folder
from .common import FINE, Stop
from .coverage import write
from .report_data import Campaign, printable


def add_command(command):
    sub = command(
        "report",
        run,
        "Say what a campaign has done: a night's coverage, states, corpus and speed over time, what it found, what\n"
        "was never tried, and what changed since the night before. Nights are named by their id, the beginning of\n"
        "one, last or previous. What is missing in the folder is said, and the rest reported: exit 0.",
        "report --html night.html",
    )
    add = sub.add_argument
    add("--dir", type=Path, metavar="DIR", help=f"the campaign's folder; default {default_folder()}")
    add("--night", metavar="ID", help="this night instead of the last one")
    add("--diff", nargs=2, metavar=("A", "B"), help="night B, compared with night A instead of the one before it")
    add("--html", type=Path, metavar="FILE", help="write it as a page that needs nothing else")
    add("--json", type=Path, metavar="FILE", help="write it as JSON; - is standard output, without the words")
    add("--lines", action="store_true", help="also which lines the working corpus runs, by llvm-cov; its pages go beside --html's")


def run(options):
    if options.diff and options.night:
        raise Stop("--diff names its nights itself: it goes without --night")
    if options.lines and not options.html:
        raise Stop("--lines writes beside the page: it needs --html")
    if options.html and str(options.html) == "-":
        raise Stop("--html needs the name of a file")
    if options.html and not options.html.parent.is_dir():
        raise Stop(f"{options.html.parent}: there is no such folder")
    campaign = Campaign((options.dir or default_folder()).absolute())
    chosen, before = nights_for(campaign, options)
    if options.html:
        set_up(options, ["--jinja2"])
    if options.lines:
        report_lines.measure(campaign, options.html, options)
    report = make(campaign, chosen, before, report_lines.read(options.html) if options.html else None)
    if options.html:
        from . import report_page  # needs Jinja2, which only this option does

        pages = f"{report_lines.folder_for(options.html).name}/index.html"
        write(options.html, report_page.render(report, [campaign.night(name) for name in shown(campaign, chosen)], pages))
    if options.json:
        write(options.json, json.dumps(report, indent=1) + "\n")
    if str(options.json) != "-":
        print("\n".join(report_words.lines(report, report_diff.lines(report["diff"]) if report["diff"] else ())))
    return FINE


def write_page(folder, night, page):
    """Of that night, for who has just run it; what kept it from being written, or nothing."""
    try:
        from . import report_page
    except ImportError:
        return "it needs Jinja2: ./scripts/fltfuzz report --html FILE installs it"
    try:
        campaign = Campaign(folder)
        report = make(campaign, night, campaign.before(night), report_lines.read(page))
        pages = f"{report_lines.folder_for(page).name}/index.html"
        durable.write(page, report_page.render(report, [campaign.night(name) for name in shown(campaign, night)], pages).encode())
    except OSError as error:
        return f"{error.filename or page}: {error.strerror}"
    return ""


def nights_for(campaign, options):
    """(the night to show, the one to compare it with); None where there is none."""
    if options.diff:
        before, chosen = map(campaign.choose, options.diff)
        return chosen, before
    if not campaign.nights and options.night is None:
        campaign.say("nights: there is none yet")
        return None, None
    chosen = campaign.choose("last" if options.night is None else options.night)
    return chosen, campaign.before(chosen)


def shown(campaign, chosen):
    """All nights up to that one."""
    return campaign.nights[: campaign.nights.index(chosen) + 1] if chosen else []


def make(campaign, chosen, before, lines):
    """The report as one JSON object."""
    nights = [campaign.night(name) for name in shown(campaign, chosen)]
    night = campaign.night(chosen) if chosen else None
    for each in (before, chosen):  # of other nights it is not shown, and a night that is cut short never measures it
        if each and not campaign.night(each)["measured"]:
            campaign.say(f"nights/{each}: the coverage of the contract was not measured: the night was cut short, or had no sequences")
    diff = report_diff.make(campaign.night(before), night) if before else None
    coverage = night["coverage"] if night else None
    return {
        "folder": printable(str(campaign.path)),
        "night": {key: value for key, value in night.items() if key != "samples"} if night else None,
        "nights": [summary(each) for each in nights],
        "totals": coverage["totals"] if coverage else None,
        "findings": findings(campaign, night),
        "diff": diff,
        "lines": lines,
        "missing": campaign.missing,
    }


def findings(campaign, night):
    """The campaign's: those of the night first, new ones before others. """
    tonight = {one["name"]: one["met"] for one in night["findings"]} if night else {}
    for name in sorted(set(tonight) - {one["name"] for one in campaign.findings}):
        campaign.say(f"findings/{name}: is listed in night.json, and its folder is missing")
    rows = [{**one, "tonight": one["name"] in tonight, "met": tonight.get(one["name"])} for one in campaign.findings]
    order = ("new", "known", "fixed")
    return sorted(rows, key=lambda one: (not one["tonight"], order.index(one["status"]) if one["status"] in order else len(order), one["name"]))


def summary(night):
    """A night in one row."""
    def total(key):
        known = [row[key] for row in night["targets"].values() if row[key] is not None]
        return sum(known) if known else None

    seconds, calls = total("seconds"), total("calls")
    return {
        "id": night["id"], "state": night["state"], "version": night["version"], "seconds": night["seconds"], "sequences": total("sequences"),
        "calls": calls, "calls_per_second": report_words.rounded(calls / seconds) if calls and seconds else None, "corpus": total("corpus_after"),
        "states": total("states"), "findings": night["found"],
        "rule_calls_tried": night["coverage"]["totals"]["rule_calls_tried"] if night["coverage"] else None,
    }

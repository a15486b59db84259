"""The commands and their options."""

import argparse
import os
import sys
from pathlib import Path

from . import bench, campaign, coverage, ctest, explore, fuzz, merge, mutants, regress, report, rules, tools, triage
from .common import TROUBLE, Stop

OVERVIEW = Path(__file__).with_name("overview.txt")


class Parser(argparse.ArgumentParser):
    """Says what is wrong in one line."""

    def error(self, message):
        print(f"{self.prog}: {message}; {self.prog} --help has the options", file=sys.stderr)
        sys.exit(TROUBLE)


class TopParser(Parser):
    """Its help is the overview."""

    def format_help(self):
        return OVERVIEW.read_text(encoding="utf-8")


def make_parser():
    parser = TopParser(prog="fltfuzz", allow_abbrev=False)
    commands = parser.add_subparsers(metavar="COMMAND", parser_class=Parser)

    def command(name, run, sentence, example):
        sub = commands.add_parser(
            name,
            description=sentence,
            epilog=f"example: ./scripts/fltfuzz {example}",
            formatter_class=argparse.RawDescriptionHelpFormatter,
            allow_abbrev=False,
        )
        sub.set_defaults(run=run)
        sub.add_argument("-v", dest="verbose", action="store_true", help="print the commands that are run")
        sub.add_argument("--yes", action="store_true", help="install what is missing without asking")
        return sub

    fuzz.add_command(command)
    campaign.add_command(command)
    merge.add_command(command)
    triage.add_command(command)
    report.add_command(command)
    explore.add_command(command)
    ctest.add_command(command)
    tools.add_commands(command)
    regress.add_command(command)
    rules.add_commands(command)
    mutants.add_command(command)
    coverage.add_command(command)
    bench.add_command(command)
    return parser


def main(words):
    parser = make_parser()
    if not words:
        parser.print_help(sys.stderr)
        return TROUBLE
    options = parser.parse_args(words)
    if "run" not in options:
        parser.error("a command is needed")
    try:
        return options.run(options)
    except Stop as stop:
        if str(stop):
            print(f"fltfuzz: {stop}", file=sys.stderr)
        return stop.code
    except FileNotFoundError as error:
        folder = getattr(options, "build", None)
        if folder is None or not error.filename or Path(folder).absolute() not in Path(os.fsdecode(error.filename)).absolute().parents:
            raise
        print(f"fltfuzz: {os.fsdecode(error.filename)}: is not there; {folder} is no finished build", file=sys.stderr)
        return TROUBLE
    except KeyboardInterrupt:
        print("fltfuzz: interrupted", file=sys.stderr)
        return TROUBLE
    except BrokenPipeError:  # `fltfuzz show X | head`
        sys.stderr.close()
        return TROUBLE

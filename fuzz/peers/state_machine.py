"""Hypothesis' rule-based state machine on the model: rules for each call of calls.def, bundles for what
calls handed out. Until the first violation, or until the time is over:

  state_machine.py LIBRARY --seconds N --seed S

Prints {"rule", "seconds", "calls", "examples"}; the rule is empty when nothing was found.
"""

import argparse
import json
import os
import time
from typing import NamedTuple, Optional

from hypothesis import HealthCheck, Phase, seed, settings
from hypothesis import strategies as st
from hypothesis.stateful import Bundle, RuleBasedStateMachine, consumes, initialize, multiple, rule, run_state_machine_as_test

from model import OVER, VIOLATED, Model

MANY = 10**9  # examples: the time is the limit
ODD_HANDLES = [0, 2**64 - 1, 2**64 - 2, 3, 4, 8, 12, 0xFFFFFFFF80000004, 0xFFFFFFFF80000008]
FAILURES = ("fail", "fail_step")
ALWAYS_GIVEN = ("filter", *FAILURES)  # beside what a call is about


class Made(NamedTuple):
    """What a call handed out: a value of the bundles. A call may hand out both, and put it in two."""

    handle: Optional[int] = None
    object: Optional[int] = None


# ---- what a call takes ----------------------------------------------------------------------------


MOST_GIVEN = 4  # arguments of one call that are not at their defaults, beside what it is about
WEIGHT_OF_A_RULE = 10  # calls of the table that weigh so much more get a rule more


def choices_of(call, args):
    """(argument, value) for each value of each argument that is no handle and no object."""
    for arg in args:
        if arg["kind"] not in ("HANDLE", "OBJECT"):
            values = call["fails"] if arg["name"] == "fail" else arg["values"]
            for value in values + [0] * (arg["kind"] == "FLAGS"):
                yield arg, value


def put_together(choices):
    """What a call is given: flags that were chosen are or-ed, of other arguments the last one counts."""
    given = {}
    for arg, value in choices:
        name = arg["name"]
        given[name] = given.get(name, 0) | value if arg["kind"] == "FLAGS" else value
    return given


def is_about_lists(call):
    """Of extra create parameters, which are no objects as the others are."""
    return "CreateParameter" in call["name"]


def bundle_of(name, call, bundles):
    if name == "ecp" or (name == "object" and is_about_lists(call)):
        return bundles["lists"]
    return bundles["objects" if name == "object" else "handles"]


def variants(call, args):
    """A rule each: (suffix of the rule's name, the handles and objects that are given, whether the bundle forgets
    them). What may be NULL has a rule without it and one with it. A call of nothing but one of them gives
    it back: mostly it is not used again."""
    needed = [arg["name"] for arg in args if arg["name"] in ("handle", "object")]
    for copy in range(1 + call["weight"] // WEIGHT_OF_A_RULE):
        yield f"_{copy + 1}" if copy else "", needed, False
    for name in ("root", "ecp"):
        if any(arg["name"] == name for arg in args):
            yield f"_{name}", [*needed, name], False
    if len(needed) == 1 and all(arg["name"] in (*needed, *ALWAYS_GIVEN) for arg in args):
        yield "_and_forget", needed, True


# ---- the machine ----------------------------------------------------------------------------------


def plain(name, value):
    """What the model takes."""
    if not isinstance(value, Made):
        return value
    return value.handle if name in ("handle", "root") else value.object


class Machine(RuleBasedStateMachine):
    """Its rules are added from the model's table."""

    model = None
    examples = 0

    def __init__(self):
        super().__init__()
        type(self).examples += 1
        self.is_over = False
        self.model.begin()

    def perform(self, name, arguments):
        report.stop_in_time()
        if self.is_over:
            return multiple()
        answer = self.model.call(name, **{key: plain(key, value) for key, value in arguments.items()})
        self.judge(answer.kind)
        if not answer.handles and not answer.objects:
            return multiple()
        return Made(*(answer.handles or [None]), *(answer.objects or [None]))

    def judge(self, kind):
        self.is_over = kind in (OVER, VIOLATED)
        if kind == VIOLATED:
            report.finish(self.model.rule())

    def teardown(self):
        self.judge(self.model.end())


def make_rule(call, args, rule_name, targets, slots):
    """The strategies are numbers, not the values themselves: Hypothesis writes all rules out at each step,
    and long ones would slow it down."""
    choices = list(choices_of(call, args))
    strategies = dict(slots)
    if choices:
        strategies["numbers"] = st.lists(st.integers(0, len(choices) - 1), max_size=MOST_GIVEN)

    def perform(self, numbers=(), **arguments):
        made = self.perform(call["name"], {**put_together(choices[i] for i in numbers), **arguments})
        return made if targets else None

    perform.__name__ = rule_name
    return rule(targets=targets, **strategies)(perform) if targets else rule(**strategies)(perform)


def add_headers(model, members, handles):
    """Every run has a profile, and some a choice of their own for a switch or two."""
    choices = [(which, choice) for which, count in enumerate(model.switches) for choice in range(count)]

    def header(self, profile, chosen):
        self.model.begin(profile, dict(choices[i] for i in chosen))

    def odd_handle(_self, value):
        return Made(handle=value)

    members["header"] = initialize(profile=st.integers(0, model.profiles - 1), chosen=st.lists(st.integers(0, len(choices) - 1), max_size=2))(header)
    members["odd_handle"] = rule(target=handles, value=st.sampled_from(ODD_HANDLES))(odd_handle)


def machine_of(model):
    """The class, with a rule for each variant of each call."""
    bundles = {name: Bundle(name) for name in ("handles", "objects", "lists")}
    taken = {name: consumes(bundle) for name, bundle in bundles.items()}
    members = {**bundles, "model": model}
    add_headers(model, members, bundles["handles"])
    for name, call in model.calls.items():
        args = [model.args[arg] for arg in call["args"]]
        objects = bundles["lists" if is_about_lists(call) else "objects"]
        targets = [bundles["handles"]] * bool(call["handles"]) + [objects] * bool(call["objects"])
        for suffix, slots, forget in variants(call, args):
            given = {slot: bundle_of(slot, call, taken if forget else bundles) for slot in slots}
            members[name + suffix] = make_rule(call, args, name + suffix, targets, given)
    return type("ModelMachine", (Machine,), members)


# ---- the end --------------------------------------------------------------------------------------


class Report:
    """Ends the process: nothing that it found is to be made small, or said again."""

    def __init__(self):
        self._started = time.monotonic()
        self._seconds, self._machine = 0, None

    def begin(self, seconds, machine):
        self._seconds, self._machine = seconds, machine

    def stop_in_time(self):
        if time.monotonic() - self._started >= self._seconds:
            self.finish("")

    def finish(self, found):
        seconds = round(time.monotonic() - self._started, 3)
        calls = self._machine.model.calls_made()
        print(json.dumps({"rule": found, "seconds": seconds, "calls": calls, "examples": self._machine.examples}), flush=True)
        os._exit(0)


report = Report()


def main():
    parser = argparse.ArgumentParser(description="Hypothesis' rule-based state machine on the model.")
    parser.add_argument("library")
    parser.add_argument("--seconds", type=float, required=True)
    parser.add_argument("--seed", type=int, required=True)
    options = parser.parse_args()
    machine = seed(options.seed)(machine_of(Model(options.library)))
    report.begin(options.seconds, machine)
    until_stopped = settings(
        max_examples=MANY,
        derandomize=False,
        database=None,
        deadline=None,
        phases=[Phase.generate],
        suppress_health_check=HealthCheck.all(),
    )
    while True:  # it may think that it has seen all
        run_state_machine_as_test(machine, settings=until_stopped)


if __name__ == "__main__":
    main()

"""What the contract's C sources say of themselves: where each rule is named, and which rules the
prediction and the observation of each call can name at all. Read as text: definitions, the names in
them, and who names whom. A branch is never judged, so what is found is what may be, at most."""

import re
from pathlib import Path
from typing import NamedTuple

from .common import TOP

FOLDERS = ("model/contract", "model")  # model/: the door names rules too, where views differ
COMMON = ("flt_find_breaches", "predict_verifier", "predict_quiet")  # for every call (contract.c)
ONLY_STATUS = "flt_predict_injected"  # for calls that return a status, which alone can be told to fail


class Definition(NamedTuple):
    """A function, a table or a macro."""

    file: str
    name: str
    body: str
    local: bool  # static: other files have their own of that name


def _without_comments(text):
    return re.sub(r"/\*.*?\*/", " ", text, flags=re.S)


def _files(top):
    for folder in FOLDERS:
        for path in sorted((top / folder).glob("*.c")):
            if not re.search(r"(_test|_fixture)\.c$|/links_", str(path)):
                yield path


MACROS = re.compile(r"^#define (\w+)\((?:[^)]*)\)((?:.*\\\n)*.*)", re.M)
TABLES = re.compile(r"^(static )?(?:const )[^;(){}]*?(\w+)\[[^;{]*=\s*\{(.*?)\};", re.M | re.S)
STRUCTS = re.compile(r"^(static )const struct \{[^}]*\} (\w+)\[\] = \{(.*?)\};", re.M | re.S)
FUNCTIONS = re.compile(r"^(?!#|typedef|struct \w+ \{|enum \w* ?\{)([A-Za-z_][^;{}=]*?)\b(\w+)\(([^;{}]*)\)\s*\{(.*?)^\}", re.M | re.S)


def definitions(top=TOP):
    found = []
    for path in _files(top):
        text = _without_comments(path.read_text(encoding="utf-8"))
        file = str(path.relative_to(top / "model"))
        # FLT_PREDICT(FltClose) { is the function flt_predict_FltClose
        plain = re.sub(r"^FLT_(PREDICT|OBSERVE)\((\w+)\)", lambda m: f"void flt_{m[1].lower()}_{m[2]}(void)", text, flags=re.M)
        for match in MACROS.finditer(plain):
            found.append(Definition(file, match[1], match[2], True))
        plain = MACROS.sub("", plain)
        for pattern in (STRUCTS, TABLES):
            for match in pattern.finditer(plain):
                found.append(Definition(file, match[2], match[3], bool(match[1])))
        for match in FUNCTIONS.finditer(plain):
            local = bool(re.search(r"\b(static|FLT_APART|FLT_INLINE)\b", match[1]))
            found.append(Definition(file, match[2], match[4], local))
    return found


# ---- the rules that are named ------------------------------------------------------------------


def _rules_in(definition, opcode, rules):
    """Ids. In a table with a row for each call only that call's row counts; None: all of them."""
    body = definition.body
    if opcode and re.search(r"\[FLT_OP_\w+\] =", body):
        body = "\n".join(re.findall(rf"\[FLT_OP_{opcode}\] = [^,]*", body))
    names = set(re.findall(r"\bFLT_RULE_(\w+)", body))
    if "FLT_RULE_##" not in body:  # a list that a macro turns into rules
        names |= set(re.findall(r"\bC\((\w+),", body))
    return {name.replace("_", "-") for name in names} & rules


def named_at(rules, found):
    """{rule: ["contract/closing.c:predict_close", ...]}"""
    places = {}
    for definition in found:
        for rule in _rules_in(definition, None, rules):
            places.setdefault(rule, []).append(f"{definition.file}:{definition.name}")
    return places


class Sources:
    """Who names whom."""

    def __init__(self, found, rules):
        self.rules = rules
        self.everywhere = {d.name: d for d in found if not d.local}
        self.in_file = {(d.file, d.name): d for d in found}

    def _next(self, definition):
        for word in set(re.findall(r"\b[A-Za-z_]\w+\b", definition.body)):
            other = self.in_file.get((definition.file, word)) or self.everywhere.get(word)
            if other and other is not definition:
                yield other

    def _reached(self, roots):
        seen, ahead = set(), [root for root in roots if root]
        while ahead:
            definition = ahead.pop()
            key = (definition.file, definition.name)
            if key not in seen:
                seen.add(key)
                ahead.extend(self._next(definition))
        return seen

    def rules_of_call(self, call, returns_status):
        names = [f"flt_predict_{call}", f"flt_observe_{call}", *COMMON, *([ONLY_STATUS] if returns_status else [])]
        roots = [self.everywhere.get(name) or self.in_file.get(("contract/contract.c", name)) for name in names]
        reached = self._reached(roots)
        return set().union(*(_rules_in(self.in_file[key], call, self.rules) for key in reached))


def calls_that_return_a_status(top=TOP):
    text = (top / "model" / "calls.def").read_text(encoding="utf-8")
    return set(re.findall(r"^CALL\(0x\w+, NTSTATUS, (\w+)", text, re.M))


def rules_by_call(calls, rules, top=TOP):
    """{call: the rules that its prediction or its observation can name}"""
    sources = Sources(definitions(top), set(rules))
    with_status = calls_that_return_a_status(top)
    return {call: sources.rules_of_call(call, call in with_status) for call in calls}

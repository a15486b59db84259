"""Mutation operators: the small edits of a C file that a corpus should notice.

relational  < to <= and >=, == to !=, and so on
arithmetic  + to -, & to |, ++ to --, ~ and - taken away, also in += and the like
logical     && to ||, one side alone, ! taken away, a condition always true or false
constant    a number one up or down, a named constant to its neighbour, a status to another, true to false
deletion    a statement that does something, a jump, an else
return      another value of the type
call        two arguments of one type swapped; another function of the same type

What stands in a macro of another file is taken where the macro is used, and once.
"""

import re
from pathlib import Path
from typing import NamedTuple

from .c_source import Place, bare, file_of, inner, read_text, tree_of, type_of
from .common import TOP

OPERATORS = ("relational", "arithmetic", "logical", "constant", "deletion", "return", "call")

RELATIONAL = {"<": ("<=", ">="), ">": (">=", "<="), "<=": ("<", ">"), ">=": (">", "<"), "==": ("!=",), "!=": ("==",)}
ARITHMETIC = {"+": "-", "-": "+", "*": "+", "/": "*", "%": "/", "&": "|", "|": "&", "^": "&", "<<": ">>", ">>": "<<"}
ASSIGNMENTS = {old + "=": new + "=" for old, new in ARITHMETIC.items()}
STEPS = {"++": "--", "--": "++"}
DONE_ALONE = {"CallExpr", "CompoundAssignOperator", "BreakStmt", "ContinueStmt", "GotoStmt"}
BOOL = {"bool", "_Bool"}
WHOLE = re.compile(r"(const )?(unsigned |signed )?(char|short|int|long|long long|enum \w+)( int)?$")


class Mutant(NamedTuple):
    file: str  # in the project
    function: str  # or what else it stands in
    operator: str
    begin: int
    end: int
    new: str
    line: int
    before: str  # the lines that it changes, white space made one
    after: str

    @property
    def key(self):
        """What does not move when something else in the file is edited."""
        return self.file, self.function, self.before, self.after

    def apply(self, text):
        return text[: self.begin] + self.new + text[self.end :]


def one_space(text):
    return " ".join(text.split())


def mutants_of(source, words, files):
    """Of a C file and, where it reads them, of headers: {file in the project: its mutants}. `files` are
    those that count."""
    tree = tree_of(source, words)
    neighbours = _neighbours(tree)
    twins = _Twins(tree)
    found = {}
    for declaration in inner(tree):
        file = file_of(declaration)
        name = str(Path(file).resolve().relative_to(TOP)) if Path(file).resolve().is_relative_to(TOP) else ""
        if name in files:
            if name not in found:
                found[name] = _Finder(name, file, neighbours, twins)
            found[name].look(declaration)
    return {name: finder.mutants() for name, finder in found.items()}


def _neighbours(tree):
    """Of each enumerator the next one, of the last the one before: {id: name}."""
    table = {}
    for declaration in inner(tree):
        if declaration["kind"] == "EnumDecl":
            row = [one for one in inner(declaration) if one["kind"] == "EnumConstantDecl"]
            for one, other in zip(row, row[1:] + row[-2:-1]):
                table[one["id"]] = other["name"]
    return table


class _Twins:
    """Functions of the project that can stand for another, as their types are the same."""

    def __init__(self, tree):
        self._names = {}
        for declaration in inner(tree):
            if declaration["kind"] == "FunctionDecl" and Path(file_of(declaration)).resolve().is_relative_to(TOP / "model"):
                row = self._names.setdefault(type_of(declaration)[0], [])
                if declaration["name"] not in row:
                    row.append(declaration["name"])

    def of(self, name, kind):
        row = self._names.get(kind, [])
        return row[(row.index(name) + 1) % len(row)] if name in row and len(row) > 1 else None


class _Finder:
    """Walks declarations of one file and keeps their mutants."""

    def __init__(self, name, path, neighbours, twins):
        self._name, self._text = name, read_text(path)
        self._place = Place(path, self._text)
        self._neighbours, self._twins = neighbours, twins
        self._function = ""
        self._found = {}

    def mutants(self):
        return sorted(self._found.values(), key=lambda mutant: (mutant.begin, mutant.end, mutant.operator, mutant.new))

    def look(self, declaration):
        self._function = declaration.get("name", declaration["kind"])
        self._visit(declaration)

    def _visit(self, node):
        handler = getattr(self, "_" + node["kind"], None)
        if handler:
            handler(node)
        for child in inner(node):
            self._visit(child)

    # ---- keeping ----

    def _keep(self, operator, span, new):
        """The same text from two operators is one mutant."""
        if span is None or self._text[span[0] : span[1]] == new:
            return
        begin, end = span
        first = self._text.rfind("\n", 0, begin) + 1
        last = self._text.find("\n", end)
        last = len(self._text) if last < 0 else last
        before = one_space(self._text[first:last])
        after = one_space(self._text[first:begin] + new + self._text[end:last])
        line = self._text.count("\n", 0, begin) + 1
        mutant = Mutant(self._name, self._function, operator, begin, end, new, line, before, after)
        self._found.setdefault((begin, end, one_space(new)), mutant)

    def _written(self, span):
        return self._text[span[0] : span[1]] if span else ""

    def _sides(self, node):
        """The spans of two operands and of the operator between them, or None."""
        left, right = (self._place.span(child) for child in inner(node))
        if not left or not right or left[1] > right[0]:
            return None
        found = list(re.finditer(re.escape(node["opcode"]), self._text[left[1] : right[0]]))
        between = re.sub(r"/\*.*?\*/|//[^\n]*|[\s()]", "", self._text[left[1] : right[0]], flags=re.S)
        if len(found) != 1 or between != node["opcode"]:
            return None
        return left, right, (left[1] + found[0].start(), left[1] + found[0].end())

    # ---- expressions ----

    def _BinaryOperator(self, node):
        sides = self._sides(node) if node["opcode"] not in ("=", ",") else None
        if not sides:
            return
        left, right, sign = sides
        opcode = node["opcode"]
        for new in RELATIONAL.get(opcode, ()):
            self._keep("relational", sign, new)
        if opcode in ARITHMETIC:
            self._keep("arithmetic", sign, ARITHMETIC[opcode])
        if opcode in ("&&", "||"):
            self._keep("logical", sign, "||" if opcode == "&&" else "&&")
            whole = (left[0], right[1])
            self._keep("logical", whole, self._written(left))
            self._keep("logical", whole, self._written(right))

    def _CompoundAssignOperator(self, node):
        sides = self._sides(node)
        if sides and node["opcode"] in ASSIGNMENTS:
            self._keep("arithmetic", sides[2], ASSIGNMENTS[node["opcode"]])

    def _UnaryOperator(self, node):
        opcode, span = node["opcode"], self._place.span(node)
        if not span:
            return
        at = (span[1] - len(opcode), span[1]) if node.get("isPostfix") else (span[0], span[0] + len(opcode))
        if self._written(at) != opcode:
            return  # a macro's
        if opcode in STEPS:
            self._keep("arithmetic", at, STEPS[opcode])
        elif opcode in ("-", "~"):
            self._keep("arithmetic", at, "")
        elif opcode == "!":
            self._keep("logical", at, "")

    def _ConditionalOperator(self, node):
        self._condition(inner(node)[0], ("true", "false"))

    def _condition(self, node, values):
        span = self._place.span(node)
        if self._written(span) in ("true", "false", "0", "1"):
            return  # a constant's mutants do
        for value in values:
            self._keep("logical", span, value)

    # ---- constants ----

    def _IntegerLiteral(self, node):
        span = self._place.span(node)
        text = self._written(span)
        if re.match(r"[A-Za-z_]\w*$", text):
            self._macro(text, span)
        elif re.match(r"\d", text):
            suffix = re.search(r"[uUlL]*$", text).group()
            for value in (int(node["value"]) + 1, int(node["value"]) - 1):
                if value >= 0:
                    self._keep("constant", span, (hex(value) if text[:2] in ("0x", "0X") else str(value)) + suffix)

    def _CStyleCastExpr(self, node):
        span = self._place.span(node)
        if re.match(r"[A-Z]\w*$", self._written(span)) and self._is_whole(node):
            self._macro(self._written(span), span)  # as statuses are: ((NTSTATUS)0xC0000008)

    def _ParenExpr(self, node):
        self._CStyleCastExpr(node)

    def _macro(self, name, span):
        if name in ("true", "false"):
            self._keep("constant", span, "false" if name == "true" else "true")
        elif name == "STATUS_SUCCESS":
            self._keep("constant", span, "STATUS_UNSUCCESSFUL")
        elif name != "NULL":
            self._keep("constant", span, "STATUS_SUCCESS" if name.startswith("STATUS_") else "0")
            self._keep("constant", span, f"({name} + 1)")

    def _DeclRefExpr(self, node):
        target = node.get("referencedDecl", {})
        span = self._place.span(node)
        if target.get("kind") != "EnumConstantDecl" or self._written(span) != target["name"]:
            return
        self._keep("constant", span, self._neighbours.get(target["id"]) or f"({target['name']} + 1)")

    @staticmethod
    def _is_whole(node):
        return any(WHOLE.match(kind) for kind in type_of(node))

    # ---- statements ----

    def _CompoundStmt(self, node):
        self._delete(inner(node))

    def _CaseStmt(self, node):
        self._delete(inner(node)[1:])

    def _DefaultStmt(self, node):
        self._delete(inner(node))

    def _IfStmt(self, node):
        parts = inner(node)
        self._condition(parts[0], ("true", "false"))
        self._delete(parts[1:])
        if node.get("hasElse") and len(parts) == 3:
            span = self._place.span(parts[2])
            block = parts[2]["kind"] in ("CompoundStmt", "IfStmt")
            self._keep("deletion", span, "{}" if block else "(void)0")

    def _ForStmt(self, node):
        """Its five parts, of which any but the last may be empty."""
        start, _, condition, step, body = node["inner"]
        if condition.get("kind"):
            self._condition(condition, ("false",))
        self._delete([part for part in (start, step, body) if part.get("kind")])

    def _WhileStmt(self, node):
        self._condition(inner(node)[0], ("false",))
        self._delete(inner(node)[1:])

    def _DoStmt(self, node):
        self._condition(inner(node)[1], ("false",))
        self._delete(inner(node)[:1])

    def _delete(self, statements):
        for statement in statements:
            if self._does_something(bare(statement)):
                self._keep("deletion", self._place.span(statement), "(void)0")

    @staticmethod
    def _does_something(node):
        kind = node["kind"]
        if kind == "CStyleCastExpr":  # (void)call()
            return bare(inner(node)[0])["kind"] == "CallExpr"
        return (
            kind in DONE_ALONE
            or (kind == "BinaryOperator" and node["opcode"] == "=")
            or (kind == "UnaryOperator" and node["opcode"] in STEPS)
            or (kind == "ReturnStmt" and not inner(node))
        )

    def _ReturnStmt(self, node):
        if not inner(node):
            return
        value = inner(node)[0]
        span, text = self._place.span(value), self._written(self._place.span(value))
        if not span or re.match(r"(true|false|STATUS_\w+|\d+)$", text):
            return  # a constant's mutants do
        kind, plain = type_of(value)
        if kind in BOOL or plain in BOOL:
            others = ("true", "false")
        elif kind == "NTSTATUS":
            others = ("STATUS_SUCCESS", "STATUS_UNSUCCESSFUL")
        elif plain.endswith("*"):
            others = ("NULL",)
        elif self._is_whole(value):
            others = ("0", f"({text}) + 1")
        else:
            others = ()
        for other in others:
            self._keep("return", span, other)

    # ---- calls ----

    def _CallExpr(self, node):
        callee, *arguments = inner(node)
        spans = [self._place.span(argument) for argument in arguments]
        for (one, first), (other, second) in zip(zip(arguments, spans), zip(arguments[1:], spans[1:])):
            if first and second and first[1] <= second[0] and type_of(one)[1] == type_of(other)[1]:
                swapped = self._written(second) + self._text[first[1] : second[0]] + self._written(first)
                self._keep("call", (first[0], second[1]), swapped)
        target = bare(callee).get("referencedDecl", {})
        span = self._place.span(callee)
        if target.get("kind") == "FunctionDecl" and self._written(span) == target["name"]:
            other = self._twins.of(target["name"], type_of(target)[0])
            if other:
                self._keep("call", span, other)

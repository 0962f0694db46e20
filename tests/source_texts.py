"""What calls in the sources are given, as texts: literals, and what a file's variables, branches and helpers stand for.

What comes from elsewhere is named.
"""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from typing import Final

from tests.catalogue import SOURCES


@dataclass(frozen=True)
class Scope:
    """The function that a call stands in, and the file."""

    module: ast.Module
    function: ast.AST
    at: ast.AST | None = None
    """Where in the function."""

    def values(self, name: str) -> list[ast.expr]:
        """What `name` may be: what is assigned to it here, what the callers in this file give, or a constant."""
        before = [*_before(self.function, self.at, name)] if self.at else [*_assigned(self.function, name)]
        here = before or [*_assigned(self.module, name, deep=False)]
        return here or [*self._given(name)] or constants().get(name, [])

    def _given(self, name: str) -> Iterator[ast.expr]:
        function = self.function
        if not isinstance(function, ast.FunctionDef | ast.AsyncFunctionDef):
            return
        names = [each.arg for each in function.args.args if each.arg not in ("self", "cls")]
        for call, _ in calls_in(self.module, lambda called: called == function.name) if name in names else ():
            at = names.index(name)
            named = [each.value for each in call.keywords if each.arg == name]
            yield from call.args[at : at + 1] or named

    def results(self, name: str) -> list[ast.expr]:
        """What a function of this file returns, or a method of a place."""
        modules = [self.module] if name not in FOLLOWED else [*trees().values()]
        found = [
            node
            for module in modules
            for node in ast.walk(module)
            if isinstance(node, ast.FunctionDef) and node.name == name
        ]
        found = found if name in FOLLOWED else found[:1]
        return [each.value for node in found for each in ast.walk(node) if isinstance(each, ast.Return) and each.value]


def _before(function: ast.AST, at: ast.AST, name: str) -> Iterator[ast.expr]:
    """What `name` may be at the place `at`: the assignments before it that no other one hides."""
    for block, number in _blocks(function, at):
        for statement in reversed(block[:number]):
            direct = [*_assigned_by(statement, name)]
            yield from direct or _in_branches(statement, name)
            if direct or _always(statement, name):
                return
        yield from _loop_values(block[number], name)
        if tested := [*_assigned_by(block[number], name)]:
            yield from tested
            return


def _blocks(node: ast.AST, at: ast.AST) -> Iterator[tuple[list[ast.stmt], int]]:
    """The lists of statements around `at`, the innermost first, with the number of the one that holds it."""
    for _, block in ast.iter_fields(node):
        for number, child in enumerate(block if isinstance(block, list) else [block]):
            if isinstance(child, ast.AST) and any(inner is at for inner in ast.walk(child)):
                yield from _blocks(child, at)
                if isinstance(block, list) and isinstance(child, ast.stmt):
                    yield block, number


def _branches(statement: ast.stmt) -> list[list[ast.stmt]]:
    """Those that are gone through to the end."""
    match statement:
        case ast.If(body=body, orelse=other):
            found = [body, other]
        case ast.Match(cases=cases):
            found = [each.body for each in cases]
        case ast.With(body=body) | ast.For(body=body) | ast.AsyncWith(body=body) | ast.AsyncFor(body=body):
            found = [body]
        case ast.Try(body=body, handlers=handlers):
            found = [body, *(each.body for each in handlers)]
        case _:
            found = []
    return [each for each in found if not each or not isinstance(each[-1], ast.Return | ast.Raise | ast.Continue)]


def _in_branches(statement: ast.stmt, name: str) -> Iterator[ast.expr]:
    for branch in _branches(statement):
        for inner in branch:
            yield from _assigned_by(inner, name)
            yield from _in_branches(inner, name)


def _always(statement: ast.stmt, name: str) -> bool:
    branches = [] if isinstance(statement, ast.For | ast.AsyncFor) else _branches(statement)
    return bool(branches) and all(
        any([*_assigned_by(inner, name)] or _always(inner, name) for inner in branch) for branch in branches
    )


def _loop_values(statement: ast.stmt, name: str) -> Iterator[ast.expr]:
    match statement:
        case ast.For(target=ast.Tuple(elts=targets), iter=ast.Name(id=table)):
            at = [each.id for each in targets if isinstance(each, ast.Name)]
            yield from _column(table, at.index(name)) if name in at else ()


FOLLOWED: Final = ("nothing_kept",)


@cache
def trees() -> Mapping[str, ast.Module]:
    files = sorted(SOURCES.rglob("*.py"))
    found = {str(file.relative_to(SOURCES)): ast.parse(file.read_text(encoding="utf-8")) for file in files}
    return {name: tree for name, tree in found.items() if not name.startswith(("noticeboard/", "transport/fake.py"))}


@cache
def constants() -> Mapping[str, list[ast.expr]]:
    """Texts that one file names and others import."""
    found: dict[str, list[ast.expr]] = {}
    for tree in trees().values():
        for node in tree.body:
            match node:
                case ast.AnnAssign(target=ast.Name(id=name), value=ast.Constant() as value) if name.isupper():
                    found.setdefault(name, []).append(value)
                case ast.Assign(targets=[ast.Name(id=name)], value=ast.Constant() as value) if name.isupper():
                    found.setdefault(name, []).append(value)
    return {name: values for name, values in found.items() if len(values) == 1}


def _assigned(where: ast.AST, name: str, deep: bool = True) -> Iterator[ast.expr]:
    for node in ast.walk(where) if deep else ast.iter_child_nodes(where):
        yield from _assigned_by(node, name)


def _assigned_by(node: ast.AST, name: str) -> Iterator[ast.expr]:
    match node:
        case ast.Assign(targets=[ast.Name(id=target)], value=value) if target == name:
            yield value
        case ast.AnnAssign(target=ast.Name(id=target), value=ast.expr() as value) if target == name:
            yield value
        case ast.If(test=ast.NamedExpr(target=ast.Name(id=target), value=value)) if target == name:
            yield value
        case ast.Assign(targets=[ast.Tuple(elts=targets)], value=ast.Tuple(elts=values)):
            pairs = zip(targets, values, strict=False)
            yield from (value for each, value in pairs if isinstance(each, ast.Name) and each.id == name)


def _column(table: str, at: int) -> Iterator[ast.expr]:
    """Of a table at the top of the only file that has one of this name."""
    for tree in trees().values():
        for value in _assigned(tree, table, deep=False):
            rows = value.elts if isinstance(value, ast.Tuple) else []
            yield from (row.elts[at] for row in rows if isinstance(row, ast.Tuple) and len(row.elts) > at)


def texts_of(value: ast.expr | None, scope: Scope, depth: int = 3) -> list[str]:
    """All that `value` may be, one or more; the name of what isn't known, in braces."""
    if value is None:
        return [""]
    if said := _said(value):
        return [f"{said}{INSIDE}{text}" for text in _inside(value, scope)] or [said]
    inner = _values_of(value, scope) if depth else []
    return [text for each in inner for text in texts_of(each, scope, depth - 1)] or [_part(value)]


AS_IT_IS: Final = "\1"
"""Before a text that is not filled: braces in it are its own."""


INSIDE: Final = "\0"
"""Before a text of the catalogue that stands for the {message} in another one."""


def _inside(value: ast.expr, scope: Scope) -> list[str]:
    match value:
        case ast.Call(keywords=[ast.keyword(arg="message", value=ast.Name(id=name))]):
            return [text for text in map(_said, scope.values(name)) if text not in ("", _said(value))]
    return []


def _said(value: ast.expr) -> str:
    match value:
        case ast.Constant(value=str(text)):
            return text and f"{AS_IT_IS}{text}"
        case ast.Call(func=ast.Name(id="tr" | "mark"), args=[ast.Constant(value=str(text))], keywords=values):
            return text if values else f"{AS_IT_IS}{text}"
        case ast.JoinedStr(values=parts):
            return "".join(map(_part, parts))
    return ""


def _values_of(value: ast.expr, scope: Scope) -> list[ast.expr]:
    """What `value` stands for, where that can be seen."""
    found: list[ast.expr] = []
    match value:
        case ast.IfExp(body=first, orelse=second) | ast.BoolOp(op=ast.Or(), values=[first, second]):
            found = [first, second]
        case ast.Name(id=name):
            found = scope.values(name)
        case ast.Call(func=ast.Attribute(attr="_clean"), args=[inner]):
            found = [inner]
        case ast.Call(func=ast.Attribute(value=ast.Dict(values=values), attr="get"), args=[_, other]):
            found = [*values, other]
        case ast.Call(func=ast.Name(id=name) | ast.Attribute(attr=name)):
            found = scope.results(name)
    return found


def _part(part: ast.expr) -> str:
    """A piece of a text: as it is, or the name of what is put in there."""
    found = "{…}"
    match part:
        case ast.Constant(value=text):
            found = str(text).replace("{", "{{").replace("}", "}}")
        case ast.Attribute(attr=name) | ast.Name(id=name) if name not in ("value", "name"):
            found = f"{{{name.strip('_')}}}"
        case ast.Call(func=ast.Name(id="named"), args=[who, what]):
            found = f"{_part(who)}: {_part(what)}"
        case ast.Call(func=ast.Name(id="str" | "escape" | "redact"), args=[inner, *_]):
            found = _part(inner)
        case (
            ast.FormattedValue(value=inner)
            | ast.Attribute(value=inner)
            | ast.Call(func=inner)
            | ast.Subscript(value=inner)
        ):
            found = _part(inner)
    return found


def is_said(text: str) -> bool:
    """Whether it is more than names in braces."""
    return any(letter.isalpha() for letter in (text if text.startswith(AS_IT_IS) else _without_fields(text)))


def _without_fields(text: str) -> str:
    depth, left = 0, ""
    for letter in text.replace("{{", "").replace("}}", ""):
        depth += (letter == "{") - (letter == "}")
        left += letter if not depth and letter != "}" else ""
    return left


def calls_in(within: ast.AST, wanted: Callable[[str], bool]) -> Iterator[tuple[ast.Call, Scope]]:
    """Each with the innermost function around it."""
    module = within if isinstance(within, ast.Module) else ast.Module([], [])

    def walk(node: ast.AST, function: ast.AST) -> Iterator[tuple[ast.Call, Scope]]:
        for child in ast.iter_child_nodes(node):
            inner = child if isinstance(child, ast.FunctionDef | ast.AsyncFunctionDef) else function
            if isinstance(child, ast.Call) and wanted(name_of(child)):
                yield child, Scope(module, inner, child)
            yield from walk(child, inner)

    yield from walk(within, within)


def name_of(call: ast.Call) -> str:
    return call.func.attr if isinstance(call.func, ast.Attribute) else getattr(call.func, "id", "")

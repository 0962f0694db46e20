"""What the sources tell of what is wrong, collected from them: code, message and what mends it, by where it is said."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cache
from itertools import product
from typing import Final, NamedTuple

from tests.source_texts import AS_IT_IS, Scope, calls_in, is_said, name_of, texts_of, trees

SECTIONS: Final[tuple[tuple[str, tuple[str, ...]], ...]] = (
    ("database", ("mongo/", "plan/replica_set", "plan/member_restarts", "execute/handlers/replica_set")),
    ("database", ("operate/database", "operate/import_choice")),
    (
        "status",
        ("operate/health", "operate/found_units", "operate/log_tails", "places/machines", "places/hosts/pending"),
    ),
    ("verify", ("verify/", "operate/verify")),
    ("secrets", ("vault/", "secrets.py", "places/outside")),
    ("locks", ("runs/",)),
    ("ssh", ("transport/", "operate/trust", "places/hosts/ssh")),
    ("command", ("cli/", "operate/consent", "operate/targets", "operate/exec", "operate/run", "operate/where")),
    ("command", ("operate/show", "operate/logs", "operate/list", "places/playground/by_name", "cluster_file/example")),
    ("file", ("cluster_file/", "places/archives", "places/image_archive")),
    ("plan", ("operate/", "execute/", "plan/", "units/", "observe/", "places/", "desired/", "errors.py")),
)
"""Which section a file's messages stand in: the first that fits."""


class Shape(NamedTuple):
    """At which places a call has its code, its message and its hint; the names that they may have instead."""

    code: int
    message: int
    hint: int
    names: tuple[str, str, str] = ("code", "message", "hint")
    severity: int | None = None
    keyed: bool = False
    """Whether the message goes behind a key of the file."""
    fixed: str = ""
    """The code, where the call has none."""
    grade: str = "error"
    """The severity, likewise."""


SHAPES: Final[Mapping[str, Shape]] = {
    "Problem": Shape(0, 2, 3, severity=1),
    "Complaint": Shape(0, 2, 3, ("code", "sentence", "hint"), keyed=True),
    "refusal": Shape(0, 1, 2, ("code", "sentence", "hint"), keyed=True),
    "DumpError": Shape(-1, 0, -1, fixed="dump"),
    "UnreadMember": Shape(-1, 1, 2, fixed="set-unreadable"),
    "LogLine": Shape(-1, 1, -1, fixed="no-log"),
    "failure": Shape(0, 1, 2),
    "failed": Shape(0, 1, 3, ("name", "seen", "hint")),
}


@dataclass(frozen=True, order=True)
class Told:
    """`message` and `hint` are texts of the catalogue, or hold names in braces alone."""

    section: str
    code: str
    severity: str
    message: str
    hint: str
    place: str = field(compare=False)
    keyed: bool = False


@cache
def told() -> tuple[Told, ...]:
    """All of them, without doubles, in the order of sections, files and lines."""
    found: dict[tuple[str, ...], Told] = {}
    for name, tree in trees().items():
        for each in (*_of_file(tree, name), *_of_checks(tree, name)) if not name.startswith("rules/") else ():
            found.setdefault((each.section, each.code, each.severity, each.message, each.hint), each)
    return tuple(found.values())


def _of_file(module: ast.Module, name: str) -> Iterator[Told]:
    shapes = {**SHAPES, **_helpers(module)}
    for call, scope in calls_in(module, lambda called: called in shapes):
        shape = shapes[name_of(call)]
        if getattr(scope.function, "name", "") in shapes:
            continue  # its callers say what
        if name.startswith("verify/") == (name_of(call) in ("failed", "judged")) or name == "operate/verify.py":
            yield from _of_call(call, shape, scope, name)


def _of_checks(module: ast.Module, name: str) -> Iterator[Told]:
    """What the functions say that judge a value of the cluster file: each gives what is wrong, or nothing."""
    for function in ast.walk(module) if name.startswith("cluster_file/") else ():
        if not isinstance(function, ast.FunctionDef) or function.name not in _checks():
            continue
        for value in (each.value for each in ast.walk(function) if isinstance(each, ast.Return)):
            for text in texts_of(value, Scope(module, function)):
                if is_said(text):
                    yield Told("file", "bad-value", "error", text, "", f"{name}:{function.lineno}", keyed=True)


@cache
def _checks() -> frozenset[str]:
    calls = [call for tree in trees().values() for call, _ in calls_in(tree, lambda called: called == "Text")]
    given = [each.value for call in calls for each in call.keywords if each.arg == "check"]
    given += [each for call in calls for each in call.args[2:3]]
    return frozenset(each.id for each in given if isinstance(each, ast.Name)) | {"unexpanded", "wrong_directory"}


def _helpers(module: ast.Module) -> dict[str, Shape]:
    """Functions of the file that make a Problem of what they are given."""
    found = {"judged": Shape(0, 2, 4, ("name", "seen", "hint"))}
    for function in ast.walk(module):
        if not isinstance(function, ast.FunctionDef):
            continue
        names = [each.arg for each in function.args.args if each.arg not in ("self", "cls")]
        for call, _ in calls_in(function, lambda called: called in SHAPES):
            given = [_argument(call, SHAPES[name_of(call)], at) for at in range(3)]
            passed = [each.id if isinstance(each, ast.Name) else "" for each in given]
            fixed = str(given[0].value) if isinstance(given[0], ast.Constant) else ""
            if (passed[0] in names or fixed) and passed[1] in names:
                code, message, hint = (names.index(each) if each in names else -1 for each in passed)
                keyed = SHAPES[name_of(call)].keyed
                names_of_it = (passed[0], passed[1], passed[2])
                found[function.name] = Shape(code, message, hint, names_of_it, None, keyed, fixed, _grade(call))
    return found


def _grade(call: ast.Call) -> str:
    """The severity that a helper gives all its problems."""
    place = SHAPES[name_of(call)].severity
    given = call.args[place] if place is not None and place < len(call.args) else None
    return str(given.value) if isinstance(given, ast.Constant) else "error"


def _argument(call: ast.Call, shape: Shape, at: int) -> ast.expr | None:
    place = (shape.code, shape.message, shape.hint)[at]
    if 0 <= place < len(call.args):
        return call.args[place]
    return next((each.value for each in call.keywords if each.arg == shape.names[at] and each.arg), None)


def _of_call(call: ast.Call, shape: Shape, scope: Scope, file: str) -> Iterator[Told]:
    values = [_argument(call, shape, at) for at in range(3)]
    if name_of(call) == "judged" and isinstance(call.args[1], ast.Constant) and call.args[1].value is True:
        return
    if name_of(call) == "judged" and isinstance(values[1], ast.IfExp):
        values[1] = values[1].orelse  # what is said when it doesn't hold
    codes, messages, hints = (texts_of(value, scope) for value in values)
    codes = [code.removeprefix(AS_IT_IS) for code in codes]
    codes, severity = [shape.fixed] if shape.fixed else codes, shape.grade
    if shape.severity is not None and len(call.args) > shape.severity:
        severity = ", ".join(texts_of(call.args[shape.severity], scope)).replace(AS_IT_IS, "")
    pairs = zip(messages, hints, strict=True) if len(messages) == len(hints) else product(messages, hints)
    section = next(section for section, starts in SECTIONS if file.startswith(starts))
    for message, hint in pairs:
        for code in codes:
            if is_said(message) and is_said(code):
                yield Told(section, code, severity, message, hint, f"{file}:{call.lineno}", shape.keyed)


def codes() -> frozenset[str]:
    """Of all Problems in the sources."""
    found: set[str] = set()
    for tree in trees().values():
        for call, scope in calls_in(tree, lambda called: called == "Problem"):
            found.update(text.removeprefix(AS_IT_IS) for text in texts_of(call.args[0], scope))
    return frozenset(code for code in found if is_said(code))

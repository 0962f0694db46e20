"""Texts of the sources that read like words for people, and don't go through the catalogue."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from tests.catalogue import SOURCES
from tests.source_texts import name_of

FOLDERS: Final = {
    "noticeboard/": "the example application, whose pages are its own",
    "desired/": "what stands in files on hosts; a ValueError there is a defect, and nobody's message",
    "rules/texts.py": "the table of the rules, which the catalogue takes as a whole",
    "transport/fake.py": "a host for tests",
    "cluster_file/json_schema.py": "a JSON Schema, which is the same in all languages",
    "shell.py": "texts for a shell; what it raises is a defect",
}
"""Folders and files that say nothing to people, each with the reason."""
CALLS: Final = {
    **dict.fromkeys(("tr", "mark", "counted"), "the catalogue's"),
    **dict.fromkeys(("compile", "sub", "match", "search", "fullmatch", "split", "findall"), "regular expressions"),
    **dict.fromkeys(("startswith", "endswith", "removeprefix", "removesuffix", "partition", "after"), "compared"),
    **dict.fromkeys(("AssertionError", "NotImplementedError", "TypeError"), "defects"),
    **dict.fromkeys(("FoundCommand", "Refusal", "evidence"), "names in a table, which tests and rules look up"),
    **dict.fromkeys(("late", "import_module", "getattr", "function", "beside"), "names of code"),
    "left_out": "a description of the JSON Schema",
    "frozenset": "compared",
}
"""Calls whose texts are not for people, each with the reason."""
CODE: Final = re.compile(r"\{\{.*\}\}|case \$.*|\(typeof .*", re.DOTALL)
"""So are a template of docker's, a shell's text and JavaScript."""
KEYWORDS: Final = {"description": "of the JSON Schema; what is also told is in the catalogue", "pattern": "compared"}
FUNCTIONS: Final = {
    "id": "what the journal and programs call an action",
    "as_yaml": "YAML",
    "_block": "YAML",
    "_flow": "YAML",
}
COMMAND: Final = re.compile(
    r"(corral|docker|chronyc|apt|dnf|env|exec|--\w+)( [\w{}<>.=|/-]+)*\n?|.* install [^ ]+|GET \{\}"
)
"""A command as it is typed is the same in all languages."""
IN_A_FILE: Final = re.compile(r"\{\w+: .*\}|command: [\w{}]+|name: .*", re.DOTALL)
"""So is a line of a cluster file."""
TEXTS: Final = {
    "cli/exec.py": (("{}: {}",), "what commands say, with the host"),
    "cluster_file/layers.py": (("preset {}",), "where a line stands, as in file:line"),
    "cluster_file/nodes.py": (
        (
            *("mapping values are not allowed", "found character '\\\\t'", "cannot start any token", "undefined alias"),
            *("but found another document", "expected <block end>", "unexpected end of stream", "found '<stream end>'"),
            *("could not find expected ':'", "duplicate anchor|found duplicate"),
        ),
        "compared",
    ),
    "cluster_file/positions.py": (("built-in example",), "shown by words.placed"),
    "errors.py": (("; ",), "of an exception; its problems are what is printed"),
    "model/mongodb_series.py": ((", confirm: true",), "MongoDB's shell"),
    "model/programs.py": (("sticky cookie",), "compared"),
    "mongo/clients.py": ((" (configured", ", full error", "timed out"), "compared"),
    "observe/machine_script.py": ((" or ",), "a shell's"),
    "observe/machine_software.py": (("open files", "version {} "), "compared"),
    "operate/database_import.py": (("database import",), "a verb, as it is typed"),
    "operate/show.py": (("this machine's own clock",), "a value of `corral show`"),
    "operate/where.py": (("the built-in example",), "shown by words.placed"),
    "places/machines.py": (("the built-in example",), "shown by words.placed"),
    "places/playground/place.py": (("this machine",), "compared"),
    "plan/basis.py": (
        ("replica set", "file {} {} {} {}", "unit {} {} {}{}{}", "software {}", "record {} {} {}"),
        "what digests are of",
    ),
    "rules/shared_command.py": (("not executable", "windows lines", "no interpreter"), "compared"),
    "runs/history.py": (("interrupted or killed",), "shown by words.worded"),
    "runs/journal.py": (("{}: {}",), "a defect"),
    "runs/lock_file.py": (("uid {}",), "stands in the lock on hosts"),
    "runs/records.py": (("{} on {}",), "stands in the marks on hosts"),
    "transport/ssh_files.py": (("cat: {}: ", "LC_ALL=C exec cat -- {}\n"), "compared; a command"),
    "transport/script.py": (
        (
            *("LC_ALL={}; export LC_ALL; ", "{}; {}exec {}{}"),
            *("\x1elogin {}\x1e", "\x1escript {}\x1e"),
        ),
        "a shell's, and marks in what it answers",
    ),
    "transport/ssh_refusals.py": (("{} ALL=(ALL) NOPASSWD: ALL", "time sudo -n true"), "a line of sudoers; a command"),
    "transport/ssh_slow.py": (("unable to resolve host",), "compared"),
    "transport/tunnels.py": (("timed out",), "compared"),
    "units/log_file.py": (("[ ! -e {} ] || exec tail -n {} -- {}\n",), "a command"),
    "units/once.py": (("{}alias exec={}\n{}",), "a shell's"),
    "units/supervisor_units.py": (("Exited too quickly", "Bad exit code"), "compared"),
    "units/docker_inspect.py": (("index $ ",), "a template of docker's"),
    "verify/log_lines.py": (("Traceback (most recent call last):", "{} {}: {} {}"), "compared; a line of a log"),
    "vault/file.py": (("# Written by Corral.\n*\n",), "stands in a file"),
    "vault/text.py": (
        (
            "# Made by Corral. Whoever has these has the cluster; without them Corral can't change its database.\n",
            *("{}: {}\n", "{}{}: {}\n"),
        ),
        "stands in a file",
    ),
    "verify/body.py": (("POST {} HTTP/1.1\r\n{}\r\n", "{}: {}\r\n", "{} MB"), "bytes; a unit"),
}
"""By file: texts that are not for people, and why."""
SENTENCE: Final = re.compile(
    r"[A-Za-z]{2,}[,:;]? [A-Za-z{`$]|[{}\])] [A-Za-z]{2,}|\} (?:is|at)\b|\}: \{|^;? ?\(\{|^; |^ (?:and|or) $"
)
WORD: Final = re.compile(r"[A-Za-z]{2,}")
TOLD: Final = {
    **{"Problem": (2, 3), "Complaint": (2, 3), "refusal": (1, 2), "failure": (1, 2), "no_answer": (1, 2)},
    **{"passed": (0, 1), "failed": (0, 1, 3), "skipped": (0, 1, 3), "judged": (0, 2, 4)},
    **{"Note": (0,), "Answer": (1,), "GateOutcome": (1,), "Decision": (1,), "Stuck": (1,), "MemberFacts": (2,)},
    **{
        "StartUnit": (2,),
        "ReloadUnit": (2,),
        "StopUnit": (2,),
        "RemoveTree": (2,),
        "add_column": (0,),
        "section": (0,),
    },
    **{"named": (1,), "behind": (0,), "aside": (0,), "Text": (0,)},
}
"""Calls whose arguments at these places are read by people, even single words."""
TOLD_AS: Final = ("help", "show_default", "message", "hint", "detail", "why", "sentence", "question", "silence", "kick")


def untold(file: Path) -> Iterator[tuple[int, str]]:
    """Line and text of each."""
    name = str(file.relative_to(SOURCES))
    if any(name.startswith(folder) for folder in FOLDERS):
        return
    tree = ast.parse(file.read_text(encoding="utf-8"))
    known, _why = TEXTS.get(name, ((), ""))
    passed_over = {id(inner) for node in ast.walk(tree) for each in _not_told(node) for inner in ast.walk(each)}
    told = {id(each) for node in ast.walk(tree) for each in _told(node)}
    for node in ast.walk(tree):
        text = text_of(node)
        if text is None or id(node) in passed_over or text in known or _is_typed(text):
            continue
        if SENTENCE.search(text) or (id(node) in told and WORD.search(text.replace("{}", ""))):
            yield getattr(node, "lineno", 0), text


def _is_typed(text: str) -> bool:
    return any(pattern.fullmatch(text) for pattern in (COMMAND, IN_A_FILE, CODE))


def text_of(node: ast.AST) -> str | None:
    """Of a string, or of an f-string with {} for each value in it; None for anything else."""
    match node:
        case ast.Constant(value=str(text)):
            return text
        case ast.JoinedStr(values=parts):
            return "".join(str(part.value) if isinstance(part, ast.Constant) else "{}" for part in parts)
    return None


def _not_told(node: ast.AST) -> Iterator[ast.AST]:
    """What stands in `node` and is no text for people, whatever is in it."""
    match node:
        case ast.Expr(value=ast.Constant() as docstring):
            yield docstring
        case ast.Compare() | ast.match_case():
            yield node if isinstance(node, ast.Compare) else node.pattern
        case ast.AnnAssign(annotation=annotation) | ast.arg(annotation=ast.expr() as annotation):
            yield from () if "Annotated" in ast.unparse(annotation) else (annotation,)
        case ast.Subscript(value=value, slice=index) if not ast.unparse(value).endswith("Annotated"):
            yield index
        case ast.Dict(keys=keys, values=values):
            yield from (key for key in keys if key)
            yield from (value for key, value in zip(keys, values, strict=True) if key and text_of(key) in KEYWORDS)
        case ast.FunctionDef(name=name) if name in FUNCTIONS:
            yield node
        case ast.Call():
            yield from _not_told_in_call(node)
        case ast.JoinedStr(values=parts):
            yield from (part for part in parts if isinstance(part, ast.Constant))
            yield from (part.format_spec for part in parts if isinstance(part, ast.FormattedValue) and part.format_spec)


def _not_told_in_call(call: ast.Call) -> Iterator[ast.AST]:
    name = name_of(call)
    if name in ("tr", "mark", "counted"):
        yield call.args[0 if name != "counted" else 1]
    elif name in CALLS or ast.unparse(call.func).startswith(("log.", "logging.")):
        yield call
    yield from (keyword.value for keyword in call.keywords if keyword.arg in KEYWORDS)


def _told(node: ast.AST) -> Iterator[ast.AST]:
    if not isinstance(node, ast.Call):
        return
    said = [node.args[at] for at in TOLD.get(name_of(node), ()) if at < len(node.args)]
    said += [keyword.value for keyword in node.keywords if keyword.arg in TOLD_AS or name_of(node) == "tr"]
    for each in said:
        match each:
            case ast.IfExp(body=body, orelse=other):
                yield from (body, other)
            case ast.BoolOp(values=values):
                yield from values
            case _:
                yield each

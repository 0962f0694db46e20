"""Text to YAML nodes, and the errors of ruamel.yaml in plain words."""

from __future__ import annotations

import re
from typing import Any, Final

from ruamel.yaml import YAML
from ruamel.yaml.error import MarkedYAMLError, YAMLError
from ruamel.yaml.reader import ReaderError

from corral.cluster_file.positions import Lines, Position, place
from corral.errors import InvalidFile
from corral.language import tr
from corral.problems import Problem
from corral.words import aside

_QUOTE: Final = tr("Put the value in quotes.")
_PLAIN: Final = (
    (r"mapping values are not allowed", tr("There is a second `: ` on this line."), _QUOTE),
    (r"found character '\\t'", tr("There is a tab where YAML wants blanks."), tr("Indent with blanks.")),
    (r"cannot start any token", tr("A value can't begin with this character."), _QUOTE),
    (r"undefined alias", tr("This alias (*name) stands for an anchor (&name) that is not above it."), _QUOTE),
    (r"but found another document", tr("There is a second document (---) in the file."), tr("Keep one document.")),
    (r"expected <block end>", tr("This line is not indented like the ones above it."), tr("Line it up with them.")),
    (r"unexpected end of stream", tr("A quote is opened here and never closed."), tr("Close it.")),
    (r"found '<stream end>'", tr("The file ends in the middle of a value."), tr("Close the bracket or the brace.")),
    (r"expected ',' or", tr("A comma, or the closing bracket or brace, is missing here."), tr("Add it.")),
    (r"could not find expected ':'", tr("This line has no `: ` after its key."), tr("Write `key: value`.")),
    (r"duplicate anchor|found duplicate", tr("This anchor (&name) is there twice."), tr("Name it differently.")),
)


def compose(text: str, source: str, lines: Lines) -> Any:
    """The root node of `text`, None when it holds nothing. Raises InvalidFile when it is not YAML."""
    try:
        return YAML(typ="safe", pure=True).compose(text)
    except MarkedYAMLError as error:
        raise _refused(error, source, lines) from None
    except ReaderError as error:
        raise _unreadable(error, text, source, lines) from None
    except (YAMLError, ValueError, OverflowError):
        message = tr("This is not YAML: a character's number (\\u, \\U) or a %directive is out of range.")
        raise InvalidFile(_problem(message, "", source, lines.clamp(0, 0))) from None
    except RecursionError:
        raise too_deep(source, lines) from None


def too_deep(source: str, lines: Lines) -> InvalidFile:
    message = tr("Lists or mappings are nested too deeply, or an alias holds itself.")
    return InvalidFile(_problem(message, "", source, lines.clamp(0, 0)))


def _problem(message: str, hint: str, source: str, position: Position) -> Problem:
    return Problem("not-yaml", "error", message, hint, place(source, position))


def _refused(error: MarkedYAMLError, source: str, lines: Lines) -> InvalidFile:
    mark = error.problem_mark or error.context_mark
    if error.problem and "unexpected end of stream" in error.problem and error.context_mark:
        mark = error.context_mark
    position = lines.clamp(mark.line, mark.column) if mark else lines.clamp(0, 0)
    problem = str(error.problem or error.context or tr("not understood"))
    for pattern, message, hint in _PLAIN:
        if re.search(pattern, problem):
            return InvalidFile(_problem(tr("This is not YAML. {message}", message=message), hint, source, position))
    context = aside(error.context) if error.context and error.problem else ""
    message = (
        tr("This is not YAML: {problem}{context}.", problem=problem, context=context)
        .replace("'\\x00'", tr("the end"))
        .replace("\x00", tr("the end"))
    )
    return InvalidFile(_problem(message, "", source, position))


def _unreadable(error: ReaderError, text: str, source: str, lines: Lines) -> InvalidFile:
    before = Lines.of(text[: error.position] + "|").lengths
    position = lines.clamp(len(before) - 1, before[-1] - 1)
    character = error.character if isinstance(error.character, int) else ord(error.character[:1])
    message = tr("This is not YAML: it holds the control character U+{character:04X}.", character=character)
    return InvalidFile(_problem(message, tr("Is this the right file?"), source, position))

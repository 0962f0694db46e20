"""What starts an instance: words, of which none is read by a shell. What only a shell would understand is refused here,
with the line that works."""

from __future__ import annotations

import json
import re
import shlex
from collections.abc import Mapping, Sequence
from typing import Annotated, Any, Final

from pydantic import Field

from corral.cluster_file.section import Shorthand
from corral.cluster_file.values import Text, refusal
from corral.cluster_file.variables import REFERENCES, SECRET_REFERENCES, references
from corral.language import tr

_PUBLIC: Final = tuple(name for name in REFERENCES if name not in SECRET_REFERENCES)
_START: Final = "${corral:"
_HIDDEN: Final = ("${secret:", "${env:", "${file:")
_VARIABLE: Final = re.compile(r"\$(?:\{([A-Za-z_]\w*)\}|([A-Za-z_]\w*))")
_ASSIGNMENT: Final = re.compile(r"([A-Za-z_]\w*)=(.*)", re.DOTALL)
_OPERATORS: Final = frozenset("();<>|&")


def _wrong_word(text: str) -> str:
    """A value that must stay unseen may not stand in a command: everybody on the host can list those."""
    for name in references(text):
        if name in SECRET_REFERENCES:
            return tr(
                "may not hold `{start}{name}}}`: it has a password, which a process list would show; the "
                "application reads {name} from its environment",
                start=_START,
                name=name,
            )
    if any(start in text for start in _HIDDEN):
        return tr("may not hold a value from outside: a process list would show it; write it below app.env")
    known = [name for name in references(text) if name in _PUBLIC]
    if len(known) == text.count(_START):
        return ""
    return tr("may hold `{start}NAME}}` for these alone: {public}", start=_START, public=", ".join(_PUBLIC))


def _words(value: Any) -> Any:
    """A command that is one string, as a shell splits it."""
    if not isinstance(value, str):
        return value
    try:
        words = shlex.split(value)
    except ValueError as error:
        what = tr("a quote that is not closed") if "quotation" in str(error) else tr("a backslash at its end")
        raise refusal("bad-value", tr("must be words as a shell takes them, and this has {what}", what=what)) from None
    if found := _ASSIGNMENT.fullmatch(words[0]) if words else None:
        rest = shlex.join(words[1:]) or "…"
        raise refusal(
            "bad-value",
            tr(
                "is run by no shell, so {word!r} is no variable: write `command: {line}`, and below app.env "
                "`{name}: {value}`",
                word=found[0],
                line=rest,
                name=found[1],
                value=json.dumps(found[2]),
            ),
        )
    if operator := _operator(value):
        line = f"command: {_by_a_shell(value)}"
        raise refusal(
            "bad-value",
            tr("is run by no shell, so {operator!r} is but a word: write `{line}`", operator=operator, line=line),
        )
    return words


def _operator(text: str) -> str:
    """The first one of the shell's that stands outside quotes; empty when there is none."""
    lexer = shlex.shlex(text, posix=False, punctuation_chars=True)
    lexer.whitespace_split, lexer.commenters = True, ""
    try:
        return next((token for token in lexer if token and set(token) <= _OPERATORS), "")
    except ValueError:  # a quote behind a backslash, which this way to split doesn't know
        return ""


def _by_a_shell(text: str) -> str:
    """A list that has a shell run it; what the shell ends with takes its place, so that it gets the signals."""
    parts = re.split(r"(&&|\|\||;)", text)
    if "|" not in parts[-1]:
        parts[-1] = re.sub(r"^(\s*)", r"\1exec ", parts[-1])
    return f"[sh, -c, {json.dumps(''.join(parts), ensure_ascii=False)}]"


def unexpanded(words: Sequence[str], environment: Mapping[str, str]) -> str:
    """What is wrong with a word that names a variable which nothing puts in; empty when there is none.

    Of a word with blanks nothing is said: it may be a text for a shell or another program, which reads it.
    """
    for word in words:
        names = [braced or plain for braced, plain in _VARIABLE.findall(word)]
        for name in names if not re.search(r"\s", word) else ():
            if name in _PUBLIC:
                return tr(
                    "is run by no shell, so {word!r} stays as it is: write `{sub}`",
                    word=word,
                    sub=_VARIABLE.sub(_by_reference, word),
                )
            if name in SECRET_REFERENCES or name in environment:
                return tr(
                    "is run by no shell, so {word!r} stays as it is; the application has {name} in its environment",
                    word=word,
                    name=name,
                )
    return ""


def _by_reference(variable: re.Match[str]) -> str:
    name = variable[1] or variable[2]
    return f"{_START}{name}}}" if name in _PUBLIC else variable[0]


Command = Annotated[
    tuple[Annotated[str, Text(tr("a text"), check=_wrong_word, as_written=True)], ...],
    Field(min_length=1),
    Shorthand(_words, {"type": "string", "minLength": 1, "description": "The words, split as a shell splits them."}),
]

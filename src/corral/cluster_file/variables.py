"""The environment of an instance: which names a file may set, and what a value may refer to."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Annotated, Final

from corral.cluster_file.section import NothingTakesAway
from corral.cluster_file.values import Text
from corral.language import tr
from corral.secrets import outside_names

_DERIVED: Final = ("PORT", "HOST", "INSTANCE", "ROLE", "VERSION", "STORAGE", "MONGO_URL", "MONGO_OPLOG_URL")
"""What Corral sets for each instance and a file may not."""
REFERENCES: Final = (*_DERIVED, "ROOT_URL")
"""What `${corral:NAME}` in a value may stand for."""
SECRET_REFERENCES: Final = ("MONGO_URL", "MONGO_OPLOG_URL")
"""Those that hold a password."""
_START: Final = "${corral:"
_REFERENCE: Final = re.compile(r"\$\{corral:([A-Z_]*)\}")
_RESERVED: Final = "${secret:"
_OUTSIDE: Final = {
    "${env:": tr("${env:NAME}, where NAME is a variable's name: letters, digits and underscores"),
    "${file:": tr("${file:PATH}, where PATH has no quotes, backslashes, braces, pipes or dollar signs"),
}
_SOURCES: Final = {"VERSION": "app.version", "STORAGE": "app.storage.path"}


def _wrong_variable(name: str) -> str:
    if name in _SOURCES:
        return tr("may not be set: Corral derives it from {sources}", sources=_SOURCES[name])
    return tr("may not be set: Corral derives it for each instance") if name in _DERIVED else ""


def _wrong_value(text: str) -> str:
    if _RESERVED in text:
        return tr(
            "may not hold `{reserved}...}}`: this way to write it is reserved for a later version", reserved=_RESERVED
        )
    if wrong := wrong_outside(text):
        return wrong
    known = [name for name in references(text) if name in REFERENCES]
    if len(known) == text.count(_START):
        return ""
    return tr("may hold `{start}NAME}}` for these alone: {references}", start=_START, references=", ".join(REFERENCES))


def wrong_outside(text: str) -> str:
    outside = outside_names(text)
    for start, form in _OUTSIDE.items():
        if text.count(start) != sum(name.startswith(start[2:]) for name in outside):
            return tr("may hold {form}, and nothing else of that kind", form=form)
    return ""


def _wrong_next(text: str) -> str:
    return "" if references(text) == ["ROOT_URL"] * text.count(_START) else tr("may refer to ${corral:ROOT_URL} alone")


NextSteps = Annotated[str, Text(tr("a text"), check=_wrong_next)]
Variable = Annotated[
    str,
    Text(
        tr("a variable's name: letters, digits and underscores, no digit first"),
        r"[A-Za-z_][A-Za-z0-9_]*",
        _wrong_variable,
    ),
]
Environment = Annotated[
    dict[Variable, Annotated[str, Text(tr("a text"), check=_wrong_value, echo=False, as_written=True)]],
    NothingTakesAway(),
]


def references(text: str) -> list[str]:
    """The NAMEs of each `${corral:NAME}` in `text`."""
    return _REFERENCE.findall(text)


def resolved(text: str, derived: Mapping[str, str]) -> str:
    """`text` with what each `${corral:NAME}` stands for. What that holds itself is left as it is."""
    return _REFERENCE.sub(lambda match: derived[match[1]], text)

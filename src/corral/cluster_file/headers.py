"""The headers that a file adds to a question: which names it may set, and what their texts may refer to."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Annotated, Final

from corral.cluster_file.section import NothingTakesAway
from corral.cluster_file.values import Text
from corral.cluster_file.variables import wrong_outside
from corral.language import tr
from corral.model.headers import HOST, HOST_PATTERN, NAME_PATTERN, TEXT_PATTERN
from corral.secrets import has_reference

_MADE_BY_EACH: Final = frozenset(
    (
        *("connection", "content-length", "expect", "keep-alive", "proxy-connection", "te", "trailer"),
        *("transfer-encoding", "upgrade", "cookie", "x-corral-probe"),
    )
)
"""What each question says for itself. The proof of stickiness comes with the cookie that it was given."""
_NOT_HERE: Final = ("${secret:", "${corral:")


def _wrong_name(name: str) -> str:
    if name.lower() in _MADE_BY_EACH or name.lower().startswith("sec-websocket-"):
        return tr("may not be set: each question has its own")
    return ""


def _wrong_text(text: str) -> str:
    if any(start in text for start in _NOT_HERE):
        return tr("may refer to ${env:NAME} and ${file:PATH} alone")
    return wrong_outside(text)


Headers = Annotated[
    dict[
        Annotated[
            str, Text(tr("the name of a header: a letter, then letters, digits, - and _"), NAME_PATTERN, _wrong_name)
        ],
        Annotated[
            str,
            Text(
                tr("a text of printable ASCII without blanks at its ends"),
                TEXT_PATTERN,
                check=_wrong_text,
                echo=False,
                as_written=True,
            ),
        ],
    ],
    NothingTakesAway(),
]


def wrong_headers(headers: Mapping[str, str]) -> Iterator[tuple[str, str]]:
    """Names of `headers`, each with what is wrong there: the same name twice, a host that is none."""
    seen: dict[str, str] = {}
    for name, text in headers.items():
        first = seen.setdefault(name.lower(), name)
        if first != name:
            yield name, tr("is the header {first} again: keep one of the two.", first=first)
        elif name.lower() == HOST.lower() and not (has_reference(text) or re.fullmatch(HOST_PATTERN, text)):
            yield name, tr("must be a host's name or address, with :PORT behind it or not.")

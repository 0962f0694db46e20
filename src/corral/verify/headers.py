"""The headers of a question as they are sent: secrets are put in at this last moment."""

from __future__ import annotations

import re
from typing import Final

from corral.language import tr
from corral.model.headers import HOST, TEXT_PATTERN, Headers, laid_over, text_of
from corral.secrets import Secrets, reference, resolve, unknown_names

_OWN: Final[Headers] = (("User-Agent", "corral"), ("Accept", "*/*"))


class CantBeAsked(Exception):
    """Why there is no such question, as the end of a sentence; no secret is in it."""


def sent(headers: Headers, secrets: Secrets, host: str) -> Headers:
    """`headers` with the values of their references, and with all that each question has; `host` where they name none.

    Raises CantBeAsked for a value that isn't known, or that can't stand in a header.
    """
    own: Headers = ((HOST, host), *_OWN)
    return laid_over(own, tuple((name, _value(name, text, secrets)) for name, text in headers))


def host_asked(headers: Headers, otherwise: str) -> str:
    """By which host a question goes, for people."""
    return text_of(headers, HOST, otherwise)


def _value(name: str, text: str, secrets: Secrets) -> str:
    if unknown := unknown_names(text, secrets):
        raise CantBeAsked(
            tr(
                "its header {name} refers to {reference}, which has no value here",
                name=name,
                reference=reference(unknown[0]),
            )
        )
    value = resolve(text, secrets)
    if re.fullmatch(TEXT_PATTERN, value) is None:
        raise CantBeAsked(
            tr("what its header {name} refers to can't stand in a header: printable ASCII can", name=name)
        )
    return value

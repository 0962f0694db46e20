"""The headers of a request: pairs of a name, which is the same in small letters and in capitals, and a text."""

from __future__ import annotations

from typing import Final

Headers = tuple[tuple[str, str], ...]

HOST: Final = "Host"
PROTO: Final = "X-Forwarded-Proto"

NAME_PATTERN: Final = r"[A-Za-z][A-Za-z0-9_-]{0,63}"
TEXT_PATTERN: Final = r"(?:[!-~](?:[ -~]{0,4094}[!-~])?)?"
"""What every server reads in the same way: ASCII without control characters, no blank first or last."""
HOST_PATTERN: Final = r"(?:[A-Za-z0-9._-]{1,253}|\[[0-9A-Fa-f:.]{2,45}\])(?::[0-9]{1,5})?"
"""A name or an address with its port, as a URL has them."""


def laid_over(headers: Headers, over: Headers) -> Headers:
    """`headers`, with those of `over` in the place of those that have the same name, and the others behind."""
    named = {name.lower(): (name, text) for name, text in headers}
    return tuple((named | {name.lower(): (name, text) for name, text in over}).values())


def text_of(headers: Headers, wanted: str, otherwise: str = "") -> str:
    """The text of the header `wanted`."""
    return next((text for name, text in headers if name.lower() == wanted.lower()), otherwise)


def without(headers: Headers, *names: str) -> Headers:
    gone = {name.lower() for name in names}
    return tuple((name, text) for name, text in headers if name.lower() not in gone)

"""Secrets that don't print themselves, and texts that name secrets instead of holding them.

A plan is shown, saved and sent around, so it holds `${secret:NAME}` where a password belongs; the value is put in
at the last moment, on the way to the host.
"""

from __future__ import annotations

import re
import secrets as random_source
from collections.abc import Mapping
from typing import Final

REDACTED: Final = "[redacted]"
_REFERENCE: Final = re.compile(r"\$\{secret:([a-z][a-z0-9_]*)\}")


class Secret:
    """A value that shows as [redacted] wherever it is printed, formatted or logged; `reveal` gives it."""

    __slots__ = ("_value",)

    def __init__(self, value: str) -> None:
        self._value = value

    def reveal(self) -> str:
        return self._value

    def __repr__(self) -> str:
        return REDACTED

    __str__ = __repr__

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Secret) and random_source.compare_digest(self._value.encode(), other._value.encode())

    def __hash__(self) -> int:
        return hash(self._value)


Secrets = Mapping[str, Secret]


def generate() -> Secret:
    """A new password: 160 random bits in characters that need no escaping in a URL, a shell or YAML."""
    return Secret(random_source.token_hex(20))


def generate_key() -> Secret:
    """A new MongoDB key file's content: 756 random bytes in base64, 1,008 of the 1,024 characters allowed."""
    import base64

    return Secret(base64.b64encode(random_source.token_bytes(756)).decode())


def reference(name: str) -> str:
    """The text that stands for the secret `name` in a resource or a plan."""
    return f"${{secret:{name}}}"


def has_reference(text: str) -> bool:
    return _REFERENCE.search(text) is not None


def resolve(text: str, secrets: Secrets) -> str:
    """`text` with each reference replaced by its value. Raises KeyError for a name that is not in `secrets`."""
    return _REFERENCE.sub(lambda match: secrets[match.group(1)].reveal(), text)


def redact(text: str, secrets: Secrets) -> str:
    """`text` with each secret's value replaced by its reference: the inverse of `resolve`, for what is shown."""
    for name, secret in secrets.items():
        text = text.replace(secret.reveal(), reference(name))
    return text

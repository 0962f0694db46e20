"""Secrets that don't print themselves, and texts that name secrets instead of holding them.

A plan is shown, saved and sent around, so it holds a reference where a value belongs; the value is put in at the last
moment, on the way to the host. `${secret:NAME}` is one that Corral has made, `${env:NAME}` a variable where corral
runs, `${file:PATH}` a file there; in a mapping of secrets their keys are `NAME`, `env:NAME` and `file:PATH`.
"""

from __future__ import annotations

import base64
import json
import re
import secrets as random_source
import shlex
from collections.abc import Callable, Mapping
from itertools import groupby
from typing import Final, Literal

REDACTED: Final = "[redacted]"
SHORTEST: Final = 8
"""Characters. A shorter value stands in too many texts by chance, so `redact` doesn't look for it."""
Form = Literal["sh", "compose"]
"""How a value is written where not every character may stand: between a shell's single quotes, or between the double
ones of a compose file."""

_REFERENCE: Final = re.compile(
    r"\$\{(secret:[a-z][a-z0-9_]*|env:[A-Za-z_][A-Za-z0-9_]*|file:[^\x00-\x1f\x7f-\x9f\u2028\u2029'\"`\\$|{}]+)"
    r"(?:\|(sh|compose))?\}"
)
_OWN: Final = "secret:"
_NOT_IN_YAML: Final = re.compile(r"[\x7f-\x9f\u2028\u2029\ufffe\uffff]")
"""What JSON writes as it is, and YAML takes for the end of a line or not at all."""


def _compose(text: str) -> str:
    escaped = json.dumps(text, ensure_ascii=False)[1:-1].replace("$", "$$")
    return _NOT_IN_YAML.sub(lambda match: f"\\u{ord(match[0]):04x}", escaped)


_ESCAPES: Final[Mapping[str | None, Callable[[str], str]]] = {
    None: lambda text: text,
    "sh": lambda text: text.replace("'", "'\\''"),
    "compose": _compose,
}


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


def generate_short() -> Secret:
    """A new password of 8 characters, which is all that VRRP takes."""
    return Secret(random_source.token_hex(4))


def generate_key() -> Secret:
    """A new MongoDB key file's content: 756 random bytes in base64, 1,008 of the 1,024 characters allowed."""
    return Secret(base64.b64encode(random_source.token_bytes(756)).decode())


def reference(name: str, form: str | None = None) -> str:
    """The text that stands for the secret `name` in a resource or a plan."""
    key = name if name.startswith(("env:", "file:")) else f"{_OWN}{name}"
    return f"${{{key}|{form}}}" if form else f"${{{key}}}"


def has_reference(text: str) -> bool:
    return _REFERENCE.search(text) is not None


def outside_names(text: str) -> list[str]:
    """What `text` refers to outside Corral, in its order: the `env:NAME` and `file:PATH` of plain references."""
    return [name for name, form in _REFERENCE.findall(text) if not form and not name.startswith(_OWN)]


def unknown_names(text: str, secrets: Secrets) -> list[str]:
    """The names in `text`, in its order, for which `resolve` would find no value."""
    names = [name.removeprefix(_OWN) for name, _ in _REFERENCE.findall(text)]
    return [name for name in names if name not in secrets]


def resolve(text: str, secrets: Secrets) -> str:
    """`text` with each reference replaced by its value. Raises KeyError for a name that is not in `secrets`."""

    def value(match: re.Match[str]) -> str:
        return _ESCAPES[match[2]](secrets[match[1].removeprefix(_OWN)].reveal())

    return _REFERENCE.sub(value, text)


def redact(text: str, secrets: Secrets) -> str:
    """`text` with each secret's value replaced by its reference, for what is shown.

    `resolve` gives a text without references back as it was. Of values that meet, the one that begins first is
    replaced; of those that begin at one place, the longest. Values shorter than SHORTEST stay.
    """
    return redactor(secrets)(text)


def redactor(secrets: Secrets) -> Callable[[str], str]:
    """`redact` for many texts: what is looked for is made ready once."""
    known: dict[str, str] = {}
    for form, escape in _ESCAPES.items():
        for name, secret in secrets.items():
            if len(secret.reveal()) >= SHORTEST:
                known.setdefault(escape(secret.reveal()), reference(name, form))
    if not known:
        return lambda text: text
    values = re.compile("|".join(re.escape(value) for value in sorted(known, key=len, reverse=True)))
    return lambda text: values.sub(lambda match: known[match[0]], text)


def recognised(found: str, wanted: str, secrets: Secrets) -> str:
    """`found`, redacted already or not, in the words of `wanted` where it says the same: lines that hold references.

    All else is redacted. So a file that holds a short value compares with the one that is wanted, and doesn't show it.
    """
    plain = _resolved(found, secrets)
    found = found if plain is None else plain
    if _resolved(wanted, secrets) == found:
        return wanted
    lines = {_resolved(line, secrets): line for line in wanted.splitlines(keepends=True) if has_reference(line)}
    parts = []
    for known, group in groupby(found.splitlines(keepends=True), lambda line: line in lines):
        block = list(group)
        parts += [lines[line] for line in block] if known else [redact("".join(block), secrets)]
    return "".join(parts)


def _resolved(text: str, secrets: Secrets) -> str | None:
    """None when it refers to what isn't known: then nothing that is found is equal to it."""
    try:
        return resolve(text, secrets)
    except KeyError:
        return None


def embedded(text: str, form: Form) -> str:
    """`text` escaped for `form`, its references so that `resolve` escapes what they stand for in the same way.

    Corral's own secrets are made of characters that need it nowhere, so their references stay as they are.
    """
    parts, end = [], 0
    for match in _REFERENCE.finditer(text):
        name, own = match[1], match[1].startswith(_OWN)
        parts += [_ESCAPES[form](text[end : match.start()]), match[0] if own or match[2] else reference(name, form)]
        end = match.end()
    return "".join([*parts, _ESCAPES[form](text[end:])])


def shell_word(text: str) -> str:
    """`text` as one word of a POSIX shell, also with what its references will stand for."""
    return f"'{embedded(text, 'sh')}'" if outside_names(text) else shlex.quote(text)

"""The language of what people read: that of the user's locale, from one catalogue.

A sentence is written in English where it arises, `tr("{count} hosts are silent", count=3)`. locale/zh has its Chinese
form; `make catalogue` collects what is new and compiles it. Codes, names that programs compare and what is written on
hosts stay English.
"""

from __future__ import annotations

import gettext
import os
from functools import cache
from pathlib import Path
from typing import Final, Literal

Language = Literal["en", "zh"]

DOMAIN: Final = "corral"
LOCALES: Final = Path(__file__).parent / "locale"
_NAMES: Final = ("LANGUAGE", "LC_ALL", "LC_MESSAGES", "LANG")
"""The variables that name a language, in the order in which gettext asks them."""


class _Told(str):
    """A sentence in another language; it knows its English form."""

    english: str


def tr(text: str, /, **values: object) -> str:
    """`text` in the user's language, its braces filled with `values`.

    `text` is a literal: what is collected for the catalogue is what stands in the call.
    """
    told = shown(text)
    if told is text:
        return text.format(**values) if values else text
    here = _Told(told.format(**values) if values else told)
    here.english = text.format(**{name: english(value) for name, value in values.items()}) if values else text
    return here


def mark(text: str) -> str:
    """`text` as it is: a name that programs compare, which `shown` translates where people read it."""
    return text


def shown(text: str) -> str:
    """What `mark` has marked, and what a table of texts holds, in the user's language."""
    catalogue = _catalogue() if text else None  # the catalogue keeps its own head under the empty text
    return catalogue.gettext(text) if catalogue else text


def english(value: object) -> object:
    """The English form of what `tr` has made; anything else as it is."""
    return value.english if isinstance(value, _Told) else value


def language() -> Language:
    return "zh" if _catalogue() else "en"


@cache
def _catalogue() -> gettext.NullTranslations | None:
    """None for English, in which the texts are written, and for a language that isn't there."""
    names = next(filter(None, map(os.environ.get, _NAMES)), "")
    wanted = names.split(":")[0]
    if not gettext.find(DOMAIN, LOCALES, [wanted]):
        return None
    gettext.bindtextdomain(DOMAIN, str(LOCALES))  # the words of the command line's library: Usage, Options
    gettext.textdomain(DOMAIN)
    return gettext.translation(DOMAIN, LOCALES, [wanted])

"""The kinds of values that the cluster file has: each reads, judges, writes and describes itself.

A kind stands in the annotation of a field (`Annotated[int, Whole(1, 100)]`). It refuses with a sentence
of its own, which `corral.cluster_file.validate` puts behind the key: "must be a whole number from 1 to 100, not 0".
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final

from pydantic import GetCoreSchemaHandler, GetJsonSchemaHandler
from pydantic_core import CoreSchema, PydanticCustomError, core_schema

from corral.language import tr
from corral.nearest import near

_ANYTHING: Final = r"[\s\S]*"


def found(value: object) -> str:
    """`value` as a sentence names it, cut short."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, str):
        return _found_text(value)
    if isinstance(value, int | float):
        return tr("a number this large") if abs(value) >= 1e15 else f"{value:.15g}"
    if value is None:
        return tr("nothing")
    return tr("a list") if isinstance(value, list | tuple) else tr("a mapping")


def _found_text(value: str) -> str:
    short = value if len(value) <= 60 else value[:57] + "..."
    return tr("the text {text!r}", text=short) if value else tr("an empty text")


def refusal(code: str, sentence: str, hint: str = "", inside: str = "") -> PydanticCustomError:
    """What a kind raises: `sentence` goes behind the key, so it starts with a verb.

    `inside` is the key that it is about, where the kind is a mapping.
    """
    return PydanticCustomError(code, "{sentence}", {"sentence": sentence, "hint": hint, "inside": inside})


class Kind:
    """What all kinds have. `read` gives the value or raises what `refuse` or `refusal` makes."""

    @property
    def expected(self) -> str:
        raise NotImplementedError

    def read(self, value: object) -> Any:
        raise NotImplementedError

    def write(self, value: Any) -> Any:
        """`value` as the file would have it; reading that again gives an equal value."""
        return value

    def json_schema(self) -> dict[str, Any]:
        raise NotImplementedError

    def accepts(self, value: object) -> bool:
        """Whether a file may say `value`: what it may not say stands for 'left out'."""
        try:
            self.read(value)
        except PydanticCustomError:
            return False
        return True

    def refuse(self, value: object, wrong_type: bool = False) -> PydanticCustomError:
        code = "wrong-type" if wrong_type else "bad-value"
        return refusal(code, tr("must be {expected}, not {found}", expected=self.expected, found=found(value)))

    def __get_pydantic_core_schema__(self, _source: Any, _handler: GetCoreSchemaHandler) -> CoreSchema:
        writer = core_schema.plain_serializer_function_ser_schema(self.write, when_used="json")
        return core_schema.no_info_plain_validator_function(self.read, serialization=writer)

    def __get_pydantic_json_schema__(self, _schema: CoreSchema, _handler: GetJsonSchemaHandler) -> dict[str, Any]:
        return self.json_schema()


@dataclass(frozen=True)
class Whole(Kind):
    minimum: int
    maximum: int

    @property
    def expected(self) -> str:
        return tr("a whole number from {minimum} to {maximum}", minimum=self.minimum, maximum=self.maximum)

    def read(self, value: object) -> int:
        if not isinstance(value, int) or isinstance(value, bool):
            raise self.refuse(value, wrong_type=not isinstance(value, float))
        if not self.minimum <= value <= self.maximum:
            raise self.refuse(value)
        return value

    def json_schema(self) -> dict[str, Any]:
        return {"type": "integer", "minimum": self.minimum, "maximum": self.maximum}


@dataclass(frozen=True)
class Number(Kind):
    minimum: int
    maximum: int

    @property
    def expected(self) -> str:
        return tr("a number from {minimum} to {maximum}", minimum=self.minimum, maximum=self.maximum)

    def read(self, value: object) -> float:
        if not isinstance(value, int | float) or isinstance(value, bool):
            raise self.refuse(value, wrong_type=True)
        if not self.minimum <= value <= self.maximum:
            raise self.refuse(value)
        return float(value)

    def write(self, value: float) -> float | int:
        return int(value) if value.is_integer() else value

    def json_schema(self) -> dict[str, Any]:
        return {"type": "number", "minimum": self.minimum, "maximum": self.maximum}


@dataclass(frozen=True)
class Text(Kind):
    """A text that fits `pattern` as a whole and passes `check`, which gives what is wrong, or nothing."""

    what: str
    pattern: str = _ANYTHING
    check: Callable[[str], str] | None = None
    echo: bool = True
    """Whether a refused value may be printed: not if it may be a password."""
    as_written: bool = False
    """Whether numbers and truth values are taken as they are written; see `schema.WRITTEN`."""

    @property
    def expected(self) -> str:
        return self.what

    def read(self, value: object) -> str:
        if not isinstance(value, str):
            raise self.refuse(value, wrong_type=True)
        if not re.fullmatch(self.pattern, value):
            raise self.refuse(value)
        wrong = self.check(value) if self.check else ""
        if wrong:
            raise refusal("bad-value", wrong)
        return value

    def json_schema(self) -> dict[str, Any]:
        schema: dict[str, Any] = {"type": ["string", "number", "boolean"] if self.as_written else "string"}
        return schema if self.pattern == _ANYTHING else schema | {"pattern": f"^(?:{self.pattern})$"}

    def refuse(self, value: object, wrong_type: bool = False) -> PydanticCustomError:
        if self.echo or not isinstance(value, str):
            return super().refuse(value, wrong_type)
        return refusal("bad-value", tr("must be {expected}", expected=self.expected))


@dataclass(frozen=True)
class Choice(Kind):
    """One of a few words. `aliases` turns what people write into one of them."""

    words: tuple[str, ...]
    aliases: Callable[[str], str] = str

    @property
    def expected(self) -> str:
        return self.words[0] if len(self.words) == 1 else tr("one of {words}", words=", ".join(self.words))

    def read(self, value: object) -> str:
        if not isinstance(value, str):
            raise self.refuse(value, wrong_type=True)
        word = self.aliases(value)
        if word not in self.words:
            guess = near(word, self.words)
            hint = tr("Did you mean {guess!r}?", guess=guess) if guess else ""
            raise refusal(
                "bad-value", tr("must be {expected}, not {found}", expected=self.expected, found=found(value)), hint
            )
        return word

    def json_schema(self) -> dict[str, Any]:
        return {"enum": list(self.words)}

"""How a program comes to its hosts: the value of the keys `install` and `release`."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final, Literal

from pydantic import ValidationError
from pydantic_core import InitErrorDetails, PydanticCustomError

from corral.cluster_file.section import or_null
from corral.cluster_file.values import Kind, Text, found, refusal
from corral.language import tr
from corral.model.cluster import Install
from corral.nearest import near, suggestion

_PACKAGE: Final = Text(tr("a package's name"), r"[A-Za-z0-9][A-Za-z0-9.+_:~-]{0,127}")
_FILE: Final = Text(tr("the path of a tar file"), r"[^\0\n]+")
_SHA256: Final = Text(tr("64 hexadecimal digits"), r"[0-9a-fA-F]{64}")
_VERSION: Final = Text(tr("a version of three numbers, such as 6.0.5"), r"[0-9]{1,4}\.[0-9]{1,4}\.[0-9]{1,4}")


@dataclass(frozen=True)
class Installing(Kind):
    """`package`, `none`, `{package: NAME}`, or `{archive: FILE, sha256: …, version: …}`.

    `words`: which of the single words may stand alone; `archives`: whether an archive is possible; `with_version`: an
    archive's version must be known before it is unpacked, since configuration depends on it. Without it there is none.
    """

    words: tuple[Literal["package", "none"], ...] = ("package", "none")
    with_version: bool = True
    archives: bool = True

    @property
    def expected(self) -> str:
        archive = "{archive: FILE, sha256: …, version: …}" if self.with_version else "{archive: FILE, sha256: …}"
        ways = [*self.words, *(["{package: NAME}"] if "package" in self.words else [])]
        return tr("one of {words}", words=", ".join([*ways, *([archive] if self.archives else [])]))

    def read(self, value: object) -> Install:
        """Raises ValidationError with all that is wrong in a mapping, each fault at its key."""
        if isinstance(value, Install):
            return value
        for word in self.words:
            if value == word:
                return Install(word)
        if isinstance(value, dict):
            return self._mapping({key: inner for key, inner in value.items() if inner is not None})
        raise self.refuse(value, wrong_type=not isinstance(value, str))

    def refuse(self, value: object, wrong_type: bool = False) -> PydanticCustomError:
        guess = near(value, self.words) if isinstance(value, str) else ""
        code, hint = (
            "wrong-type" if wrong_type else "bad-value",
            tr("Did you mean {guess!r}?", guess=guess) if guess else "",
        )
        return refusal(code, tr("must be {expected}, not {found}", expected=self.expected, found=found(value)), hint)

    def _mapping(self, value: Mapping[str, object]) -> Install:
        if "archive" in value and self.archives:
            known = {"archive": _FILE, "sha256": _SHA256, **({"version": _VERSION} if self.with_version else {})}
            _judge(value, known, *(["version"] if self.with_version else []))
            texts = {key: str(inner) for key, inner in value.items()}
            version = _numbers(texts["version"]) if "version" in texts else None
            sha256 = texts.get("sha256", "").lower()
            return Install("archive", source=texts["archive"], sha256=sha256, version=version)
        if "package" in value and "package" in self.words:
            _judge(value, {"package": _PACKAGE})
            return Install(name=str(value["package"]))
        raise refusal("bad-value", tr("must be {expected}", expected=self.expected))

    def write(self, value: Install) -> Any:
        if value.way == "archive":
            version = {"version": ".".join(map(str, value.version))} if value.version else {}
            return {"archive": value.source, **({"sha256": value.sha256} if value.sha256 else {}), **version}
        return {"package": value.name} if value.name else value.way

    def json_schema(self) -> dict[str, Any]:
        choices: list[dict[str, Any]] = [{"enum": list(self.words)}]
        if "package" in self.words:
            choices.append(_object({"package": _PACKAGE.json_schema()}, ["package"]))
        if self.archives:
            keys = {"archive": _FILE.json_schema(), "sha256": or_null(_SHA256.json_schema())}
            version = {"version": _VERSION.json_schema()} if self.with_version else {}
            choices.append(_object({**keys, **version}, ["archive", *version]))
        return {"anyOf": choices}


def _numbers(version: str) -> tuple[int, int, int]:
    major, minor, patch = (int(number) for number in version.split("."))
    return major, minor, patch


def _judge(value: Mapping[str, object], known: Mapping[str, Text], *required: str) -> None:
    """Raises ValidationError with each fault of `value`: a key that is not in `known`, or has a wrong value."""
    faults = [InitErrorDetails(type=fault, input=value) for fault in _faults(value, known, required)]
    if faults:
        raise ValidationError.from_exception_data("install", faults)


def _faults(
    value: Mapping[str, object], known: Mapping[str, Text], required: Collection[str]
) -> Iterator[PydanticCustomError]:
    for key, inner in value.items():
        if key not in known:
            sentence = tr("is not a key that goes with `{next}:`", next=next(iter(known)))
            yield refusal("unknown-key", sentence, suggestion(key, known), key)
            continue
        try:
            known[key].read(inner)
        except PydanticCustomError as fault:
            context = fault.context or {}
            yield refusal(fault.type, context["sentence"], context["hint"], key)
    meant = {near(key, known) for key in value if key not in known}
    for key in required:
        if key not in value and key not in meant:
            yield refusal(
                "missing-key",
                tr("is missing: the configuration depends on it"),
                tr("Add `{key}:`, {what}.", key=key, what=known[key].what),
                key,
            )


def _object(properties: dict[str, Any], required: list[str]) -> dict[str, Any]:
    return {"type": "object", "properties": properties, "required": required, "additionalProperties": False}

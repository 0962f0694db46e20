"""Numbers with their nouns, lists and asides, as people write them."""

from __future__ import annotations

from collections.abc import Iterable

from corral.language import shown, tr


def counted(number: int, noun: str) -> str:
    """`1 change`, `2 changes`: for nouns, literals, whose plural is made with an s."""
    form = f"{{number}} {noun}"
    told = shown(form)
    return f"{number} {noun}{'' if number == 1 else 's'}" if told is form else told.format(number=number)


def all_of(words: Iterable[str]) -> str:
    return tr(" and ").join(words)


def either(words: Iterable[str]) -> str:
    return tr(" or ").join(words)


def clauses(sentences: Iterable[str]) -> str:
    """Several of them as one, without those that are empty."""
    return tr("; ").join(filter(None, sentences))


def named(who: str, sentence: str) -> str:
    """What is said of `who`: a host, a member, a file."""
    return tr("{who}: {sentence}", who=who, sentence=sentence)


def behind(detail: str) -> str:
    """After a colon, to stand at the end of a sentence; empty for none."""
    return tr(": {detail}", detail=detail) if detail else ""


def host_named(name: str) -> str:
    """A host as people read it. That of the playground's lock has a blank in its name, which no host of a file has."""
    return shown(name) if " " in name else name


def aside(text: str) -> str:
    """In brackets, to stand behind a sentence; empty for no text."""
    return tr(" ({text})", text=text) if text else ""


def size(number: int) -> str:
    """Bytes as people read them: 1.4 GB, 640 MB."""
    for unit, factor in (("GB", 1000**3), ("MB", 1000**2), ("kB", 1000)):
        if number >= factor:
            value = number / factor
            return f"{value:.1f} {unit}" if value < 10 else f"{value:.0f} {unit}"
    return f"{number} B"

"""Numbers with their nouns, lists and asides, as people write them."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from corral.language import mark, shown, tr


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


NAMES: Final = frozenset(
    (
        # states of a cluster, of its parts, and of what is kept of it
        *(mark("healthy"), mark("starting"), mark("unhealthy"), mark("stopped"), mark("unknown"), mark("degraded")),
        *(mark("down"), mark("running"), mark("stopping"), mark("failed"), mark("unwatched"), mark("unreadable")),
        # of host keys
        *(mark("known"), mark("new"), mark("changed"), mark("revoked"), mark("unreachable")),
        # how runs end
        *(mark("done"), mark("interrupted"), mark("interrupted or killed")),
        *(mark("error"), mark("warning"), mark("info")),
        # stages
        *(mark("observe"), mark("supervisor"), mark("time"), mark("database"), mark("application"), mark("proxy")),
        *(mark("retire"), mark("verify"), mark("read"), mark("write"), mark("move"), mark("index")),
    )
)
"""Names of states, stages and the like, which JSON, the journal and comparisons have in English."""
PLACES: Final = frozenset((mark("the built-in example"), mark("built-in example"), mark("this machine")))
"""What stands for a file or a host that has no name of its own."""


def worded(name: str) -> str:
    """One of these names as people read it; any other word, such as MongoDB's PRIMARY, as it is."""
    return shown(name) if name in NAMES else name


def placed(where: str) -> str:
    """Where something is, as people read it: a host, or file:line:column."""
    name, colon, rest = where.partition(":")
    return f"{shown(name) if name in PLACES else name}{colon}{rest}"

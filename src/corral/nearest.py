"""The nearest word to one that is not known."""

from __future__ import annotations

from collections.abc import Collection
from typing import TYPE_CHECKING

from corral.language import tr
from corral.late import late

if TYPE_CHECKING:
    import difflib
else:
    difflib = late("difflib")


def near(word: str, words: Collection[str]) -> str:
    """The one of `words` that is spelt most like `word`; empty when none is."""
    lowered = {known.lower().replace("-", "_"): known for known in words}
    matches = difflib.get_close_matches(word.lower().replace("-", "_"), lowered, 1)
    return lowered[matches[0]] if matches else ""


def suggestion(word: str, words: Collection[str]) -> str:
    """A sentence that names the nearest of `words`, or all of them."""
    guess = near(word, words)
    if guess:
        return tr("Did you mean {guess!r}?", guess=guess)
    return tr("It can be: {words}.", words=", ".join(words)) if words else ""


def hint(word: str, words: Collection[str]) -> str:
    """The same for the command line, whose hints have no capital letter."""
    guess = near(word, words)
    return tr("did you mean {guess}?", guess=guess) if guess else tr("known: {words}", words=", ".join(words))

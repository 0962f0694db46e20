"""What a rule says: what was seen, why it matters, what mends it. texts_en and texts_zh are the tables."""

from __future__ import annotations

from typing import NamedTuple


class Text(NamedTuple):
    """Words in braces are filled with the evidence; braces that are meant as such are doubled."""

    message: str
    why: str
    hint: str

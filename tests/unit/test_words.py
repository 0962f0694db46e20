from __future__ import annotations

import pytest

from corral.words import counted, size


@pytest.mark.parametrize(("number", "text"), [(0, "0 hosts"), (1, "1 host"), (2, "2 hosts")])
def test_counts(number: int, text: str) -> None:
    assert counted(number, "host") == text


@pytest.mark.parametrize(
    ("number", "text"),
    [(0, "0 B"), (999, "999 B"), (1000, "1.0 kB"), (64_000_000, "64 MB"), (1_440_000_000, "1.4 GB")],
)
def test_sizes(number: int, text: str) -> None:
    assert size(number) == text

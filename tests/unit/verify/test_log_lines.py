"""What a log said last, as it may be shown."""

from __future__ import annotations

from corral.verify.log_lines import LONGEST, shown


def test_nothing_moves_the_cursor() -> None:
    assert shown("a\x1b[2Jb\x00\tc\r\nnext") == "a\N{REPLACEMENT CHARACTER}[2Jb\N{REPLACEMENT CHARACTER}\tc\nnext"


def test_long_lines_are_cut() -> None:
    assert shown("x" * 5000) == "x" * LONGEST + "…"
    assert shown("中" * LONGEST) == "中" * LONGEST

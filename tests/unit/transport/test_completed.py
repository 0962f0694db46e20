"""A failed command's own words, cut to what people read, and never in the middle of a secret."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from corral.model.command import ERROR_SIZE, CommandResult
from corral.secrets import Secret

KEY = Secret("-----BEGIN KEY-----\nfirst-line\nsecond-line\n-----END KEY-----\n")


def test_the_end_of_stderr_or_else_of_stdout() -> None:
    assert CommandResult(1, b"out", b"\n it failed \n").error == "it failed"
    assert CommandResult(1, b"out\n", b"").error == "out"
    assert CommandResult(1, b"", b"x" * 5000 + b"end").error == "x" * (ERROR_SIZE - 3) + "end"


@pytest.mark.parametrize("stderr", [f"a{KEY.reveal()}b", KEY.reveal(), f"a{KEY.reveal()}  \n"])
def test_a_secret_is_told_by_its_name(stderr: str) -> None:
    said = CommandResult(1, b"", stderr.encode()).error_without({"file:key": KEY})
    assert said.strip("ab") == "${file:key}"


@given(st.integers(ERROR_SIZE - len(KEY.reveal()) - 20, ERROR_SIZE + 20))
def test_no_part_of_a_secret_is_left_wherever_the_cut_is(after: int) -> None:
    said = CommandResult(1, b"", f"before\n{KEY.reveal()}{'x' * after}".encode()).error_without({"file:key": KEY})
    assert not any(line in said for line in ("BEGIN", "first", "second", "line", "KEY", "-"))
    assert len(said) <= ERROR_SIZE

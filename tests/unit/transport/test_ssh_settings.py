from __future__ import annotations

import pytest

from corral.transport.ssh_settings import Jump, jumps_in


@pytest.mark.parametrize(
    ("text", "jumps"),
    [
        ("", ()),
        ("none", ()),
        ("gate", (Jump("gate"),)),
        ("me@gate:2222", (Jump("gate", "me", 2222),)),
        ("ssh://me@gate:2222/", (Jump("gate", "me", 2222),)),
        ("me@corp@gate", (Jump("gate", "me@corp"),)),
        ("[fd00::1]:2222", (Jump("fd00::1", "", 2222),)),
        ("fd00::1", (Jump("fd00::1"),)),
        ("one,two@three:4", (Jump("one"), Jump("three", "two", 4))),
    ],
)
def test_jumps_are_what_ssh_takes(text: str, jumps: tuple[Jump, ...]) -> None:
    assert jumps_in(text) == jumps
    assert jumps_in(",".join(jump.text for jump in jumps)) == jumps


@pytest.mark.parametrize("text", ["me@", "gate:port", "gate:", ",", "gate,,other", "[fd00::1"])
def test_other_words_are_refused(text: str) -> None:
    with pytest.raises(ValueError, match="user@"):
        jumps_in(text)

"""Paths with every odd character, as systemd itself reads them back from a unit file."""

from __future__ import annotations

import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from corral.desired.systemd import argument, protect_home, whole_seconds, word
from tests.patience import PATIENCE
from tests.unit.desired import judges

ODD = ["/plain/path", "/a b", "/100%", "/%i %n", "/semi; colon", "/ü漢", "/#not"]


@pytest.mark.parametrize("quoted", [word, argument])
@pytest.mark.parametrize("path", ODD)
def test_a_path_arrives_as_it_is(path: str, quoted: Callable[[object], str], tmp_path: Path) -> None:
    """systemd-analyze says of a program that isn't there where it has looked."""
    unit = tmp_path / "corral-test.service"
    unit.write_text(f"[Service]\nExecStart={quoted(path)}\n")
    command = [judges.program("systemd-analyze"), "verify", "--man=no", "--recursive-errors=no", str(unit)]
    judged = subprocess.run(command, capture_output=True, text=True, timeout=PATIENCE, check=False)
    assert f": Command {path} is not executable" in judged.stderr


@pytest.mark.parametrize(
    ("path", "in_a_setting", "in_a_command"),
    [
        ('/q"uote', '"/q\\"uote"', '"/q\\"uote"'),
        ("/it's", '"/it\'s"', '"/it\'s"'),
        ("/back\\slash", '"/back\\\\slash"', '"/back\\\\slash"'),
        ("/$HOME", "/$HOME", "/$$HOME"),
        ("/${HOME} x", '"/${HOME} x"', '"/$${HOME} x"'),
    ],
)
def test_quotes_backslashes_and_dollars(path: str, in_a_setting: str, in_a_command: str) -> None:
    """systemd takes none of them in a program's name, so this is what was seen to arrive on a host with systemd 252."""
    assert (word(path), argument(path)) == (in_a_setting, in_a_command)


@pytest.mark.parametrize("path", ["/a\nExecStart=/bin/evil", "/a\x00b", "/\x7f"])
def test_what_would_end_a_line_is_refused(path: str) -> None:
    with pytest.raises(ValueError, match="control character"):
        word(path)
    with pytest.raises(ValueError, match="control character"):
        argument(path)


def test_homes_are_hidden_unless_something_lies_there() -> None:
    assert protect_home(["/opt/x", None, "/homestead/x"]) == "yes"
    assert protect_home(["/opt/x", "/home/deploy/app"]) == "read-only"
    assert protect_home(["/root/.nvm/bin/node"]) == "read-only"


@pytest.mark.parametrize(("time", "whole"), [(0.1, 1), (1.0, 1), (1.2, 2), (60.0, 60)])
def test_times_are_whole_seconds_and_never_none(time: float, whole: int) -> None:
    assert whole_seconds(time) == whole

"""What the contract doesn't say of the fake: answers, failures on demand, and what it remembers."""

from __future__ import annotations

import asyncio
import re

import pytest

from corral.errors import Unreachable
from corral.model.command import CommandResult
from corral.problems import Problem
from corral.transport.fake import Call, FakeFile, FakeTransport

FINE = CommandResult(0, b"fine\n", b"")


def run(fake: FakeTransport, script: str, host: str = "one") -> CommandResult:
    return asyncio.run(fake.run(host, script))


def test_the_latest_answer_that_fits_counts() -> None:
    fake = FakeTransport.of(["one", "two"])
    fake.on("systemctl", CommandResult(1, b"", b"no"))
    fake.on(re.compile(r"systemctl start \w+"), FINE)
    fake.on(lambda host, script: host == "two" and "start" in script, CommandResult(2, b"", b""))
    fake.on("id", lambda host, _script: CommandResult(0, host.encode(), b""), host="two")
    assert run(fake, "systemctl stop it").code == 1
    assert run(fake, "systemctl start it") == FINE
    assert run(fake, "systemctl start it", "two").code == 2
    assert run(fake, "id") == CommandResult(0, b"", b"")
    assert run(fake, "id", "two").text == "two"


def test_what_was_asked_is_remembered() -> None:
    fake = FakeTransport.of(["one", "two"])
    run(fake, "first")
    run(fake, "second", "two")
    asyncio.run(fake.write("one", "/file", b"x", 0o600))
    assert fake.scripts() == ["first", "second"]
    assert fake.scripts("two") == ["second"]
    assert fake.calls[-1] == Call("one", "write", "/file")
    assert fake.files["one"]["/file"] == FakeFile(b"x", 0o600, "root")


def test_a_host_can_vanish_after_some_calls_and_come_back() -> None:
    fake = FakeTransport.of({"one": {"/etc/hostname": b"one\n"}})
    cut = Unreachable(Problem("connection-lost", "error", "cut"))
    fake.fail("one", after=2, failure=cut)
    run(fake, "first")
    assert asyncio.run(fake.read("one", "/etc/hostname")) == b"one\n"
    for _ in range(2):
        with pytest.raises(Unreachable, match="cut"):
            run(fake, "third")
    fake.mend("one")
    run(fake, "fourth")
    assert fake.scripts() == ["first", "fourth"]


def test_a_host_that_nobody_knows_is_not_there() -> None:
    with pytest.raises(Unreachable):
        run(FakeTransport.of(["one"]), "true", "other")

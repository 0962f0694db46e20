"""One contract for all transports: this machine, SSH to a real server, and the fake that other tests rely on."""

from __future__ import annotations

import asyncio
import os
import shlex
import time
from pathlib import Path

import pytest

from corral.errors import Unreachable
from corral.model.command import CommandResult
from corral.transport.base import Transport
from corral.transport.fake import FakeTransport
from corral.transport.ssh import SshTransport
from tests.patience import PATIENCE
from tests.unit.transport.places import DEADLINES, Place, Play, content_of, gone, text_of
from tests.unit.transport.sshd import sshd

LONG = 3600
"""Seconds that no test has: whoever waited for a script of this length would be ended with the test."""
ODD = 'it\'s "quoted" $HOME `date` \\ % * 中文 é\n\ttab; #no comment\n'


@pytest.mark.parametrize(
    ("script", "code", "stdout", "stderr"),
    [
        ("echo out; echo err >&2; exit 3", 3, b"out\n", b"err\n"),
        ("", 0, b"", b""),
        ("# nothing but words", 0, b"", b""),
        ("false", 1, b"", b""),
        ("exec printf '\\000\\001\\377'", 0, b"\0\1\xff", b""),
        (f"printf %s {shlex.quote(ODD)}", 0, ODD.encode(), b""),
        ("cat <<'end'\n" + ODD + "end\n", 0, ODD.encode(), b""),
        ("cat; echo still here", 0, b"still here\n", b""),
        ("exec 3>&1; echo by three >&3; exec 3>&-; echo on", 0, b"by three\non\n", b""),
        ("trap 'echo bye' EXIT; echo hi", 0, b"hi\nbye\n", b""),
    ],
)
def test_a_script_runs_and_its_end_is_told(play: Play, script: str, code: int, stdout: bytes, stderr: bytes) -> None:
    async def scenario(place: Place) -> None:
        assert await place.run(script) == CommandResult(code, stdout, stderr)

    play(scenario)


@pytest.mark.parametrize(("name", "code"), [("KILL", 137), ("TERM", 143)])
def test_a_script_that_a_signal_ends_has_the_code_of_a_shell(play: Play, name: str, code: int) -> None:
    async def scenario(place: Place) -> None:
        done = await place.run(f"echo out; kill -{name} $$; echo never")
        assert (done.code, done.stdout) == (code, b"out\n")

    play(scenario)


def test_a_script_that_is_none_runs_not_at_all(play: Play) -> None:
    async def scenario(place: Place) -> None:
        done = await place.run("echo begun\nif true; then\n)\n")
        assert done.code == 2
        assert done.stdout == b""
        assert "yntax error" in done.error

    play(scenario)


def test_much_goes_both_ways(play: Play) -> None:
    async def scenario(place: Place) -> None:
        done = await place.run("head -c 5000000 /dev/zero; wc -c <<'end' >&2\n" + "x" * 999_999 + "\nend\n")
        assert (done.code, len(done.stdout), done.stderr.strip()) == (0, 5_000_000, b"1000000")

    play(scenario)


def test_a_script_that_takes_too_long_is_ended_with_what_it_said(play: Play) -> None:
    async def scenario(place: Place) -> None:
        for deadline in DEADLINES:
            started = time.monotonic()
            done = await place.run(f"echo begun; echo hm >&2; sleep {LONG}; echo over", deadline)
            assert time.monotonic() - started < deadline + PATIENCE
            assert done.code == 124
            assert done.error.endswith(f"no answer within {deadline:g} s")
            if place.fake or (done.stdout, done.stderr[:3]) == (b"begun\n", b"hm\n"):
                return
        pytest.fail(f"what it said is not told: {done}")

    play(scenario)


@pytest.fixture
def asked_to_end(monkeypatch: pytest.MonkeyPatch) -> None:
    """What is ended has listened to TERM: KILL would come too late for any test."""
    monkeypatch.setattr("corral.transport.script.KILL_AFTER", LONG)


@pytest.mark.usefixtures("asked_to_end")
def test_nothing_is_left_of_a_script_that_was_ended(play_real: Play) -> None:
    async def scenario(place: Place) -> None:
        for deadline in DEADLINES:
            await place.run(sleeper(place), deadline)
            if pid := content_of(place.directory / "pid").strip():
                return await gone(int(pid))
        pytest.fail("it never began")

    play_real(scenario)


@pytest.mark.usefixtures("asked_to_end")
def test_nothing_is_left_of_a_script_that_was_cancelled(play_real: Play) -> None:
    async def scenario(place: Place) -> None:
        task = asyncio.ensure_future(place.run(sleeper(place), LONG))
        pid = int(await text_of(place.directory / "pid"))
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
        await gone(pid)

    play_real(scenario)


def sleeper(place: Place) -> str:
    """A script with a child that sleeps; the child's number is in the file `pid`."""
    return f"sh -c 'echo $$ >{place.path('pid')}; exec sleep {LONG}' & wait"


def test_a_script_that_does_not_listen_is_killed(play_real: Play, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("corral.transport.script.KILL_AFTER", 1)

    async def scenario(place: Place) -> None:
        script = f"trap '' TERM; echo $$ >{place.path('pid')}; while :; do sleep 0.1; done"
        for deadline in DEADLINES:
            done = await place.run(script, deadline)
            assert done.code == 124
            if pid := content_of(place.directory / "pid").strip():
                return await gone(int(pid))
        pytest.fail("it never began")

    play_real(scenario)


def test_what_leaves_the_session_for_good_is_not_waited_for(play_real: Play) -> None:
    """A daemon that a script has started without closing its output: the script's deadline holds all the same."""

    async def scenario(place: Place) -> None:
        pid, stay = place.directory / "pid", place.directory / "stay"
        stay.touch()
        daemon = f"setsid sh -c 'echo $$ >{pid}; while [ -e {stay} ]; do sleep 0.1; done'"
        try:
            for deadline in DEADLINES:
                done = await place.run(f"{daemon} & while [ ! -s {pid} ]; do sleep 0.1; done; echo out", deadline)
                if done.stdout:
                    break
            assert (done.code, done.stdout) == (124, b"out\n")
            assert content_of(Path(f"/proc/{pid.read_text().strip()}/stat")), "it lives"
        finally:
            stay.unlink()
        await gone(int(pid.read_text()))
        await asyncio.sleep(0.05)  # the loop sees the end of what it wrote into, before it is closed itself

    play_real(scenario)


def test_a_script_may_close_its_output_and_go_on(play_real: Play) -> None:
    async def scenario(place: Place) -> None:
        script = f"echo out; exec >&- 2>&-; sleep 0.2; touch {place.path('over')}"
        assert [line async for line in place.transport.follow("one", script)] == ["out"]
        assert (place.directory / "over").exists()
        done = await place.run(f"{script}; exit 3")
        assert (done.code, done.stdout) == (3, b"out\n")

    play_real(scenario)


@pytest.mark.parametrize("content", [b"", b"no newline", b"\0\1\xff\r\n", ODD.encode(), bytes(range(256)) * 5000])
@pytest.mark.parametrize("name", ["plain", 'deep/er/it\'s a "$name" 中文'])
def test_a_file_comes_back_as_it_was_written(play: Play, content: bytes, name: str) -> None:
    async def scenario(place: Place) -> None:
        assert await place.read(name) is None
        await place.write(name, content, 0o640)
        assert await place.read(name) == content
        assert place.mode(name) == 0o640
        await place.write(name, b"another", 0o400)
        await place.write(name, b"and another", 0o400)
        assert await place.read(name) == b"and another"
        assert place.mode(name) == 0o400

    play(scenario)


def test_a_write_leaves_nothing_beside_the_file_and_makes_open_directories(play_real: Play) -> None:
    async def scenario(place: Place) -> None:
        await place.write("a/b/file", b"one")
        await place.write("a/b/file", b"two")
        assert [entry.name for entry in (place.directory / "a" / "b").iterdir()] == ["file"]
        assert place.mode("a") == 0o755

    play_real(scenario)


def test_readers_see_the_old_file_or_the_new_one(play_real: Play) -> None:
    async def scenario(place: Place) -> None:
        contents = [letter * 300_000 for letter in (b"a", b"b")]
        await place.write("file", contents[0])
        seen = set()

        async def watch() -> None:
            while True:
                seen.add((place.directory / "file").read_bytes())
                await asyncio.sleep(0)

        watching = asyncio.ensure_future(watch())
        with (place.directory / "file").open("rb") as opened:
            for number in range(6):
                await place.write("file", contents[number % 2])
            assert opened.read() == contents[0], "a rename leaves those who read the old one alone"
        watching.cancel()
        assert seen <= set(contents)

    play_real(scenario)


def test_a_directory_is_no_file(play: Play) -> None:
    async def scenario(place: Place) -> None:
        await place.write("directory/file", b"kept")
        with pytest.raises(IsADirectoryError):
            await place.read("directory")
        with pytest.raises(OSError, match="irectory"):
            await place.write("directory", b"")
        with pytest.raises(OSError, match="irectory"):
            await place.write("directory/file/below", b"")
        assert await place.read("directory/file") == b"kept"

    play(scenario)


def test_a_large_file_is_put(play: Play, tmp_path: Path) -> None:
    source = tmp_path / "source"
    source.write_bytes(os.urandom(6_000_001))

    async def scenario(place: Place) -> None:
        done = await place.transport.put("one", source, "cksum; echo 'that is it' >&2; exit 5")
        wanted = await place.run(f"cksum <{source}")
        assert done == CommandResult(5, wanted.stdout, b"that is it\n")
        early = await place.transport.put("one", source, "head -c 3 >/dev/null; echo enough; exit 6")
        assert (early.code, early.text) == (6, "enough\n")
        slow = await place.transport.put("one", source, f"sleep {LONG}", deadline=0.3)
        assert (slow.code, slow.error) == (124, "one: no answer within 0.3 s")
        with pytest.raises(FileNotFoundError):
            await place.transport.put("one", tmp_path / "missing", "cat")

    play(scenario)


def test_an_empty_file_is_put(play: Play, tmp_path: Path) -> None:
    (tmp_path / "empty").touch()

    async def scenario(place: Place) -> None:
        assert await place.transport.put("one", tmp_path / "empty", "wc -c") == CommandResult(0, b"0\n", b"")

    play(scenario)


def test_lines_are_followed_to_the_end(play: Play) -> None:
    async def scenario(place: Place) -> None:
        script = "printf 'one\\n\\n中'; sleep 0.1; printf '文\\377\\nlast'; echo no >&2; exit 3"
        assert [line async for line in place.transport.follow("one", script)] == [
            "one",
            "",
            "中文\N{REPLACEMENT CHARACTER}",
            "last",
        ]

    play(scenario)


def test_lines_come_when_they_are_written_and_closing_ends_the_script(play_real: Play) -> None:
    async def scenario(place: Place) -> None:
        script = f"echo $$; while [ ! -e {place.path('go')} ]; do sleep 0.02; done; echo gone on; exec sleep {LONG}"
        lines = place.transport.follow("one", script)
        pid = int(await anext(lines))
        (place.directory / "go").touch()
        assert await anext(lines) == "gone on"
        await lines.aclose()
        await gone(pid)

    play_real(scenario)


def test_a_slow_reader_gets_all_of_a_flood(play: Play) -> None:
    async def scenario(place: Place) -> None:
        count = 0
        async for line in place.transport.follow(
            "one", "i=0; while [ $i -lt 60000 ]; do i=$((i+1)); echo line $i of a flood; done"
        ):
            count += 1
            assert line == f"line {count} of a flood"
            if count == 2:
                await asyncio.sleep(0.3)
        assert count == 60_000

    play(scenario)


def test_a_flood_waits_for_its_reader(play_real: Play) -> None:
    async def scenario(place: Place) -> None:
        script = f"head -c 30000000 /dev/zero | tr '\\0' x | fold -w 1000; touch {place.path('over')}"
        lines = place.transport.follow("one", script)
        assert await anext(lines) == "x" * 1000
        await asyncio.sleep(1)
        assert not (place.directory / "over").exists()
        assert await anext(lines) == "x" * 1000
        await lines.aclose()

    play_real(scenario)


def test_many_at_once_are_kept_apart(play: Play) -> None:
    async def scenario(place: Place) -> None:
        async def one(number: int) -> bool:
            await place.write(f"file{number}", b"%d" % number)
            done = await place.run(f"sleep 0.05; echo {number}; exit {number}")
            return (await place.read(f"file{number}"), done) == (
                b"%d" % number,
                CommandResult(number, b"%d\n" % number, b""),
            )

        assert all(await asyncio.gather(*(one(number) for number in range(25))))

    play(scenario)


@pytest.mark.parametrize("kind", ["fake", "ssh"])
def test_a_host_that_is_not_there_is_told_as_such(tmp_path: Path, kind: str) -> None:
    source = tmp_path / "source"
    source.touch()

    async def scenario(transport: Transport) -> None:
        for verb in (
            lambda: transport.run("one", "true"),
            lambda: transport.read("one", "/etc/hostname"),
            lambda: transport.write("one", "/nowhere", b"", 0o644),
            lambda: transport.put("one", source, "cat"),
            lambda: anext(transport.follow("one", "echo")),
        ):
            with pytest.raises(Unreachable) as failure:
                await verb()
            assert failure.value.problems[0].code == "unreachable"
            assert failure.value.problems[0].hint

    async def whole() -> None:
        if kind == "fake":
            fake = FakeTransport.of(["one"])
            fake.fail("one")
            await scenario(fake)
            return
        async with sshd(tmp_path) as host:
            settings = host.settings
        transport = SshTransport({"one": settings})
        await scenario(transport)
        await transport.close()

    asyncio.run(whole())


def test_closing_can_be_repeated(play: Play) -> None:
    async def scenario(place: Place) -> None:
        await place.run("true")
        await place.transport.close()
        await place.transport.close()

    play(scenario)

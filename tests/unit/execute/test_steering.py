"""Which pool a proxy uses: changed in one step, seen again at the next look, and never taken for done."""

from __future__ import annotations

import asyncio
import stat
from pathlib import Path, PurePosixPath

import pytest

from corral.errors import ChangeFailed
from corral.execute.handlers.steering import script_of, steer
from corral.execute.ways import Ways
from corral.model.cluster import Host, Layout
from corral.model.command import CommandResult
from corral.model.pools import NOBODY, UNKNOWN, key, link
from corral.model.resources import File, FoundUnit, Gate, Unit
from corral.observe.files import STAMPS
from corral.observe.tar_stream import everything
from corral.observe.units import pools_in_use, split_stamps, stamp, with_revisions
from corral.plan.actions import Steer
from corral.transport.fake import FakeTransport
from corral.transport.local import LocalTransport
from tests.free_addresses import free_address
from tests.unit.execute.no_units import NoUnits

GROUPS = (("a-1", "b-1"), ("a-2", "b-2"))
PROXY = Unit("p", "nginx.p", "proxy", "1", (), "/", free_address(), 8080, pools=GROUPS)


def host_in(root: Path) -> Host:
    return Host("p", PROXY.address, PROXY.address, Layout(*[PurePosixPath(root)] * 5))


def run(script: str) -> CommandResult:
    return asyncio.run(LocalTransport().run("p", script))


def seen(root: Path, unit: Unit = PROXY) -> FoundUnit:
    """The proxy as Corral's own observation finds it, by the tar of its directories."""
    packed = run(f"tar -P -cf - -- {root}")
    entries = list(everything(packed.stdout))
    files = [File("p", each.path, each.content.decode(), each.mode) for each in entries if each.kind == "file"]
    _, stamps = split_stamps(files)
    return with_revisions([FoundUnit(unit.id, "running", pid=7)], stamps, pools_in_use(entries))[0]


@pytest.fixture
def state(tmp_path: Path) -> Path:
    (tmp_path / STAMPS).mkdir()
    (tmp_path / STAMPS / "nginx.p.json").write_text(stamp(PROXY, 7))
    return tmp_path


def test_what_is_in_use_is_seen_with_whom_it_leaves_out(state: Path) -> None:
    assert (seen(state).out, seen(state).leaves_out) == (NOBODY, ())
    for out in (*GROUPS, NOBODY):
        assert run(script_of(link(host_in(state).layout), out)).code == 0
        assert (seen(state).out, seen(state).leaves_out) == (out, out)
        left = {each.name for each in (state / "pools").iterdir()}
        assert left == ({"now", key(out)} if out else {"now"})


def test_a_pool_of_an_older_configuration_is_seen_and_leaves_out_nobody_that_is_known(state: Path) -> None:
    run(script_of(link(host_in(state).layout), ("a-1", "a-2")))
    assert (seen(state).out, seen(state).leaves_out) == (UNKNOWN, ())


def test_everybody_may_look_whatever_roots_umask_is(state: Path) -> None:
    script = script_of(link(host_in(state).layout), GROUPS[0])
    assert run(f"umask 077\n{script}").code == 0
    place = state / "pools"
    assert stat.S_IMODE(place.stat().st_mode) == 0o755
    assert stat.S_IMODE((place / "now").stat().st_mode) == 0o644
    assert (place / "now").readlink() == Path(key(GROUPS[0]))


def test_what_cannot_be_told_is_said(tmp_path: Path) -> None:
    transport = FakeTransport.of(["p"])
    transport.on("use_pool", CommandResult(1, b"", b"mkdir: cannot create directory: No space left on device\n"))
    action = Steer.away_from(GROUPS[0], PROXY, Gate("http", PROXY.address, 8080, deadline=0.1), NOBODY)
    with pytest.raises(ChangeFailed, match=r"can't have nginx\.p send nothing to a-1, b-1: mkdir: .*No space left"):
        asyncio.run(steer(action, Ways(transport, NoUnits(), {}, {"p": host_in(tmp_path)})))


def test_a_proxy_that_does_not_answer_has_not_done_it(state: Path) -> None:
    action = Steer.away_from(GROUPS[0], PROXY, Gate("http", PROXY.address, 8080, deadline=0.1), NOBODY)
    with pytest.raises(ChangeFailed) as refused:
        asyncio.run(steer(action, Ways(LocalTransport(), NoUnits(), {}, {"p": host_in(state)})))
    [problem] = refused.value.problems
    assert problem.code == "not-steered"
    assert "no instance was stopped" in problem.hint

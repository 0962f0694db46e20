"""Images that are loaded, with a docker of the test's own. That docker takes them so is tests/lab's to prove."""

from __future__ import annotations

import asyncio
import stat
from pathlib import Path, PurePosixPath

import pytest

from corral.errors import ChangeFailed
from corral.execute.handlers.host_changes import change_host
from corral.execute.ways import Ways
from corral.model.cluster import Host, Layout
from corral.model.resources import File
from corral.model.software import Image
from corral.observe.images import loaded_ids, note_path
from corral.plan.software import LoadImage
from tests.unit.execute.no_units import NoUnits, step
from tests.unit.transport.answers import Workshop

DOCKER = """\
case $1 in
load) cat >"$0.loaded" ;;
image) echo "sha256:%s" ;;
esac
"""


def load(root: Path, docker: str, sha256: str = "a" * 64, times: int = 1) -> None:
    """On a host whose state directory is `root`/state."""
    (root / "shop.tar").write_bytes(b"an image")
    base = PurePosixPath(root)
    host = Host("h", "127.0.0.1", "h", Layout(base, base, base, base, base / "state"))
    ways = Ways(Workshop(root, {"docker": docker}), NoUnits(), {}, {"h": host})
    action = LoadImage(Image("h", "it's:1", str(root / "shop.tar"), sha256))
    for _ in range(times):
        asyncio.run(change_host([action], ways, step()))


def test_what_was_loaded_is_written_down_with_the_id_that_docker_gave_it(tmp_path: Path) -> None:
    load(tmp_path, DOCKER % ("b" * 64), times=2)
    assert (tmp_path / "bin" / "docker.loaded").read_bytes() == b"an image"
    note = Path(note_path(str(tmp_path / "state"), "it's:1"))
    assert note.read_text() == f"{'a' * 64} {'b' * 64} it's:1\n"
    assert [entry.name for entry in note.parent.iterdir()] == [note.name]
    assert loaded_ids([File("h", str(note), note.read_text())]) == {"b" * 64: "a" * 64}
    assert stat.S_IMODE((tmp_path / "state").stat().st_mode) & 0o055 == 0o055, "the lock is there, too"


def test_an_image_whose_id_is_not_known_is_loaded_all_the_same(tmp_path: Path) -> None:
    load(tmp_path, DOCKER % "b", sha256="")
    assert (tmp_path / "bin" / "docker.loaded").read_bytes() == b"an image"
    assert not (tmp_path / "state").exists()


@pytest.mark.parametrize(
    ("docker", "said"),
    [
        ("echo 'invalid tar header' >&2; exit 1", "invalid tar header"),
        ("case $1 in image) echo 'No such image' >&2; exit 1 ;; esac", "No such image"),
    ],
)
def test_a_load_that_fails_is_not_written_down(tmp_path: Path, docker: str, said: str) -> None:
    with pytest.raises(ChangeFailed, match=said):
        load(tmp_path, docker)
    assert not (tmp_path / "state").exists()


def test_a_note_that_cannot_be_written_is_told(tmp_path: Path) -> None:
    (tmp_path / "state").write_text("a file")
    with pytest.raises(ChangeFailed, match=r"state/images/[0-9a-f]{16} can't be written"):
        load(tmp_path, DOCKER % "b")

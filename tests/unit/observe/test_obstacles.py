"""What is no plain file on a host, told by the real script about this very machine."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from corral.model.resources import Obstacle
from corral.observe.obstacles import obstacles_in
from corral.observe.question import Question
from corral.observe.sections import Sections
from tests.unit.observe.test_machine_script import ask


@pytest.fixture
def config(tmp_path: Path) -> Path:
    made = tmp_path / "config"
    made.mkdir()
    (made / "nginx.conf").write_text("ours\n")
    return made


def told(config: Path, *more: Path, directories: tuple[Path, ...] = ()) -> dict[str, Obstacle]:
    """By path below the test's directory; directories that are none of anybody's business are left out."""
    trees, places = (str(config), *map(str, more)), tuple(map(str, directories))
    asked = Question("shop", "h", "10.0.0.1", trees=trees, directories=places, state=str(config.parent / "state"))
    found = ask(asked).owned.obstacles
    return {os.path.relpath(each.path, config.parent): each for each in found if each.path != str(config)}


def test_links_directories_and_the_like(config: Path) -> None:
    (config / "link").symlink_to("/srv/mine.conf")
    (config / ("long" * 40)).symlink_to("/srv/" + "long" * 40)
    (config / "mongod.conf").mkdir()
    for name in ("a", "b", "more/c"):
        (config / "mongod.conf" / name).parent.mkdir(exist_ok=True)
        (config / "mongod.conf" / name).touch()
    os.mkfifo(config / "fifo")
    unit, missing = config.parent / "unit.service", config.parent / "missing.service"
    unit.symlink_to("/dev/null")
    found = told(config, unit, missing)
    assert {path: (each.kind, each.target, each.files) for path, each in found.items()} == {
        "config/link": ("link", "/srv/mine.conf", 0),
        f"config/{'long' * 40}": ("link", "/srv/" + "long" * 40, 0),
        "config/mongod.conf": ("directory", "", 3),
        "config/mongod.conf/more": ("directory", "", 1),
        "config/fifo": ("fifo", "", 0),
        "unit.service": ("link", "/dev/null", 0),
    }


def test_a_socket(config: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """tar passes one over. Its address has little room for a path."""
    monkeypatch.chdir(config)
    with socket.socket(socket.AF_UNIX) as listening:
        listening.bind("nginx")
        assert told(config)["config/nginx"].kind == "socket"


def test_what_is_no_directory_where_one_has_to_be(config: Path) -> None:
    data, gone, linked, there = (config.parent / name for name in ("data", "gone", "linked", "there"))
    data.write_text("mine")
    gone.symlink_to(config.parent / "nowhere")
    there.mkdir()
    linked.symlink_to(there)
    below = config.parent / "conf.d" / "corral-shop.conf"
    below.parent.touch()
    found = told(config, below, directories=(data, gone, linked, there))
    assert {path: (each.kind, each.target) for path, each in found.items()} == {
        "data": ("file", ""),
        "gone": ("link", str(config.parent / "nowhere")),
        "conf.d": ("file", ""),
    }


@pytest.fixture
def immutable(config: Path) -> Iterator[Path]:
    path = config / "nginx.conf"
    if (
        not shutil.which("chattr")
        or subprocess.run(["chattr", "+i", path], check=False, capture_output=True).returncode
    ):
        pytest.skip("this file system has no such attribute, or this user may not set it")
    yield path
    subprocess.run(["chattr", "-i", path], check=True)


@pytest.mark.usefixtures("immutable")
def test_what_is_immutable(config: Path) -> None:
    assert told(config)["config/nginx.conf"].kind == "immutable"


@pytest.fixture
def mounted(config: Path) -> Iterator[Path]:
    path = config / "nginx.conf"
    if subprocess.run(["mount", "--bind", "/etc/hostname", path], check=False, capture_output=True).returncode:
        pytest.skip("this user may not mount anything")
    yield path
    subprocess.run(["umount", path], check=True)


def test_what_is_mounted(config: Path, mounted: Path) -> None:
    assert told(config)["config/nginx.conf"].kind == "mounted"


def test_words_of_lsattr_and_of_the_kernel() -> None:
    """As e2fsprogs and busybox write them; a mount point with a blank."""
    attributes = """\
--------------e------- /etc/corral/shop/.
----i---------e------- /etc/corral/shop/..
-----a--------e------- /etc/corral/shop/my file

/etc/corral/shop/app:
--------------e------- /etc/corral/shop/app/.
36 35 98:0 /mnt1 /etc/corral/shop/my\\040file rw,noatime master:1 - ext3 /dev/root rw
"""
    found = obstacles_in("h", Sections({"attributes": attributes}, b""), ())
    assert [(each.path, each.kind) for each in found] == [
        ("/etc/corral", "immutable"),
        ("/etc/corral/shop/my file", "immutable"),
        ("/etc/corral/shop/my file", "mounted"),
    ]


def test_another_name_of_a_file_is_a_file_of_the_same_content(config: Path) -> None:
    """As `cp -al` makes it: tar writes the content once."""
    os.link(config / "nginx.conf", config / "older.conf")
    owned = ask(Question("shop", "h", "10.0.0.1", trees=(str(config),), state="/state")).owned
    assert {Path(file.path).name: file.content for file in owned.files} == {
        "nginx.conf": "ours\n",
        "older.conf": "ours\n",
    }

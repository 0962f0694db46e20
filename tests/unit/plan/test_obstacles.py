"""What is in the way of a plan, and what isn't."""

from __future__ import annotations

import pytest

from corral.model.resources import Directory, File, FileRecord, Observed, Obstacle
from corral.plan.actions import Action, MakeDirectory, Plan, RemoveFile, Stage, WriteFile
from corral.plan.obstacles import in_the_way

CONF = "/etc/corral/shop/nginx.conf"
UNIT = "/etc/systemd/system/corral-shop-nginx.service"


def plan(*actions: Action) -> Plan:
    return Plan("shop", (Stage("proxy", (actions,)),))


def write(path: str = CONF) -> WriteFile:
    return WriteFile(File("one", path, "x"), "", "")


def make(path: str) -> MakeDirectory:
    return MakeDirectory(Directory("one", path))


@pytest.mark.parametrize(
    ("action", "obstacle", "said", "mend"),
    [
        (write(), Obstacle("one", CONF, "link", "/srv/my.conf"), f"{CONF} is a link to /srv/my.conf", f"rm {CONF}"),
        (write(), Obstacle("one", CONF, "directory", files=3), "is a directory with 3 files", "move it"),
        (write(), Obstacle("one", CONF, "directory"), "is an empty directory", "rmdir"),
        (write(), Obstacle("one", CONF, "fifo"), "is a FIFO", "move it"),
        (write(), Obstacle("one", CONF, "device"), "is a device", "move it"),
        (write(), Obstacle("one", CONF, "socket"), "is a socket", "move it"),
        (write(), Obstacle("one", CONF, "mounted"), "is a mount point", f"umount {CONF}"),
        (write(), Obstacle("one", CONF, "immutable"), "is immutable", f"chattr -ia {CONF}"),
        (RemoveFile("one", CONF, "x"), Obstacle("one", CONF, "immutable"), "is immutable", "chattr"),
        (
            write(),
            Obstacle("one", "/etc/corral/shop", "immutable"),
            "can't do its own at /etc/corral/shop/ng",
            "chattr",
        ),
        (write(), Obstacle("one", "/etc/corral", "file"), "is a file, where a directory has to be", "move it"),
        (write(), Obstacle("one", "/etc/corral/shop", "link", "/srv"), "is a link to /srv", "rm /etc/corral/shop"),
        (make("/data"), Obstacle("one", "/data", "link", "/gone"), "is a link to /gone", "rm /data"),
        (make("/data"), Obstacle("one", "/data", "file"), "is a file", "move it"),
    ],
)
def test_in_the_way(action: Action, obstacle: Obstacle, said: str, mend: str) -> None:
    [problem] = in_the_way(plan(action), Observed(obstacles=(obstacle,)))
    assert said in problem.message
    assert mend in problem.hint
    assert (problem.code, problem.where) == ("in-the-way", "one")


@pytest.mark.parametrize(
    ("action", "obstacle"),
    [
        (write(), Obstacle("one", "/etc/corral/shop/notes", "link", "/srv")),
        (write(), Obstacle("one", "/etc/corral/shop", "directory", files=9)),
        (write(), Obstacle("one", "/etc/corral/shop", "mounted")),
        (write(), Obstacle("one", "/etc/corral", "immutable")),
        (write(), Obstacle("two", CONF, "link", "/srv")),
        (write(f"{CONF}.d"), Obstacle("one", CONF, "link", "/srv")),
        (make("/data"), Obstacle("one", "/data", "mounted")),
        (make("/data"), Obstacle("one", "/data", "directory", files=9)),
    ],
)
def test_not_in_the_way(action: Action, obstacle: Obstacle) -> None:
    """The user's own beside it; directories and mount points where directories belong."""
    assert in_the_way(plan(action), Observed(obstacles=(obstacle,))) == []


def test_one_obstacle_is_told_once() -> None:
    link = Obstacle("one", "/etc/corral/shop", "link", "/srv")
    assert len(in_the_way(plan(write(), write(f"{CONF}.d")), Observed(obstacles=(link,)))) == 1


def test_what_is_in_a_directory_in_the_place_of_a_file_is_not_removed() -> None:
    """Also where no file is to be written there: when the cluster is removed."""
    theirs = RemoveFile("one", f"{CONF}/mine", "x")
    observed = Observed(
        written=(FileRecord("one", CONF, "y"),), obstacles=(Obstacle("one", CONF, "directory", files=1),)
    )
    [problem] = in_the_way(plan(theirs), observed)
    assert problem.message.startswith(f"{CONF} is a directory with 1 file: ")
    assert in_the_way(plan(RemoveFile("one", "/etc/corral/shop/app/old", "x")), observed) == []

"""What a host must have before its units start: in which order, and what of it is there already."""

from __future__ import annotations

from dataclasses import replace

import pytest

from corral.model.resources import Desired, Directory, File, FileRecord, Observed, ReplicaSet, digest
from corral.model.software import Archive, Image, Package, Service, Software
from corral.plan.actions import Plan, WriteFile
from corral.plan.diff import files, preparations
from corral.plan.order import make_plan

NOTHING = ReplicaSet("rs", (), 10, 2, ())
SOFTWARE: tuple[Software, ...] = (
    Image("a", "shop:1"),
    Package("a", "nginx", keep_off=("nginx.service",)),
    Package("b", "nginx", keep_off=("nginx.service",)),
    Archive("a", "/opt/corral/x", "x.tar", "ab"),
    Service("a", "docker.service"),
    Package("a", "logrotate"),
)


def desired(*software: Software, files: tuple[File, ...] = (), directories: tuple[Directory, ...] = ()) -> Desired:
    checks = (("/etc/corral/c/nginx.conf", ("nginx", "-t", "{}")),)
    return Desired(directories, files, (), NOTHING, (), checks, software)


def told(wanted: Desired, observed: Observed) -> list[str]:
    return [f"{action.host}: {action.summary}" for action in preparations(wanted, observed, "application")]


def test_on_each_host_programs_come_first_and_files_last() -> None:
    """Accounts go before what belongs to them; docker runs before an image is loaded into it."""
    wanted = desired(
        *SOFTWARE,
        files=(File("a", "/etc/corral/c/app.sh", "x"), File("a", "/etc/sysusers.d/corral-c.conf", "u corral-c-app -")),
        directories=(Directory("a", "/srv/files", owner="corral-c-app"),),
    )
    assert told(wanted, Observed()) == [
        "a: install nginx, logrotate (nginx.service stays off)",
        "b: install nginx (nginx.service stays off)",
        "a: enable docker.service",
        "a: unpack x.tar to /opt/corral/x",
        "a: pull shop:1",
        "a: write /etc/sysusers.d/corral-c.conf",
        "a: make /srv/files",
        "a: write /etc/corral/c/app.sh",
    ]


def test_what_is_there_is_not_brought_again() -> None:
    there = Observed(
        software=(Package("a", "nginx"), Archive("a", "/opt/corral/x"), *SOFTWARE[4:], Image("a", "shop:1"))
    )
    assert told(desired(*SOFTWARE), there) == ["b: install nginx (nginx.service stays off)"]


def test_each_stage_has_its_own() -> None:
    clock = Package("a", "chrony", stage="time")
    plan = make_plan("c", desired(clock, *SOFTWARE[4:5]), Observed())
    assert [
        (stage.name, [action.id for action in stage.actions()]) for stage in plan.stages if stage.name != "database"
    ] == [
        ("time", ["packages chrony on a"]),
        ("application", ["service docker.service on a"]),
    ]
    assert Plan.from_json(plan.to_json()) == plan


@pytest.mark.parametrize(
    ("found", "summary"),
    [
        (Image("a", "shop:1", sha256="old"), ["a: load shop:1 from shop.tar"]),
        (Image("a", "shop:1", sha256="new"), []),
        (Image("a", "shop:1", sha256="of the manifest"), []),
        (Image("a", "shop:1"), ["a: load shop:1 from shop.tar"]),
    ],
)
def test_an_image_that_is_shipped_is_known_by_its_digest(found: Image, summary: list[str]) -> None:
    """Its name may stay while the file beside the cluster file is built anew."""
    wanted = desired(Image("a", "shop:1", "shop.tar", "new", manifest="of the manifest"))
    assert told(wanted, Observed(software=(found,))) == summary


CONF = File("a", "/etc/corral/c/nginx.conf", "new", stage="proxy")


def written(observed: Observed) -> list[WriteFile]:
    return files(desired(files=(CONF,)), observed, "proxy")


def test_a_file_is_judged_before_it_is_put_in_place() -> None:
    [action] = written(Observed())
    assert (action.before, action.check, action.drift) == ("", ("nginx", "-t", "{}"), False)
    assert action.summary == "write /etc/corral/c/nginx.conf"


@pytest.mark.parametrize("change", [{"content": "old"}, {"mode": 0o600}, {"owner": "somebody"}])
def test_bytes_mode_and_owner_count(change: dict[str, object]) -> None:
    [action] = written(Observed(files=(replace(CONF, **change),)))  # type: ignore[arg-type] # any field
    assert action.before == digest(str(change.get("content", "new")))


def test_what_was_found_is_known_by_its_very_bytes() -> None:
    """The content of a file that was found has its secrets redacted; the digest that is compared has not."""
    [action] = written(Observed(files=(replace(CONF, content="${secret:probe}", raw="abc"),)))
    assert action.before == "abc"


def test_the_same_bytes_change_nothing() -> None:
    assert written(Observed(files=(replace(CONF, raw="abc"),), written=(FileRecord("a", CONF.path, "abc"),))) == []


def test_what_nobody_has_taken_in_is_written_once_more() -> None:
    """A run that was cut off between a file and the command that takes it in."""
    record = FileRecord("a", CONF.path, digest("new"), pending=True)
    [action] = written(Observed(files=(CONF,), written=(record,)))
    assert action.summary == "change /etc/corral/c/nginx.conf"


@pytest.mark.parametrize(
    ("record", "drift"),
    [
        (FileRecord("a", CONF.path, digest("by corral")), True),
        (FileRecord("a", CONF.path, digest("by hand")), False),
        (FileRecord("a", CONF.path, digest("by corral"), pending=True), False),
        (FileRecord("b", CONF.path, digest("by corral")), False),
        (None, False),
    ],
)
def test_a_change_by_hand_is_told(record: FileRecord | None, drift: bool) -> None:
    """Only where it is known what Corral wrote last."""
    observed = Observed(files=(replace(CONF, content="by hand"),), written=(record,) if record else ())
    [action] = written(observed)
    assert action.drift is drift
    assert ("changed by hand" in action.summary) is drift


def test_every_change_of_an_owner_or_a_mode_is_told() -> None:
    data, conf = Directory("a", "/data", 0o700, owner="corral-c-db"), File("a", "/c", "x", 0o600, owner="corral-c-web")
    wanted = desired(files=(conf,), directories=(data,))

    def of(mode: int, owner: str, *, foreign: bool = False) -> list[str]:
        found = Directory("a", "/data", mode, owner=owner, foreign=foreign)
        return told(wanted, Observed(directories=(found,), files=(conf,)))

    assert of(0o755, "") == ["a: give /data to corral-c-db (owner root → corral-c-db, mode 0755 → 0700)"]
    assert of(0o700, "", foreign=True) == [
        "a: give /data to corral-c-db (owner root → corral-c-db, with root's files in it)"
    ]
    assert of(0o700, "corral-c-db", foreign=True) == ["a: give /data to corral-c-db (with root's files in it)"]
    assert of(0o755, "corral-c-db") == of(0o755, "mongodb") == of(0o755, "mongodb", foreign=True) == []
    theirs = Observed(directories=(replace(data, foreign=False),), files=(replace(conf, mode=0o644, owner=""),))
    assert told(wanted, theirs) == ["a: change /c (0644 → 0600, root → corral-c-web)"]

"""What keeps a file that is right from real hosts."""

from __future__ import annotations

from collections.abc import Collection
from pathlib import PurePosixPath

import pytest

from corral.cluster_file.example import example_text
from corral.cluster_file.parse import load_text
from corral.cluster_file.real_hosts import problems_for_hosts
from corral.problems import Problem
from tests.unit.cluster_file.files import SMALL, load, points_into, said

CONTAINERS = SMALL.replace("  command: node main.js\n", "  image: shop:1.0\n")
SERVICES = SMALL.replace("  command:", "  runtime: systemd\n  directory: /opt/shop\n  command:")
SHIPPED = SERVICES.replace("/opt/shop", ".").replace("  command:", "  release: {archive: shop.tgz}\n  command:")


def found(text: str, files: Collection[str] = ()) -> list[Problem]:
    """What is said of `text`, in which `files` are there."""
    problems = problems_for_hosts(load(text), lambda path: path in files)
    assert all(points_into(problem, text) and problem.message.endswith(".") for problem in problems)
    return problems


def one(text: str, files: Collection[str] = ()) -> Problem:
    problems = found(text, files)
    assert len(problems) == 1, problems
    return problems[0]


def brief(problem: Problem) -> tuple[str, str, str]:
    return problem.where.removeprefix("cluster.yaml:"), problem.severity, problem.code


def here(name: str) -> str:
    """The path of a file beside the cluster file, as the predicate is asked for it."""
    return str(PurePosixPath(load(SMALL).directory) / name)


@pytest.mark.parametrize("text", [CONTAINERS, SERVICES])
def test_files_that_real_hosts_can_have(text: str) -> None:
    assert found(text) == []


def test_a_release_is_shipped() -> None:
    assert found(SHIPPED, [here("shop.tgz")]) == []


def test_the_example_lacks_no_more_than_its_image() -> None:
    [problem] = problems_for_hosts(load_text(example_text()), lambda _path: False)
    assert (problem.code, problem.message) == ("missing-key", "app.image is missing: app.runtime is compose.")


def test_containers_need_an_image() -> None:
    problem = one(SMALL)
    assert brief(problem) == ("7:1", "error", "missing-key")
    assert "`runtime: systemd`" in problem.hint


def test_processes_need_a_command() -> None:
    text = CONTAINERS.replace("  image:", "  runtime: systemd\n  directory: /opt/shop\n  image:")
    problem = one(text)
    assert (problem.code, problem.message) == ("missing-key", "app.command is missing: app.runtime is systemd.")


@pytest.mark.parametrize(
    ("directory", "image", "release", "nothing"),
    [
        (".", True, True, False),
        ("./", True, True, False),
        ("app", False, True, False),
        ("app/../..", False, False, False),
        ("../x", False, False, False),
        ("/opt/shop", True, True, True),
    ],
)
def test_where_the_command_runs(directory: str, image: bool, release: bool, nothing: bool) -> None:
    """Inside an image, below a release, or on the hosts: whether `directory` can be there."""
    containers = CONTAINERS.replace("  image:", f"  directory: {directory}\n  image:")
    shipped = SHIPPED.replace("directory: .", f"directory: {directory}")
    for text, possible in (
        (containers, image),
        (shipped, release),
        (shipped.replace("{archive: shop.tgz}", "none"), nothing),
    ):
        problems = found(text, [here("shop.tgz")])
        assert [problem.code for problem in problems] == ([] if possible else ["bad-value"]), text
        assert all(problem.message.startswith("app.directory ") for problem in problems)


def test_what_the_other_runtime_would_use_is_a_warning() -> None:
    text = CONTAINERS.replace("  image:", "  release: {archive: shop.tgz}\n  image:")
    assert brief(one(text)) == ("9:12", "warning", "unused-key")
    text = SERVICES.replace("  command:", "  image_archive: shop.tar\n  command:")
    assert brief(one(text)) == ("11:18", "warning", "unused-key")


INSTALL = "{archive: ../x/server.tgz, version: 6.0.5}"


@pytest.mark.parametrize(
    ("text", "where", "file"),
    [
        (CONTAINERS.replace("  image:", "  image_archive: a/shop.tar\n  image:"), "9:18", "a/shop.tar"),
        (SHIPPED, "11:22", "shop.tgz"),
        (CONTAINERS.replace("proxy:\n", f"proxy:\n  install: {INSTALL}\n"), "6:22", "../x/server.tgz"),
        (CONTAINERS.replace("database:\n", f"database:\n  install: {INSTALL}\n"), "11:22", "../x/server.tgz"),
    ],
)
def test_files_that_are_shipped_must_be_there(text: str, where: str, file: str) -> None:
    path = str(PurePosixPath(load(SMALL).directory.parent, file[3:])) if file.startswith("../") else here(file)
    problem = one(text)
    assert brief(problem) == (where, "error", "no-archive")
    assert path in problem.message
    assert found(text, [path]) == []


def test_an_image_archive_must_hold_the_image() -> None:
    """Asked of files that are there alone, and where containers run."""
    text = CONTAINERS.replace("  image:", "  image_archive: shop.tar\n  image:")
    asked = []

    def why_no_image(file: str, image: str) -> str:
        asked.append((file, image))
        return "holds shop:2"

    [problem] = problems_for_hosts(load(text), lambda _path: True, why_no_image)
    assert brief(problem) == ("9:18", "error", "no-image")
    path = here("shop.tar")
    assert problem.message == f"app.image_archive names a file without the image shop:1.0: {path} holds shop:2."
    assert problem.hint == "`docker save --output FILE shop:1.0` writes a file that holds it."
    assert problems_for_hosts(load(text), lambda _path: True, lambda _file, _image: "") == []
    assert [p.code for p in problems_for_hosts(load(text), lambda _path: False, why_no_image)] == ["no-archive"]
    unused = SERVICES.replace("  command:", "  image_archive: shop.tar\n  command:")
    assert [p.code for p in problems_for_hosts(load(unused), lambda _path: True, why_no_image)] == ["unused-key"]
    assert asked == [(path, "shop:1.0")]


def test_a_tilde_is_no_home_here() -> None:
    assert "`~`" in one(SHIPPED.replace("shop.tgz", "~/shop.tgz")).hint


@pytest.mark.parametrize("address", ["127.0.0.1", "127.9.1.1", "'::1'", "localhost", "Localhost.", "db.localhost"])
def test_an_address_of_every_machine(address: str) -> None:
    assert brief(one(CONTAINERS.replace("10.0.0.2", address))) == ("4:8", "error", "local-address")
    problem = one(CONTAINERS.replace("10.0.0.2", f"{{address: {address}}}"))
    assert brief(problem) == ("4:18", "error", "local-address")
    assert "corral up" in problem.hint


@pytest.mark.parametrize("address", ["fe80::1", "169.254.7.7"])
def test_an_address_of_one_link(address: str) -> None:
    assert "one network link" in one(CONTAINERS.replace("10.0.0.2", f"'{address}'")).message


@pytest.mark.parametrize("address", ["10.0.0.2", "fd00::2", "localhost.example.com", "db-2"])
def test_an_address_that_others_reach(address: str) -> None:
    assert found(CONTAINERS.replace("10.0.0.2", f"'{address}'")) == []


def virtual(address: str, proxies: str = "[one, two]") -> str:
    return CONTAINERS.replace("proxy:\n  hosts: [one]", f"proxy:\n  hosts: {proxies}\n  virtual_ip: {address}")


def test_an_address_between_two_proxies() -> None:
    assert found(virtual("10.0.0.9")) == []
    assert found(virtual("{address: 10.0.0.9, interface: eth0}")) == []


def test_an_address_that_has_nowhere_to_move_to() -> None:
    problem = one(virtual("10.0.0.9", "[one]"))
    assert brief(problem) == ("7:15", "warning", "lonely-address")
    assert "one is the only proxy" in problem.message


@pytest.mark.parametrize(("address", "where"), [("10.0.0.2", "7:15"), ("{address: 10.0.0.2, router_id: 7}", "7:25")])
def test_a_virtual_address_that_a_machine_has(address: str, where: str) -> None:
    problem = one(virtual(address))
    assert brief(problem) == (where, "error", "same-address")
    assert "two" in problem.message


def test_one_spelling_of_an_address_is_as_good_as_another() -> None:
    text = virtual("'FD00:0::2'").replace("10.0.0.2", "fd00::2")
    assert one(text).code == "same-address"


def test_a_virtual_address_of_every_machine() -> None:
    assert brief(one(virtual("127.0.0.9"))) == ("7:15", "error", "local-address")


@pytest.mark.parametrize(
    "directory",
    ["/", "//", "/var", "/var/lib", "/var/lib/corral", "/var/lib/corral/shop", "/var/lib/corral/shop/state", "/etc",
     "/var/log/corral/shop", "/usr", "/home/", "/srv/..", "/srv/../usr/local/", "/tmp", "/run/mongod", "/dev/shm/x"],
)  # fmt: skip
def test_directories_that_are_not_for_data(directory: str) -> None:
    """For mongod's no file is right that names one of them: the end of the cluster would delete it."""
    assert said(CONTAINERS.replace("database:\n", f"database:\n  directory: {directory}\n")) == [("11:14", "bad-value")]
    problem = one(CONTAINERS.replace("  image:", f"  storage: {{path: {directory}}}\n  image:"))
    assert brief(problem) == ("9:19", "error", "bad-value")


@pytest.mark.parametrize(
    "directory", ["/data", "/mnt", "/srv/db", "/var/lib/mongodb", "/var/lib/corral-db", "/etcetera"]
)
def test_directories_for_data(directory: str) -> None:
    assert found(CONTAINERS.replace("database:\n", f"database:\n  directory: {directory}\n")) == []


@pytest.mark.parametrize(
    ("data", "files", "meet"),
    [
        ("/srv/a", "/srv/a", True),
        ("/srv/a", "/srv/a/b", True),
        ("/srv/a/b", "/srv/a", True),
        ("/srv/a", "/srv/ab", False),
    ],
)
def test_data_and_uploaded_files_lie_apart(data: str, files: str, meet: bool) -> None:
    text = CONTAINERS.replace("database:\n", f"database:\n  directory: {data}\n")
    text = text.replace("  image:", f"  storage: {{path: {files}}}\n  image:")
    assert [brief(problem)[2] for problem in found(text)] == (["bad-value"] if meet else [])
    elsewhere = text.replace("hosts: [one, two]", "hosts: [two]")
    assert found(elsewhere) == [], "no host has both"


def test_all_is_said_at_once_in_the_files_order() -> None:
    text = (
        virtual("10.0.0.2", "[one]").replace("10.0.0.1", "localhost").replace("  image: shop:1.0\n", "  command: a\n")
    )
    text = text.replace("  command: a\n", "  command: a\n  storage: {path: /tmp/x}\n") + f"  install: {INSTALL}\n"
    assert [brief(problem) for problem in found(text)] == [
        ("3:8", "error", "local-address"),
        ("7:15", "error", "same-address"),
        ("8:1", "error", "missing-key"),
        ("11:19", "error", "bad-value"),
        ("14:22", "error", "no-archive"),
    ]


def test_ports_that_meet_on_one_host_are_refused_before() -> None:
    """The file is for real hosts also in the playground, where the proxy has another port."""
    assert said(CONTAINERS.replace("  image:", "  first_port: 80\n  image:")) == [("9:15", "port-conflict")]

"""The proofs that a configuration is read by the program that it is for, with programs of the test's own."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from corral.execute import scripts
from corral.execute.scripts import script_of
from corral.model.command import CommandResult
from corral.model.resources import File
from corral.model.software import Service
from corral.plan.actions import HostChange, KeepAfterBoot, WriteFile
from corral.plan.software import EnableService
from corral.shell import beside, call
from tests.unit.transport.answers import Workshop

CHANGES = beside(scripts.__file__, "changes.sh")
CHRONYD = "printf 'pool x iburst\\nserver 10.0.0.1 iburst\\nmakestep 1.0 3\\n'"
OWN = "# Written by Corral\n\nserver 10.0.0.1 iburst\nmakestep 1.0 3\n"


def run(workshop: Workshop, script: str) -> CommandResult:
    return asyncio.run(workshop.run("h", script))


def proved(tmp_path: Path, reader: str, name: str, text: str, programs: dict[str, str]) -> tuple[int, str]:
    """The exit code, and what was said."""
    path = tmp_path / name
    path.write_text(text)
    done = run(Workshop(tmp_path, programs), CHANGES.before(call(reader, path)))
    return done.code, (done.stderr + done.stdout).decode().replace(str(tmp_path), "")


@pytest.mark.parametrize(
    ("text", "chronyd", "expected"),
    [
        (OWN, CHRONYD, (0, "")),
        (
            OWN.replace("makestep 1.0", "makestep 2.0"),
            CHRONYD,
            (1, "chronyd doesn't read /own.conf: confdir  is missing"),
        ),
        (OWN, "echo 'Could not open /etc/x' >&2; exit 1", (1, "Could not open /etc/x")),
    ],
)
def test_chronyd(tmp_path: Path, text: str, chronyd: str, expected: tuple[int, str]) -> None:
    code, said = proved(tmp_path, "read_by_chronyd", "own.conf", text, {"chronyd": chronyd, "systemctl": "echo 0"})
    assert code == expected[0]
    assert expected[1] in said


@pytest.mark.parametrize(
    ("logrotate", "expected"),
    [
        ("echo 'reading config file corral-x' >&2", (0, "")),
        ("echo 'reading config file alternatives' >&2", (1, "include  is missing in its configuration")),
        ("echo 'Ignoring corral-x because the file owner is wrong' >&2", (1, "because the file owner is wrong")),
        (
            "echo 'reading config file corral-x'; echo 'error: corral-x:3 duplicate log entry'",
            (1, "duplicate log entry"),
        ),
    ],
)
def test_logrotate(tmp_path: Path, logrotate: str, expected: tuple[int, str]) -> None:
    code, said = proved(tmp_path, "read_by_logrotate", "corral-x", "x", {"logrotate": logrotate})
    assert code == expected[0]
    assert expected[1] in said


@pytest.mark.parametrize(
    ("name", "asked", "state", "fragment", "expected"),
    [
        ("corral-x-nginx.service", "corral-x-nginx.service", "loaded", "", (0, "")),
        ("corral-x-app@.service", "corral-x-app@corral-asks.service", "loaded", "", (0, "")),
        (
            "corral-x-nginx.service",
            "corral-x-nginx.service",
            "loaded",
            "/etc/hosts",
            (1, "but /etc/hosts in its place"),
        ),
        ("corral-x-nginx.service", "corral-x-nginx.service", "bad-setting", "", (1, "LoadState=bad-setting")),
    ],
)
def test_systemd(tmp_path: Path, name: str, asked: str, state: str, fragment: str, expected: tuple[int, str]) -> None:
    answer = f"LoadState={state}\nFragmentPath={fragment or tmp_path / name}\n"
    systemctl = f"[ \"$5\" = {asked} ] && printf '{answer}'".replace("\n", "\\n")
    code, said = proved(tmp_path, "read_by_systemd", name, "x", {"systemctl": systemctl})
    assert code == expected[0]
    assert expected[1] in said


@pytest.mark.parametrize(
    ("state", "note"), [("loaded", ""), ("masked", "note /90.conf is not read when this host starts")]
)
def test_kernel_settings_at_the_next_boot(tmp_path: Path, state: str, note: str) -> None:
    code, said = proved(tmp_path, "read_at_boot", "90.conf", "x", {"systemctl": f"echo {state}"})
    assert (code, said.startswith(note)) == (0, True)
    assert bool(said) is bool(note)


@pytest.mark.parametrize(
    ("path", "reader"),
    [
        ("/etc/chrony/conf.d/corral-x.conf", "read_by_chronyd"),
        ("/etc/chrony.d/corral-x.conf", "read_by_chronyd"),
        ("/etc/systemd/system/corral-x-app@.service", "read_by_systemd"),
        ("/etc/logrotate.d/corral-x", "read_by_logrotate"),
        ("/etc/sysctl.d/90-corral-x.conf", "read_at_boot"),
        ("/etc/corral/x/mongod.conf", ""),
    ],
)
def test_it_is_asked_after_what_takes_the_file_in(path: str, reader: str) -> None:
    taken_in = ("systemctl", "restart", "chrony.service")
    lines = script_of((WriteFile(File("h", path, "x\n", after=(taken_in,)), "", ""),), "/state", {}).splitlines()
    asked = [number for number, line in enumerate(lines) if line.startswith("read_") and line.endswith(path)]
    assert [lines[number] for number in asked] == ([f"{reader} {path}"] if reader else [])
    for number in asked:
        before = lines.index("take_in 'systemctl restart chrony.service' systemctl restart chrony.service")
        assert before < number < lines.index("echo done 0")


def said_by(tmp_path: Path, action: HostChange, programs: dict[str, str]) -> tuple[int, list[str], list[str]]:
    workshop = Workshop(tmp_path, programs)
    done = run(workshop, script_of((action,), "", {}))
    return done.code, done.stderr.decode().splitlines(), workshop.calls


def test_a_service_that_can_not_be_enabled_says_why(tmp_path: Path) -> None:
    programs = {
        "systemctl": "echo 'Job for docker.service failed because the control process exited.' >&2; exit 1",
        "journalctl": "echo 'unable to configure the Docker daemon: invalid character'",
    }
    code, said, _ = said_by(tmp_path, EnableService(Service("h", "docker.service")), programs)
    assert code == 1
    assert said[-1] == "docker.service can't be enabled"
    assert said[-2].startswith("unable to configure the Docker daemon: invalid character")


def test_a_service_that_says_nothing_is_told_in_systemds_words(tmp_path: Path) -> None:
    programs = {"systemctl": "echo 'Failed to enable unit: it is masked.' >&2; exit 1", "journalctl": ":"}
    code, said, _ = said_by(tmp_path, EnableService(Service("h", "docker.service")), programs)
    assert (code, said[-2:]) == (1, ["Failed to enable unit: it is masked.", "docker.service can't be enabled"])


def test_what_comes_back_with_its_host(tmp_path: Path) -> None:
    service = KeepAfterBoot("h", "mongod.h", "systemd", "corral-x-mongod.service", "it is disabled")
    code, said, calls = said_by(tmp_path, service, {"systemctl": ":"})
    assert (code, said) == (0, [])
    assert calls == [
        "systemctl unmask --quiet -- corral-x-mongod.service",
        "systemctl unmask --quiet --runtime -- corral-x-mongod.service",
        "systemctl enable --quiet --force -- corral-x-mongod.service",
    ]


def test_a_container_that_comes_back(tmp_path: Path) -> None:
    container = KeepAfterBoot("h", "h-5000", "docker", "43ad", "its restart policy is `no`")
    assert said_by(tmp_path, container, {"docker": ":"}) == (0, [], ["docker update --restart unless-stopped 43ad"])


def test_a_mask_is_no_file_that_somebody_wrote(tmp_path: Path) -> None:
    path = tmp_path / "corral-x-mongod.service"
    path.symlink_to("/dev/null")
    done = run(Workshop(tmp_path, {}), script_of((WriteFile(File("h", str(path), "x\n"), "", ""),), "", {}))
    assert (done.code, path.is_symlink(), path.read_text()) == (0, False, "x\n")

"""What speaks against a change on this machine: told by every verb before anything is started."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, Final

import pytest

from corral.errors import CorralError
from corral.model.resources import digest
from corral.observe.files import record_path
from corral.operate.apply import ApplyRequest
from corral.operate.destroy import destroy
from corral.operate.restart import restart
from corral.operate.session import Session
from corral.operate.up import dry_run, up
from corral.operate.where import Where
from corral.places.playground.state import State, state_of
from corral.problems import errors_in
from corral.units import orphans
from tests.free_addresses import free_network, unique_name
from tests.patience import PATIENCE
from tests.unit.operate.playing import Person

FILE: Final = """\
name: {name}
hosts: {{one: 10.0.0.1}}
playground: {{network: {network}.0.0/16}}
proxy: {{hosts: [one]}}
app: {{command: sleep 1000, hosts: [one]}}
database: {{members: [one]}}
"""
VERBS: Final[dict[str, Callable[[Where, Session], Any]]] = {
    "up --dry-run": lambda where, session: dry_run(where, (), session),
    "up": lambda where, session: up(where, ApplyRequest("up", asks=False), session),
    "restart": lambda where, session: restart(where, "", True, session),
    "destroy": lambda where, session: destroy(where, False, where.file.parent.name if where.file else "", session),
}
STARTING: Final = ("up --dry-run", "up", "restart")


class Ground:
    """A playground that has had a first run and is stopped: its secrets are there, and nothing runs."""

    def __init__(self, directory: Path) -> None:
        self.file = directory / "cluster.yaml"
        self.file.write_text(FILE.format(name=directory.name, network=free_network()))
        self.run("up --dry-run")

    @property
    def state(self) -> State:
        return state_of(self.file.parent.name)

    def run(self, verb: str, session: Session | None = None) -> Any:
        return asyncio.run(VERBS[verb](Where(self.file, "playground"), session or Session()))

    def edit(self, old: str, new: str) -> None:
        text = self.file.read_text()
        assert text.count(old) == 1
        self.file.write_text(text.replace(old, new))

    def put(self, path: Path, text: str) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)

    @property
    def configuration(self) -> Path:
        return self.state.root / "hosts/one/config"

    def change_by_hand(self) -> None:
        """nginx.conf isn't what was written down when it was written."""
        path = self.configuration / "nginx.conf"
        self.put(path, "by hand")
        self.put(Path(record_path(str(self.state.root / "hosts/one/run"), str(path))), f"done {digest('')} {path}\n")


@pytest.fixture
def ground(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Ground]:
    """Where something is started after all, it is ended."""
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    directory = tmp_path / unique_name()
    directory.mkdir()
    made = Ground(directory)
    yield made
    asyncio.run(orphans.end(orphans.processes_of(made.state.root), PATIENCE))


def _wrong_file(ground: Ground) -> None:
    ground.edit("{hosts: [one]}\napp: {", "{hosts: [one], balance: round_robin}\napp: {needs: {sticky: true}, ")


def _no_command(ground: Ground) -> None:
    ground.edit("sleep 1000", "no-such-program")


def _lost_secrets(ground: Ground) -> None:
    ground.put(ground.configuration / "keyfile", "Zm9yZWlnbg==\n")
    ground.state.secrets_file.unlink()


def _other_secrets(ground: Ground) -> None:
    ground.put(ground.configuration / "keyfile", "Zm9yZWlnbg==\n")


def _link(ground: Ground) -> None:
    ground.configuration.mkdir(parents=True, exist_ok=True)
    (ground.configuration / "nginx.conf").symlink_to(ground.file)


# what is the matter -> whom it concerns, exit code and problem code
MATTERS: Final[dict[Callable[[Ground], None], tuple[tuple[str, ...], int, str]]] = {
    _wrong_file: (STARTING, 2, "P18"),
    _no_command: (STARTING, 1, "command-missing"),
    _lost_secrets: (STARTING, 1, "secrets-lost"),
    _other_secrets: (STARTING, 1, "secrets-lost"),
    _link: (("up --dry-run", "up"), 1, "in-the-way"),
    Ground.change_by_hand: (("up",), 1, "drift"),
}
CASES: Final = [(matter, verb, code, said) for matter, (verbs, code, said) in MATTERS.items() for verb in verbs]


def assert_nothing_was_done(ground: Ground) -> None:
    assert not ground.state.journal.exists()
    assert not (ground.state.root / "control").exists(), "where the lock lies"
    assert not (ground.state.root / "supervisord.pid").exists()
    assert not orphans.processes_of(ground.state.root)


@pytest.mark.parametrize(("matter", "verb", "code", "said"), CASES, ids=[f"{m.__name__}-{v}" for m, v, *_ in CASES])
def test_a_matter_is_told_and_nothing_is_started(
    ground: Ground, matter: Callable[[Ground], None], verb: str, code: int, said: str
) -> None:
    matter(ground)
    had_secrets = ground.state.secrets_file.exists()
    with pytest.raises(CorralError) as refused:
        ground.run(verb)
    assert refused.value.exit_code == code
    assert {problem.code for problem in errors_in(refused.value.problems)} == {said}
    assert ground.state.secrets_file.exists() == had_secrets
    assert_nothing_was_done(ground)


def test_a_first_run_with_a_wrong_file_makes_no_secrets(ground: Ground) -> None:
    ground.state.purge()
    _wrong_file(ground)
    for verb in STARTING:
        with pytest.raises(CorralError):
            ground.run(verb)
    assert not ground.state.root.exists()


def test_whoever_is_asked_about_a_change_by_hand_may_say_no(ground: Ground) -> None:
    ground.change_by_hand()
    person = Person(answer=False)
    assert ground.run("up", Session(person)).changed is None
    assert person.questions == [f"{ground.configuration}/nginx.conf on one was changed by hand: overwrite it?"]
    assert (ground.configuration / "nginx.conf").read_text() == "by hand"
    assert_nothing_was_done(ground)


def test_lost_secrets_keep_nobody_from_taking_the_cluster_away(ground: Ground) -> None:
    _lost_secrets(ground)
    _wrong_file(ground)
    assert ground.run("destroy").taken_off
    assert not (ground.configuration / "keyfile").exists()
    assert not ground.state.secrets_file.exists()

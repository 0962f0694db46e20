from __future__ import annotations

import json
import os
import stat
from pathlib import Path

import pytest

from corral.cluster_file.parse import load_text
from corral.errors import ChangeFailed
from corral.places.playground.place import SECRETS, PlaygroundPlace
from corral.places.playground.state import FORMAT, State, networks_of_others, state_home, state_of
from corral.vault.file import Vault


def vault(state: State) -> Vault:
    return Vault(state.secrets_file, generators=SECRETS, in_repository=False)


def test_secrets_are_made_once_and_private(tmp_path: Path) -> None:
    state = State(tmp_path / "c")
    state.prepare()
    first = vault(state).complete()
    assert set(first) == {"admin", "operator", "application", "monitor", "probe", "keyfile"}
    assert vault(state).complete() == vault(state).read() == first
    assert set(json.loads(state.secrets_file.read_text())) == set(first), "the file's form stays what it was"
    assert not (state.root / ".gitignore").exists()
    assert stat.S_IMODE(state.secrets_file.stat().st_mode) == 0o600
    assert stat.S_IMODE(state.root.stat().st_mode) == 0o700
    assert len({secret.reveal() for secret in first.values()}) == len(first)


def test_a_secret_that_a_later_version_wants_is_added(tmp_path: Path) -> None:
    state = State(tmp_path)
    state.secrets_file.write_text(json.dumps({"admin": "old-secret"}))
    secrets = vault(state).complete()
    assert secrets["admin"].reveal() == "old-secret"
    assert "keyfile" in secrets


@pytest.mark.parametrize("content", ['{"format": 99}', "[]", '{"cluster": "x"}'])
def test_a_directory_of_another_version_is_refused(tmp_path: Path, content: str) -> None:
    state = State(tmp_path)
    state.facts_file.write_text(content)
    with pytest.raises(ChangeFailed) as failure:
        state.read_facts()
    assert failure.value.problems[0].code == "state-version"
    assert "the data were not touched" in failure.value.problems[0].hint
    assert state.facts_file.read_text() == content


@pytest.mark.parametrize("name", ["state.json", "secrets.json"])
def test_a_broken_file_is_told_by_name(tmp_path: Path, name: str) -> None:
    state = State(tmp_path)
    (tmp_path / name).write_text("{")
    with pytest.raises(ChangeFailed) as failure:
        _ = state.read_facts() if name == "state.json" else vault(state).read()
    assert name in failure.value.problems[0].message


def test_facts_come_back(tmp_path: Path) -> None:
    state = State(tmp_path)
    assert state.read_facts() == {}
    state.add_facts(network="127.9.0.0/16")
    assert state.read_facts() == {"format": FORMAT, "network": "127.9.0.0/16"}


def test_a_place_that_cannot_be_written_is_a_sentence(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(ChangeFailed) as failure:
        State(tmp_path / "file" / "c").prepare()
    assert failure.value.problems[0].code == "state-not-writable"


@pytest.mark.parametrize("name", ["a;b", "a#b", 'a"b', "a%b"])
def test_a_path_that_configuration_files_cannot_carry_is_refused(tmp_path: Path, name: str) -> None:
    with pytest.raises(ChangeFailed) as failure:
        State(tmp_path / name).prepare()
    assert failure.value.problems[0].code == "state-path"
    assert not (tmp_path / name).exists()


def test_xdg_state_home_counts_only_when_absolute(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path))
    assert state_home() == tmp_path / "corral"
    monkeypatch.setenv("XDG_STATE_HOME", "relative")
    assert state_home() == Path(os.path.expanduser("~/.local/state/corral"))  # noqa: PTH111 - another way to the same


def test_networks_of_other_clusters_are_known_and_unreadable_ones_hinder_nobody(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path))
    for name, network in (("mine", "127.7.0.0/16"), ("other", "127.8.0.0/16")):
        state_of(name).prepare()
        state_of(name).add_facts(network=network)
    (tmp_path / "corral" / "broken").mkdir()
    (tmp_path / "corral" / "broken" / "state.json").write_text("{")
    assert networks_of_others("mine") == {"127.8.0.0/16"}


def test_the_network_once_taken_is_kept_and_the_files_own_goes_before_it(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path))
    text = "name: kept\nhosts: {a: 10.0.0.1}\nproxy: {hosts: [a]}\napp: {command: x, hosts: [a]}\n"
    text += "database: {members: [a]}\n"
    usual = PlaygroundPlace(load_text(text)).network
    state_of("other").prepare()
    state_of("other").add_facts(network=usual)
    moved = PlaygroundPlace(load_text(text)).network
    assert moved != usual
    state_of("kept").prepare()
    state_of("kept").add_facts(network=moved)
    state_of("other").purge()
    assert PlaygroundPlace(load_text(text)).network == moved
    own = "127.250.0.0/16"
    assert PlaygroundPlace(load_text(f"{text}playground: {{network: {own}}}\n")).network == own

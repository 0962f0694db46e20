"""The files by which ssh finds and trusts the hosts."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest

from lab import state
from lab.table import table


def test_known_hosts_name_each_host_twice(tmp_path: Path) -> None:
    files = state.State(tmp_path)
    state.write(files, table(hosts=["a-1=11", "a-2=12"]), {"a-1": "ssh-ed25519 AAAA", "a-2": "ssh-ed25519 BBBB"})
    assert files.known_hosts.read_text() == "a-1,10.108.0.11 ssh-ed25519 AAAA\na-2,10.108.0.12 ssh-ed25519 BBBB\n"


@pytest.mark.skipif(shutil.which("ssh") is None, reason="asks the real ssh")
def test_ssh_reads_the_configuration(tmp_path: Path) -> None:
    files = state.State(tmp_path / "with a space")
    config = tmp_path / "ssh_config"
    config.write_text(state.ssh_config(files, table().hosts))
    said = subprocess.run(["ssh", "-G", "-F", config, "db-216"], capture_output=True, text=True, check=True).stdout
    settings = dict(line.split(" ", 1) for line in said.splitlines())
    assert (settings["hostname"], settings["user"]) == ("10.108.0.216", "deploy")
    assert settings["identityfile"] == str(files.key)
    assert settings["stricthostkeychecking"] == "true"


@pytest.mark.skipif(shutil.which("ssh-keygen") is None, reason="makes a real key")
def test_a_key_is_made_once_and_its_owners_alone(tmp_path: Path) -> None:
    files = state.State(tmp_path / "lab")
    first = state.ensure_key(files)
    assert first.startswith("ssh-ed25519 ")
    assert files.key.stat().st_mode & 0o777 == 0o600
    assert state.ensure_key(files) == first

"""Keys of age and SSH for tests, and a home directory without any."""

from __future__ import annotations

import subprocess
from collections.abc import Callable
from pathlib import Path

import pyrage
import pytest

from corral.errors import ChangeFailed
from corral.problems import Problem

PLAIN = "admin: old-password\n"


@pytest.fixture(autouse=True)
def nobodys_home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """So that no key of whoever runs the tests is found."""
    home = tmp_path / "home"
    home.mkdir()
    monkeypatch.setenv("HOME", str(home))
    for name in ("XDG_CONFIG_HOME", "CORRAL_AGE_IDENTITY"):
        monkeypatch.delenv(name, raising=False)
    return home


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / ".corral" / "shop" / "secrets.yaml"


def written(path: Path, content: str | bytes, mode: int = 0o600) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    path.chmod(mode)
    return path


def age_key(path: Path) -> str:
    """A new private key at `path`, as age-keygen writes it; its public key."""
    key = pyrage.x25519.Identity.generate()
    written(path, f"# created: 2026-11-24\n# public key: {key.to_public()}\n{key}\n")
    return str(key.to_public())


def ssh_key(path: Path, kind: str = "ed25519", passphrase: str = "") -> str:
    path.parent.mkdir(parents=True, exist_ok=True)
    command = ["ssh-keygen", "-q", "-t", kind, "-N", passphrase, "-C", "anna@ops", "-f", str(path)]
    subprocess.run(command, check=True, stdin=subprocess.DEVNULL)
    return Path(f"{path}.pub").read_text().strip()


def refused(act: Callable[[], object]) -> Problem:
    with pytest.raises(ChangeFailed) as failure:
        act()
    [problem] = failure.value.problems
    return problem

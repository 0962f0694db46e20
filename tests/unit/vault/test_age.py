"""Who can decrypt, and what is said when nobody can."""

from __future__ import annotations

from pathlib import Path

import pytest

from corral.errors import ChangeFailed
from corral.secrets import Secret
from corral.vault import age
from corral.vault.file import Vault
from tests.unit.vault.keys import PLAIN, age_key, nobodys_home, path, refused, ssh_key, written

__all__ = ["nobodys_home", "path"]  # fixtures


def test_where_private_keys_are_looked_for(path: Path, nobodys_home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert age.identity_paths([]) == []
    ssh_key(nobodys_home / ".ssh" / "id_rsa", "rsa")
    ssh_key(nobodys_home / ".ssh" / "id_ed25519")
    own = age_key(nobodys_home / ".config" / "corral" / "age.key")
    found = [str(Path(each).relative_to(nobodys_home)) for each in age.identity_paths([])]
    assert found == [".config/corral/age.key", ".ssh/id_ed25519", ".ssh/id_rsa"]
    assert Vault(path, [own]).complete() == Vault(path).read()
    monkeypatch.setenv("XDG_CONFIG_HOME", str(nobodys_home / "elsewhere"))
    assert str(nobodys_home / ".config/corral/age.key") not in age.identity_paths([])
    monkeypatch.setenv("CORRAL_AGE_IDENTITY", "/some/key")
    assert age.identity_paths([]) == ["/some/key"]
    assert age.identity_paths(["/mine"]) == ["/mine"]


def test_what_is_wrong_with_a_private_key_is_said(path: Path, tmp_path: Path) -> None:
    written(path, age.encrypt(PLAIN.encode(), age.read_recipients([age_key(tmp_path / "good")])))
    ssh_key(tmp_path / "locked", passphrase="correct horse")
    ssh_key(tmp_path / "ecdsa", "ecdsa")
    other = age.encrypt(b"AGE-SECRET-KEY-1", age.read_recipients([age_key(tmp_path / "other")]))
    written(tmp_path / "locked-age", other)
    written(tmp_path / "plugin", "AGE-PLUGIN-YUBIKEY-1QQQ\n")
    reasons = {
        "locked": "has a passphrase",
        "locked-age": "has a passphrase",
        "ecdsa": "it knows ssh-ed25519 and ssh-rsa",
        "plugin": "plugin",
        "locked.pub": "is not a private key",
        "none": "No such file",
        "other": "it is encrypted for other keys than",
    }
    for name, reason in reasons.items():
        problem = refused(Vault(path, (), [str(tmp_path / name)]).read)
        assert problem.code == "secrets-identity"
        assert reason in problem.message, name
        assert str(path) in problem.message
        assert str(tmp_path / name) in problem.message
        assert "ssh-keygen" in problem.hint
    keys = [str(tmp_path / name) for name in (*reasons, "good")]
    assert Vault(path, (), keys).read() == {"admin": Secret("old-password")}, "one that fits is enough"
    assert "no private key was found" in refused(Vault(path).read).message


@pytest.mark.parametrize("recipient", ["age1xyz", "ssh-ed25519 AAAA", "ssh-dss AAAA", "missing.pub", "age1pq1abc"])
def test_a_recipient_that_is_none_is_named(path: Path, recipient: str) -> None:
    problem = refused(Vault(path, [recipient]).complete)
    assert problem.code == "secrets-recipient"
    assert recipient in problem.message
    assert not path.exists()


def test_all_wrong_recipients_are_told_together(path: Path, tmp_path: Path) -> None:
    empty = written(tmp_path / "empty.pub", "# nobody\n")
    with pytest.raises(ChangeFailed) as failure:
        Vault(path, ["age1xyz", str(empty)]).complete()
    assert len(failure.value.problems) == 2


def test_a_damaged_encrypted_file_is_told(path: Path, tmp_path: Path) -> None:
    vault = Vault(path, [age_key(tmp_path / "key")], [str(tmp_path / "key")])
    vault.complete()
    whole = path.read_bytes()
    written(path, whole[: len(whole) // 2])
    assert refused(vault.read).code == "secrets-damaged"
    assert refused(vault.complete).code == "secrets-damaged"

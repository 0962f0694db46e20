"""The file of secrets: plain, encrypted, and on its way from one to the other."""

from __future__ import annotations

import stat
import subprocess
import sys
from contextlib import ExitStack
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from corral.events import Event, Note
from corral.secrets import Secret, Secrets
from corral.vault import age, text
from corral.vault.file import GENERATORS, Vault
from tests.unit.vault.keys import PLAIN, age_key, nobodys_home, path, refused, ssh_key, written

__all__ = ["nobodys_home", "path"]  # fixtures


def values(secrets: Secrets) -> dict[str, str]:
    return {name: secret.reveal() for name, secret in secrets.items()}


def completed(vault: Vault) -> tuple[Secrets, list[str]]:
    """The secrets, and what was said."""
    said: list[Event] = []
    secrets = vault.complete(said.append)
    assert all(isinstance(event, Note) for event in said)
    return secrets, [event.message for event in said if isinstance(event, Note)]


def test_made_once_and_for_their_owner_alone(path: Path) -> None:
    vault = Vault(path)
    assert vault.read() == {}
    assert not path.parent.exists(), "looking changes nothing"
    first, said = completed(vault)
    assert set(first) == set(GENERATORS)
    assert len(set(values(first).values())) == len(first)
    assert "keep a copy" in said[0]
    assert completed(vault) == (first, [])
    assert vault.read() == first
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700
    assert not [secret for secret in values(first).values() if secret in "".join(said)]


def test_missing_ones_are_added_and_none_is_changed(path: Path) -> None:
    written(path, PLAIN + "extra: something-of-mine\n")
    secrets, said = completed(Vault(path))
    assert values(secrets)["admin"] == "old-password"
    assert values(Vault(path).read()) == values(secrets)
    assert values(secrets)["extra"] == "something-of-mine"
    assert "vrrp" in said[0]
    assert "admin" not in said[0]


@pytest.mark.parametrize("how", ["age", "ed25519", "rsa", ".pub"])
def test_encrypted_for_its_recipients(path: Path, tmp_path: Path, how: str) -> None:
    key = tmp_path / "key"
    if how == "age":
        recipient = age_key(key)
    elif how == ".pub":
        ssh_key(key)
        recipient = f"{key}.pub"
    else:
        recipient = ssh_key(key, how)
    vault = Vault(path, [recipient], [str(key)])
    secrets, _ = completed(vault)
    assert path.read_bytes().startswith(b"-----BEGIN AGE ENCRYPTED FILE-----\n")
    assert Vault(path, (), [str(key)]).read() == secrets, "reading asks for no recipients"
    assert set(secrets) == set(GENERATORS)
    before = path.read_bytes()
    assert completed(vault) == (secrets, [])
    assert path.read_bytes() == before, "what is encrypted anew differs each time"
    assert not [value for value in values(secrets).values() if value.encode() in before]


def git_takes(directory: Path) -> set[str]:
    subprocess.run(["git", "init", "-q"], cwd=directory, check=True)
    command = ["git", "ls-files", "--others", "--exclude-standard", ".corral"]
    listed = subprocess.run(command, cwd=directory, check=True, capture_output=True, text=True).stdout
    return {Path(line).name for line in listed.splitlines()}


def test_git_takes_an_encrypted_file_and_no_plain_one(path: Path, tmp_path: Path) -> None:
    key = tmp_path / "key"
    recipient = age_key(key)
    Vault(path).complete()
    (path.parent / "journal").mkdir()
    written(path.parent / "journal" / "x.jsonl", "{}")
    written(path.parent / "known_hosts", "")
    assert git_takes(tmp_path) == {".gitignore", "known_hosts"}
    Vault(path, [recipient], [str(key)]).complete()
    assert git_takes(tmp_path) == {".gitignore", "known_hosts", "secrets.yaml"}
    written(path, PLAIN)
    Vault(path).complete()
    assert git_takes(tmp_path) == {".gitignore", "known_hosts"}
    (path.parent / ".gitignore").unlink()
    assert "secrets.yaml" in git_takes(tmp_path)
    Vault(path).complete()
    assert git_takes(tmp_path) == {".gitignore", "known_hosts"}, "also when there is nothing else to write"


def test_a_plain_file_is_encrypted_once_there_are_recipients(path: Path, tmp_path: Path) -> None:
    before = values(Vault(path).complete())
    recipient = age_key(tmp_path / "key")
    secrets, said = completed(Vault(path, [recipient], [str(tmp_path / "key")]))
    assert values(secrets) == before
    assert said == [f"{path}: it was plain, and is now encrypted for 1 recipient"]
    assert age.is_encrypted(path.read_bytes())


def test_changed_recipients_encrypt_anew_and_it_is_said(path: Path, tmp_path: Path) -> None:
    mine, yours = tmp_path / "mine", tmp_path / "yours"
    first, second = age_key(mine), ssh_key(yours)
    secrets, _ = completed(Vault(path, [first], [str(mine)]))
    assert refused(Vault(path, (), [str(yours)]).read).code == "secrets-identity"
    both, said = completed(Vault(path, [second, first], [str(mine)]))
    assert (both, len(said)) == (secrets, 1)
    assert "recipients have changed" in said[0]
    assert Vault(path, (), [str(yours)]).read() == secrets
    assert completed(Vault(path, [first, f"{second} other comment"], [str(mine)]))[1] == [], "the same in another order"
    completed(Vault(path, [second], [str(yours)]))
    assert "it is encrypted for other keys than" in refused(Vault(path, (), [str(mine)]).read).message


def test_nobody_locks_himself_out(path: Path, tmp_path: Path) -> None:
    mine, yours = tmp_path / "mine", tmp_path / "yours"
    first, second = age_key(mine), age_key(yours)
    Vault(path, [first], [str(mine)]).complete()
    before = path.read_bytes()
    problem = refused(Vault(path, [second], [str(mine)]).complete)
    assert problem.code == "secrets-lockout"
    assert "nothing was written" in problem.hint
    assert path.read_bytes() == before
    new = path.with_name("new.yaml")
    assert refused(Vault(new, [second]).complete).code == "secrets-lockout"
    assert not new.exists()


def test_an_encrypted_file_never_becomes_plain_by_itself(path: Path, tmp_path: Path) -> None:
    key = tmp_path / "key"
    recipients = age.read_recipients([age_key(key)])
    written(path, age.encrypt(PLAIN.encode(), recipients))
    before = path.read_bytes()
    problem = refused(Vault(path, (), [str(key)]).complete)
    assert problem.code == "secrets-plain"
    assert path.read_bytes() == before
    assert values(Vault(path, (), [str(key)]).read()) == {"admin": "old-password"}


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        ("admin: [old-password", "not YAML"),
        ("admin: 'old-password\n", "not YAML"),
        ("- old-password\n", "not a mapping"),
        ("", "not a mapping"),
        ("admin: 12345678\n", "the value of admin is not a text"),
        ("admin: {old-password: 1}\n", "the value of admin is not a text"),
        ("admin: old-p@ssword\n", "the value of admin must be"),
        ("admin: short\n", "the value of admin must be"),
        ("vrrp: old-password\n", "the value of vrrp must be 8"),
        ("Old-Password: old-password\n", "can't be the name of a secret"),
        (b"admin: old-password\xff\n", "not YAML"),
        ("!!python/object:os.system old-password\n", "not YAML"),
    ],
)
def test_a_broken_file_is_named_and_never_shown(path: Path, content: str | bytes, reason: str) -> None:
    written(path, content)
    problem = refused(Vault(path).read)
    assert problem == refused(Vault(path).complete)
    assert problem.code == "secrets-broken"
    assert reason in problem.message
    assert str(path) in problem.where
    assert "old-p" not in repr(problem).lower()
    assert path.read_bytes() == (content.encode() if isinstance(content, str) else content)


NAMES = st.from_regex(r"[a-z][a-z0-9_]{0,9}", fullmatch=True).filter(lambda name: name not in ("recipients", "keyfile"))


@given(st.dictionaries(NAMES, st.from_regex(r"[A-Za-z0-9._~-]{8}", fullmatch=True), max_size=4))
def test_every_value_comes_back(secrets: dict[str, str]) -> None:
    """Also one of digits alone, or one that YAML would take for a number or a truth value."""
    secrets |= {"number": "12345678", "float": "1234e567", "octal": "0o123456"}
    assert text.read(text.written(secrets, ["age1x"]).encode(), Path("x")) == (secrets, ("age1x",))


def test_a_file_that_others_could_read_is_closed(path: Path) -> None:
    Vault(path).complete()
    path.chmod(0o644)
    _, said = completed(Vault(path))
    assert "could be read by others (mode 644)" in said[0]
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_a_link_stays_one(path: Path, tmp_path: Path) -> None:
    target = written(tmp_path / "safe" / "secrets.yaml", PLAIN)
    path.parent.mkdir(parents=True)
    path.symlink_to(target)
    Vault(path).complete()
    assert path.is_symlink()
    assert "keyfile" in target.read_text()


def test_what_cannot_be_written_is_a_sentence_and_leaves_the_old_file(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    written(path, PLAIN)

    def full(_descriptor: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("os.fsync", full)
    problem = refused(Vault(path).complete)
    assert problem.code == "secrets-not-written"
    assert "No space left" in problem.message
    assert path.read_text() == PLAIN


def test_a_place_that_is_none(tmp_path: Path) -> None:
    written(tmp_path / "file", "")
    assert refused(Vault(tmp_path / "file" / "secrets.yaml").complete).code == "secrets-not-written"
    (tmp_path / "directory").mkdir()
    assert refused(Vault(tmp_path / "directory").read).code == "secrets-unreadable"


COMPLETE = """
import sys
from pathlib import Path
from corral.vault.file import Vault
for line in sys.stdin:
    secrets = Vault(Path(line.strip())).complete()
    print(sorted((name, secret.reveal()) for name, secret in secrets.items()), flush=True)
"""


def test_those_that_make_them_at_the_same_time_get_the_same(tmp_path: Path) -> None:
    command = [sys.executable, "-c", COMPLETE]
    with ExitStack() as stack:
        processes = [
            stack.enter_context(
                subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, bufsize=1)
            )
            for _ in range(3)
        ]
        for number in range(20):
            for process in processes:
                assert process.stdin
                process.stdin.write(f"{tmp_path}/{number}/secrets.yaml\n")
            answers = {process.stdout.readline() for process in processes if process.stdout}
            assert len(answers) == 1
            assert "keyfile" in answers.pop()


def test_a_secret_is_no_text(path: Path) -> None:
    assert all(isinstance(secret, Secret) for secret in Vault(path).complete().values())

"""Secrets for people and from outside: encrypted for those who may read them, brought to instances and nowhere else."""

from __future__ import annotations

import stat
import subprocess
from collections.abc import Iterator

import pytest

from tests.lab import judges
from tests.lab.footprints import changed
from tests.lab.harness import LabCluster

LINES = '-----BEGIN KEY-----\nit\'s "quoted", 100% $HOME \\n\n-----END KEY-----'
INSTANCES = {"app-1-5040", "app-1-5041", "app-1-5042"}


@pytest.fixture
def plain(pair: LabCluster) -> Iterator[dict[str, str]]:
    """The secrets while their file is plain, as it is again behind the test: by the way that Corral itself tells."""
    spec, made = pair.spec, pair.secrets()
    yield made
    path = pair.store / "secrets.yaml"
    path.write_text("".join(f'{name}: "{value}"\n' for name, value in made.items()))
    path.chmod(stat.S_IRUSR | stat.S_IWUSR)
    pair.write(spec)
    pair.assert_settled()


def test_the_file_is_encrypted_for_its_recipients(pair: LabCluster, plain: dict[str, str]) -> None:
    """With an SSH key: the one who applies, and a colleague. The file was plain before, and is read with the key."""
    for name in ("mine", "hers"):
        key = ["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", str(pair.directory / name)]
        subprocess.run(key, check=True)
    recipients = [(pair.directory / "mine.pub").read_text().strip(), "hers.pub"]
    spec = pair.spec
    pair.write({**spec, "secrets": {"recipients": recipients, "identity": "mine"}})
    said = pair.run("apply", "--yes").stderr
    assert "it was plain, and is now encrypted for 2 recipients" in said
    text = (pair.store / "secrets.yaml").read_text()
    assert text.startswith("-----BEGIN AGE ENCRYPTED FILE-----")
    assert not [value for value in plain.values() if value in text]
    pair.assert_settled()
    assert pair.until_verified()
    pair.write({**spec, "secrets": {"recipients": recipients, "identity": "hers"}})
    pair.assert_settled()
    pair.write({**spec, "secrets": {"recipients": recipients, "identity": str(pair.lab.key)}})
    assert "can't be decrypted: it is encrypted for other keys than" in pair.run("plan", code=1).stderr
    pair.write({**spec, "secrets": {"identity": "mine"}})
    pair.apply()
    assert (pair.store / "secrets.yaml").read_text() == text, "it doesn't become plain by itself"


def test_what_is_kept_outside_reaches_the_instances_and_nobody_else(pair: LabCluster) -> None:
    (pair.directory / "push.pem").write_text(LINES + "\n")
    pair.environment["MAIL_PASSWORD"] = "first-mail-password"
    pair.change(app={"env": {"MAIL_PASSWORD": "${env:MAIL_PASSWORD}", "PUSH_KEY": "${file:push.pem}"}})
    before = pair.pids()
    said = pair.run("plan")
    assert "${env:MAIL_PASSWORD" in said.stdout
    assert "${file:push.pem" in said.stdout
    done = pair.run("apply", "--yes")
    assert changed(before, pair.pids()) == INSTANCES
    assert _environment(pair)["MAIL_PASSWORD"] == "first-mail-password"
    assert _environment(pair)["PUSH_KEY"] == LINES
    pair.assert_settled()
    leaks = judges.Leaks(pair, ["first-mail-password", "BEGIN KEY"])
    assert leaks.on("app-1") == []
    kept = "".join(path.read_text() for path in pair.store.rglob("*") if path.is_file())
    told = said.stdout + said.stderr + done.stdout + done.stderr + kept
    assert not [value for value in leaks.values if value in told]


def test_another_value_restarts_the_instances(pair: LabCluster) -> None:
    pair.change(app={"env": {"MAIL_PASSWORD": "${env:MAIL_PASSWORD}", "PUSH_KEY": None}})
    pair.environment["MAIL_PASSWORD"] = "first-mail-password"
    pair.apply()
    before = pair.pids()
    pair.environment["MAIL_PASSWORD"] = "second-mail-password"
    starts = [action for action in pair.planned() if action["kind"] == "start_unit"]
    assert {action["unit"]["name"] for action in starts} == INSTANCES
    pair.apply()
    assert changed(before, pair.pids()) == INSTANCES
    assert _environment(pair)["MAIL_PASSWORD"] == "second-mail-password"
    pair.assert_settled()


def test_a_value_that_is_missing_is_told_before_anything_changes(pair: LabCluster) -> None:
    pair.environment.pop("MAIL_PASSWORD", None)
    pair.change(app={"env": {"MAIL_PASSWORD": "${env:MAIL_PASSWORD}"}})
    runs = pair.runs()
    said = pair.run("apply", "--yes", code=2).stderr
    assert "${env:MAIL_PASSWORD} has no value: the variable MAIL_PASSWORD is not set where corral runs" in said
    assert "`export MAIL_PASSWORD=…` and run the same command again" in said
    assert pair.runs() == runs


def _environment(pair: LabCluster) -> dict[str, str]:
    """Of an instance's process."""
    pid = pair.property("app-1", "corral-pair-app@app-1-5041.service", "MainPID")
    pairs = pair.on("app-1", "cat", f"/proc/{pid}/environ").split("\0")
    return dict(entry.split("=", 1) for entry in pairs if entry)

"""A cluster that runs with other secrets than those that are here is left alone."""

from __future__ import annotations

from pathlib import Path

import pytest

from corral.errors import ChangeFailed
from corral.events import ignore
from corral.model.resources import File, Observed
from corral.operate.connections import Completed, complete_secrets, refuse_lost_secrets
from corral.secrets import Secrets, redact
from corral.spec.parse import Loaded, load_file
from tests.unit.spec.files import SMALL

FOREIGN = "Zm9yZWlnbg==\n"


@pytest.fixture
def loaded(tmp_path: Path) -> Loaded:
    file = tmp_path / "cluster.yaml"
    file.write_text(SMALL)
    return load_file(file)


def secrets_file(loaded: Loaded) -> Path:
    return Path(loaded.directory) / ".corral" / loaded.spec.name / "secrets.yaml"


def found(secrets: Secrets, *contents: str) -> Observed:
    """Key files as an observation has them: what is known is redacted."""
    path = "/etc/corral/shop/keyfile"
    return Observed(
        files=tuple(File(f"d{n}", path, redact(content, secrets)) for n, content in enumerate(contents, start=1))
    )


def refused(loaded: Loaded, completed: Completed, observed: Observed) -> str:
    with pytest.raises(ChangeFailed) as failure:
        refuse_lost_secrets(loaded, completed, observed)
    (problem,) = failure.value.problems
    assert (problem.code, problem.where) == ("secrets-lost", "d1")
    return problem.message


def test_new_secrets_are_taken_back_where_the_cluster_is_on_its_hosts(loaded: Loaded) -> None:
    completed = complete_secrets(loaded, ignore)
    file = secrets_file(loaded)
    assert file.exists()
    refuse_lost_secrets(loaded, completed, found(completed.secrets))
    assert f"there is no {file}" in refused(loaded, completed, found(completed.secrets, FOREIGN))
    assert not file.exists()


def test_those_that_a_failed_run_made_are_refused_at_the_next(loaded: Loaded) -> None:
    complete_secrets(loaded, ignore)
    completed, file = complete_secrets(loaded, ignore), secrets_file(loaded)
    content = file.read_bytes()
    assert f"{file} holds others" in refused(loaded, completed, found(completed.secrets, FOREIGN, FOREIGN))
    assert file.read_bytes() == content


def test_a_key_file_that_was_changed_by_hand_on_one_host_is_drift(loaded: Loaded) -> None:
    completed = complete_secrets(loaded, ignore)
    ours = completed.secrets["keyfile"].reveal() + "\n"
    refuse_lost_secrets(loaded, completed, found(completed.secrets, FOREIGN, ours))

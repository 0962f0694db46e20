"""A cluster that runs with other secrets than those that are here is left alone."""

from __future__ import annotations

from pathlib import Path

import pytest

from corral.cluster_file.parse import Loaded, load_file
from corral.errors import ChangeFailed
from corral.model.resources import File, Observed
from corral.operate.refusals import Case, refuse
from corral.places.base import Observation
from corral.places.hosts.place import HostsPlace
from corral.secrets import Secrets, redact
from tests.unit.cluster_file.files import SMALL

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


def completed(loaded: Loaded) -> HostsPlace:
    """The hosts with all secrets, those made that were missing."""
    place = HostsPlace(loaded)
    place.secret_store.complete()
    return place


def judge(place: HostsPlace, observed: Observed) -> None:
    refuse("seen", Case("apply", place, seen=Observation(observed)))


def refused(place: HostsPlace, observed: Observed) -> str:
    with pytest.raises(ChangeFailed) as failure:
        judge(place, observed)
    (problem,) = failure.value.problems
    assert (problem.code, problem.where) == ("secrets-lost", "d1")
    return problem.message


def test_new_secrets_are_taken_back_where_the_cluster_is_on_its_hosts(loaded: Loaded) -> None:
    place, file = completed(loaded), secrets_file(loaded)
    assert file.exists()
    judge(place, found(place.secrets))
    assert f"there is no {file}" in refused(place, found(place.secrets, FOREIGN))
    assert not file.exists()


def test_those_that_a_failed_run_made_are_refused_at_the_next(loaded: Loaded) -> None:
    completed(loaded)
    place, file = completed(loaded), secrets_file(loaded)
    content = file.read_bytes()
    assert f"{file} has other ones" in refused(place, found(place.secrets, FOREIGN, FOREIGN))
    assert file.read_bytes() == content


def test_a_key_file_that_was_changed_by_hand_on_one_host_is_drift(loaded: Loaded) -> None:
    place = completed(loaded)
    ours = place.secrets["keyfile"].reveal() + "\n"
    judge(place, found(place.secrets, FOREIGN, ours))


def test_those_that_hosts_may_have_by_now_are_kept(loaded: Loaded) -> None:
    """A plan may turn out to be stale in the middle of a run: the next attempt takes nothing back."""
    place = completed(loaded)
    place.secret_store.given_out()
    assert "has other ones" in refused(place, found(place.secrets, FOREIGN))
    assert secrets_file(loaded).exists()

"""The verbs for real hosts, over hosts that are directories of this machine."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from click.testing import Result
from typer.testing import CliRunner

from corral.cli.main import app
from corral.cluster_file.parse import Loaded
from corral.model.cluster import Host
from corral.places.hosts.store import store_of
from corral.runs.records import MachineRecords
from tests.unit.cluster_file.files import SMALL
from tests.unit.runs.lock_hosts import Wire, hosts_in


class Corral:
    """Runs a verb with the cluster file `cluster.yaml` in `directory`."""

    def __init__(self, directory: Path, hosts: list[Host], wire: Wire) -> None:
        self.directory, self.hosts, self.wire = directory, hosts, wire

    def __call__(self, *arguments: str, code: int = 0) -> Result:
        done = CliRunner().invoke(app, [*arguments[:1], "--on", "hosts", *arguments[1:]])
        assert done.exit_code == code, (done.output, done.exception)
        return done

    def failure(self, *arguments: str) -> BaseException:
        """What the verb raised."""
        done = CliRunner().invoke(app, [*arguments[:1], "--on", "hosts", *arguments[1:]])
        assert done.exception is not None, done.output
        return done.exception

    @property
    def journal(self) -> Path:
        return self.directory / ".corral" / "shop" / "journal"


@pytest.fixture
def corral(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Corral:
    (tmp_path / "cluster.yaml").write_text(SMALL)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COLUMNS", "200")
    hosts, wire = hosts_in(tmp_path / "hosts", "one", "two"), Wire()

    @asynccontextmanager
    async def opened(loaded: Loaded, name: str, *, with_secrets: bool) -> AsyncIterator[Any]:
        records = MachineRecords(loaded.spec.name, loaded.source, store_of(loaded).journal, wire, hosts)
        assert not with_secrets, "who looks at locks and runs may not have them"
        yield SimpleNamespace(records=records, traits=SimpleNamespace(name=name))

    monkeypatch.setattr("corral.places.opened", opened)
    return Corral(tmp_path, hosts, wire)

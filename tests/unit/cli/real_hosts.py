"""The verbs for real hosts, over hosts that are directories of this machine."""

from __future__ import annotations

import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from types import ModuleType, SimpleNamespace
from typing import Any

import pytest
import typer
from click.testing import Result
from typer.testing import CliRunner

from corral.cli import journal, unlock
from corral.model.cluster import Host
from corral.transport.base import Transport
from tests.unit.runs.lock_hosts import Wire, hosts_in
from tests.unit.spec.files import SMALL


class Corral:
    """Runs a verb with the cluster file `cluster.yaml` in `directory`."""

    def __init__(self, directory: Path, hosts: list[Host], wire: Wire) -> None:
        self.directory, self.hosts, self.wire = directory, hosts, wire
        self._app = typer.Typer(rich_markup_mode=None, pretty_exceptions_enable=False)
        self._app.callback()(lambda: None)
        for verb in (journal, unlock):
            verb.register(self._app)

    def __call__(self, *arguments: str, code: int = 0) -> Result:
        done = CliRunner().invoke(self._app, arguments)
        assert done.exit_code == code, (done.output, done.exception)
        return done

    def failure(self, *arguments: str) -> BaseException:
        """What the verb raised."""
        done = CliRunner().invoke(self._app, arguments)
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
    async def open_hosts(_loaded: Any, *_others: Any, **_options: Any) -> AsyncIterator[Any]:
        transport: Transport = wire
        yield SimpleNamespace(transport=transport, cluster=SimpleNamespace(hosts=hosts), secrets={})

    module = ModuleType("corral.operate.connections")
    module.open_hosts = open_hosts  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, "corral.operate.connections", module)
    return Corral(tmp_path, hosts, wire)

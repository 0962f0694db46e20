"""An application host whose instances systemd runs: one template unit, a start script for each, the release."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from pathlib import PurePosixPath

from corral.desired import instances
from corral.desired.gates import health_gate
from corral.desired.installs import release
from corral.desired.parts import HostBuilder, revision
from corral.desired.systemd import RELOAD, hardened, protect_home, unit_path, unit_text, whole_seconds
from corral.desired.templating import head
from corral.model.cluster import Application, Cluster, Host, Instance
from corral.model.identity import account
from corral.model.resources import HostFacts


def add_instances(here: HostBuilder, cluster: Cluster, mine: list[Instance], facts: HostFacts) -> None:
    """`mine` are the instances of this host."""
    host, owner = here.host, account(cluster.name, "app")
    app = replace(cluster.app, directory=_directory(here, cluster))
    here.directory(instances.places(host))
    if app.storage:
        here.directory(app.storage, 0o750, owner)
    scripts = {each.name: _script(here, app, each, owner) for each in mine}
    definition = here.file(unit_path(cluster.name, mine[0].unit), app_service(cluster, app, host, mine), after=[RELOAD])
    for instance in mine:
        path, content = scripts[instance.name]
        unit = instances.instance_unit(app, instance, facts, ("/bin/sh", path), str(app.directory))
        here.unit(replace(unit, revision=revision(content, definition.content)), health_gate(instance))


def app_service(cluster: Cluster, app: Application, host: Host, mine: Iterable[Instance]) -> str:
    seen = {word for instance in mine for word in instance.command}
    return unit_text(
        "app.service.j2",
        cluster,
        host,
        account=account(cluster.name, "app"),
        instances=instances.places(host),
        open_files=instances.OPEN_FILES,
        storage=app.storage,
        stop_signal=app.stop_signal,
        stop_timeout=whole_seconds(app.stop_timeout),
        **hardened(protect_home([app.directory, app.storage, *seen])),
    )


def _directory(here: HostBuilder, cluster: Cluster) -> PurePosixPath:
    """Where the commands run: below the release, or where the user has put the application.

    Raises ValueError when that is no absolute path: it would start at nothing.
    """
    app = cluster.app
    if app.release.way == "archive":
        return release(here, cluster) / app.directory
    if not app.directory.is_absolute():
        raise ValueError(
            f"app.directory must be an absolute path on the hosts, not {app.directory}: there is no release"
        )
    return app.directory


def _script(here: HostBuilder, app: Application, instance: Instance, owner: str) -> tuple[str, str]:
    """Its path and content."""
    text = instances.start_script(app, instance, head(here.host))
    file = here.file(instances.script_path(instance), text, 0o600, owner)
    return file.path, file.content

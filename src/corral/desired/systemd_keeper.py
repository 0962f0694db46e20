"""systemd as a keeper, and docker compose for an application in containers: what runs on real hosts."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Literal

from corral.desired import app_compose, app_systemd, installs, nginx
from corral.desired.definitions import definition_of
from corral.desired.keeper import Draft, Part, Program
from corral.desired.parts import HostBuilder, revision
from corral.desired.systemd import RELOAD, unit_path
from corral.model.cluster import Cluster, Host, Instance
from corral.model.identity import account
from corral.model.resources import HostFacts


class SystemdKeeper:
    def __init__(self, cluster: Cluster) -> None:
        self._cluster = cluster

    def owner(self, part: Part) -> str:
        return account(self._cluster.name, part)

    def program(self, here: HostBuilder, name: Literal["nginx", "mongod"], facts: HostFacts) -> Program:
        """From the distribution, an archive, or what is there already."""
        if name == "nginx":
            return installs.nginx(here, self._cluster.proxy.install, facts)
        return installs.mongod(here, self._cluster.database.install, facts)

    def nginx_facts(self, host: Host, program: Program, facts: HostFacts) -> HostFacts:
        log = str(nginx.access_log(host))
        return replace(facts, nginx_version=program.version, user=self.owner("web"), access_log=log)

    def checker(self, program: Program) -> str:
        """An archive's nginx is in the same place on all hosts; another one is found on root's PATH."""
        return program.path if self._cluster.proxy.install.way == "archive" else "nginx"

    def keep(self, here: HostBuilder, draft: Draft) -> None:
        """Of nginx's version counts which directives its configuration may hold: an older master would refuse them."""
        unit = draft.unit
        text = definition_of(self._cluster, here.host, draft)
        definition = here.file(unit_path(self._cluster.name, unit.id), text, after=[RELOAD])
        generation = nginx.generation(draft.program.version) if unit.role == "proxy" else ()
        here.unit(draft.made(revision(*draft.reads, definition.content, *generation)), draft.gate)

    def instances(self, here: HostBuilder, mine: Sequence[Instance], facts: HostFacts) -> None:
        in_containers = self._cluster.app.runtime == "compose"
        add = app_compose.add_containers if in_containers else app_systemd.add_instances
        add(here, self._cluster, list(mine), facts)

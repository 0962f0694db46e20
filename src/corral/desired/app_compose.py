"""An application host whose instances are containers of docker compose."""

from __future__ import annotations

from dataclasses import replace

from corral.desired import compose
from corral.desired.gates import health_gate
from corral.desired.installs import package
from corral.desired.instances import instance_unit, places
from corral.desired.parts import HostBuilder, revision
from corral.model.cluster import Cluster, Instance
from corral.model.programs import docker_packages
from corral.model.resources import HostFacts
from corral.model.software import Image, Service


def add_containers(here: HostBuilder, cluster: Cluster, mine: list[Instance], facts: HostFacts) -> None:
    """`mine` are the instances of this host."""
    host, app = here.host, cluster.app
    _add_docker(here, cluster, facts)
    image = Image(host.name, app.image, app.image_source, app.image_sha256, manifest=app.image_manifest)
    here.software(image)
    here.directory(places(host))
    if app.storage:
        here.directory(app.storage)
    services = {}
    for instance in mine:
        services[instance.name] = compose.service(cluster.name, app, instance)
        environment = here.file(compose.environment_path(instance), compose.environment_yaml(instance), 0o600)
        counts = (environment.content, services[instance.name], image.name, "")  # which image it is: see plan/images.py
        unit = instance_unit(app, instance, facts, instance.command, str(app.directory))
        here.unit(replace(unit, revision=revision(*counts)), health_gate(instance))
    here.file(compose.compose_path(host), compose.compose_yaml(host, list(services.values())))


def _add_docker(here: HostBuilder, cluster: Cluster, facts: HostFacts) -> None:
    install = cluster.app.install
    if install.way == "package":
        for name in docker_packages(install.name, facts.family):
            package(here, name, facts)
    here.software(Service(here.host.name, "docker.service"))

"""pyinfra's deploy, by its own operations: their facts of one kind are one question for a host where it has them so."""

from pyinfra import config, host
from pyinfra.facts.docker import DockerContainers, DockerImages
from pyinfra.operations import apt, files, server, systemd

config.SUDO = True
wanted = host.data

if wanted.packages:
    apt.packages(name="Packages", packages=wanted.packages)
for account in wanted.accounts:
    server.user(name="Account", user=account, system=True, ensure_home=False)
for row in wanted.directories:
    files.directory(name="Directory", path=row["path"], user=row["owner"], mode=row["mode"])
for row in wanted.files:
    files.put(
        name="File",
        src=row["source"],
        dest=row["path"],
        user=row["owner"],
        mode=row["mode"],
        create_remote_dir=False,
    )
for path in wanted.archives:
    files.directory(name="Archive", path=path)
for service in wanted.services:
    systemd.service(name="Service", service=service, running=True, enabled=True)
if wanted.images:
    there = {tag for row in host.get_fact(DockerImages) for tag in row["RepoTags"]}
    for image in set(wanted.images) - there:
        server.shell(name="Image", commands=[f"docker pull {image}"])
if wanted.containers:
    found = {row["Name"].lstrip("/") for row in host.get_fact(DockerContainers) if row["State"]["Running"]}
    if not found.issuperset(wanted.containers):
        server.shell(name="Containers", commands=[" ".join(wanted.compose)])

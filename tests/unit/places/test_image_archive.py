"""What is read of a file that `docker save` wrote. That docker calls the image so is tests/lab's to prove."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest

from corral.places import image_archive
from corral.places.image_archive import SavedImage, images_in, saved_image
from tests.unit.places.saved_images import Form, config, manifest, pack, save, sha256


@pytest.fixture(autouse=True)
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    return tmp_path / "cache" / "corral" / "images.json"


@pytest.mark.parametrize("form", ["old", "layout"])
@pytest.mark.parametrize("mode", ["w", "w:gz", "w:bz2", "w:xz"])
def test_the_image_with_the_tag_in_each_form(tmp_path: Path, form: Form, mode: str) -> None:
    source = save(tmp_path / "images.tar", {"web": ["shop:1", "shop:2"], "job": ["job:1"], "none": []}, form, mode)
    for text, name in (("web", "shop:2"), ("job", "docker.io/library/job:1")):
        image = saved_image(str(source), name)
        assert image == SavedImage(sha256(config(text)), sha256(manifest(text)) if form == "layout" else "")


@pytest.mark.parametrize(
    ("wanted", "tag", "is_it"),
    [
        ("shop", "shop:latest", True),
        ("shop:1", "docker.io/library/shop:1", True),  # as podman writes it
        ("example.com:5000/shop", "example.com:5000/shop:latest", True),
        ("example.com/shop:1", "shop:1", False),
        ("shop:1", "example.com/shop:1", False),
        ("shop:1", "workshop:1", False),
        ("index.example.com/shop:1", "example.com/shop:1", False),
    ],
)
def test_names_mean_what_they_mean_to_docker(tmp_path: Path, wanted: str, tag: str, is_it: bool) -> None:
    source = save(tmp_path / "a.tar", {"web": [tag]}, "old")
    if is_it:
        assert saved_image(str(source), wanted).sha256 == sha256(config("web"))
    else:
        with pytest.raises(ValueError, match=r"^holds "):
            saved_image(str(source), wanted)


def entry(name: str) -> bytes:
    return json.dumps([{"Config": name, "RepoTags": ["shop:1"]}]).encode()


@pytest.mark.parametrize(
    ("name", "identity"),
    [
        (f"{'a' * 64}.json", "a" * 64),
        (f"blobs/sha256/{'a' * 64}", "a" * 64),
        (f"sha256:{'a' * 64}", "a" * 64),  # as go-containerregistry writes it
        ("config.json", ""),
        (f"{'a' * 63}.json", ""),
    ],
)
def test_an_id_is_in_the_configurations_name(tmp_path: Path, name: str, identity: str) -> None:
    """Where it isn't, the image is known by its tag alone, as one that is pulled."""
    pack(tmp_path / "a.tar", {"./manifest.json": entry(name)})
    assert saved_image(str(tmp_path / "a.tar"), "shop:1") == SavedImage(identity, "")


@pytest.mark.parametrize(
    ("files", "why"),
    [
        ({"bin/app": b"x"}, "has no manifest.json"),
        ({"manifest.json": b"{}x"}, "has a list of images that"),
        ({"manifest.json": b'{"schemaVersion": 2}'}, "has a list of images that"),
        ({"manifest.json": b"[[]]"}, "has a list of images that"),
        ({"manifest.json": b'[{"Config": 1, "RepoTags": ["a"]}]'}, "has a list of images that"),
        ({"manifest.json": b"[]"}, "holds no image with a name"),
    ],
)
def test_what_is_no_image(tmp_path: Path, files: dict[str, bytes], why: str) -> None:
    pack(tmp_path / "a.tar", files)
    with pytest.raises(ValueError, match=f"^{why}"):
        saved_image(str(tmp_path / "a.tar"), "shop:1")


@pytest.mark.parametrize("mode", ["w", "w:gz", "w:xz"])
def test_what_is_no_whole_tar_file(tmp_path: Path, mode: str) -> None:
    whole = save(tmp_path / "whole.tar", {"web": ["shop:1"]}, mode=mode).read_bytes()
    for part in (b"", b"PK\3\4", whole[: len(whole) // 3]):
        (tmp_path / "part.tar").write_bytes(part)
        with pytest.raises(ValueError, match=r"^(is not a complete tar file|has no manifest\.json)"):
            saved_image(str(tmp_path / "part.tar"), "shop:1")


def test_what_was_read_is_kept_while_the_file_is_the_same(
    tmp_path: Path, cache: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    source = save(tmp_path / "a.tar", {"web": ["shop:1"]}, mode="w:gz")
    first = images_in(source)
    save(tmp_path / "b.tar", {"job": ["job:1"]})
    images_in(tmp_path / "b.tar")
    assert cache.stat().st_mode & 0o077 == 0
    with monkeypatch.context() as patch:
        patch.setattr(image_archive, "_read", lambda _path: {})
        assert images_in(source) == first
        os.utime(source, (1, 1))
        assert images_in(source) == {}
    (tmp_path / "b.tar").unlink()
    save(source, {"other": ["shop:1"]}, mode="w:gz")
    assert images_in(source)["shop:1"].sha256 == sha256(config("other"))
    assert list(json.loads(cache.read_text())) == [str(source)], "what is gone is forgotten"


@pytest.mark.parametrize("kept", ["{", "[]", '{"PATH": 1}', '{"PATH": {"stamp": "STAMP", "images": 1}}'])
def test_a_cache_that_cannot_be_read_is_none(tmp_path: Path, cache: Path, kept: str) -> None:
    source = save(tmp_path / "a.tar", {"web": ["shop:1"]})
    cache.parent.mkdir(parents=True)
    stat = source.stat()
    stamp = json.dumps([stat.st_size, stat.st_mtime_ns, stat.st_ctime_ns])
    cache.write_text(kept.replace("PATH", str(source)).replace('"STAMP"', stamp))
    assert images_in(source)["shop:1"].sha256 == sha256(config("web"))


def test_without_a_cache_it_is_read_each_time(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    source = save(tmp_path / "a.tar", {"web": ["shop:1"]})
    monkeypatch.setenv("XDG_CACHE_HOME", str(source))  # a file, in which no directory can be made
    assert images_in(source) == images_in(source) != {}

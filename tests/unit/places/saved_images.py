"""Files as `docker save` writes them: before docker 25, since then (an OCI layout), and compressed."""

from __future__ import annotations

import hashlib
import io
import json
import tarfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Literal

Form = Literal["old", "layout"]


def sha256(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def config(text: str) -> bytes:
    """Of an image that is another one with another `text`."""
    return json.dumps({"architecture": "amd64", "os": "linux", "config": {"Cmd": [text]}}).encode()


def manifest(text: str) -> bytes:
    return json.dumps({"config": {"digest": f"sha256:{sha256(config(text))}"}, "layers": []}).encode()


def save(path: Path, images: Mapping[str, Sequence[str]], form: Form = "layout", mode: str = "w") -> Path:
    """`images`: the tags of each by its text. A layer comes first, as it does in a real one."""
    files = {"layers/1": b"layer" * 1000}
    for text in images:
        name = f"{sha256(config(text))}.json" if form == "old" else f"blobs/sha256/{sha256(config(text))}"
        files[name] = config(text)
    if form == "layout":
        files |= {f"blobs/sha256/{sha256(manifest(text))}": manifest(text) for text in images}
        files["index.json"] = json.dumps({"schemaVersion": 2, "manifests": _index(images)}).encode()
    files["manifest.json"] = json.dumps(
        [
            {"Config": next(name for name in files if sha256(config(text)) in name), "RepoTags": list(tags) or None}
            for text, tags in images.items()
        ]
    ).encode()
    pack(path, files, mode)
    return path


def _index(images: Mapping[str, Sequence[str]]) -> list[dict[str, object]]:
    return [
        {
            "digest": f"sha256:{sha256(manifest(text))}",
            "annotations": {"io.containerd.image.name": f"docker.io/library/{tag}"},
        }
        for text, tags in images.items()
        for tag in tags
    ]


def pack(path: Path, files: Mapping[str, bytes], mode: str = "w") -> None:
    with tarfile.open(path, mode) as archive:  # type: ignore[call-overload] # any of its modes
        for name, content in files.items():
            entry = tarfile.TarInfo(name)
            entry.size = len(content)
            archive.addfile(entry, io.BytesIO(content))

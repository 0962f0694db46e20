"""Files that `docker save` wrote: which images are in one, and what docker will call them."""

from __future__ import annotations

import contextlib
import json
import lzma
import os
import re
import zlib
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from corral.files import write_file
from corral.language import tr
from corral.late import late
from corral.units.docker_inspect import familiar

if TYPE_CHECKING:
    import tarfile
else:
    tarfile = late("tarfile")

_CONTENTS: Final = "manifest.json"
"""Docker's own list of images; `index.json`, OCI's, has what the containerd store calls them."""
_INDEX: Final = "index.json"
_NAME: Final = "io.containerd.image.name"
_DIGEST: Final = re.compile(r"(?:^|[/:])([0-9a-f]{64})(?:\.json)?$")
"""How a configuration is called: ID.json, blobs/sha256/ID, or sha256:ID."""


class SavedImage(NamedTuple):
    """Its id, and that of its manifest; each is empty where the file doesn't name it."""

    sha256: str
    manifest: str


def saved_image(source: str, name: str) -> SavedImage:
    """The image `name` in the file `source`. Raises OSError, and ValueError that says what the file has instead."""
    images = images_in(Path(source))
    if image := images.get(familiar(name)):
        return image
    if not images:
        raise ValueError(tr("holds no image with a name"))
    raise ValueError(tr("holds {images}", images=", ".join(images)))


def images_in(path: Path) -> Mapping[str, SavedImage]:
    """By docker's names. Raises OSError, and ValueError for what `docker save` didn't write.

    It stands at the end of the file, and to unpack a compressed one takes seconds: so what was read is kept in the
    user's cache for as long as the file is the same.
    """
    stat = path.stat()
    cache, place, stamp = _kept(), str(path.absolute()), [stat.st_size, stat.st_mtime_ns, stat.st_ctime_ns]
    with contextlib.suppress(AttributeError, KeyError, TypeError, ValueError):
        if cache[place]["stamp"] == stamp:
            return {name: SavedImage(*ids) for name, ids in cache[place]["images"].items()}
    images = _read(path)
    _keep({**cache, place: {"stamp": stamp, "images": images}})
    return images


def _cache() -> Path:
    """Below $XDG_CACHE_HOME, by default ~/.cache."""
    home = os.environ.get("XDG_CACHE_HOME", "")
    base = home if home.startswith("/") else os.path.expanduser("~/.cache")  # noqa: PTH111 # Path's raises without a home
    return Path(base, "corral", "images.json")


def _kept() -> dict[str, Any]:
    with contextlib.suppress(OSError, ValueError):
        kept = json.loads(_cache().read_bytes())
        return kept if isinstance(kept, dict) else {}
    return {}


def _keep(cache: Mapping[str, Any]) -> None:
    """Without the files that are gone. It is done without where it can't be written."""
    there = {place: images for place, images in cache.items() if Path(place).exists()}
    with contextlib.suppress(OSError):
        write_file(_cache(), json.dumps(there).encode(), 0o600)


def _read(path: Path) -> dict[str, SavedImage]:
    found = _tables(path)
    if _CONTENTS not in found:
        raise ValueError(tr("has no {contents}, which `docker save` writes", contents=_CONTENTS))
    try:
        manifests = dict(_manifests(json.loads(found.get(_INDEX, b"{}"))))
        return {
            familiar(tag): SavedImage(_digest(entry["Config"]), manifests.get(familiar(tag), ""))
            for entry in json.loads(found[_CONTENTS])
            for tag in entry["RepoTags"] or ()
        }
    except (AttributeError, KeyError, TypeError, ValueError):
        raise ValueError(tr("has a list of images that `docker save` doesn't write")) from None


def _tables(path: Path) -> dict[str, bytes]:
    found = {}
    try:
        with tarfile.open(path) as archive:
            for member in archive:
                name = member.name.removeprefix("./")
                if name in (_CONTENTS, _INDEX) and (file := archive.extractfile(member)):
                    found[name] = file.read()
                if len(found) == 2:
                    break
    except (tarfile.TarError, EOFError, zlib.error, lzma.LZMAError):
        raise ValueError(tr("is not a complete tar file, plain or compressed by gzip, bzip2 or xz")) from None
    return found


def _manifests(index: Any) -> list[tuple[str, str]]:
    entries = [(entry.get("annotations") or {}, entry["digest"]) for entry in index.get("manifests") or ()]
    return [(familiar(notes[_NAME]), _digest(digest)) for notes, digest in entries if _NAME in notes]


def _digest(name: str) -> str:
    found = _DIGEST.search(name)
    return found[1] if found else ""

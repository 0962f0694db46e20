"""A file uploaded through one instance is the same through every other: they share one directory."""

from __future__ import annotations

import hashlib
import os
import time
from pathlib import Path

import httpx
import pytest

from tests.cluster.harness import TestCluster, until
from tests.patience import PATIENCE
from tests.steedos.inspect_cluster import environment, instances
from tests.steedos.limits import LIMIT
from tests.steedos.people import NAME, Account

pytestmark = [pytest.mark.cluster, pytest.mark.timeout(LIMIT)]

SIZE = 1_000_000


def upload(http: httpx.Client, instance: str, account: Account, content: bytes) -> str:
    """The path to download it from."""
    form = {
        "owner": account.user,
        "owner_name": NAME,
        "space": account.space,
        "record_id": account.space,
        "object_name": "spaces",
    }
    answer = http.post(f"{instance}/s3/", data=form, files={"file": ("noise.bin", content)})
    assert answer.status_code == 200, answer.text
    return f"/api/files/files/{answer.json()['version_id']}?download=1"


def test_an_upload_through_one_instance_is_whole_through_the_others(
    steedos: TestCluster, url: str, account: Account
) -> None:
    """Steedos answers the upload a moment before the file is stored, and 503 to who asks in between."""
    web = instances(steedos)
    first = web.pop("app-108-5042")
    content = os.urandom(SIZE)
    with httpx.Client(trust_env=False, timeout=PATIENCE) as http:
        path, since = upload(http, first, account, content), time.monotonic()
        until(lambda: http.get(first + path).status_code, lambda status: status == 200)
        stored = time.monotonic() - since
        answers = {name: http.get(address + path) for name, address in web.items()} | {"proxy": http.get(url + path)}
    same = [name for name, answer in answers.items() if digest(answer.content) == digest(content)]
    print(f"{SIZE} bytes uploaded through app-108-5042, stored {stored:.2f} s later, identical through {len(same)}")
    assert {name: answer.status_code for name, answer in answers.items()} == dict.fromkeys(answers, 200)
    assert (len(web), same) == (9, list(answers))


def test_an_upload_lies_once_in_the_one_storage_directory(steedos: TestCluster, account: Account) -> None:
    [storage] = {environment(pid)["STORAGE"] for name, pid in steedos.pids().items() if name.startswith("app-")}
    content = os.urandom(SIZE)
    with httpx.Client(trust_env=False, timeout=PATIENCE) as http:
        upload(http, instances(steedos)["app-208-5041"], account, content)
    [place] = until(lambda: files_like(Path(storage), content), bool)
    print(f"stored as {place.relative_to(storage)}")
    assert steedos.root in place.parents


def files_like(directory: Path, content: bytes) -> list[Path]:
    files = [path for path in directory.rglob("*") if path.is_file() and path.stat().st_size == len(content)]
    return [path for path in files if path.read_bytes() == content]


def digest(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()

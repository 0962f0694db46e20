from __future__ import annotations

from pathlib import PurePosixPath

import pytest
from hypothesis import given
from hypothesis import strategies as st

from corral.model.resources import Desired, File
from corral.plan.masking import unified_diff
from corral.secrets import has_reference, reference
from tests.unit.desired.real_clusters import PAIR, REFERENCE, wanted
from tests.unit.plan.cluster_of import REFERENCE as SMALL
from tests.unit.plan.cluster_of import desired_of

URL = "export MONGO_URL='mongodb://application:{}@a:27017/db'\n"


def test_a_diff_shows_what_changes() -> None:
    assert unified_diff("/f", "a\nb\n", "a\nc\n").splitlines()[-3:] == [" a", "-b", "+c"]


def test_credentials_in_urls_are_masked_on_both_sides() -> None:
    diff = unified_diff("/f", URL.format("old-secret"), URL.format(reference("application")) + "export A=1\n")
    assert "old-secret" not in diff
    assert "+export A=1" in diff


def test_an_old_key_file_is_not_shown() -> None:
    diff = unified_diff("/keyfile", "b2xkLWtleQ==\n", reference("keyfile") + "\n")
    assert "b2xk" not in diff
    assert "${secret:keyfile}" in diff


def test_an_old_token_beside_other_lines_is_not_shown() -> None:
    old = 'map {\n  "oldtoken" x;\n  default "";\n}\n'
    new = f'map {{\n  "{reference("probe")}" x;\n  default "";\n}}\n'
    diff = unified_diff("/nginx.conf", old, new)
    assert "oldtoken" not in diff


SCRIPT = "#!/bin/sh\n{}export PORT=80\ncd {} || exit 1\nexec {}\n"
PEM = "-----BEGIN KEY-----\nold+line=\n\n--more\nexport OTHER=inner\nlast'\\''part\n-----END KEY-----"


def changes(path: str, old: str, new: str) -> list[str]:
    """The lines that are removed or added, with their signs."""
    return [line for line in unified_diff(path, old, new).splitlines()[2:] if line[0] in "+-"]


def test_a_variable_that_is_removed_is_shown_by_its_name() -> None:
    """Its reference has left the cluster file, so nobody knows its value any more."""
    old, new = SCRIPT.format("export SMTP='gone-password'\n", "/a", "x"), SCRIPT.format("", "/a", "x")
    assert changes("/etc/corral/s/instances/one-80.sh", old, new) == ["-export SMTP=[redacted]"]
    old, new = '    environment:\n      "SMTP": "gone"\n      "A": "b"\n', '    environment:\n      "A": "b"\n'
    assert changes("/etc/corral/s/instances/one-80.yaml", old, new) == ['-      "SMTP": [redacted]']


@pytest.mark.parametrize("reference_kept", [True, False])
def test_an_old_value_of_many_lines_is_not_shown(reference_kept: bool) -> None:
    kept = f"export PUSH='{reference('file:push.pem', 'sh')}'\n" if reference_kept else ""
    old = SCRIPT.format(f"export PUSH='{PEM}'\n", "/a", "x")
    shown = changes("/srv/instances/one-80.sh", old, SCRIPT.format(kept, "/a", "x"))
    hidden = ["-[redacted]"] * 3
    assert shown[:7] == ["-export PUSH=[redacted]", *hidden, "-export OTHER=[redacted]", *hidden[:2]]
    assert shown[7:] == [f"+{line}" for line in kept.splitlines()]


def test_what_an_instance_runs_next_and_where_it_ran() -> None:
    old = SCRIPT.format("export A=old\n", "/releases/1", "node main.js --token=t")
    new = SCRIPT.format("export A=new\n", "'/releases/2 b'", "node main.js")
    shown = changes("/srv/instances/one-80.sh", old, new)
    assert sorted(shown) == [
        "+cd '/releases/2 b' || exit 1",
        "+exec node main.js",
        "+export A=new",
        "-cd /releases/1 || exit 1",
        "-exec [redacted]",
        "-export A=[redacted]",
    ]


@given(st.text(), st.text(), st.text())
def test_nothing_old_is_left_of_any_value(before: str, value: str, after: str) -> None:
    """Also where lines end otherwise, and where somebody has changed the file by hand."""
    secret = f"s3cret{value}s3cret"
    old, new = SCRIPT.format(f"{before}\nexport X='{secret}'\n{after}\n", "/a", "x"), SCRIPT.format("", "/a", "x")
    assert "s3cret" not in unified_diff("/srv/instances/one-80.sh", old, new)


def test_a_proxys_changes_stay_readable() -> None:
    old = f'map {{\n  "{reference("probe")}" x;\n}}\nupstream app {{\n    server 10.0.0.2:5001;\n}}\n'
    new = old.replace("10.0.0.2:5001", "10.0.0.2:5002")
    assert changes("/etc/corral/shop/nginx.conf", old, new) == [
        "-    server 10.0.0.2:5001;",
        "+    server 10.0.0.2:5002;",
    ]


@pytest.mark.parametrize("desired", [desired_of(SMALL), wanted(REFERENCE), wanted(PAIR)])
def test_each_file_that_is_its_owners_alone_is_masked_or_holds_but_corrals_own_secrets(desired: Desired) -> None:
    private = [file for file in desired.files if not file.mode & 0o077]
    open_ones = {PurePosixPath(file.path).name for file in private if "-old" in shown_of(file)}
    assert open_ones <= {"nginx.conf", "keepalived.conf"}
    assert len(open_ones) < len({PurePosixPath(file.path).name for file in private})
    assert not any(has_reference(file.content) for file in desired.files if file.mode & 0o077)


def shown_of(file: File) -> str:
    return unified_diff(file.path, "old\n", file.content)

from __future__ import annotations

from corral.plan.masking import unified_diff
from corral.secrets import reference

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

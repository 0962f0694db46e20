from __future__ import annotations

import pytest

from corral.secrets import REDACTED, Secret, generate, generate_key, redact, reference, resolve


def test_a_secret_shows_nowhere() -> None:
    secret = Secret("hunter2")
    assert f"{secret} {secret!r} {[secret]}" == f"{REDACTED} {REDACTED} [{REDACTED}]"
    assert secret == Secret("hunter2")
    assert secret != Secret("other")


def test_references_go_both_ways() -> None:
    secrets = {"admin": Secret("a1"), "probe": Secret("p2")}
    text = f"x {reference('admin')} y {reference('probe')}"
    assert resolve(text, secrets) == "x a1 y p2"
    assert redact("x a1 y p2", secrets) == text


def test_an_unknown_reference_is_an_error() -> None:
    with pytest.raises(KeyError):
        resolve(reference("other"), {})


def test_generated_ones_differ_and_fit() -> None:
    assert generate() != generate()
    assert generate().reveal().isalnum()
    assert 6 <= len(generate_key().reveal()) <= 1024, "what mongod takes as a key file"

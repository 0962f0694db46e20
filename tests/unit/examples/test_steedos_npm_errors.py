from __future__ import annotations

from pathlib import Path

import pytest

from tests.unit.examples.steedos import Copy, installer

HOST = "https://registry.invalid/"


@pytest.mark.parametrize(
    ("output", "said"),
    [
        (
            "npm ERR! code ETIMEDOUT",
            f"the registry {HOST} does not answer (ETIMEDOUT): check the network and the proxy",
        ),
        ("npm error code ECONNREFUSED", f"the registry {HOST} does not answer (ECONNREFUSED)"),
        ("npm ERR! code EAI_AGAIN", "`npm config set registry URL`"),
        ("npm ERR! code ERR_SOCKET_TIMEOUT", "does not answer"),
        ("npm ERR! code SELF_SIGNED_CERT_IN_CHAIN", "`npm config set cafile FILE`"),
        ("npm ERR! code ENOSPC", "the disk is full: make room; then run this again"),
        ("npm ERR! code EACCES\nnpm ERR! syscall mkdir\nnpm ERR! path /root/.npm/x", "/root/.npm/x can't be written"),
        ("npm ERR! code EINTEGRITY", "another file than the one in the lock"),
        ("npm ERR! code E404\nnpm ERR! 404 Not Found - GET x", "a package of the lock (404 Not Found - GET x)"),
        ("npm ERR! code E403", "refuses (E403): sign in"),
        ("gyp ERR! stack Error: not found: make", "bcrypt could not be compiled (Error: not found: make)"),
        (
            "npm ERR! code EUSAGE\nnpm ERR! The lock and the manifest differ.",
            "EUSAGE (The lock and the manifest differ.)",
        ),
        ("", "npm failed with exit code 1"),
    ],
)
def test_npms_words_become_one_sentence(tmp_path: Path, output: str, said: str) -> None:
    log = tmp_path / "npm.log"
    log.write_text(output)
    sentence: str = installer("npm_errors").explain(1, log, HOST)
    assert said in sentence
    assert "run this again" in sentence
    assert sentence.endswith(f"(npm's own words: {log})")
    assert "\n" not in sentence


def test_the_registry_is_named_without_its_credentials(copy: Copy) -> None:
    failing = "  view) echo 'npm ERR! code ENOTFOUND'; exit 1 ;;\n  config)"
    copy.stub("npm", (copy.stubs / "npm").read_text().replace("  config)", failing, 1))
    code, _, err = copy.install()
    assert code == 1
    assert err.startswith(f"steedos: the registry {HOST} does not answer (ENOTFOUND)")
    assert "word" not in err.replace("npm's own words", "")

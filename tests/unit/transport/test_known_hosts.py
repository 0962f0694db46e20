from __future__ import annotations

import base64
import subprocess
from pathlib import Path

import pytest

from corral.transport.known_hosts import Entry, HostKey, Known, entries_in, known_of, place, recorded

ED = HostKey("ssh-ed25519", base64.b64encode(b"one").decode())
OTHER = HostKey("ssh-ed25519", base64.b64encode(b"two").decode())
RSA = HostKey("ssh-rsa", base64.b64encode(b"rsa").decode())


def line(patterns: str, key: HostKey = ED) -> str:
    return f"{patterns} {key.kind} {key.blob}"


def keys(text: str, host: str, port: int = 22) -> list[HostKey]:
    return [entry.key for entry in known_of(entries_in(text, "f"), host, port).keys]


@pytest.mark.parametrize(
    ("patterns", "host", "port"),
    [
        ("10.0.0.1", "10.0.0.1", 22),
        ("other,10.0.0.1,third", "10.0.0.1", 22),
        ("10.0.0.*", "10.0.0.1", 22),
        ("10.0.0.?", "10.0.0.1", 22),
        ("*.example.com", "app.Example.COM", 22),
        ("App.Example.com", "app.example.com", 22),
        ("[10.0.0.1]:2222", "10.0.0.1", 2222),
        ("[10.0.0.*]:2222", "10.0.0.1", 2222),
        ("fd00::1", "fd00::1", 22),
        ("*,!10.0.0.2", "10.0.0.1", 22),
    ],
)
def test_a_line_is_for_a_host(patterns: str, host: str, port: int) -> None:
    assert keys(line(patterns), host, port) == [ED]


@pytest.mark.parametrize(
    ("patterns", "host", "port"),
    [
        ("10.0.0.11", "10.0.0.1", 22),
        ("10.0.0.1", "10.0.0.11", 22),
        ("10.0.0.?", "10.0.0.11", 22),
        ("[10.0.0.1]:2222", "10.0.0.1", 22),
        ("[10.0.0.1]:2222", "10.0.0.1", 2223),
        ("*,!10.0.0.1", "10.0.0.1", 22),
        ("10x0x0x1", "10.0.0.1", 22),
        ("10.0.0.[1]", "10.0.0.1", 22),
    ],
)
def test_a_line_is_for_another_host(patterns: str, host: str, port: int) -> None:
    assert keys(line(patterns), host, port) == []


def test_what_ssh_keygen_hashes_is_found(tmp_path: Path) -> None:
    file = tmp_path / "known_hosts"
    blob = "AAAAC3NzaC1lZDI1NTE5AAAAIJYdL3liqYPAfQqvXjcz1DUAtFVMPX5BNu82YYNHvY3v"
    file.write_text(f"10.0.0.1 ssh-ed25519 {blob}\n[10.0.0.2]:2222 ssh-ed25519 {blob}\n")
    subprocess.run(["ssh-keygen", "-q", "-H", "-f", file], check=True, capture_output=True)
    text = file.read_text()
    assert "10.0.0" not in text
    assert [key.blob for key in keys(text, "10.0.0.1")] == [blob]
    assert [key.blob for key in keys(text, "10.0.0.2", 2222)] == [blob]
    assert keys(text, "10.0.0.3") == []


def test_a_fingerprint_is_what_ssh_keygen_shows(tmp_path: Path) -> None:
    blob = "AAAAC3NzaC1lZDI1NTE5AAAAIJYdL3liqYPAfQqvXjcz1DUAtFVMPX5BNu82YYNHvY3v"
    (tmp_path / "key.pub").write_text(f"ssh-ed25519 {blob}\n")
    shown = subprocess.run(["ssh-keygen", "-lf", tmp_path / "key.pub"], check=True, capture_output=True, text=True)
    assert shown.stdout.split()[1] == HostKey("ssh-ed25519", blob).fingerprint


def test_lines_that_are_none_are_passed_over() -> None:
    text = f"\n# {line('a')}\nnonsense\na ssh-ed25519\na ssh-ed25519 %%%\n@odd {line('a')}\n{line('a')} a comment\n"
    assert [(entry.patterns, entry.where) for entry in entries_in(text, "f")] == [("a", "f:7")]


def test_a_key_is_known_new_changed_or_revoked() -> None:
    entries = entries_in(f"{line('a')}\n@revoked {line('*', OTHER)}\n", "f")
    assert known_of(entries, "a", 22).state(ED) == "known"
    assert known_of(entries, "a", 22).state(RSA) == "changed"
    assert known_of(entries, "a", 22).state(OTHER) == "revoked"
    assert known_of(entries, "b", 22).state(ED) == "new"


def test_a_key_under_the_name_without_the_port_is_known_and_no_evidence_of_a_change() -> None:
    known = known_of(entries_in(line("a"), "f"), "a", 2222)
    assert (known.state(ED), known.state(OTHER)) == ("known", "new")


def test_the_known_kind_is_asked_for_first_and_certificates_where_an_authority_is_known() -> None:
    assert Known().algorithms()[0] == "ssh-ed25519"
    rsa = known_of(entries_in(line("a", RSA), "f"), "a", 22).algorithms()
    assert rsa[:3] == ["rsa-sha2-512", "rsa-sha2-256", "ssh-ed25519"]
    assert sorted(rsa) == sorted(Known().algorithms())
    signed = known_of(entries_in(f"@cert-authority {line('*', RSA)}", "f"), "a", 22).algorithms()
    assert signed[0] == "ssh-ed25519-cert-v01@openssh.com"
    assert "ssh-ed25519" in signed


def test_a_place_names_another_port_than_22() -> None:
    assert place("Host", 22) == "host"
    assert place("fd00::1", 2222) == "[fd00::1]:2222"


def test_new_keys_are_added_once_and_all_else_stays() -> None:
    before = f"# mine\n\n{line('a')}\n\n{line('b', RSA)}\n"
    after = recorded(before, [("a", ED), ("c", OTHER), ("c", OTHER)])
    assert after == f"{before}{line('c', OTHER)}\n"


def test_replacing_takes_all_keys_of_the_place_and_no_other() -> None:
    before = f"{line('a')}\n{line('b,a,d')}\n{line('ab')}\n{line('a', RSA)}\n@revoked {line('a', RSA)}\n"
    after = recorded(before, [("a", OTHER)], ["a"])
    assert after == f"{line('b,d')}\n{line('ab')}\n@revoked {line('a', RSA)}\n{line('a', OTHER)}\n"
    assert known_of(entries_in(after, "f"), "a", 22).keys == (Entry("a", OTHER, where="f:4"),)


def test_a_hashed_place_is_replaced_too(tmp_path: Path) -> None:
    file = tmp_path / "known_hosts"
    file.write_text("a ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIJYdL3liqYPAfQqvXjcz1DUAtFVMPX5BNu82YYNHvY3v\n")
    subprocess.run(["ssh-keygen", "-q", "-H", "-f", file], check=True, capture_output=True)
    assert recorded(file.read_text(), [("a", ED)], ["a"]) == f"{line('a')}\n"

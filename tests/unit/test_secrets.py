from __future__ import annotations

import shlex
import subprocess

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from ruamel.yaml import YAML

from corral.secrets import (
    REDACTED,
    Secret,
    embedded,
    generate,
    generate_key,
    generate_short,
    has_reference,
    outside_names,
    recognised,
    redact,
    reference,
    resolve,
    shell_word,
    unknown_names,
)

CHARACTERS = st.characters(exclude_categories=["Cs"])
NAMES = st.one_of(
    st.sampled_from(["admin", "probe", "key_2"]),
    st.sampled_from(["env:A", "env:a_B1", "file:x", "file:/run/secrets/mail key", "file:../ü"]),
)
FRAGMENTS = [
    "secret",
    "secret:admin}",
    "${",
    "${secret:",
    "${env:A",
    "}",
    "|sh}",
    "abcdefgh",
    "'",
    "$",
    "\n",
    '"',
    "\\",
]
TEXTS = st.lists(st.one_of(st.sampled_from(FRAGMENTS), st.text(CHARACTERS, max_size=5)), max_size=12).map("".join)
SECRETS = st.dictionaries(NAMES, TEXTS.map(Secret), max_size=5)
PLAIN = TEXTS.filter(lambda text: not has_reference(text))


def with_values(secrets: dict[str, Secret]) -> st.SearchStrategy[str]:
    """Texts in which the values of `secrets` stand, beside each other and in pieces."""
    values = [secret.reveal() for secret in secrets.values()]
    pieces = [value[cut:] for value in values for cut in (0, 1, len(value) // 2)]
    return st.lists(st.one_of(st.sampled_from(pieces or [""]), TEXTS), max_size=8).map("".join)


def resolved(text: str, secrets: dict[str, Secret]) -> str | None:
    try:
        return resolve(text, secrets)
    except KeyError:
        return None


def test_a_secret_shows_nowhere() -> None:
    secret = Secret("hunter2")
    assert f"{secret} {secret!r} {[secret]}" == f"{REDACTED} {REDACTED} [{REDACTED}]"
    assert secret == Secret("hunter2")
    assert secret != Secret("other")


def test_references_go_both_ways() -> None:
    secrets = {"admin": Secret("a1234567"), "env:TOKEN": Secret("t1234567"), "file:../k ey": Secret("k\n234567")}
    text = "x ${secret:admin} y ${env:TOKEN}${file:../k ey}"
    assert text == f"x {reference('admin')} y {reference('env:TOKEN')}{reference('file:../k ey')}"
    assert resolve(text, secrets) == "x a1234567 y t1234567k\n234567"
    assert redact(resolve(text, secrets), secrets) == text


@given(st.data(), SECRETS)
def test_what_is_redacted_is_as_it_was_again(data: st.DataObject, secrets: dict[str, Secret]) -> None:
    text = data.draw(with_values(secrets).filter(lambda text: not has_reference(text)))
    assert resolve(redact(text, secrets), secrets) == text


@given(st.data(), SECRETS)
def test_no_value_that_is_long_enough_is_left(data: st.DataObject, secrets: dict[str, Secret]) -> None:
    text = data.draw(with_values(secrets).filter(lambda text: not has_reference(text)))
    left = resolve(redact(text, secrets), dict.fromkeys(secrets, Secret("\0")))
    for secret in secrets.values():
        assert len(secret.reveal()) < 8 or secret.reveal() not in left


def test_the_longest_of_values_that_begin_at_one_place() -> None:
    secrets = {"a": Secret("abcdefgh"), "b": Secret("abcdefghi"), "c": Secret("cdefghij")}
    assert redact("abcdefghi abcdefgh cdefghij", secrets) == "${secret:b} ${secret:a} ${secret:c}"
    assert redact("abcdefghij", secrets) == "${secret:b}j", "of values that meet, the one that begins first"


def test_short_values_stay() -> None:
    secrets = {"env:PORT": Secret("25"), "env:EMPTY": Secret(""), "admin": Secret("12345678")}
    assert redact("25 of 1250, 12345678", secrets) == "25 of 1250, ${secret:admin}"


@given(st.data(), SECRETS, PLAIN)
def test_what_is_recognised_is_as_it_was_again(data: st.DataObject, secrets: dict[str, Secret], other: str) -> None:
    text = st.one_of(TEXTS, st.sampled_from(["\n", *map(reference, secrets), "${secret:unknown}"]))
    wanted = "".join(data.draw(st.lists(text, max_size=6)))
    found = data.draw(st.sampled_from([resolved(wanted, secrets), other]))
    if found is not None and not has_reference(found):
        assert resolve(recognised(found, wanted, secrets), secrets) == found


def test_a_short_value_is_known_by_its_line() -> None:
    secrets = {"env:PORT": Secret("25"), "env:EMPTY": Secret("")}
    wanted = "a=25\nport=${env:PORT}\nmore=${env:EMPTY}\nlast=2\n"
    assert recognised("a=25\nport=25\nmore=\nlast=2\n", wanted, secrets) == wanted
    changed = recognised("a=24\nport=25\nmore=\nlast=3\n", wanted, secrets)
    assert changed == "a=24\nport=${env:PORT}\nmore=${env:EMPTY}\nlast=3\n"
    assert recognised("port=25\n", "port=${env:OTHER}\n", secrets) == "port=25\n"


def test_what_was_redacted_is_recognised_too() -> None:
    secrets = {"env:A": Secret("same-value"), "env:B": Secret("same-value"), "env:PIN": Secret("25")}
    wanted = "a='${env:A|sh}'\nb=${env:B}\npin=${env:PIN}\n"
    found = redact(resolve(wanted, secrets), secrets)
    assert found != wanted
    assert recognised(found, wanted, secrets) == wanted
    assert recognised(f"{found}more=${{env:GONE}}\n", wanted, secrets).endswith("more=${env:GONE}\n")


def test_an_unknown_reference_is_an_error() -> None:
    with pytest.raises(KeyError):
        resolve(reference("other"), {})


def test_unknown_names_are_listed() -> None:
    text = "${secret:admin}${secret:gone} ${env:A|sh}${file:/b|compose}${env:C}${env:C}"
    names = unknown_names(text, {"admin": Secret("x"), "env:C": Secret("y")})
    assert names == ["gone", "env:A", "file:/b"]


def test_what_lies_outside_is_listed() -> None:
    text = "${secret:admin}${env:B}x${file:/run/b c}${env:A}${env:C|sh}${env:}${file:a\nb}${corral:HOST}"
    assert outside_names(text) == ["env:B", "file:/run/b c", "env:A"]


SHELL_VALUES = ["it's", "'", 'a b\n$(id) `id` \\ "x"', "", "é'\n'"]


@pytest.mark.parametrize("value", SHELL_VALUES)
def test_any_value_arrives_through_a_shell_as_it_is(value: str) -> None:
    secrets = {"env:V": Secret(value)}
    word = resolve(shell_word("<it's ${env:V}>"), secrets)
    script = f"printf %s {word}\n"
    done = subprocess.run(["/bin/sh", "-s"], input=script.encode(), capture_output=True, check=True)
    assert done.stdout.decode() == f"<it's {value}>"


@given(TEXTS.filter(lambda text: "\0" not in text), SECRETS)
def test_a_word_of_a_shell_is_one_word(text: str, secrets: dict[str, Secret]) -> None:
    word = f"{text}${{env:V}}"
    secrets = {name: Secret("own") if ":" not in name else secret for name, secret in secrets.items()}
    secrets["env:V"] = Secret("'\n\"$")
    if (value := resolved(word, secrets)) is not None and "|sh}" not in word:
        assert shlex.split(resolve(shell_word(word), secrets)) == [value]


def test_words_without_references_are_quoted_as_ever() -> None:
    assert [shell_word(text) for text in ("plain", "two words", "${secret:admin}")] == [
        "plain",
        "'two words'",
        "'${secret:admin}'",
    ]


@given(st.text(CHARACTERS.filter(lambda character: character != "\0")))
@example('a"b\\c\nd$HOME${X}\x85\u2028\ufeff\U0001f600\uffff')
def test_any_value_arrives_through_a_compose_file_as_it_is(value: str) -> None:
    text = '"' + embedded("$HOME ${env:V}", "compose") + '"'
    written = resolve(text, {"env:V": Secret(value)})
    assert YAML(typ="safe", pure=True).load(written).replace("$$", "$") == f"$HOME {value}"


def test_an_escaped_value_is_redacted_too() -> None:
    secrets = {"env:V": Secret("it's a secret")}
    text = f"A={resolve(shell_word('${env:V}'), secrets)} B=it's a secret"
    assert redact(text, secrets) == "A='${env:V|sh}' B=${env:V}"


def test_generated_ones_differ_and_fit() -> None:
    assert generate() != generate()
    assert generate().reveal().isalnum()
    assert 6 <= len(generate_key().reveal()) <= 1024, "what mongod takes as a key file"
    assert len(generate_short().reveal()) == 8, "what VRRP takes, and what redact looks for"
